SELECT
  strftime(make_timestamp(CAST(trunc(CAST(min(epoch_ms("starttime")) AS DOUBLE)) AS BIGINT) * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  first("sourceip" ORDER BY "aql.file", "aql.record") AS "Host",
  "username" AS "Actor",
  first("Client Info String" ORDER BY "aql.file", "aql.record") AS "Process",
  first("Mailbox Owner" ORDER BY "aql.file", "aql.record") AS "Target",
  CAST(trunc(CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE)) AS BIGINT) AS "Evidence",
  CAST(trunc(CAST(count(DISTINCT "Folder Path") AS DOUBLE)) AS BIGINT) AS "Folders",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS BIGINT) AS "Records",
  CAST(min(epoch_ms("starttime")) AS DOUBLE) AS "FirstTime",
  CAST(max(epoch_ms("starttime")) AS DOUBLE) AS "LastTime"
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
GROUP BY "username"
HAVING (
    (CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE) > 1)
    OR (CAST(count(DISTINCT "Folder Path") AS DOUBLE) > 5)
  )
LIMIT 1000
