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
      regexp_matches("Script Block Text", '(?i)graph\.microsoft\.com\/(v1\.0|beta)\/(me|users\/[^\/\t\n\x0B\x0C\r\x20]+)\/(messages|mailFolders)')
      OR regexp_matches("Script Block Text", '(?i)\bGet\-MgUserMessage\b')
      OR regexp_matches("Script Block Text", '(?i)\bGet\-MgUserMailFolderMessage\b')
    )
    AND (NOT coalesce(("Script Block Text" ILIKE '%Microsoft.Graph.Mail.private%'), FALSE))
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
