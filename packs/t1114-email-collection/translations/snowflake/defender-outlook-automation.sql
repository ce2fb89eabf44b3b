SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
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
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
