SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "File Path" AS "Process",
  "Script Block ID" AS "Target",
  "Script Block Text" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (TRY_CAST("Event ID" AS DOUBLE) = 4104)
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
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
