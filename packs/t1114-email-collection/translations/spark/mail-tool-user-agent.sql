SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `User Agent` AS `Process`,
  `Object ID` AS `Target`,
  `Operation` AS `Evidence`,
  `Result Status` AS `Result Status`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Operation` IN ('UserLoggedIn', 'MailItemsAccessed'))
    AND (`User Agent` RLIKE '(?iu)(?i).*(python-requests|python-urllib|aiohttp|Go-http-client|curl/|libwww-perl|MailSniper|EWSEditor|o365spray|AADInternals|fasthttp|axios/).*')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
