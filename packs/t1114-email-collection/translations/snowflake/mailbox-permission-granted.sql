SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Object ID" AS "Target",
  "Parameters" AS "Evidence",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" = 'Add-MailboxPermission')
    AND ("Parameters" ILIKE '%FullAccess%')
    AND (NOT coalesce(("username" ILIKE 'NT AUTHORITY\\SYSTEM%'), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
