SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
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
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
