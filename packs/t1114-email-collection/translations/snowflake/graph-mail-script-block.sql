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
      (REGEXP_INSTR("Script Block Text", 'graph\\.microsoft\\.com/(v1\\.0|beta)/(me|users/[^/\t\n\u000b\u000c\r ]+)/(messages|mailFolders)', 1, 1, 0, 'i') > 0)
      OR (REGEXP_INSTR("Script Block Text", '\\bGet-MgUserMessage\\b', 1, 1, 0, 'i') > 0)
      OR (REGEXP_INSTR("Script Block Text", '\\bGet-MgUserMailFolderMessage\\b', 1, 1, 0, 'i') > 0)
    )
    AND (NOT coalesce(("Script Block Text" ILIKE '%Microsoft.Graph.Mail.private%'), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
