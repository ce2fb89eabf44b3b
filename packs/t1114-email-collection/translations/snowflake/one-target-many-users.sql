SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(CAST(trunc(CAST(min(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE)) AS BIGINT), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  LOWER("Forward To") AS "Target",
  CAST(trunc(CAST(count(DISTINCT "username") AS DOUBLE)) AS BIGINT) AS "Evidence",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS BIGINT) AS "Records",
  CAST(min(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE) AS "FirstTime",
  CAST(max(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('New-InboxRule', 'Set-InboxRule', 'Set-Mailbox'))
    AND (NOT ("Forward To" IS NULL))
    AND ("Forward To" <> '')
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 604800000)
GROUP BY LOWER("Forward To")
HAVING (CAST(count(DISTINCT "username") AS DOUBLE) > 1)
LIMIT 1000
