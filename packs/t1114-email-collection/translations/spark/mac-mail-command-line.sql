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
      (`Process CommandLine` ILIKE '%/Library/Mail%')
      OR (`Process CommandLine` ILIKE '%/Library/Containers/com.apple.mail%')
      OR (`Process CommandLine` ILIKE '%/UBF8T346G9.Office/Outlook/%')
    )
    AND (`Process Path` RLIKE '(?iu).*/(cp|mv|ditto|rsync|scp|sftp|curl|tar|bsdtar|zip|7z|7zz|hdiutil|dd|cpio|pax)$')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
