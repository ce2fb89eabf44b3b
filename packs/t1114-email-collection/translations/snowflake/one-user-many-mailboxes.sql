SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(CAST(trunc(CAST(min(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE)) AS BIGINT), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "username" AS "Actor",
  CAST(trunc(CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE)) AS BIGINT) AS "Evidence",
  CAST(trunc(CAST(count(DISTINCT "Folder Path") AS DOUBLE)) AS BIGINT) AS "Folders",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS BIGINT) AS "Records",
  CAST(min(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE) AS "FirstTime",
  CAST(max(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('MailItemsAccessed', 'FolderBind', 'MessageBind'))
    AND (LOWER("username") <> LOWER("Mailbox Owner"))
    AND ("Logon Type" IN ('1', '2'))
    AND (NOT coalesce(("username" ILIKE 'ServicePrincipal%'), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
GROUP BY "username"
HAVING (
    (CAST(count(DISTINCT "Mailbox Owner") AS DOUBLE) > 1)
    OR (CAST(count(DISTINCT "Folder Path") AS DOUBLE) > 5)
  )
LIMIT 1000
