SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Process Path` AS `Process`,
  `Parent Process Path` AS `Target`,
  `Process CommandLine` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 11)
    AND (`qideventcategory` = 'Linux-Sysmon/Operational')
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 1)
    AND (
      (`Process CommandLine` ILIKE '%/var/mail/%')
      OR (`Process CommandLine` ILIKE '%/var/spool/mail%')
      OR (`Process CommandLine` ILIKE '%/Maildir%')
      OR (`Process CommandLine` ILIKE '%/.thunderbird/%')
    )
    AND (`Process Path` RLIKE '(?iu)^(.*/)?(cp|mv|cat|dd|tar|zip|7z|7za|gzip|rsync|scp|sftp|curl|rclone|install|cpio)$')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
