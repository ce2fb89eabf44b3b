SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Operation` AS `Process`,
  `Object ID` AS `Target`,
  `Modified Properties` AS `Evidence`,
  `Result Status` AS `Result Status`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'AzureActiveDirectory')
    AND (`Operation` IN ('Add app role assignment to service principal.', 'Consent to application.', 'Add delegated permission grant.', 'Add app role assignment grant to user.'))
    AND (`Modified Properties` RLIKE '(?iu)(?s).*(Mail\\.Read|full_access_as_app|EWS\\.AccessAsUser|IMAP\\.AccessAsUser|810c84a8-4a9e-49e6-bf7d-12d183f40d01|570282fd-fa5c-430d-a7fd-fc8dc98a9dca).*')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
