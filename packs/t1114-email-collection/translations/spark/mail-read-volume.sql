SELECT
  date_format(timestamp_millis(TRY_CAST(CAST(min(unix_millis(`starttime`)) AS DOUBLE) AS BIGINT)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  min_by(`sourceip`, struct(`aql.file`, `aql.record`)) AS `Host`,
  min_by(`username`, struct(`aql.file`, `aql.record`)) AS `Actor`,
  min_by(`Client Info String`, struct(`aql.file`, `aql.record`)) AS `Process`,
  `Mailbox Owner` AS `Target`,
  TRY_CAST(CAST(sum(TRY_CAST(TRY_CAST(`Operation Count` AS DOUBLE) AS BIGINT)) AS DOUBLE) AS BIGINT) AS `Evidence`,
  TRY_CAST(CAST(count(*) AS DOUBLE) AS BIGINT) AS `Records`,
  TRY_CAST(CAST(count(DISTINCT `Session ID`) AS DOUBLE) AS BIGINT) AS `Sessions`,
  CAST(min(unix_millis(`starttime`)) AS DOUBLE) AS `FirstTime`,
  CAST(max(unix_millis(`starttime`)) AS DOUBLE) AS `LastTime`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` = 'MailItemsAccessed')
    AND (`Mail Access Type` = 'Bind')
    AND (NOT coalesce((`Client Info String` ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
GROUP BY `Mailbox Owner`, date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH')
HAVING (CAST(sum(TRY_CAST(TRY_CAST(`Operation Count` AS DOUBLE) AS BIGINT)) AS DOUBLE) > 500)
LIMIT 1000
