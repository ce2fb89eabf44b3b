SELECT
  date_format(timestamp_millis(TRY_CAST(CAST(min(unix_millis(`starttime`)) AS DOUBLE) AS BIGINT)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  min_by(`sourceip`, struct(`aql.file`, `aql.record`)) AS `Host`,
  min_by(`username`, struct(`aql.file`, `aql.record`)) AS `Actor`,
  min_by(`Client Info String`, struct(`aql.file`, `aql.record`)) AS `Process`,
  `Client App ID` AS `Target`,
  TRY_CAST(CAST(count(DISTINCT `Mailbox Owner`) AS DOUBLE) AS BIGINT) AS `Evidence`,
  `Client App ID` AS `ClientAppId`,
  TRY_CAST(CAST(sum(TRY_CAST(TRY_CAST(`Operation Count` AS DOUBLE) AS BIGINT)) AS DOUBLE) AS BIGINT) AS `Messages`,
  CAST(min(unix_millis(`starttime`)) AS DOUBLE) AS `FirstTime`,
  CAST(max(unix_millis(`starttime`)) AS DOUBLE) AS `LastTime`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` = 'MailItemsAccessed')
    AND (NOT (`Client App ID` IS NULL))
    AND (NOT coalesce((`Client Info String` ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
GROUP BY `Client App ID`, substring(date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm'), 1, 15)
HAVING (CAST(count(DISTINCT `Mailbox Owner`) AS DOUBLE) > 5)
LIMIT 1000
