SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
    AND (TRY_CAST("Event ID" AS DOUBLE) = 5145)
    AND regexp_matches("Relative Target Name", '(?i)\.(pst|ost|nst|nsf|oab)(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
