SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
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
    AND (REGEXP_INSTR("Member Rights", '(Reviewer|Author|Editor|Owner|ReadItems|ReadAny)', 1, 1, 0, 'i') > 0)
    AND (
      ("Folder Path" IS NULL)
      OR (NOT coalesce(("Folder Path" ILIKE '%Calendar%'), FALSE))
    )
    AND (
      ("Object ID" IS NULL)
      OR (NOT coalesce(("Object ID" ILIKE '%:\\Calendar%'), FALSE))
    )
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
