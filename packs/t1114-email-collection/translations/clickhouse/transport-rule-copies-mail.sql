SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Forward To" AS "Target",
  "Parameters" AS "Evidence",
  "Object ID" AS "Object ID",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('New-TransportRule', 'Set-TransportRule', 'Enable-TransportRule', 'New-JournalRule', 'Set-JournalRule'))
    AND match("Parameters", '(?-s)(?i)\\"Name\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"(BlindCopyTo|CopyTo|RedirectMessageTo|AddToRecipients|AddManagerAsRecipientType|RouteMessageOutboundConnector|JournalEmailAddress)\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"[^\\"]+\\"')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
