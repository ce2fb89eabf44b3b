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
      (`Script Block Text` ILIKE '%New-InboxRule%')
      OR (`Script Block Text` ILIKE '%Set-InboxRule%')
      OR (`Script Block Text` ILIKE '%Set-Mailbox %')
      OR (`Script Block Text` ILIKE '%New-TransportRule%')
      OR (`Script Block Text` ILIKE '%Set-TransportRule%')
    )
    AND (
      (`Script Block Text` ILIKE '%-ForwardTo%')
      OR (`Script Block Text` ILIKE '%-ForwardAsAttachmentTo%')
      OR (`Script Block Text` ILIKE '%-RedirectTo%')
      OR (`Script Block Text` ILIKE '%-ForwardingSmtpAddress%')
      OR (`Script Block Text` ILIKE '%-ForwardingAddress%')
      OR (`Script Block Text` ILIKE '%-BlindCopyTo%')
      OR (`Script Block Text` ILIKE '%-RedirectMessageTo%')
      OR (`Script Block Text` ILIKE '%-CopyTo%')
      OR (`Script Block Text` ILIKE '%-AddToRecipients%')
    )
    AND (`Script Block Text` RLIKE '(?iu)(?s).*-(ForwardTo|ForwardAsAttachmentTo|RedirectTo|ForwardingSmtpAddress|ForwardingAddress|BlindCopyTo|RedirectMessageTo|CopyTo|AddToRecipients)[\\s:]+(?!\\$null|""|\\x27\\x27|-)\\S.*')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
