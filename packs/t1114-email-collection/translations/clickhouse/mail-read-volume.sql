SELECT
  formatDateTime(fromUnixTimestamp64Milli(CAST(trunc(CAST(min(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE))) AS Nullable(BIGINT)), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  argMin(tuple("sourceip"), ("aql.file", "aql.record")).1 AS "Host",
  argMin(tuple("username"), ("aql.file", "aql.record")).1 AS "Actor",
  argMin(tuple("Client Info String"), ("aql.file", "aql.record")).1 AS "Process",
  "Mailbox Owner" AS "Target",
  CAST(trunc(CAST(sum(CAST(trunc(toFloat64OrNull(trimBoth("Operation Count"))) AS Nullable(BIGINT))) AS Nullable(DOUBLE))) AS Nullable(BIGINT)) AS "Evidence",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS Nullable(BIGINT)) AS "Records",
  CAST(trunc(CAST(count(DISTINCT "Session ID") AS DOUBLE)) AS Nullable(BIGINT)) AS "Sessions",
  CAST(min(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE)) AS "FirstTime",
  CAST(max(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE)) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'MailItemsAccessed')
    AND ("Mail Access Type" = 'Bind')
    AND (NOT coalesce(("Client Info String" ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
GROUP BY "Mailbox Owner", formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H', 'UTC')
HAVING (CAST(sum(CAST(trunc(toFloat64OrNull(trimBoth("Operation Count"))) AS Nullable(BIGINT))) AS Nullable(DOUBLE)) > 500)
LIMIT 1000
