SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  `username` AS `Actor`,
  `Process Path` AS `Process`,
  `File Path` AS `Target`,
  `Process Guid` AS `Evidence`
FROM events
WHERE (
    (`devicetype` IN (11, 12))
    AND (
      (`qideventcategory` = 'Microsoft-Windows-Sysmon/Operational')
      OR (`qideventcategory` = 'Linux-Sysmon/Operational')
    )
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 11)
    AND (
      (`File Path` ILIKE '%\\\\msgFilterRules.dat')
      OR (`File Path` ILIKE '%/msgFilterRules.dat')
      OR (`File Path` ILIKE '%/.forward')
      OR (`File Path` ILIKE '%/.procmailrc')
      OR (`File Path` ILIKE '%/RulesActiveState.plist')
      OR (`File Path` ILIKE '%/SyncedRules.plist')
    )
    AND (NOT coalesce((
      (`Process Path` ILIKE '%\\\\thunderbird.exe')
      OR (`Process Path` ILIKE '%/thunderbird')
      OR (`Process Path` ILIKE '%/thunderbird-bin')
      OR (`Process Path` ILIKE '%/Mail.app/Contents/MacOS/Mail')
    ), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
