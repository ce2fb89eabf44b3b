SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "File Path" AS "Target",
  "Process Guid" AS "Evidence"
FROM events
WHERE (
    ("devicetype" IN (11, 12))
    AND (
      ("qideventcategory" = 'Microsoft-Windows-Sysmon/Operational')
      OR ("qideventcategory" = 'Linux-Sysmon/Operational')
    )
    AND (toFloat64OrNull(trimBoth("Event ID")) = 11)
    AND (
      ("File Path" ILIKE '%\\\\msgFilterRules.dat')
      OR ("File Path" ILIKE '%/msgFilterRules.dat')
      OR ("File Path" ILIKE '%/.forward')
      OR ("File Path" ILIKE '%/.procmailrc')
      OR ("File Path" ILIKE '%/RulesActiveState.plist')
      OR ("File Path" ILIKE '%/SyncedRules.plist')
    )
    AND (NOT coalesce((
      ("Process Path" ILIKE '%\\\\thunderbird.exe')
      OR ("Process Path" ILIKE '%/thunderbird')
      OR ("Process Path" ILIKE '%/thunderbird-bin')
      OR ("Process Path" ILIKE '%/Mail.app/Contents/MacOS/Mail')
    ), FALSE))
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
