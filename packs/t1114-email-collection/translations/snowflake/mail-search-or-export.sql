SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Object ID" AS "Target",
  "Parameters" AS "Evidence",
  "Search Query" AS "Search Query",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" IN ('Exchange', 'SecurityComplianceCenter', 'Discovery'))
    AND (
      ("Operation" IN ('Search-Mailbox', 'New-MailboxSearch', 'New-ComplianceSearch', 'Start-ComplianceSearch', 'SearchCreated', 'SearchStarted', 'SearchExported', 'SearchExportDownloaded', 'SearchPreviewed', 'ViewedSearchPreviewed'))
      OR (
        ("Operation" = 'New-ComplianceSearchAction')
        AND (REGEXP_INSTR("Parameters", '(Export|Preview)', 1, 1, 0, 'i') > 0)
      )
    )
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
