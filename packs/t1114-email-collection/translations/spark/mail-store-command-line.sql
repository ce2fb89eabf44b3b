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
    AND (
      (`Process CommandLine` RLIKE '(?iu).*\\.(pst|ost|nst)\\b.*')
      OR (`Process CommandLine` ILIKE '%\\\\Microsoft\\\\Outlook%')
      OR (`Process CommandLine` ILIKE '%\\\\Outlook Files%')
    )
    AND (
      (`Process CommandLine` ILIKE '%Copy-Item%')
      OR (`Process CommandLine` ILIKE '%Move-Item%')
      OR (`Process CommandLine` ILIKE '%Compress-Archive%')
      OR (`Process CommandLine` ILIKE '%Start-BitsTransfer%')
      OR (`Process CommandLine` ILIKE '%esentutl% /y%')
      OR (`Process CommandLine` RLIKE '(?iu).*\\b(copy|xcopy|robocopy|move)(\\.exe)?"?\\s.*')
      OR (`Process Path` ILIKE '%\\\\7z%.exe')
      OR (`Process Path` ILIKE '%\\\\rar.exe')
      OR (`Process Path` ILIKE '%\\\\winrar.exe')
      OR (`Process Path` ILIKE '%\\\\tar.exe')
      OR (`Process Path` ILIKE '%\\\\makecab.exe')
    )
    AND (NOT coalesce((`Process Path` ILIKE '%:\\\\Program Files%\\\\Microsoft Office\\\\%\\\\OUTLOOK.EXE'), FALSE))
    AND (NOT coalesce((`Process CommandLine` ILIKE '%davclnt.dll,DavSetCookie%'), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
