SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `payload` AS `Evidence`
FROM events
WHERE (
    (NOT coalesce((`devicetype` IN (12, 397)), FALSE))
    AND (`payload` ILIKE '%X-MS-Exchange-Organization-AutoForwarded%')
    AND (`payload` RLIKE '(?iu)(?s).*X-MS-Exchange-Organization-AutoForwarded["\\x27]?\\s*[=:]\\s*\\[?["\\x27]?true.*')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
