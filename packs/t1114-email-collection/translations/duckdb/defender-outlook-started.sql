SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
    AND ("Process Path" ILIKE '%\OUTLOOK.EXE')
    AND ("Parent Process Path" ILIKE '%\svchost.exe')
    AND ("Process CommandLine" ILIKE '%-Embedding%')
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
