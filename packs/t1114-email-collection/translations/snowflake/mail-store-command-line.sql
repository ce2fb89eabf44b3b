SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "Parent Process Path" AS "Target",
  "Process CommandLine" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND (
      (
        ("qideventcategory" = 'Microsoft-Windows-Sysmon/Operational')
        AND (TRY_TO_DOUBLE("Event ID") = 1)
      )
      OR (TRY_TO_DOUBLE("Event ID") = 4688)
    )
    AND (
      (REGEXP_INSTR("Process CommandLine", '\\.(pst|ost|nst)\\b', 1, 1, 0, 'i') > 0)
      OR ("Process CommandLine" ILIKE '%\\Microsoft\\Outlook%')
      OR ("Process CommandLine" ILIKE '%\\Outlook Files%')
    )
    AND (
      ("Process CommandLine" ILIKE '%Copy-Item%')
      OR ("Process CommandLine" ILIKE '%Move-Item%')
      OR ("Process CommandLine" ILIKE '%Compress-Archive%')
      OR ("Process CommandLine" ILIKE '%Start-BitsTransfer%')
      OR ("Process CommandLine" ILIKE '%esentutl% /y%')
      OR (REGEXP_INSTR("Process CommandLine", '\\b(copy|xcopy|robocopy|move)(\\.exe)?"?[\t\n\u000b\u000c\r ]', 1, 1, 0, 'i') > 0)
      OR ("Process Path" ILIKE '%\\7z%.exe')
      OR ("Process Path" ILIKE '%\\rar.exe')
      OR ("Process Path" ILIKE '%\\winrar.exe')
      OR ("Process Path" ILIKE '%\\tar.exe')
      OR ("Process Path" ILIKE '%\\makecab.exe')
    )
    AND (NOT coalesce(("Process Path" ILIKE '%:\\Program Files%\\Microsoft Office\\%\\OUTLOOK.EXE'), FALSE))
    AND (NOT coalesce(("Process CommandLine" ILIKE '%davclnt.dll,DavSetCookie%'), FALSE))
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
