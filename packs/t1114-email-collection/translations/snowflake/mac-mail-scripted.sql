SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "Parent Process Path" AS "Target",
  "Process CommandLine" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 515)
    AND ("qideventcategory" = 'DeviceProcessEvents')
    AND ("qideventid" = 'ProcessCreated')
    AND ("Process Path" ILIKE '%/osascript')
    AND (
      (REGEXP_INSTR("Process CommandLine", '\\bapplication[\t\n\u000b\u000c\r ]*\\(?[\t\n\u000b\u000c\r ]*["'']?(Mail|Microsoft Outlook)\\b', 1, 1, 0, 'i') > 0)
      OR ("Process CommandLine" ILIKE '%com.apple.mail%')
      OR ("Process CommandLine" ILIKE '%com.microsoft.Outlook%')
    )
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
