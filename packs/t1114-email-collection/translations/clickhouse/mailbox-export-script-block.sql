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
    AND ("Script Block Text" ILIKE '%New-MailboxExportRequest%')
    AND ("Script Block Text" ILIKE '% -Mailbox %')
    AND ("Script Block Text" ILIKE '%-FilePath%')
    AND (NOT coalesce(("Script Block Text" ILIKE '%function %New-MailboxExportRequest%param%'), FALSE))
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
