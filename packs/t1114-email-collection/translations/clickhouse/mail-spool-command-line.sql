SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "Parent Process Path" AS "Target",
  "Process CommandLine" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 11)
    AND ("qideventcategory" = 'Linux-Sysmon/Operational')
    AND (toFloat64OrNull(trimBoth("Event ID")) = 1)
    AND (
      ("Process CommandLine" ILIKE '%/var/mail/%')
      OR ("Process CommandLine" ILIKE '%/var/spool/mail%')
      OR ("Process CommandLine" ILIKE '%/Maildir%')
      OR ("Process CommandLine" ILIKE '%/.thunderbird/%')
    )
    AND match("Process Path", '(?-s)(?i)\\A([^\\n\\r\\x{85}\\x{2028}\\x{2029}]*\\/)?(cp|mv|cat|dd|tar|zip|7z|7za|gzip|rsync|scp|sftp|curl|rclone|install|cpio)(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
