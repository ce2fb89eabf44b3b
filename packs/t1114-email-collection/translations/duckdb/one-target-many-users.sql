SELECT
  strftime(make_timestamp(CAST(trunc(CAST(min(epoch_ms("starttime")) AS DOUBLE)) AS BIGINT) * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  first("sourceip" ORDER BY "aql.file", "aql.record") AS "Host",
  first("username" ORDER BY "aql.file", "aql.record") AS "Actor",
  first("Operation" ORDER BY "aql.file", "aql.record") AS "Process",
  lower("Forward To") AS "Target",
  CAST(trunc(CAST(count(DISTINCT "username") AS DOUBLE)) AS BIGINT) AS "Evidence",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS BIGINT) AS "Records",
  CAST(min(epoch_ms("starttime")) AS DOUBLE) AS "FirstTime",
  CAST(max(epoch_ms("starttime")) AS DOUBLE) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('New-InboxRule', 'Set-InboxRule', 'Set-Mailbox'))
    AND (NOT ("Forward To" IS NULL))
    AND ("Forward To" <> '')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 604800000)
GROUP BY lower("Forward To")
HAVING (CAST(count(DISTINCT "username") AS DOUBLE) > 1)
LIMIT 1000
