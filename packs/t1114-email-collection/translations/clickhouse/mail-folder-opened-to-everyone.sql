SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
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
    AND match("Member Rights", '(?-s)(?i)(Reviewer|Author|Editor|Owner|ReadItems|ReadAny)')
    AND (
      ("Folder Path" IS NULL)
      OR (NOT coalesce(("Folder Path" ILIKE '%Calendar%'), FALSE))
    )
    AND (
      ("Object ID" IS NULL)
      OR (NOT coalesce(("Object ID" ILIKE '%:\\\\Calendar%'), FALSE))
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
