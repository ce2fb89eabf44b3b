SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Client Info String` AS `Process`,
  `Mailbox Owner` AS `Target`,
  `Folder Path` AS `Evidence`,
  `Logon Type` AS `Logon Type`,
  `Operation Count` AS `Operation Count`,
  `App ID` AS `App ID`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` IN ('MailItemsAccessed', 'FolderBind', 'MessageBind'))
    AND (lower(`username`) <> lower(`Mailbox Owner`))
    AND (`Logon Type` IN ('1', '2'))
    AND (NOT coalesce((`username` ILIKE 'ServicePrincipal%'), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
