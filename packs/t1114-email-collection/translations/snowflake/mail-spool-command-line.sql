SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "Parent Process Path" AS "Target",
  "Process CommandLine" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 11)
    AND ("qideventcategory" = 'Linux-Sysmon/Operational')
    AND (TRY_TO_DOUBLE("Event ID") = 1)
    AND (
      ("Process CommandLine" ILIKE '%/var/mail/%')
      OR ("Process CommandLine" ILIKE '%/var/spool/mail%')
      OR ("Process CommandLine" ILIKE '%/Maildir%')
      OR ("Process CommandLine" ILIKE '%/.thunderbird/%')
    )
    AND (REGEXP_INSTR("Process Path", '^([^\n\r\u0085\u2028\u2029]*/)?(cp|mv|cat|dd|tar|zip|7z|7za|gzip|rsync|scp|sftp|curl|rclone|install|cpio)((\r\n|[\n\r\u0085\u2028\u2029])?$)', 1, 1, 0, 'i') > 0)
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
