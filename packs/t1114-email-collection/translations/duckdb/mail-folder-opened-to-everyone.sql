SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Object ID" AS "Target",
  "Parameters" AS "Evidence",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('Add-MailboxFolderPermission', 'Set-MailboxFolderPermission', 'ModifyFolderPermissions', 'AddFolderPermissions'))
    AND ("Member UPN" IN ('Default', 'Anonymous', 'Everyone'))
    AND regexp_matches("Member Rights", '(?i)(Reviewer|Author|Editor|Owner|ReadItems|ReadAny)')
    AND (
      ("Folder Path" IS NULL)
      OR (NOT coalesce(("Folder Path" ILIKE '%Calendar%'), FALSE))
    )
    AND (
      ("Object ID" IS NULL)
      OR (NOT coalesce(("Object ID" ILIKE '%:\Calendar%'), FALSE))
    )
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
