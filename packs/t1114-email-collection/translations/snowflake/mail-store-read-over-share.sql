SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "sourceip" AS "Process",
  "Relative Target Name" AS "Target",
  "Share Name" AS "Evidence",
  "Access Mask" AS "Access Mask"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'Security')
    AND (TRY_TO_DOUBLE("Event ID") = 5145)
    AND (REGEXP_INSTR("Relative Target Name", '\\.(pst|ost|nst|nsf|oab)((\r\n|[\n\r\u0085\u2028\u2029])?$)', 1, 1, 0, 'i') > 0)
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
