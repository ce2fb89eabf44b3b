SELECT
  strftime(make_timestamp(CAST(trunc(CAST(min(epoch_ms("starttime")) AS DOUBLE)) AS BIGINT) * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "Machine Identifier" AS "Host",
  first("username" ORDER BY "aql.file", "aql.record") AS "Actor",
  first("File Path" ORDER BY "aql.file", "aql.record") AS "Process",
  "Script Block ID" AS "Target",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS BIGINT) AS "Evidence",
  CAST(min(epoch_ms("starttime")) AS DOUBLE) AS "FirstTime",
  CAST(max(epoch_ms("starttime")) AS DOUBLE) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (TRY_CAST("Event ID" AS DOUBLE) = 4104)
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
GROUP BY "Machine Identifier", "Script Block ID"
HAVING (
    (CAST(count(*) AS DOUBLE) > 1)
    AND (CAST(max(CASE WHEN ("Script Block Text" ILIKE '%Outlook.Application%') THEN 1 WHEN ("Script Block Text" ILIKE '%Microsoft.Office.Interop.Outlook%') THEN 1 ELSE 0 END) AS DOUBLE) = 1)
    AND (CAST(max(CASE WHEN ("Script Block Text" ILIKE '%GetNamespace%') THEN 1 WHEN ("Script Block Text" ILIKE '%GetDefaultFolder%') THEN 1 WHEN ("Script Block Text" ILIKE '%GetSharedDefaultFolder%') THEN 1 ELSE 0 END) AS DOUBLE) = 1)
    AND (CAST(max(CASE WHEN (
      regexp_matches("Script Block Text", '(?i)(Outlook\.Application|Microsoft\.Office\.Interop\.Outlook|olFolderInbox)')
      AND regexp_matches("Script Block Text", '(?i)(GetNamespace|GetDefaultFolder|GetSharedDefaultFolder|MAPI|\.Session\.)')
    ) THEN 1 ELSE 0 END) AS DOUBLE) = 0)
  )
LIMIT 1000
