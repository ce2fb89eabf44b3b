SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Cmdlet" AS "Process",
  "Parameters" AS "Target",
  "payload" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'MSExchange Management')
    AND (TRY_CAST("Event ID" AS DOUBLE) = 1)
    AND ("Cmdlet" = 'New-ManagementRoleAssignment')
    AND regexp_matches("Parameters", '(?i)(ApplicationImpersonation|Mailbox\x20Import\x20Export|Mailbox\x20Search)')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
