SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Parent Process Path` AS `Process`,
  `Process Path` AS `Target`,
  `Process CommandLine` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 515)
    AND (`qideventcategory` = 'DeviceProcessEvents')
    AND (`qideventid` = 'ProcessCreated')
    AND (`Process Path` ILIKE '%\\\\OUTLOOK.EXE')
    AND (`Parent Process Path` ILIKE '%\\\\svchost.exe')
    AND (`Process CommandLine` ILIKE '%-Embedding%')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
