SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(CAST(trunc(CAST(min(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE)) AS BIGINT), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "Script Block ID" AS "Target",
  CAST(trunc(CAST(count(*) AS DOUBLE)) AS BIGINT) AS "Evidence",
  CAST(min(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE) AS "FirstTime",
  CAST(max(DATE_PART(EPOCH_MILLISECOND, "starttime")) AS DOUBLE) AS "LastTime"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (TRY_TO_DOUBLE("Event ID") = 4104)
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
GROUP BY "Machine Identifier", "Script Block ID"
HAVING (
    (CAST(count(*) AS DOUBLE) > 1)
    AND (CAST(max(CASE WHEN ("Script Block Text" ILIKE '%Outlook.Application%') THEN 1 WHEN ("Script Block Text" ILIKE '%Microsoft.Office.Interop.Outlook%') THEN 1 ELSE 0 END) AS DOUBLE) = 1)
    AND (CAST(max(CASE WHEN ("Script Block Text" ILIKE '%GetNamespace%') THEN 1 WHEN ("Script Block Text" ILIKE '%GetDefaultFolder%') THEN 1 WHEN ("Script Block Text" ILIKE '%GetSharedDefaultFolder%') THEN 1 ELSE 0 END) AS DOUBLE) = 1)
    AND (CAST(max(CASE WHEN (
      (REGEXP_INSTR("Script Block Text", '(Outlook\\.Application|Microsoft\\.Office\\.Interop\\.Outlook|olFolderInbox)', 1, 1, 0, 'i') > 0)
      AND (REGEXP_INSTR("Script Block Text", '(GetNamespace|GetDefaultFolder|GetSharedDefaultFolder|MAPI|\\.Session\\.)', 1, 1, 0, 'i') > 0)
    ) THEN 1 ELSE 0 END) AS DOUBLE) = 0)
  )
LIMIT 1000
