SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Operation` AS `Process`,
  `Object ID` AS `Target`,
  `Parameters` AS `Evidence`,
  `Result Status` AS `Result Status`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` = 'Add-MailboxPermission')
    AND (`Parameters` ILIKE '%FullAccess%')
    AND (NOT coalesce((`username` ILIKE 'NT AUTHORITY\\\\SYSTEM%'), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
