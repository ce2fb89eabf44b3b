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
      (REGEXP_INSTR("Script Block Text", '\\.(pst|ost|nst)\\b', 1, 1, 0, 'i') > 0)
      OR ("Script Block Text" ILIKE '%\\Microsoft\\Outlook%')
      OR ("Script Block Text" ILIKE '%\\Outlook Files%')
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
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
