SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Parent Process Path" AS "Process",
  "Process Path" AS "Target",
  "Process CommandLine" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 515)
    AND ("qideventcategory" = 'DeviceProcessEvents')
    AND ("qideventid" = 'ProcessCreated')
    AND ("Process Path" ILIKE '%\\\\OUTLOOK.EXE')
    AND ("Parent Process Path" ILIKE '%\\\\svchost.exe')
    AND ("Process CommandLine" ILIKE '%-Embedding%')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
