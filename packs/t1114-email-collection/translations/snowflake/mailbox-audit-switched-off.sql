SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
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
        AND (REGEXP_INSTR("Parameters", '(.)*"AuditEnabled"[\t\n\u000b\u000c\r ]*,[\t\n\u000b\u000c\r ]*"Value"[\t\n\u000b\u000c\r ]*:[\t\n\u000b\u000c\r ]*"False"(.)*|(.)*"AuditLogAgeLimit"[\t\n\u000b\u000c\r ]*,[\t\n\u000b\u000c\r ]*"Value"[\t\n\u000b\u000c\r ]*:[\t\n\u000b\u000c\r ]*"[01]\\.(.)*', 1, 1, 0, 'is') > 0)
      )
      OR (
        ("Operation" = 'Set-OrganizationConfig')
        AND (REGEXP_INSTR("Parameters", '"AuditDisabled"[\t\n\u000b\u000c\r ]*,[\t\n\u000b\u000c\r ]*"Value"[\t\n\u000b\u000c\r ]*:[\t\n\u000b\u000c\r ]*"True"', 1, 1, 0, 'i') > 0)
      )
      OR (
        ("Operation" = 'Set-MailboxAuditBypassAssociation')
        AND (REGEXP_INSTR("Parameters", '"AuditBypassEnabled"[\t\n\u000b\u000c\r ]*,[\t\n\u000b\u000c\r ]*"Value"[\t\n\u000b\u000c\r ]*:[\t\n\u000b\u000c\r ]*"True"', 1, 1, 0, 'i') > 0)
      )
      OR (
        ("Operation" = 'Set-AdminAuditLogConfig')
        AND (REGEXP_INSTR("Parameters", '"UnifiedAuditLogIngestionEnabled"[\t\n\u000b\u000c\r ]*,[\t\n\u000b\u000c\r ]*"Value"[\t\n\u000b\u000c\r ]*:[\t\n\u000b\u000c\r ]*"False"', 1, 1, 0, 'i') > 0)
      )
    )
    AND (NOT coalesce(("username" ILIKE 'NT AUTHORITY\\SYSTEM%'), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
