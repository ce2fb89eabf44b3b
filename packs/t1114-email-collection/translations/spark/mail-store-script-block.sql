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
      (`Script Block Text` RLIKE '(?iu)(?s).*\\.(pst|ost|nst)\\b.*')
      OR (`Script Block Text` ILIKE '%\\\\Microsoft\\\\Outlook%')
      OR (`Script Block Text` ILIKE '%\\\\Outlook Files%')
    )
    AND (
      (`Script Block Text` ILIKE '%Copy-Item%')
      OR (`Script Block Text` ILIKE '%Move-Item%')
      OR (`Script Block Text` ILIKE '%Compress-Archive%')
      OR (`Script Block Text` ILIKE '%Start-BitsTransfer%')
      OR (`Script Block Text` ILIKE '%[IO.File]::Copy%')
      OR (`Script Block Text` ILIKE '%[System.IO.File]::Copy%')
      OR (`Script Block Text` ILIKE '%robocopy%')
      OR (`Script Block Text` ILIKE '%xcopy%')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
