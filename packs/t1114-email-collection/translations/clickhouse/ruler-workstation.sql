SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Source Hostname" AS "Process",
  "sourceip" AS "Target",
  "Event ID" AS "Evidence",
  "Logon Type" AS "Logon Type"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'Security')
    AND (toFloat64OrNull(trimBoth("Event ID")) IN (4624, 4625, 4776))
    AND (upperUTF8("Source Hostname") = 'RULER')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
