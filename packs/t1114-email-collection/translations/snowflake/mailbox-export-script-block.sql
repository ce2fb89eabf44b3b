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
    AND ("Script Block Text" ILIKE '%New-MailboxExportRequest%')
    AND ("Script Block Text" ILIKE '% -Mailbox %')
    AND ("Script Block Text" ILIKE '%-FilePath%')
    AND (NOT coalesce(("Script Block Text" ILIKE '%function %New-MailboxExportRequest%param%'), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
