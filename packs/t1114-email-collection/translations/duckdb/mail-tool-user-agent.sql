SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
    AND regexp_matches("User Agent", '(?i)(?i)(python\-requests|python\-urllib|aiohttp|Go\-http\-client|curl\/|libwww\-perl|MailSniper|EWSEditor|o365spray|AADInternals|fasthttp|axios\/)')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
