SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Operation` AS `Process`,
  `field:Name` AS `Target`,
  `payload` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'SecurityComplianceCenter')
    AND (`Operation` IN ('AlertTriggered', 'AlertEntityGenerated'))
    AND (
      (`field:Name` ILIKE '%forwarding%')
      OR (`field:Name` ILIKE '%redirect rule%')
      OR (`field:Name` ILIKE '%inbox manipulation%')
      OR (`field:Name` ILIKE '%eDiscovery search started or exported%')
      OR (`field:Name` ILIKE '%Suspicious email sending patterns%')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
