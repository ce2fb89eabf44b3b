SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "Parent Process Path" AS "Target",
  "Process CommandLine" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 515)
    AND ("qideventcategory" = 'DeviceProcessEvents')
    AND ("qideventid" = 'ProcessCreated')
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
