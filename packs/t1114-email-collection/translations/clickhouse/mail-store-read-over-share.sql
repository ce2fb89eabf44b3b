SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "sourceip" AS "Process",
  "Relative Target Name" AS "Target",
  "Share Name" AS "Evidence",
  "Access Mask" AS "Access Mask"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'Security')
    AND (toFloat64OrNull(trimBoth("Event ID")) = 5145)
    AND match("Relative Target Name", '(?-s)(?i)\\.(pst|ost|nst|nsf|oab)(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
