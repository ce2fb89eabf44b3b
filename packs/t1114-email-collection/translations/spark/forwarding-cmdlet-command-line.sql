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
      (`Process CommandLine` ILIKE '%New-InboxRule%')
      OR (`Process CommandLine` ILIKE '%Set-InboxRule%')
      OR (`Process CommandLine` ILIKE '%Set-Mailbox %')
      OR (`Process CommandLine` ILIKE '%New-TransportRule%')
      OR (`Process CommandLine` ILIKE '%Set-TransportRule%')
    )
    AND (
      (`Process CommandLine` ILIKE '%-ForwardTo%')
      OR (`Process CommandLine` ILIKE '%-ForwardAsAttachmentTo%')
      OR (`Process CommandLine` ILIKE '%-RedirectTo%')
      OR (`Process CommandLine` ILIKE '%-ForwardingSmtpAddress%')
      OR (`Process CommandLine` ILIKE '%-ForwardingAddress%')
      OR (`Process CommandLine` ILIKE '%-BlindCopyTo%')
      OR (`Process CommandLine` ILIKE '%-RedirectMessageTo%')
      OR (`Process CommandLine` ILIKE '%-CopyTo%')
      OR (`Process CommandLine` ILIKE '%-AddToRecipients%')
    )
    AND (`Process CommandLine` RLIKE '(?iu)(?s).*-(ForwardTo|ForwardAsAttachmentTo|RedirectTo|ForwardingSmtpAddress|ForwardingAddress|BlindCopyTo|RedirectMessageTo|CopyTo|AddToRecipients)[\\s:]+(?!\\$null|""|\\x27\\x27|-)\\S.*')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
