SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
        AND regexp_matches("Parameters", '(?i)(?s:.)*\"AuditEnabled\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"False\"(?s:.)*|(?s:.)*\"AuditLogAgeLimit\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"[01]\.(?s:.)*')
      )
      OR (
        ("Operation" = 'Set-OrganizationConfig')
        AND regexp_matches("Parameters", '(?i)\"AuditDisabled\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"True\"')
      )
      OR (
        ("Operation" = 'Set-MailboxAuditBypassAssociation')
        AND regexp_matches("Parameters", '(?i)\"AuditBypassEnabled\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"True\"')
      )
      OR (
        ("Operation" = 'Set-AdminAuditLogConfig')
        AND regexp_matches("Parameters", '(?i)\"UnifiedAuditLogIngestionEnabled\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"False\"')
      )
    )
    AND (NOT coalesce(("username" ILIKE 'NT AUTHORITY\SYSTEM%'), FALSE))
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
