SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(CAST(trunc(CAST(min(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE)) AS BIGINT), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Client App ID" AS "Target",
  CAST(trunc(CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE)) AS BIGINT) AS "Evidence",
  "Client App ID" AS "ClientAppId",
  CAST(trunc(CAST(sum(CAST(trunc(TRY_TO_DOUBLE("Operation Count")) AS BIGINT)) AS DOUBLE)) AS BIGINT) AS "Messages",
  CAST(min(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE) AS "FirstTime",
  CAST(max(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'MailItemsAccessed')
    AND (NOT ("Client App ID" IS NULL))
    AND (NOT coalesce(("Client Info String" ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
GROUP BY "Client App ID", SUBSTR(TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI'), 1, 15)
HAVING (CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE) > 5)
LIMIT 1000
