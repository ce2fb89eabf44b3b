SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
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
        AND match("Parameters", '(?-s)(?i)(Export|Preview)')
      )
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
