SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "username" AS "Actor",
  regexp_replace("payload", '\A(?s:.)*\x20a0\=\"([^\"]+)\"(?s:.)*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1') AS "Process",
  regexp_replace("payload", '\A(?s:.)*\"([^\"]*(\/var\/mail|\/var\/spool\/mail|\/Maildir|\/\.thunderbird)[^\"]*)\"(?s:.)*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1') AS "Target",
  "payload" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 11)
    AND ("payload" ILIKE '%type=EXECVE%')
    AND (
      ("payload" ILIKE '%/var/mail%')
      OR ("payload" ILIKE '%/var/spool/mail%')
      OR ("payload" ILIKE '%/Maildir%')
      OR ("payload" ILIKE '%/.thunderbird/%')
    )
    AND regexp_matches("payload", '(?i)\x20a0\=\"([^\"]*\/)?(cp|mv|cat|dd|tar|zip|7z|7za|gzip|rsync|scp|sftp|curl|rclone|install|cpio)\"')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
