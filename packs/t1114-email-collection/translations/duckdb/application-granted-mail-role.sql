SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Object ID" AS "Target",
  "Modified Properties" AS "Evidence",
  regexp_replace("Modified Properties", '\A(?s:.)*\"ServicePrincipal\.AppId\"[^\}]*\"NewValue\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"([0-9a-fA-F\-]{36})\"(?s:.)*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1') AS "ClientAppId",
  "Result Status" AS "Result Status"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'AzureActiveDirectory')
    AND ("Operation" IN ('Add app role assignment to service principal.', 'Consent to application.', 'Add delegated permission grant.', 'Add app role assignment grant to user.'))
    AND regexp_matches("Modified Properties", '(?i)(Mail\.Read|full_access_as_app|EWS\.AccessAsUser|IMAP\.AccessAsUser|810c84a8\-4a9e\-49e6\-bf7d\-12d183f40d01|570282fd\-fa5c\-430d\-a7fd\-fc8dc98a9dca)')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
