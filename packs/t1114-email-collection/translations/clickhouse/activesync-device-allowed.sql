SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Object ID" AS "Target",
  "Parameters" AS "Evidence",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'Set-CASMailbox')
    AND match("Parameters", '(?-s)(?i)\\"ActiveSyncAllowedDeviceIDs\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"[^\\"]+\\"')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
