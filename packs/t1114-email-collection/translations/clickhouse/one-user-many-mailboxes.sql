SELECT
  formatDateTime(fromUnixTimestamp64Milli(CAST(trunc(CAST(min(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE))) AS Nullable(BIGINT)), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  argMin(tuple("sourceip"), ("aql.file", "aql.record")).1 AS "Host",
  "username" AS "Actor",
  argMin(tuple("Client Info String"), ("aql.file", "aql.record")).1 AS "Process",
  argMin(tuple("Mailbox Owner"), ("aql.file", "aql.record")).1 AS "Target",
  CAST(trunc(CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE)) AS Nullable(BIGINT)) AS "Evidence",
  CAST(trunc(CAST(count(DISTINCT "Folder Path") AS DOUBLE)) AS Nullable(BIGINT)) AS "Folders",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS Nullable(BIGINT)) AS "Records",
  CAST(min(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE)) AS "FirstTime",
  CAST(max(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE)) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('MailItemsAccessed', 'FolderBind', 'MessageBind'))
    AND (lowerUTF8("username") <> lowerUTF8("Mailbox Owner"))
    AND ("Logon Type" IN ('1', '2'))
    AND (NOT coalesce(("username" ILIKE 'ServicePrincipal%'), FALSE))
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
GROUP BY "username"
HAVING (
    (CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE) > 1)
    OR (CAST(count(DISTINCT "Folder Path") AS DOUBLE) > 5)
  )
LIMIT 1000
