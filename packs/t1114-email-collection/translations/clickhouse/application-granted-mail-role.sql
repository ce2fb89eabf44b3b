SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Object ID" AS "Target",
  "Modified Properties" AS "Evidence",
  replaceRegexpOne("Modified Properties", '\\A(?s:.)*\\"ServicePrincipal\\.AppId\\"[^\\}]*\\"NewValue\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"([0-9a-fA-F\\-]{36})\\"(?s:.)*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1') AS "ClientAppId",
  "Result Status" AS "Result Status"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'AzureActiveDirectory')
    AND ("Operation" IN ('Add app role assignment to service principal.', 'Consent to application.', 'Add delegated permission grant.', 'Add app role assignment grant to user.'))
    AND match("Modified Properties", '(?-s)(?i)(Mail\\.Read|full_access_as_app|EWS\\.AccessAsUser|IMAP\\.AccessAsUser|810c84a8\\-4a9e\\-49e6\\-bf7d\\-12d183f40d01|570282fd\\-fa5c\\-430d\\-a7fd\\-fc8dc98a9dca)')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
