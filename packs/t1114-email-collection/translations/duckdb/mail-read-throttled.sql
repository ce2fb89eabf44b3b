SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Client Info String" AS "Process",
  "Mailbox Owner" AS "Target",
  "Operation Count" AS "Evidence",
  "Mail Access Type" AS "Mail Access Type",
  "Folder Path" AS "Folder Path",
  "App ID" AS "App ID",
  "Client App ID" AS "Client App ID",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'MailItemsAccessed')
    AND ("Is Throttled" = 'True')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
