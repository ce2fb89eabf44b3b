SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Process Path` AS `Process`,
  `LoadedImage` AS `Target`,
  `Signature Status` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (`qideventcategory` = 'Microsoft-Windows-Sysmon/Operational')
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 7)
    AND (
      (`LoadedImage` ILIKE '%\\\\OLMAPI32.DLL')
      OR (`LoadedImage` ILIKE '%\\\\MSPST32.DLL')
      OR (`LoadedImage` ILIKE '%\\\\EMSMDB32.DLL')
      OR (`LoadedImage` ILIKE '%\\\\Microsoft.Office.Interop.Outlook.dll')
      OR (`LoadedImage` ILIKE '%\\\\Microsoft.Office.Interop.Outlook.ni.dll')
    )
    AND (NOT coalesce((
      (`Process Path` ILIKE '%:\\\\Program Files%\\\\Microsoft Office\\\\%')
      OR (`Process Path` ILIKE '%:\\\\Windows\\\\System32\\\\SearchIndexer.exe')
      OR (`Process Path` ILIKE '%:\\\\Windows\\\\System32\\\\SearchProtocolHost.exe')
      OR (`Process Path` ILIKE '%:\\\\Windows\\\\System32\\\\SearchFilterHost.exe')
      OR (`Process Path` ILIKE '%:\\\\Program Files\\\\Common Files\\\\Microsoft Shared\\\\ClickToRun\\\\OfficeClickToRun.exe')
    ), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
