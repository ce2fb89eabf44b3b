SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "username" AS "Actor",
  replaceRegexpOne("payload", '\\A(?s:.)*\\x20a0\\=\\"([^\\"]+)\\"(?s:.)*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1') AS "Process",
  replaceRegexpOne("payload", '\\A(?s:.)*\\"([^\\"]*(\\/var\\/mail|\\/var\\/spool\\/mail|\\/Maildir|\\/\\.thunderbird)[^\\"]*)\\"(?s:.)*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1') AS "Target",
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
    AND match("payload", '(?-s)(?i)\\x20a0\\=\\"([^\\"]*\\/)?(cp|mv|cat|dd|tar|zip|7z|7za|gzip|rsync|scp|sftp|curl|rclone|install|cpio)\\"')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
