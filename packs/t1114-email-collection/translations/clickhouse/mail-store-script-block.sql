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
      match("Script Block Text", '(?-s)(?i)\\.(pst|ost|nst)\\b')
      OR ("Script Block Text" ILIKE '%\\\\Microsoft\\\\Outlook%')
      OR ("Script Block Text" ILIKE '%\\\\Outlook Files%')
    )
    AND (
      ("Script Block Text" ILIKE '%Copy-Item%')
      OR ("Script Block Text" ILIKE '%Move-Item%')
      OR ("Script Block Text" ILIKE '%Compress-Archive%')
      OR ("Script Block Text" ILIKE '%Start-BitsTransfer%')
      OR ("Script Block Text" ILIKE '%[IO.File]::Copy%')
      OR ("Script Block Text" ILIKE '%[System.IO.File]::Copy%')
      OR ("Script Block Text" ILIKE '%robocopy%')
      OR ("Script Block Text" ILIKE '%xcopy%')
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
