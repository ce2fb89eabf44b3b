SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Role Name" AS "Target",
  "Parameters" AS "Evidence",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'New-ManagementRoleAssignment')
    AND regexp_matches("Role Name", '(?i)(ApplicationImpersonation|Mailbox\x20Import\x20Export|Mailbox\x20Search|Application\x20Mail\.Read[^\n\r\x{85}\x{2028}\x{2029}]*|Application\x20EWS\.AccessAsApp)')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
