SELECT
  formatDateTime(fromUnixTimestamp64Milli(CAST(trunc(CAST(min(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE))) AS Nullable(BIGINT)), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  argMin(tuple("sourceip"), ("aql.file", "aql.record")).1 AS "Host",
  argMin(tuple("username"), ("aql.file", "aql.record")).1 AS "Actor",
  argMin(tuple("Client Info String"), ("aql.file", "aql.record")).1 AS "Process",
  "Client App ID" AS "Target",
  CAST(trunc(CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE)) AS Nullable(BIGINT)) AS "Evidence",
  "Client App ID" AS "ClientAppId",
  CAST(trunc(CAST(sum(CAST(trunc(toFloat64OrNull(trimBoth("Operation Count"))) AS Nullable(BIGINT))) AS Nullable(DOUBLE))) AS Nullable(BIGINT)) AS "Messages",
  CAST(min(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE)) AS "FirstTime",
  CAST(max(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE)) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'MailItemsAccessed')
    AND (NOT ("Client App ID" IS NULL))
    AND (NOT coalesce(("Client Info String" ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
GROUP BY "Client App ID", substringUTF8(formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i', 'UTC'), 1, 15)
HAVING (CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE) > 5)
LIMIT 1000
