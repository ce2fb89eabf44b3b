SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  regexp_replace("payload", '(?i)\A(?s:.)*?\b(?:recipients?|to|duser|rcpt)[\"\'']?[\t\n\x0B\x0C\r\x20]*[\=\:][\t\n\x0B\x0C\r\x20]*[\"\''<]*([^\"\''<>\,\;\t\n\x0B\x0C\r\x20]+\@[^\"\''<>\,\;\t\n\x0B\x0C\r\x20]+)(?s:.)*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1') AS "Target",
  "payload" AS "Evidence"
FROM events
WHERE (
    (NOT coalesce(("devicetype" IN (12, 397)), FALSE))
    AND ("payload" ILIKE '%X-MS-Exchange-Organization-AutoForwarded%')
    AND regexp_matches("payload", '(?i)X\-MS\-Exchange\-Organization\-AutoForwarded[\"\'']?[\t\n\x0B\x0C\r\x20]*[\=\:][\t\n\x0B\x0C\r\x20]*\[?[\"\'']?true')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
