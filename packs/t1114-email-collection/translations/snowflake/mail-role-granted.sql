SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
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
    AND (REGEXP_INSTR("Role Name", '(ApplicationImpersonation|Mailbox Import Export|Mailbox Search|Application Mail\\.Read[^\n\r\u0085\u2028\u2029]*|Application EWS\\.AccessAsApp)', 1, 1, 0, 'i') > 0)
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
