SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
    AND (lower("username") <> lower("Mailbox Owner"))
    AND ("Logon Type" IN ('1', '2'))
    AND (NOT coalesce(("username" ILIKE 'ServicePrincipal%'), FALSE))
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
