SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Process Path` AS `Process`,
  `Script Block ID` AS `Target`,
  CASE WHEN (TRY_CAST(`Event ID` AS DOUBLE) = 4104) THEN `Script Block Text` ELSE `Process CommandLine` END AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (
      (
        (`qideventcategory` IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
        AND (TRY_CAST(`Event ID` AS DOUBLE) = 4104)
        AND (`Script Block Text` RLIKE '(?iu)(?s).*Set-CASMailbox\\b.*-ActiveSyncAllowedDeviceIDs[\\s:]+(?!\\$null).*')
      )
      OR (
        (
          (
            (`qideventcategory` = 'Microsoft-Windows-Sysmon/Operational')
            AND (TRY_CAST(`Event ID` AS DOUBLE) = 1)
          )
          OR (TRY_CAST(`Event ID` AS DOUBLE) = 4688)
        )
        AND (`Process CommandLine` RLIKE '(?iu).*Set-CASMailbox\\b.*-ActiveSyncAllowedDeviceIDs[\\s:]+(?!\\$null).*')
      )
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
