SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Cmdlet" AS "Process",
  "Parameters" AS "Target",
  "payload" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'MSExchange Management')
    AND (toFloat64OrNull(trimBoth("Event ID")) = 1)
    AND ("Cmdlet" = 'New-ManagementRoleAssignment')
    AND match("Parameters", '(?-s)(?i)(ApplicationImpersonation|Mailbox\\x20Import\\x20Export|Mailbox\\x20Search)')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
