SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(CAST(trunc(CAST(min(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE)) AS BIGINT), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Mailbox Owner" AS "Target",
  CAST(trunc(CAST(sum(CAST(trunc(TRY_TO_DOUBLE("Operation Count")) AS BIGINT)) AS DOUBLE)) AS BIGINT) AS "Evidence",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS BIGINT) AS "Records",
  CAST(trunc(CAST(count(DISTINCT "Session ID") AS DOUBLE)) AS BIGINT) AS "Sessions",
  CAST(min(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE) AS "FirstTime",
  CAST(max(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'MailItemsAccessed')
    AND ("Mail Access Type" = 'Bind')
    AND (NOT coalesce(("Client Info String" ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
GROUP BY "Mailbox Owner", TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24')
HAVING (CAST(sum(CAST(trunc(TRY_TO_DOUBLE("Operation Count")) AS BIGINT)) AS DOUBLE) > 500)
LIMIT 1000
