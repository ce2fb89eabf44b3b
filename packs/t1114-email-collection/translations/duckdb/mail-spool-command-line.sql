SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "Parent Process Path" AS "Target",
  "Process CommandLine" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 11)
    AND ("qideventcategory" = 'Linux-Sysmon/Operational')
    AND (TRY_CAST("Event ID" AS DOUBLE) = 1)
    AND (
      ("Process CommandLine" ILIKE '%/var/mail/%')
      OR ("Process CommandLine" ILIKE '%/var/spool/mail%')
      OR ("Process CommandLine" ILIKE '%/Maildir%')
      OR ("Process CommandLine" ILIKE '%/.thunderbird/%')
    )
    AND regexp_matches("Process Path", '(?i)\A([^\n\r\x{85}\x{2028}\x{2029}]*\/)?(cp|mv|cat|dd|tar|zip|7z|7za|gzip|rsync|scp|sftp|curl|rclone|install|cpio)(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
