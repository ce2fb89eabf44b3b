SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Operation` AS `Process`,
  `Inbox Rule Name` AS `Target`,
  `Parameters` AS `Evidence`,
  `Object ID` AS `Object ID`,
  `Result Status` AS `Result Status`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` IN ('New-InboxRule', 'Set-InboxRule'))
    AND (`Parameters` RLIKE '(?iu)(?s).*("Name"\\s*:\\s*"(DeleteMessage|SoftDeleteMessage|MarkAsRead)"\\s*,\\s*"Value"\\s*:\\s*"True"|"Name"\\s*:\\s*"MoveToFolder"\\s*,\\s*"Value"\\s*:\\s*"[^"]*(RSS|Conversation History|Archive|Deleted|Junk|Notes)[^"]*").*')
    AND (
      (`Parameters` RLIKE '(?iu)(?s).*"Name"\\s*:\\s*"(SubjectContainsWords|SubjectOrBodyContainsWords|BodyContainsWords)"\\s*,\\s*"Value"\\s*:\\s*"[^"]*(invoice|payment|payroll|wire|bank|remittance|iban|phish|hack|spam|scam|fraud|helpdesk|help desk|security|suspicious|password|compromis|do not open|virus|docusign|quote|statement|password)[^"]*".*')
      OR (`Inbox Rule Name` RLIKE '^.{0,2}$')
      OR (`Inbox Rule Name` RLIKE '^[^\\p{L}\\p{N}]+$')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
