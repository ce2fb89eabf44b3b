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
    AND (
      (
        ("Operation" IN ('Set-HostedOutboundSpamFilterPolicy', 'New-HostedOutboundSpamFilterPolicy'))
        AND match("Parameters", '(?-s)(?i)\\"AutoForwardingMode\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"On\\"')
      )
      OR (
        ("Operation" IN ('Set-RemoteDomain', 'New-RemoteDomain'))
        AND match("Parameters", '(?-s)(?i)\\"AutoForwardEnabled\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"True\\"')
      )
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
