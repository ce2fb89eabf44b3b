SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Forward To" AS "Target",
  "Parameters" AS "Evidence",
  "Object ID" AS "Object ID",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('New-TransportRule', 'Set-TransportRule', 'Enable-TransportRule', 'New-JournalRule', 'Set-JournalRule'))
    AND regexp_matches("Parameters", '(?i)\"Name\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"(BlindCopyTo|CopyTo|RedirectMessageTo|AddToRecipients|AddManagerAsRecipientType|RouteMessageOutboundConnector|JournalEmailAddress)\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"[^\"]+\"')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
