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
      (`Script Block Text` ILIKE '%Microsoft.Exchange.WebServices%')
      OR (`Script Block Text` ILIKE '%ExchangeService%')
      OR (`Script Block Text` ILIKE '%/EWS/Exchange.asmx%')
      OR (`Script Block Text` ILIKE '%schemas.microsoft.com/exchange/services%')
    )
    AND (
      (`Script Block Text` ILIKE '%FindItem%')
      OR (`Script Block Text` ILIKE '%GetItem%')
      OR (`Script Block Text` ILIKE '%FindFolder%')
      OR (`Script Block Text` ILIKE '%SyncFolderItems%')
      OR (`Script Block Text` ILIKE '%ExportItems%')
      OR (`Script Block Text` ILIKE '%]::Bind(%')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
