SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "URL" AS "Target",
  "Process Guid" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'Microsoft-Windows-Sysmon/Operational')
    AND (TRY_TO_DOUBLE("Event ID") = 22)
    AND (
      ("URL" ILIKE 'outlook.office365.com')
      OR ("URL" ILIKE 'outlook.office.com')
    )
    AND (
      ("Process Path" ILIKE '%\\powershell.exe')
      OR ("Process Path" ILIKE '%\\powershell_ise.exe')
      OR ("Process Path" ILIKE '%\\pwsh.exe')
      OR ("Process Path" ILIKE '%\\python%.exe')
      OR ("Process Path" ILIKE '%\\curl.exe')
      OR ("Process Path" ILIKE '%\\wget.exe')
      OR ("Process Path" ILIKE '%\\wscript.exe')
      OR ("Process Path" ILIKE '%\\cscript.exe')
      OR ("Process Path" ILIKE '%\\mshta.exe')
      OR ("Process Path" ILIKE '%\\rundll32.exe')
      OR ("Process Path" ILIKE '%\\node.exe')
    )
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
