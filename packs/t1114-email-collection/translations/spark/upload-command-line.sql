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
      (
        (`Process Path` ILIKE '%\\\\curl.exe')
        AND (`Process CommandLine` RLIKE '(^|.*\\s)(-T|--upload-file|-F|--form|--data-binary|-d)\\s.*')
      )
      OR (
        (`Process Path` ILIKE '%\\\\rclone.exe')
        AND (`Process CommandLine` RLIKE '(?iu).*\\s(copy|copyto|sync|move|moveto|rcat)\\s.*')
      )
      OR (`Process Path` ILIKE '%\\\\pscp.exe')
      OR (`Process Path` ILIKE '%\\\\psftp.exe')
      OR (`Process Path` ILIKE '%\\\\winscp.com')
      OR (`Process Path` ILIKE '%\\\\OpenSSH\\\\scp.exe')
      OR (
        (`Process Path` ILIKE '%\\\\ftp.exe')
        AND (`Process CommandLine` RLIKE '(?iu).*-s:.*')
      )
      OR (
        (`Process Path` ILIKE '%\\\\bitsadmin.exe')
        AND (`Process CommandLine` ILIKE '%/upload%')
      )
      OR (`Process CommandLine` RLIKE '(?iu).*(Invoke-WebRequest|Invoke-RestMethod|\\biwr\\b|\\birm\\b).*\\s-InFile\\s.*')
      OR (`Process CommandLine` RLIKE '(?iu).*Start-BitsTransfer.*-TransferType\\s+Upload.*')
      OR (`Process CommandLine` RLIKE '(?iu).*\\.Upload(File|Data)(Async)?\\(.*')
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
