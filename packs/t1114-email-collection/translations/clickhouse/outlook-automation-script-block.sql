SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "File Path" AS "Process",
  "Script Block ID" AS "Target",
  "Script Block Text" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (toFloat64OrNull(trimBoth("Event ID")) = 4104)
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
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
