SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
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
    AND match("Process Path", '(?-s)(?i)\\/(cp|mv|ditto|rsync|scp|sftp|curl|tar|bsdtar|zip|7z|7zz|hdiutil|dd|cpio|pax)(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
