SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
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
        AND (toFloat64OrNull(trimBoth("Event ID")) = 1)
      )
      OR (toFloat64OrNull(trimBoth("Event ID")) = 4688)
    )
    AND ("Process Path" ILIKE '%\\\\OUTLOOK.EXE')
    AND (
      ("Parent Process Path" ILIKE '%\\\\powershell.exe')
      OR ("Parent Process Path" ILIKE '%\\\\powershell_ise.exe')
      OR ("Parent Process Path" ILIKE '%\\\\pwsh.exe')
      OR ("Parent Process Path" ILIKE '%\\\\cmd.exe')
      OR ("Parent Process Path" ILIKE '%\\\\mshta.exe')
      OR ("Parent Process Path" ILIKE '%\\\\rundll32.exe')
      OR ("Parent Process Path" ILIKE '%\\\\regsvr32.exe')
      OR ("Parent Process Path" ILIKE '%\\\\wscript.exe')
      OR ("Parent Process Path" ILIKE '%\\\\cscript.exe')
      OR ("Parent Process Path" ILIKE '%\\\\WmiPrvSE.exe')
      OR ("Parent Process Path" ILIKE '%\\\\python%.exe')
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
