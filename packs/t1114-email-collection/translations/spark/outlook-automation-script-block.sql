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
    AND (
      (`Script Block Text` ILIKE '%Outlook.Application%')
      OR (`Script Block Text` ILIKE '%Microsoft.Office.Interop.Outlook%')
      OR (`Script Block Text` ILIKE '%olFolderInbox%')
    )
    AND (
      (`Script Block Text` ILIKE '%GetNamespace%')
      OR (`Script Block Text` ILIKE '%GetDefaultFolder%')
      OR (`Script Block Text` ILIKE '%GetSharedDefaultFolder%')
      OR (`Script Block Text` ILIKE '%MAPI%')
      OR (`Script Block Text` ILIKE '%.Session.%')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
