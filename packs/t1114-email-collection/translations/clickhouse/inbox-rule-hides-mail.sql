SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Inbox Rule Name" AS "Target",
  "Parameters" AS "Evidence",
  "Object ID" AS "Object ID",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('New-InboxRule', 'Set-InboxRule'))
    AND match("Parameters", '(?-s)(?i)(\\"Name\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"(DeleteMessage|SoftDeleteMessage|MarkAsRead)\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"True\\"|\\"Name\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"MoveToFolder\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"[^\\"]*(RSS|Conversation\\x20History|Archive|Deleted|Junk|Notes)[^\\"]*\\")')
    AND (
      match("Parameters", '(?-s)(?i)\\"Name\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"(SubjectContainsWords|SubjectOrBodyContainsWords|BodyContainsWords)\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\,[\\t\\n\\x0B\\x0C\\r\\x20]*\\"Value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"[^\\"]*(invoice|payment|payroll|wire|bank|remittance|iban|phish|hack|spam|scam|fraud|helpdesk|help\\x20desk|security|suspicious|password|compromis|do\\x20not\\x20open|virus|docusign|quote|statement|password)[^\\"]*\\"')
      OR match("Inbox Rule Name", '(?-s)\\A[^\\n\\r\\x{85}\\x{2028}\\x{2029}]{0,2}(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)')
      OR match("Inbox Rule Name", '(?-s)\\A[^\\p{L}\\p{N}]+(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)')
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
