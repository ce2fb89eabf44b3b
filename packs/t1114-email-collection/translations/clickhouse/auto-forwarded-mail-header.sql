SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  replaceRegexpOne("payload", '(?i)\\A(?s:.)*?\\b(?:recipients?|to|duser|rcpt)[\\"\\\']?[\\t\\n\\x0B\\x0C\\r\\x20]*[\\=\\:][\\t\\n\\x0B\\x0C\\r\\x20]*[\\"\\\'<]*([^\\"\\\'<>\\,\\;\\t\\n\\x0B\\x0C\\r\\x20]+\\@[^\\"\\\'<>\\,\\;\\t\\n\\x0B\\x0C\\r\\x20]+)(?s:.)*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1') AS "Target",
  "payload" AS "Evidence"
FROM events
WHERE (
    (NOT coalesce(("devicetype" IN (12, 397)), FALSE))
    AND ("payload" ILIKE '%X-MS-Exchange-Organization-AutoForwarded%')
    AND match("payload", '(?-s)(?i)X\\-MS\\-Exchange\\-Organization\\-AutoForwarded[\\"\\\']?[\\t\\n\\x0B\\x0C\\r\\x20]*[\\=\\:][\\t\\n\\x0B\\x0C\\r\\x20]*\\[?[\\"\\\']?true')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
