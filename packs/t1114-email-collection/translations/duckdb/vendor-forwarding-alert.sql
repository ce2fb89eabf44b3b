SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
