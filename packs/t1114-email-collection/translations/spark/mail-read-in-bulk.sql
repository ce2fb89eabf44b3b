SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Client Info String` AS `Process`,
  `Mailbox Owner` AS `Target`,
  `Operation Count` AS `Evidence`,
  `Folder Path` AS `Folder Path`,
  `App ID` AS `App ID`,
  `Client App ID` AS `Client App ID`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` = 'MailItemsAccessed')
    AND (`Mail Access Type` = 'Bind')
    AND (TRY_CAST(TRY_CAST(`Operation Count` AS DOUBLE) AS BIGINT) >= 100)
    AND (NOT coalesce((`Client Info String` ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
