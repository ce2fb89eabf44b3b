SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
        AND (TRY_CAST("Event ID" AS DOUBLE) = 1)
      )
      OR (TRY_CAST("Event ID" AS DOUBLE) = 4688)
    )
    AND ("Process Path" ILIKE '%\OUTLOOK.EXE')
    AND (
      ("Parent Process Path" ILIKE '%\powershell.exe')
      OR ("Parent Process Path" ILIKE '%\powershell_ise.exe')
      OR ("Parent Process Path" ILIKE '%\pwsh.exe')
      OR ("Parent Process Path" ILIKE '%\cmd.exe')
      OR ("Parent Process Path" ILIKE '%\mshta.exe')
      OR ("Parent Process Path" ILIKE '%\rundll32.exe')
      OR ("Parent Process Path" ILIKE '%\regsvr32.exe')
      OR ("Parent Process Path" ILIKE '%\wscript.exe')
      OR ("Parent Process Path" ILIKE '%\cscript.exe')
      OR ("Parent Process Path" ILIKE '%\WmiPrvSE.exe')
      OR ("Parent Process Path" ILIKE '%\python%.exe')
    )
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
