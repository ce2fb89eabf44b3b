SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Source Hostname` AS `Process`,
  `sourceip` AS `Target`,
  `Event ID` AS `Evidence`,
  `Logon Type` AS `Logon Type`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (`qideventcategory` = 'Security')
    AND (TRY_CAST(`Event ID` AS DOUBLE) IN (4624, 4625, 4776))
    AND (upper(`Source Hostname`) = 'RULER')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
