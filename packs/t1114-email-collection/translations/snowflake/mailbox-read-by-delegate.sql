SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Client Info String" AS "Process",
  "Mailbox Owner" AS "Target",
  "Folder Path" AS "Evidence",
  "Logon Type" AS "Logon Type",
  "Operation Count" AS "Operation Count",
  "App ID" AS "App ID",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('MailItemsAccessed', 'FolderBind', 'MessageBind'))
    AND (LOWER("username") <> LOWER("Mailbox Owner"))
    AND ("Logon Type" IN ('1', '2'))
    AND (NOT coalesce(("username" ILIKE 'ServicePrincipal%'), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
