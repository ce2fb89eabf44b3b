SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
    AND (TRY_CAST("Event ID" AS DOUBLE) IN (4624, 4625, 4776))
    AND (upper("Source Hostname") = 'RULER')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
