SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Cmdlet" AS "Process",
  "Parameters" AS "Target",
  "payload" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'MSExchange Management')
    AND (TRY_CAST("Event ID" AS DOUBLE) = 1)
    AND ("Cmdlet" IN ('New-TransportRule', 'Set-TransportRule', 'Enable-TransportRule', 'New-JournalRule', 'Set-JournalRule'))
    AND regexp_matches("Parameters", '(?i)\-(BlindCopyTo|CopyTo|RedirectMessageTo|AddToRecipients|RouteMessageOutboundConnector|JournalEmailAddress)[\t\n\x0B\x0C\r\x20\:]+[\"\'']?[^\"\''\$\t\n\x0B\x0C\r\x20\-]')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
