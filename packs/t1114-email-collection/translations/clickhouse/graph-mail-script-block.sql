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
      match("Script Block Text", '(?-s)(?i)graph\\.microsoft\\.com\\/(v1\\.0|beta)\\/(me|users\\/[^\\/\\t\\n\\x0B\\x0C\\r\\x20]+)\\/(messages|mailFolders)')
      OR match("Script Block Text", '(?-s)(?i)\\bGet\\-MgUserMessage\\b')
      OR match("Script Block Text", '(?-s)(?i)\\bGet\\-MgUserMailFolderMessage\\b')
    )
    AND (NOT coalesce(("Script Block Text" ILIKE '%Microsoft.Graph.Mail.private%'), FALSE))
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
