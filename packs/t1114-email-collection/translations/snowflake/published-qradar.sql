SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "sourceip" AS "sourceip",
  "username" AS "username",
  "field:TargetFilename" AS "TargetFile",
  "Process Path" AS "ProcessImage",
  "Process CommandLine" AS "CommandLine"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" ILIKE 'Microsoft-Windows-Sysmon/Operational')
    AND ("qid" IN (1999000005, 1999000123))
    AND (
      ("field:TargetFilename" ILIKE '%.pst')
      OR ("field:TargetFilename" ILIKE '%.ost')
      OR ("field:TargetFilename" ILIKE '%.mbox')
      OR ("field:TargetFilename" ILIKE '%.eml')
      OR ("field:TargetFilename" ILIKE '%.msg')
      OR ("field:TargetFilename" ILIKE '%.dbx')
      OR ("field:TargetFilename" ILIKE '%.nsf')
    )
    AND (NOT coalesce(("Process Path" ILIKE '%\\outlook.exe'), FALSE))
    AND (NOT coalesce(("Process Path" ILIKE '%\\OUTLOOK.EXE'), FALSE))
    AND (NOT coalesce(("Process Path" ILIKE '%\\thunderbird.exe'), FALSE))
    AND (NOT coalesce(("Process Path" ILIKE '%\\SearchIndexer.exe'), FALSE))
    AND (NOT coalesce(("Process Path" ILIKE '%\\SearchProtocolHost.exe'), FALSE))
    AND (NOT coalesce(("Process Path" ILIKE '%\\MsMpEng.exe'), FALSE))
    AND (NOT coalesce(("Process Path" ILIKE '%\\MsSense.exe'), FALSE))
    AND (
      ("Process Path" ILIKE '%\\powershell.exe')
      OR ("Process Path" ILIKE '%\\pwsh.exe')
      OR ("Process Path" ILIKE '%\\cmd.exe')
      OR ("Process Path" ILIKE '%\\python.exe')
      OR ("Process Path" ILIKE '%\\python3.exe')
      OR ("Process Path" ILIKE '%\\wscript.exe')
      OR ("Process Path" ILIKE '%\\cscript.exe')
      OR ("Process Path" ILIKE '%\\mshta.exe')
      OR ("Process Path" ILIKE '%\\robocopy.exe')
      OR ("Process Path" ILIKE '%\\xcopy.exe')
      OR ("Process Path" ILIKE '%\\7z.exe')
      OR ("Process Path" ILIKE '%\\winrar.exe')
      OR ("Process Path" ILIKE '%\\rar.exe')
      OR ("Process Path" ILIKE '%\\curl.exe')
      OR ("Process Path" ILIKE '%\\wget.exe')
      OR ("field:TargetFilename" ILIKE '%AppData%Outlook%')
      OR ("field:TargetFilename" ILIKE '%AppData%Thunderbird%')
      OR ("field:TargetFilename" ILIKE '%AppData%Windows Mail%')
    )
    AND (NOT coalesce((
      (NOT coalesce((
        ("devicetype" = 12)
        AND ("qideventcategory" ILIKE 'Microsoft-Windows-Sysmon/Operational')
      ), FALSE))
      AND ("devicetype" IN (205, 330, 454))
    ), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
