SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Client Info String" AS "Process",
  "Mailbox Owner" AS "Target",
  "Operation Count" AS "Evidence",
  "Folder Path" AS "Folder Path",
  "App ID" AS "App ID",
  "Client App ID" AS "Client App ID",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'MailItemsAccessed')
    AND ("Mail Access Type" = 'Bind')
    AND (CAST(trunc(toFloat64OrNull(trimBoth("Operation Count"))) AS Nullable(BIGINT)) >= 100)
    AND (NOT coalesce(("Client Info String" ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
