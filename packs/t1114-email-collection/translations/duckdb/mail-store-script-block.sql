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
      regexp_matches("Script Block Text", '(?i)\.(pst|ost|nst)\b')
      OR ("Script Block Text" ILIKE '%\Microsoft\Outlook%')
      OR ("Script Block Text" ILIKE '%\Outlook Files%')
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
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
