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
        ("Operation" = 'Set-Mailbox')
        AND match("Parameters", '(?-s)(?i)(?s:.)*\\"AuditEnabled\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"False\\"(?s:.)*|(?s:.)*\\"AuditLogAgeLimit\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"[01]\\.(?s:.)*')
      )
      OR (
        ("Operation" = 'Set-OrganizationConfig')
        AND match("Parameters", '(?-s)(?i)\\"AuditDisabled\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"True\\"')
      )
      OR (
        ("Operation" = 'Set-MailboxAuditBypassAssociation')
        AND match("Parameters", '(?-s)(?i)\\"AuditBypassEnabled\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"True\\"')
      )
      OR (
        ("Operation" = 'Set-AdminAuditLogConfig')
        AND match("Parameters", '(?-s)(?i)\\"UnifiedAuditLogIngestionEnabled\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"False\\"')
      )
    )
    AND (NOT coalesce(("username" ILIKE 'NT AUTHORITY\\\\SYSTEM%'), FALSE))
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
