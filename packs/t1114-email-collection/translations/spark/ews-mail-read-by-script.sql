SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Client Info String` AS `Process`,
  `Mailbox Owner` AS `Target`,
  `Folder Path` AS `Evidence`,
  `Mail Access Type` AS `Mail Access Type`,
  `Operation Count` AS `Operation Count`,
  `App ID` AS `App ID`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` = 'MailItemsAccessed')
    AND (`Client Info String` ILIKE 'Client=WebServices;%')
    AND (
      (`Client Info String` ILIKE '%PowerShell%')
      OR (`Client Info String` ILIKE '%python%')
      OR (`Client Info String` ILIKE '%curl/%')
      OR (`Client Info String` ILIKE '%Go-http-client%')
      OR (`Client Info String` ILIKE '%ExchangeServicesClient%')
      OR (`Client Info String` ILIKE '%EWSEditor%')
      OR (`Client Info String` ILIKE '%MailSniper%')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
