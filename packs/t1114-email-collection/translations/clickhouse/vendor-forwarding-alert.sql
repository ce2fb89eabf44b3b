SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "field:Name" AS "Target",
  "payload" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'SecurityComplianceCenter')
    AND ("Operation" IN ('AlertTriggered', 'AlertEntityGenerated'))
    AND (
      ("field:Name" ILIKE '%forwarding%')
      OR ("field:Name" ILIKE '%redirect rule%')
      OR ("field:Name" ILIKE '%inbox manipulation%')
      OR ("field:Name" ILIKE '%eDiscovery search started or exported%')
      OR ("field:Name" ILIKE '%Suspicious email sending patterns%')
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
