SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Process Path` AS `Process`,
  `File Path` AS `Target`,
  `Process Guid` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (`qideventcategory` = 'Microsoft-Windows-Sysmon/Operational')
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 11)
    AND (
      (`File Path` ILIKE '%.pst')
      OR (`File Path` ILIKE '%.ost')
      OR (`File Path` ILIKE '%.nst')
      OR (`File Path` ILIKE '%.mbox')
      OR (`File Path` ILIKE '%.mbx')
      OR (`File Path` ILIKE '%.dbx')
      OR (`File Path` ILIKE '%.nsf')
      OR (
        (
          (`File Path` ILIKE '%.msg')
          OR (`File Path` ILIKE '%.eml')
          OR (`File Path` ILIKE '%.emlx')
        )
        AND (
          (`Process Path` ILIKE '%\\\\powershell.exe')
          OR (`Process Path` ILIKE '%\\\\pwsh.exe')
          OR (`Process Path` ILIKE '%\\\\cmd.exe')
          OR (`Process Path` ILIKE '%\\\\python%.exe')
          OR (`Process Path` ILIKE '%\\\\wscript.exe')
          OR (`Process Path` ILIKE '%\\\\cscript.exe')
          OR (`Process Path` ILIKE '%\\\\mshta.exe')
          OR (`Process Path` ILIKE '%\\\\rundll32.exe')
          OR (`Process Path` ILIKE '%\\\\robocopy.exe')
          OR (`Process Path` ILIKE '%\\\\xcopy.exe')
        )
        AND (NOT coalesce((`File Path` ILIKE '%\\\\tcl%\\\\msgs\\\\%.msg'), FALSE))
      )
    )
    AND (NOT coalesce((
      (`Process Path` ILIKE '%:\\\\Program Files%\\\\Microsoft Office\\\\%\\\\OUTLOOK.EXE')
      OR (`Process Path` ILIKE '%:\\\\Program Files%\\\\Microsoft Office\\\\%\\\\SCANPST.EXE')
      OR (`Process Path` ILIKE '%:\\\\Program Files\\\\WindowsApps\\\\Microsoft.OutlookForWindows_%\\\\olk.exe')
      OR (`Process Path` ILIKE '%:\\\\Program Files\\\\WindowsApps\\\\microsoft.windowscommunicationsapps_%\\\\Hx%.exe')
      OR (`Process Path` ILIKE '%:\\\\Program Files%\\\\HCL\\\\Notes\\\\%.exe')
      OR (`Process Path` ILIKE '%:\\\\Program Files%\\\\IBM\\\\Notes\\\\%.exe')
      OR (`Process Path` ILIKE '%:\\\\Program Files%\\\\Microsoft OneDrive\\\\OneDrive.exe')
      OR (`Process Path` ILIKE '%:\\\\Program Files%\\\\Mozilla Thunderbird\\\\thunderbird.exe')
      OR (`Process Path` ILIKE '%:\\\\Windows\\\\System32\\\\SearchIndexer.exe')
      OR (`Process Path` ILIKE '%:\\\\Windows\\\\System32\\\\SearchProtocolHost.exe')
      OR (`Process Path` ILIKE '%:\\\\ProgramData\\\\Microsoft\\\\Windows Defender\\\\Platform\\\\%\\\\MsMpEng.exe')
      OR (`Process Path` ILIKE '%:\\\\Program Files\\\\Windows Defender%\\\\MsSense.exe')
    ), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
