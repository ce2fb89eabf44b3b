SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "Object Name" AS "Target",
  "Access Mask" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'Security')
    AND (TRY_CAST("Event ID" AS DOUBLE) = 4663)
    AND regexp_matches("Object Name", '(?i)\.(pst|ost|nst|mbox|dbx|nsf)(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)')
    AND ("Access Mask" IN ('0x1', '0x3', '0x81', '0x83', '0x20089', '0x120089', '0x12019f', '0x1f01ff'))
    AND (NOT coalesce((
      ("Process Path" ILIKE '%:\Program Files%\Microsoft Office\%\OUTLOOK.EXE')
      OR ("Process Path" ILIKE '%:\Program Files%\Microsoft Office\%\SCANPST.EXE')
      OR ("Process Path" ILIKE '%:\Program Files\WindowsApps\Microsoft.OutlookForWindows_%\olk.exe')
      OR ("Process Path" ILIKE '%:\Program Files%\Mozilla Thunderbird\thunderbird.exe')
      OR ("Process Path" ILIKE '%:\Windows\System32\SearchIndexer.exe')
      OR ("Process Path" ILIKE '%:\Windows\System32\SearchProtocolHost.exe')
      OR ("Process Path" ILIKE '%:\ProgramData\Microsoft\Windows Defender\Platform\%\MsMpEng.exe')
      OR ("Process Path" ILIKE '%:\Program Files\Windows Defender%\MsSense.exe')
    ), FALSE))
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
