SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `username` AS `Actor`,
  `payload` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 11)
    AND (`payload` ILIKE '%type=EXECVE%')
    AND (
      (`payload` ILIKE '%/var/mail%')
      OR (`payload` ILIKE '%/var/spool/mail%')
      OR (`payload` ILIKE '%/Maildir%')
      OR (`payload` ILIKE '%/.thunderbird/%')
    )
    AND (`payload` RLIKE '(?iu)(?s).* a0="([^"]*/)?(cp|mv|cat|dd|tar|zip|7z|7za|gzip|rsync|scp|sftp|curl|rclone|install|cpio)".*')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
