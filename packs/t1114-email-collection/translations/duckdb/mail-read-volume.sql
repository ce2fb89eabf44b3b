SELECT
  strftime(make_timestamp(CAST(trunc(CAST(min(epoch_ms("starttime")) AS DOUBLE)) AS BIGINT) * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  first("sourceip" ORDER BY "aql.file", "aql.record") AS "Host",
  first("username" ORDER BY "aql.file", "aql.record") AS "Actor",
  first("Client Info String" ORDER BY "aql.file", "aql.record") AS "Process",
  "Mailbox Owner" AS "Target",
  CAST(trunc(CAST(sum(CAST(trunc(TRY_CAST("Operation Count" AS DOUBLE)) AS BIGINT)) AS DOUBLE)) AS BIGINT) AS "Evidence",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS BIGINT) AS "Records",
  CAST(trunc(CAST(count(DISTINCT "Session ID") AS DOUBLE)) AS BIGINT) AS "Sessions",
  CAST(min(epoch_ms("starttime")) AS DOUBLE) AS "FirstTime",
  CAST(max(epoch_ms("starttime")) AS DOUBLE) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'MailItemsAccessed')
    AND ("Mail Access Type" = 'Bind')
    AND (NOT coalesce(("Client Info String" ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
GROUP BY "Mailbox Owner", strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H')
HAVING (CAST(sum(CAST(trunc(TRY_CAST("Operation Count" AS DOUBLE)) AS BIGINT)) AS DOUBLE) > 500)
LIMIT 1000
