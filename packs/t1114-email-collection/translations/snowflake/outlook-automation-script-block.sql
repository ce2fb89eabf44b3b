SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "File Path" AS "Process",
  "Script Block ID" AS "Target",
  "Script Block Text" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (TRY_TO_DOUBLE("Event ID") = 4104)
    AND (
      ("Script Block Text" ILIKE '%Outlook.Application%')
      OR ("Script Block Text" ILIKE '%Microsoft.Office.Interop.Outlook%')
      OR ("Script Block Text" ILIKE '%olFolderInbox%')
    )
    AND (
      ("Script Block Text" ILIKE '%GetNamespace%')
      OR ("Script Block Text" ILIKE '%GetDefaultFolder%')
      OR ("Script Block Text" ILIKE '%GetSharedDefaultFolder%')
      OR ("Script Block Text" ILIKE '%MAPI%')
      OR ("Script Block Text" ILIKE '%.Session.%')
    )
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
