SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Process Path` AS `Process`,
  `Parent Process Path` AS `Target`,
  `Process CommandLine` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 515)
    AND (`qideventcategory` = 'DeviceProcessEvents')
    AND (`qideventid` = 'ProcessCreated')
    AND (
      (`Process CommandLine` ILIKE '%Outlook.Application%')
      OR (`Process CommandLine` ILIKE '%Microsoft.Office.Interop.Outlook%')
    )
    AND (
      (`Process CommandLine` ILIKE '%GetNamespace%')
      OR (`Process CommandLine` ILIKE '%GetDefaultFolder%')
      OR (`Process CommandLine` ILIKE '%GetSharedDefaultFolder%')
      OR (`Process CommandLine` ILIKE '%MAPI%')
      OR (`Process CommandLine` ILIKE '%.Session.%')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
