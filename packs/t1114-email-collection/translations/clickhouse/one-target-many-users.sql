SELECT
  formatDateTime(fromUnixTimestamp64Milli(CAST(trunc(CAST(min(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE))) AS Nullable(BIGINT)), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  argMin(tuple("sourceip"), ("aql.file", "aql.record")).1 AS "Host",
  argMin(tuple("username"), ("aql.file", "aql.record")).1 AS "Actor",
  argMin(tuple("Operation"), ("aql.file", "aql.record")).1 AS "Process",
  lowerUTF8("Forward To") AS "Target",
  CAST(trunc(CAST(count(DISTINCT "username") AS DOUBLE)) AS Nullable(BIGINT)) AS "Evidence",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS Nullable(BIGINT)) AS "Records",
  CAST(min(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE)) AS "FirstTime",
  CAST(max(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE)) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('New-InboxRule', 'Set-InboxRule', 'Set-Mailbox'))
    AND (NOT ("Forward To" IS NULL))
    AND ("Forward To" <> '')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 604800000)
GROUP BY lowerUTF8("Forward To")
HAVING (CAST(count(DISTINCT "username") AS DOUBLE) > 1)
LIMIT 1000
