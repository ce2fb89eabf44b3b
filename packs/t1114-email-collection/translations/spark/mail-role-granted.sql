SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Operation` AS `Process`,
  `Role Name` AS `Target`,
  `Parameters` AS `Evidence`,
  `Result Status` AS `Result Status`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` = 'New-ManagementRoleAssignment')
    AND (`Role Name` RLIKE '(?iu)(ApplicationImpersonation|Mailbox Import Export|Mailbox Search|Application Mail\\.Read.*|Application EWS\\.AccessAsApp)')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
