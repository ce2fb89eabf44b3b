SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `payload` AS `Evidence`
FROM events
WHERE (
    (`devicetype` = 442)
    AND (
      (`payload` ILIKE '%email_forwarding_out_of_domain%')
      OR (
        (`payload` RLIKE '(?iu)(?s).*"(CREATE|CHANGE)_GMAIL_SETTING".*')
        AND (`payload` RLIKE '(?iu)(?s).*"(EMAIL_ROUTE|MESSAGE_SECURITY_RULE|UNIFIED_MAIL_ROUTING|ALIAS_TABLE)".*')
      )
    )
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
