SELECT
  date_format(timestamp_millis(TRY_CAST(CAST(min(unix_millis(`starttime`)) AS DOUBLE) AS BIGINT)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  min_by(`sourceip`, struct(`aql.file`, `aql.record`)) AS `Host`,
  min_by(`username`, struct(`aql.file`, `aql.record`)) AS `Actor`,
  min_by(`Operation`, struct(`aql.file`, `aql.record`)) AS `Process`,
  lower(`Forward To`) AS `Target`,
  TRY_CAST(CAST(count(DISTINCT `username`) AS DOUBLE) AS BIGINT) AS `Evidence`,
  TRY_CAST(CAST(count(*) AS DOUBLE) AS BIGINT) AS `Records`,
  CAST(min(unix_millis(`starttime`)) AS DOUBLE) AS `FirstTime`,
  CAST(max(unix_millis(`starttime`)) AS DOUBLE) AS `LastTime`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` IN ('New-InboxRule', 'Set-InboxRule', 'Set-Mailbox'))
    AND (NOT (`Forward To` IS NULL))
    AND (`Forward To` <> '')
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 604800000)
GROUP BY lower(`Forward To`)
HAVING (CAST(count(DISTINCT `username`) AS DOUBLE) > 1)
LIMIT 1000
