SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Process Path` AS `Process`,
  `Object Name` AS `Target`,
  `Access Mask` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (`qideventcategory` = 'Security')
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 4663)
    AND (`Object Name` RLIKE '(?iu).*\\.(pst|ost|nst|mbox|dbx|nsf)$')
    AND (`Access Mask` IN ('0x1', '0x3', '0x81', '0x83', '0x20089', '0x120089', '0x12019f', '0x1f01ff'))
    AND (NOT coalesce((
      (`Process Path` ILIKE '%:\\\\Program Files%\\\\Microsoft Office\\\\%\\\\OUTLOOK.EXE')
      OR (`Process Path` ILIKE '%:\\\\Program Files%\\\\Microsoft Office\\\\%\\\\SCANPST.EXE')
      OR (`Process Path` ILIKE '%:\\\\Program Files\\\\WindowsApps\\\\Microsoft.OutlookForWindows_%\\\\olk.exe')
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
