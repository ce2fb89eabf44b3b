SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Process Path` AS `Process`,
  `URL` AS `Target`,
  `Process Guid` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (`qideventcategory` = 'Microsoft-Windows-Sysmon/Operational')
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 22)
    AND (
      (`URL` ILIKE 'outlook.office365.com')
      OR (`URL` ILIKE 'outlook.office.com')
    )
    AND (
      (`Process Path` ILIKE '%\\\\powershell.exe')
      OR (`Process Path` ILIKE '%\\\\powershell_ise.exe')
      OR (`Process Path` ILIKE '%\\\\pwsh.exe')
      OR (`Process Path` ILIKE '%\\\\python%.exe')
      OR (`Process Path` ILIKE '%\\\\curl.exe')
      OR (`Process Path` ILIKE '%\\\\wget.exe')
      OR (`Process Path` ILIKE '%\\\\wscript.exe')
      OR (`Process Path` ILIKE '%\\\\cscript.exe')
      OR (`Process Path` ILIKE '%\\\\mshta.exe')
      OR (`Process Path` ILIKE '%\\\\rundll32.exe')
      OR (`Process Path` ILIKE '%\\\\node.exe')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
