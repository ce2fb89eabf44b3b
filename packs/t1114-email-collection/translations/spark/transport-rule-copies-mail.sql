SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Operation` AS `Process`,
  `Forward To` AS `Target`,
  `Parameters` AS `Evidence`,
  `Object ID` AS `Object ID`,
  `Result Status` AS `Result Status`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` IN ('New-TransportRule', 'Set-TransportRule', 'Enable-TransportRule', 'New-JournalRule', 'Set-JournalRule'))
    AND (`Parameters` RLIKE '(?iu)(?s).*"Name"\\s*:\\s*"(BlindCopyTo|CopyTo|RedirectMessageTo|AddToRecipients|AddManagerAsRecipientType|RouteMessageOutboundConnector|JournalEmailAddress)"\\s*,\\s*"Value"\\s*:\\s*"[^"]+".*')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
