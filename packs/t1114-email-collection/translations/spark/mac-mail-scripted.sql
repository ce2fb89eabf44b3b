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
    AND (`Process Path` ILIKE '%/osascript')
    AND (
      (`Process CommandLine` RLIKE '(?iu).*\\bapplication\\s*\\(?\\s*["\\x27]?(Mail|Microsoft Outlook)\\b.*')
      OR (`Process CommandLine` ILIKE '%com.apple.mail%')
      OR (`Process CommandLine` ILIKE '%com.microsoft.Outlook%')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
