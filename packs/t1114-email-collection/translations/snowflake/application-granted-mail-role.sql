SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Object ID" AS "Target",
  "Modified Properties" AS "Evidence",
  "Result Status" AS "Result Status"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'AzureActiveDirectory')
    AND ("Operation" IN ('Add app role assignment to service principal.', 'Consent to application.', 'Add delegated permission grant.', 'Add app role assignment grant to user.'))
    AND (REGEXP_INSTR("Modified Properties", '(Mail\\.Read|full_access_as_app|EWS\\.AccessAsUser|IMAP\\.AccessAsUser|810c84a8-4a9e-49e6-bf7d-12d183f40d01|570282fd-fa5c-430d-a7fd-fc8dc98a9dca)', 1, 1, 0, 'i') > 0)
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
