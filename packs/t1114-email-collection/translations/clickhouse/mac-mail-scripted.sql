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
    AND ("Process Path" ILIKE '%/osascript')
    AND (
      match("Process CommandLine", '(?-s)(?i)\\bapplication[\\t\\n\\x0B\\x0C\\r\\x20]*\\(?[\\t\\n\\x0B\\x0C\\r\\x20]*[\\"\\\']?(Mail|Microsoft\\x20Outlook)\\b')
      OR ("Process CommandLine" ILIKE '%com.apple.mail%')
      OR ("Process CommandLine" ILIKE '%com.microsoft.Outlook%')
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
