SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
      regexp_matches("Process CommandLine", '(?i)\bapplication[\t\n\x0B\x0C\r\x20]*\(?[\t\n\x0B\x0C\r\x20]*[\"\'']?(Mail|Microsoft\x20Outlook)\b')
      OR ("Process CommandLine" ILIKE '%com.apple.mail%')
      OR ("Process CommandLine" ILIKE '%com.microsoft.Outlook%')
    )
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
