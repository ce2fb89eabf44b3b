SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Source Hostname" AS "Process",
  "sourceip" AS "Target",
  "Event ID" AS "Evidence",
  "Logon Type" AS "Logon Type"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'Security')
    AND (TRY_TO_DOUBLE("Event ID") IN (4624, 4625, 4776))
    AND (UPPER("Source Hostname") = 'RULER')
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
