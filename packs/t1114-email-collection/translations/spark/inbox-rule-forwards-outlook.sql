SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Operation` AS `Process`,
  `Mailbox Owner` AS `Target`,
  `Operation Properties` AS `Evidence`,
  `Inbox Rule Name` AS `Inbox Rule Name`,
  `Client Info String` AS `Client Info String`,
  `Result Status` AS `Result Status`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` = 'UpdateInboxRules')
    AND (`Operation Properties` RLIKE '(?iu)(?s).*(ForwardToRecipientsAction|ForwardAsAttachmentToRecipientsAction|RedirectToRecipientsAction).*')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
