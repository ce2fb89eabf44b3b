SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `File Path` AS `Process`,
  `Script Block ID` AS `Target`,
  `Script Block Text` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (`qideventcategory` IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 4104)
    AND (
      (`Script Block Text` RLIKE '(?iu)(?s).*graph\\.microsoft\\.com/(v1\\.0|beta)/(me|users/[^/\\s]+)/(messages|mailFolders).*')
      OR (`Script Block Text` RLIKE '(?iu)(?s).*\\bGet-MgUserMessage\\b.*')
      OR (`Script Block Text` RLIKE '(?iu)(?s).*\\bGet-MgUserMailFolderMessage\\b.*')
    )
    AND (NOT coalesce((`Script Block Text` ILIKE '%Microsoft.Graph.Mail.private%'), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
