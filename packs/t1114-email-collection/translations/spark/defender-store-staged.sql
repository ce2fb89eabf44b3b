SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Process Path` AS `Process`,
  `File Path` AS `Target`,
  `Process CommandLine` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 515)
    AND (`qideventcategory` = 'DeviceFileEvents')
    AND (`qideventid` IN ('FileCreated', 'FileRenamed'))
    AND (
      (`File Path` ILIKE '%.pst')
      OR (`File Path` ILIKE '%.ost')
      OR (`File Path` ILIKE '%.nst')
      OR (`File Path` ILIKE '%.mbox')
      OR (`File Path` ILIKE '%.dbx')
      OR (`File Path` ILIKE '%.nsf')
    )
    AND (
      (`File Path` ILIKE '%\\\\AppData\\\\Local\\\\Temp\\\\%')
      OR (`File Path` ILIKE '%\\\\Windows\\\\Temp\\\\%')
      OR (`File Path` ILIKE '%:\\\\Temp\\\\%')
      OR (`File Path` ILIKE '%\\\\Downloads\\\\%')
      OR (`File Path` ILIKE '%\\\\Users\\\\Public\\\\%')
      OR (`File Path` ILIKE '%:\\\\ProgramData\\\\%')
      OR (`File Path` ILIKE '%:\\\\PerfLogs\\\\%')
      OR (`File Path` ILIKE '%\\\\$Recycle.Bin\\\\%')
      OR (`File Path` RLIKE '^\\\\\\\\.*')
    )
    AND (NOT coalesce((
      (`File Path` ILIKE '%\\\\AppData\\\\Local\\\\Microsoft\\\\Outlook\\\\%')
      OR (`File Path` ILIKE '%\\\\Documents\\\\Outlook Files\\\\%')
      OR (`Process Path` ILIKE '%:\\\\ProgramData\\\\Microsoft\\\\Windows Defender\\\\Platform\\\\%\\\\MsMpEng.exe')
    ), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
