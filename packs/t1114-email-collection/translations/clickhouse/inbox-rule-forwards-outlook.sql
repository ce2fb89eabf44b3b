SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Mailbox Owner" AS "Target",
  "Operation Properties" AS "Evidence",
  "Inbox Rule Name" AS "Inbox Rule Name",
  "Client Info String" AS "Client Info String",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'UpdateInboxRules')
    AND match("Operation Properties", '(?-s)(?i)(ForwardToRecipientsAction|ForwardAsAttachmentToRecipientsAction|RedirectToRecipientsAction)')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
