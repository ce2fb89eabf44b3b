SELECT
  date_format(timestamp_millis(TRY_CAST(CAST(min(unix_millis(`starttime`)) AS DOUBLE) AS BIGINT)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  min_by(`sourceip`, struct(`aql.file`, `aql.record`)) AS `Host`,
  `username` AS `Actor`,
  min_by(`Client Info String`, struct(`aql.file`, `aql.record`)) AS `Process`,
  min_by(`Mailbox Owner`, struct(`aql.file`, `aql.record`)) AS `Target`,
  TRY_CAST(CAST(count(DISTINCT `Mailbox Owner`) AS DOUBLE) AS BIGINT) AS `Evidence`,
  TRY_CAST(CAST(count(DISTINCT `Folder Path`) AS DOUBLE) AS BIGINT) AS `Folders`,
  TRY_CAST(CAST(count(*) AS DOUBLE) AS BIGINT) AS `Records`,
  CAST(min(unix_millis(`starttime`)) AS DOUBLE) AS `FirstTime`,
  CAST(max(unix_millis(`starttime`)) AS DOUBLE) AS `LastTime`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` IN ('MailItemsAccessed', 'FolderBind', 'MessageBind'))
    AND (lower(`username`) <> lower(`Mailbox Owner`))
    AND (`Logon Type` IN ('1', '2'))
    AND (NOT coalesce((`username` ILIKE 'ServicePrincipal%'), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
GROUP BY `username`
HAVING (
    (CAST(count(DISTINCT `Mailbox Owner`) AS DOUBLE) > 1)
    OR (CAST(count(DISTINCT `Folder Path`) AS DOUBLE) > 5)
  )
LIMIT 1000
