SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "username" AS "Actor",
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
    AND (REGEXP_INSTR("payload", ' a0="([^"]*/)?(cp|mv|cat|dd|tar|zip|7z|7za|gzip|rsync|scp|sftp|curl|rclone|install|cpio)"', 1, 1, 0, 'i') > 0)
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
