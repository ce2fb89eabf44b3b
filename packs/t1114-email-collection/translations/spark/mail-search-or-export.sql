SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Operation` AS `Process`,
  `Object ID` AS `Target`,
  `Parameters` AS `Evidence`,
  `Search Query` AS `Search Query`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` IN ('Exchange', 'SecurityComplianceCenter', 'Discovery'))
    AND (
      (`Operation` IN ('Search-Mailbox', 'New-MailboxSearch', 'New-ComplianceSearch', 'Start-ComplianceSearch', 'SearchCreated', 'SearchStarted', 'SearchExported', 'SearchExportDownloaded', 'SearchPreviewed', 'ViewedSearchPreviewed'))
      OR (
        (`Operation` = 'New-ComplianceSearchAction')
        AND (`Parameters` RLIKE '(?iu)(?s).*(Export|Preview).*')
      )
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
