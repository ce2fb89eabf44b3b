SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Parent Process Path` AS `Process`,
  `Process Path` AS `Target`,
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
    AND (`Process Path` ILIKE '%\\\\OUTLOOK.EXE')
    AND (
      (`Parent Process Path` ILIKE '%\\\\powershell.exe')
      OR (`Parent Process Path` ILIKE '%\\\\powershell_ise.exe')
      OR (`Parent Process Path` ILIKE '%\\\\pwsh.exe')
      OR (`Parent Process Path` ILIKE '%\\\\cmd.exe')
      OR (`Parent Process Path` ILIKE '%\\\\mshta.exe')
      OR (`Parent Process Path` ILIKE '%\\\\rundll32.exe')
      OR (`Parent Process Path` ILIKE '%\\\\regsvr32.exe')
      OR (`Parent Process Path` ILIKE '%\\\\wscript.exe')
      OR (`Parent Process Path` ILIKE '%\\\\cscript.exe')
      OR (`Parent Process Path` ILIKE '%\\\\WmiPrvSE.exe')
      OR (`Parent Process Path` ILIKE '%\\\\python%.exe')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
