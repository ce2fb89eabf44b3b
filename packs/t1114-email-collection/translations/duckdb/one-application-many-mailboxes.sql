SELECT
  strftime(make_timestamp(CAST(trunc(CAST(min(epoch_ms("starttime")) AS DOUBLE)) AS BIGINT) * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  first("sourceip" ORDER BY "aql.file", "aql.record") AS "Host",
  first("username" ORDER BY "aql.file", "aql.record") AS "Actor",
  first("Client Info String" ORDER BY "aql.file", "aql.record") AS "Process",
  "Client App ID" AS "Target",
  CAST(trunc(CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE)) AS BIGINT) AS "Evidence",
  "Client App ID" AS "ClientAppId",
  CAST(trunc(CAST(sum(CAST(trunc(TRY_CAST("Operation Count" AS DOUBLE)) AS BIGINT)) AS DOUBLE)) AS BIGINT) AS "Messages",
  CAST(min(epoch_ms("starttime")) AS DOUBLE) AS "FirstTime",
  CAST(max(epoch_ms("starttime")) AS DOUBLE) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'MailItemsAccessed')
    AND (NOT ("Client App ID" IS NULL))
    AND (NOT coalesce(("Client Info String" ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
GROUP BY "Client App ID", substr(strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M'), 1, 15)
HAVING (CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE) > 5)
LIMIT 1000
