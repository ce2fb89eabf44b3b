SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "payload" AS "Evidence"
FROM events
WHERE (
    (NOT coalesce(("devicetype" IN (12, 397)), FALSE))
    AND ("payload" ILIKE '%X-MS-Exchange-Organization-AutoForwarded%')
    AND (REGEXP_INSTR("payload", 'X-MS-Exchange-Organization-AutoForwarded["'']?[\t\n\u000b\u000c\r ]*[=:][\t\n\u000b\u000c\r ]*\\[?["'']?true', 1, 1, 0, 'i') > 0)
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
