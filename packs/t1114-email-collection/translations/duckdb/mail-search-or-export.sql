SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
        AND regexp_matches("Parameters", '(?i)(Export|Preview)')
      )
    )
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
