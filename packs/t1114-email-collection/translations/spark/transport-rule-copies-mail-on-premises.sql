SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Cmdlet` AS `Process`,
  `Parameters` AS `Target`,
  `payload` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (`qideventcategory` = 'MSExchange Management')
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 1)
    AND (`Cmdlet` IN ('New-TransportRule', 'Set-TransportRule', 'Enable-TransportRule', 'New-JournalRule', 'Set-JournalRule'))
    AND (`Parameters` RLIKE '(?iu).*-(BlindCopyTo|CopyTo|RedirectMessageTo|AddToRecipients|RouteMessageOutboundConnector|JournalEmailAddress)[\\s:]+["\\x27]?[^"\\x27$\\s-].*')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
