SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "File Path" AS "Target",
  "File Directory" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'Microsoft-Windows-Sysmon/Operational')
    AND (TRY_TO_DOUBLE("Event ID") = 11)
    AND (
      ("File Path" ILIKE '%.pst')
      OR ("File Path" ILIKE '%.ost')
      OR ("File Path" ILIKE '%.nst')
      OR ("File Path" ILIKE '%.mbox')
      OR ("File Path" ILIKE '%.dbx')
      OR ("File Path" ILIKE '%.nsf')
    )
    AND (
      ("File Path" ILIKE '%\\AppData\\Local\\Temp\\%')
      OR ("File Path" ILIKE '%\\Windows\\Temp\\%')
      OR ("File Path" ILIKE '%:\\Temp\\%')
      OR ("File Path" ILIKE '%\\Downloads\\%')
      OR ("File Path" ILIKE '%\\Users\\Public\\%')
      OR ("File Path" ILIKE '%:\\ProgramData\\%')
      OR ("File Path" ILIKE '%:\\PerfLogs\\%')
      OR ("File Path" ILIKE '%\\$Recycle.Bin\\%')
      OR (REGEXP_INSTR("File Path", '^\\\\\\\\', 1, 1, 0, 'c') > 0)
    )
    AND (NOT coalesce((
      ("File Path" ILIKE '%\\AppData\\Local\\Microsoft\\Outlook\\%')
      OR ("File Path" ILIKE '%\\Documents\\Outlook Files\\%')
      OR ("Process Path" ILIKE '%:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\%\\MsMpEng.exe')
    ), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
