SELECT
  date_format(timestamp_millis(TRY_CAST(CAST(min(unix_millis(`starttime`)) AS DOUBLE) AS BIGINT)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `Machine Identifier` AS `Host`,
  min_by(`username`, struct(`aql.file`, `aql.record`)) AS `Actor`,
  min_by(`File Path`, struct(`aql.file`, `aql.record`)) AS `Process`,
  `Script Block ID` AS `Target`,
  TRY_CAST(CAST(count(*) AS DOUBLE) AS BIGINT) AS `Evidence`,
  CAST(min(unix_millis(`starttime`)) AS DOUBLE) AS `FirstTime`,
  CAST(max(unix_millis(`starttime`)) AS DOUBLE) AS `LastTime`
FROM events
WHERE (
    (`devicetype` = 12)
    AND (`qideventcategory` IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (TRY_CAST(`Event ID` AS DOUBLE) = 4104)
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
GROUP BY `Machine Identifier`, `Script Block ID`
HAVING (
    (CAST(count(*) AS DOUBLE) > 1)
    AND (CAST(max(CASE WHEN (`Script Block Text` ILIKE '%Outlook.Application%') THEN 1 WHEN (`Script Block Text` ILIKE '%Microsoft.Office.Interop.Outlook%') THEN 1 ELSE 0 END) AS DOUBLE) = 1)
    AND (CAST(max(CASE WHEN (`Script Block Text` ILIKE '%GetNamespace%') THEN 1 WHEN (`Script Block Text` ILIKE '%GetDefaultFolder%') THEN 1 WHEN (`Script Block Text` ILIKE '%GetSharedDefaultFolder%') THEN 1 ELSE 0 END) AS DOUBLE) = 1)
    AND (CAST(max(CASE WHEN (
      (`Script Block Text` RLIKE '(?iu)(?s).*(Outlook\\.Application|Microsoft\\.Office\\.Interop\\.Outlook|olFolderInbox).*')
      AND (`Script Block Text` RLIKE '(?iu)(?s).*(GetNamespace|GetDefaultFolder|GetSharedDefaultFolder|MAPI|\\.Session\\.).*')
    ) THEN 1 ELSE 0 END) AS DOUBLE) = 0)
  )
LIMIT 1000
