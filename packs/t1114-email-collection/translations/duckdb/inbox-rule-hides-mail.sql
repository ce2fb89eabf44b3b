SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
    AND regexp_matches("Parameters", '(?i)(\"Name\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"(DeleteMessage|SoftDeleteMessage|MarkAsRead)\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"True\"|\"Name\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"MoveToFolder\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"[^\"]*(RSS|Conversation\x20History|Archive|Deleted|Junk|Notes)[^\"]*\")')
    AND (
      regexp_matches("Parameters", '(?i)\"Name\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"(SubjectContainsWords|SubjectOrBodyContainsWords|BodyContainsWords)\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"[^\"]*(invoice|payment|payroll|wire|bank|remittance|iban|phish|hack|spam|scam|fraud|helpdesk|help\x20desk|security|suspicious|password|compromis|do\x20not\x20open|virus|docusign|quote|statement|password)[^\"]*\"')
      OR regexp_matches("Inbox Rule Name", '\A[^\n\r\x{85}\x{2028}\x{2029}]{0,2}(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)')
      OR regexp_matches("Inbox Rule Name", '\A[^\p{L}\p{N}]+(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)')
    )
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
