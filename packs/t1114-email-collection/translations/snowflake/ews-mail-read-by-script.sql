SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Client Info String" AS "Process",
  "Mailbox Owner" AS "Target",
  "Folder Path" AS "Evidence",
  "Mail Access Type" AS "Mail Access Type",
  "Operation Count" AS "Operation Count",
  "App ID" AS "App ID",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'MailItemsAccessed')
    AND ("Client Info String" ILIKE 'Client=WebServices;%')
    AND (
      ("Client Info String" ILIKE '%PowerShell%')
      OR ("Client Info String" ILIKE '%python%')
      OR ("Client Info String" ILIKE '%curl/%')
      OR ("Client Info String" ILIKE '%Go-http-client%')
      OR ("Client Info String" ILIKE '%ExchangeServicesClient%')
      OR ("Client Info String" ILIKE '%EWSEditor%')
      OR ("Client Info String" ILIKE '%MailSniper%')
    )
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
