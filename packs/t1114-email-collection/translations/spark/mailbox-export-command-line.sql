SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Process Path` AS `Process`,
  `Parent Process Path` AS `Target`,
  `Process CommandLine` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (
      (
        (`qideventcategory` = 'Microsoft-Windows-Sysmon/Operational')
        AND (TRY_CAST(`Event ID` AS DOUBLE) = 1)
      )
      OR (TRY_CAST(`Event ID` AS DOUBLE) = 4688)
    )
    AND (`Process CommandLine` ILIKE '%New-MailboxExportRequest%')
    AND (`Process CommandLine` ILIKE '% -Mailbox %')
    AND (`Process CommandLine` ILIKE '%-FilePath%')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
