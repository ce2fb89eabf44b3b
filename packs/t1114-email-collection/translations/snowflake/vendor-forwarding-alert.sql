SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
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
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
