SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "User Agent" AS "Process",
  "Object ID" AS "Target",
  "Operation" AS "Evidence",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Operation" IN ('UserLoggedIn', 'MailItemsAccessed'))
    AND match("User Agent", '(?-s)(?i)(?i)(python\\-requests|python\\-urllib|aiohttp|Go\\-http\\-client|curl\\/|libwww\\-perl|MailSniper|EWSEditor|o365spray|AADInternals|fasthttp|axios\\/)')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
