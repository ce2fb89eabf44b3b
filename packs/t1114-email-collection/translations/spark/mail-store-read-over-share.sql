SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `sourceip` AS `Process`,
  `Relative Target Name` AS `Target`,
  `Share Name` AS `Evidence`,
  `Access Mask` AS `Access Mask`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (`qideventcategory` = 'Security')
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 5145)
    AND (`Relative Target Name` RLIKE '(?iu).*\\.(pst|ost|nst|nsf|oab)$')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
