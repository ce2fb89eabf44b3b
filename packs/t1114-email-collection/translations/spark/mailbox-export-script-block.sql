SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `File Path` AS `Process`,
  `Script Block ID` AS `Target`,
  `Script Block Text` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (`qideventcategory` IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 4104)
    AND (`Script Block Text` ILIKE '%New-MailboxExportRequest%')
    AND (`Script Block Text` ILIKE '% -Mailbox %')
    AND (`Script Block Text` ILIKE '%-FilePath%')
    AND (NOT coalesce((`Script Block Text` ILIKE '%function %New-MailboxExportRequest%param%'), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
