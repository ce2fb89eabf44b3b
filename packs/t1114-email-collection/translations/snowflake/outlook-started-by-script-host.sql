SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Parent Process Path" AS "Process",
  "Process Path" AS "Target",
  "Process CommandLine" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND (
      (
        ("qideventcategory" = 'Microsoft-Windows-Sysmon/Operational')
        AND (TRY_TO_DOUBLE("Event ID") = 1)
      )
      OR (TRY_TO_DOUBLE("Event ID") = 4688)
    )
    AND ("Process Path" ILIKE '%\\OUTLOOK.EXE')
    AND (
      ("Parent Process Path" ILIKE '%\\powershell.exe')
      OR ("Parent Process Path" ILIKE '%\\powershell_ise.exe')
      OR ("Parent Process Path" ILIKE '%\\pwsh.exe')
      OR ("Parent Process Path" ILIKE '%\\cmd.exe')
      OR ("Parent Process Path" ILIKE '%\\mshta.exe')
      OR ("Parent Process Path" ILIKE '%\\rundll32.exe')
      OR ("Parent Process Path" ILIKE '%\\regsvr32.exe')
      OR ("Parent Process Path" ILIKE '%\\wscript.exe')
      OR ("Parent Process Path" ILIKE '%\\cscript.exe')
      OR ("Parent Process Path" ILIKE '%\\WmiPrvSE.exe')
      OR ("Parent Process Path" ILIKE '%\\python%.exe')
    )
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
