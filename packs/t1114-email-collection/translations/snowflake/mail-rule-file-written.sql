SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
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
    AND (TRY_TO_DOUBLE("Event ID") = 11)
    AND (
      ("File Path" ILIKE '%\\msgFilterRules.dat')
      OR ("File Path" ILIKE '%/msgFilterRules.dat')
      OR ("File Path" ILIKE '%/.forward')
      OR ("File Path" ILIKE '%/.procmailrc')
      OR ("File Path" ILIKE '%/RulesActiveState.plist')
      OR ("File Path" ILIKE '%/SyncedRules.plist')
    )
    AND (NOT coalesce((
      ("Process Path" ILIKE '%\\thunderbird.exe')
      OR ("Process Path" ILIKE '%/thunderbird')
      OR ("Process Path" ILIKE '%/thunderbird-bin')
      OR ("Process Path" ILIKE '%/Mail.app/Contents/MacOS/Mail')
    ), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
