SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "File Path" AS "Target",
  "Process Guid" AS "Evidence"
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
      OR ("File Path" ILIKE '%.mbx')
      OR ("File Path" ILIKE '%.dbx')
      OR ("File Path" ILIKE '%.nsf')
      OR (
        (
          ("File Path" ILIKE '%.msg')
          OR ("File Path" ILIKE '%.eml')
          OR ("File Path" ILIKE '%.emlx')
        )
        AND (
          ("Process Path" ILIKE '%\\powershell.exe')
          OR ("Process Path" ILIKE '%\\pwsh.exe')
          OR ("Process Path" ILIKE '%\\cmd.exe')
          OR ("Process Path" ILIKE '%\\python%.exe')
          OR ("Process Path" ILIKE '%\\wscript.exe')
          OR ("Process Path" ILIKE '%\\cscript.exe')
          OR ("Process Path" ILIKE '%\\mshta.exe')
          OR ("Process Path" ILIKE '%\\rundll32.exe')
          OR ("Process Path" ILIKE '%\\robocopy.exe')
          OR ("Process Path" ILIKE '%\\xcopy.exe')
        )
        AND (NOT coalesce(("File Path" ILIKE '%\\tcl%\\msgs\\%.msg'), FALSE))
      )
    )
    AND (NOT coalesce((
      ("Process Path" ILIKE '%:\\Program Files%\\Microsoft Office\\%\\OUTLOOK.EXE')
      OR ("Process Path" ILIKE '%:\\Program Files%\\Microsoft Office\\%\\SCANPST.EXE')
      OR ("Process Path" ILIKE '%:\\Program Files\\WindowsApps\\Microsoft.OutlookForWindows_%\\olk.exe')
      OR ("Process Path" ILIKE '%:\\Program Files\\WindowsApps\\microsoft.windowscommunicationsapps_%\\Hx%.exe')
      OR ("Process Path" ILIKE '%:\\Program Files%\\HCL\\Notes\\%.exe')
      OR ("Process Path" ILIKE '%:\\Program Files%\\IBM\\Notes\\%.exe')
      OR ("Process Path" ILIKE '%:\\Program Files%\\Microsoft OneDrive\\OneDrive.exe')
      OR ("Process Path" ILIKE '%:\\Program Files%\\Mozilla Thunderbird\\thunderbird.exe')
      OR ("Process Path" ILIKE '%:\\Windows\\System32\\SearchIndexer.exe')
      OR ("Process Path" ILIKE '%:\\Windows\\System32\\SearchProtocolHost.exe')
      OR ("Process Path" ILIKE '%:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\%\\MsMpEng.exe')
      OR ("Process Path" ILIKE '%:\\Program Files\\Windows Defender%\\MsSense.exe')
    ), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
