SELECT
  formatDateTime(fromUnixTimestamp64Milli(CAST(trunc(CAST(min(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE))) AS Nullable(BIGINT)), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "Machine Identifier" AS "Host",
  argMin(tuple("username"), ("aql.file", "aql.record")).1 AS "Actor",
  argMin(tuple("File Path"), ("aql.file", "aql.record")).1 AS "Process",
  "Script Block ID" AS "Target",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS Nullable(BIGINT)) AS "Evidence",
  CAST(min(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE)) AS "FirstTime",
  CAST(max(toUnixTimestamp64Milli("starttime")) AS Nullable(DOUBLE)) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (toFloat64OrNull(trimBoth("Event ID")) = 4104)
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
GROUP BY "Machine Identifier", "Script Block ID"
HAVING (
    (CAST(count(*) AS DOUBLE) > 1)
    AND (CAST(max(CASE WHEN ("Script Block Text" ILIKE '%Outlook.Application%') THEN 1 WHEN ("Script Block Text" ILIKE '%Microsoft.Office.Interop.Outlook%') THEN 1 ELSE 0 END) AS Nullable(DOUBLE)) = 1)
    AND (CAST(max(CASE WHEN ("Script Block Text" ILIKE '%GetNamespace%') THEN 1 WHEN ("Script Block Text" ILIKE '%GetDefaultFolder%') THEN 1 WHEN ("Script Block Text" ILIKE '%GetSharedDefaultFolder%') THEN 1 ELSE 0 END) AS Nullable(DOUBLE)) = 1)
    AND (CAST(max(CASE WHEN (
      match("Script Block Text", '(?-s)(?i)(Outlook\\.Application|Microsoft\\.Office\\.Interop\\.Outlook|olFolderInbox)')
      AND match("Script Block Text", '(?-s)(?i)(GetNamespace|GetDefaultFolder|GetSharedDefaultFolder|MAPI|\\.Session\\.)')
    ) THEN 1 ELSE 0 END) AS Nullable(DOUBLE)) = 0)
  )
LIMIT 1000
