SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
      regexp_matches("Process CommandLine", '(?i)\.(pst|ost|nst)\b')
      OR ("Process CommandLine" ILIKE '%\Microsoft\Outlook%')
      OR ("Process CommandLine" ILIKE '%\Outlook Files%')
    )
    AND (
      ("Process CommandLine" ILIKE '%Copy-Item%')
      OR ("Process CommandLine" ILIKE '%Move-Item%')
      OR ("Process CommandLine" ILIKE '%Compress-Archive%')
      OR ("Process CommandLine" ILIKE '%Start-BitsTransfer%')
      OR ("Process CommandLine" ILIKE '%esentutl% /y%')
      OR regexp_matches("Process CommandLine", '(?i)\b(copy|xcopy|robocopy|move)(\.exe)?\"?[\t\n\x0B\x0C\r\x20]')
      OR ("Process Path" ILIKE '%\7z%.exe')
      OR ("Process Path" ILIKE '%\rar.exe')
      OR ("Process Path" ILIKE '%\winrar.exe')
      OR ("Process Path" ILIKE '%\tar.exe')
      OR ("Process Path" ILIKE '%\makecab.exe')
    )
    AND (NOT coalesce(("Process Path" ILIKE '%:\Program Files%\Microsoft Office\%\OUTLOOK.EXE'), FALSE))
    AND (NOT coalesce(("Process CommandLine" ILIKE '%davclnt.dll,DavSetCookie%'), FALSE))
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
