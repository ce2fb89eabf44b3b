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
    AND (
      (
        (`Operation` = 'Set-Mailbox')
        AND (`Parameters` RLIKE '(?iu)(?s).*"AuditEnabled"\\s*,\\s*"Value"\\s*:\\s*"False".*|(?s).*"AuditLogAgeLimit"\\s*,\\s*"Value"\\s*:\\s*"[01]\\..*')
      )
      OR (
        (`Operation` = 'Set-OrganizationConfig')
        AND (`Parameters` RLIKE '(?iu)(?s).*"AuditDisabled"\\s*,\\s*"Value"\\s*:\\s*"True".*')
      )
      OR (
        (`Operation` = 'Set-MailboxAuditBypassAssociation')
        AND (`Parameters` RLIKE '(?iu)(?s).*"AuditBypassEnabled"\\s*,\\s*"Value"\\s*:\\s*"True".*')
      )
      OR (
        (`Operation` = 'Set-AdminAuditLogConfig')
        AND (`Parameters` RLIKE '(?iu)(?s).*"UnifiedAuditLogIngestionEnabled"\\s*,\\s*"Value"\\s*:\\s*"False".*')
      )
    )
    AND (NOT coalesce((`username` ILIKE 'NT AUTHORITY\\\\SYSTEM%'), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
