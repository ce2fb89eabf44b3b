SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "Parent Process Path" AS "Target",
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
    AND (
      ("Process CommandLine" ILIKE '%Outlook.Application%')
      OR ("Process CommandLine" ILIKE '%Microsoft.Office.Interop.Outlook%')
    )
    AND (
      ("Process CommandLine" ILIKE '%GetNamespace%')
      OR ("Process CommandLine" ILIKE '%GetDefaultFolder%')
      OR ("Process CommandLine" ILIKE '%GetSharedDefaultFolder%')
      OR ("Process CommandLine" ILIKE '%MAPI%')
      OR ("Process CommandLine" ILIKE '%.Session.%')
    )
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
