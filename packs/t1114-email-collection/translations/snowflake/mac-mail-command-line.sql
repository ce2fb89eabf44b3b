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
    AND (
      ("Process CommandLine" ILIKE '%/Library/Mail%')
      OR ("Process CommandLine" ILIKE '%/Library/Containers/com.apple.mail%')
      OR ("Process CommandLine" ILIKE '%/UBF8T346G9.Office/Outlook/%')
    )
    AND (REGEXP_INSTR("Process Path", '/(cp|mv|ditto|rsync|scp|sftp|curl|tar|bsdtar|zip|7z|7zz|hdiutil|dd|cpio|pax)((\r\n|[\n\r\u0085\u2028\u2029])?$)', 1, 1, 0, 'i') > 0)
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
