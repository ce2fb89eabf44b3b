SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
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
    AND (REGEXP_INSTR("Operation Properties", '(ForwardToRecipientsAction|ForwardAsAttachmentToRecipientsAction|RedirectToRecipientsAction)', 1, 1, 0, 'i') > 0)
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
