SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "Object Name" AS "Target",
  "Access Mask" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" = 'Security')
    AND (TRY_TO_DOUBLE("Event ID") = 4663)
    AND (REGEXP_INSTR("Object Name", '\\.(pst|ost|nst|mbox|dbx|nsf)((\r\n|[\n\r\u0085\u2028\u2029])?$)', 1, 1, 0, 'i') > 0)
    AND ("Access Mask" IN ('0x1', '0x3', '0x81', '0x83', '0x20089', '0x120089', '0x12019f', '0x1f01ff'))
    AND (NOT coalesce((
      ("Process Path" ILIKE '%:\\Program Files%\\Microsoft Office\\%\\OUTLOOK.EXE')
      OR ("Process Path" ILIKE '%:\\Program Files%\\Microsoft Office\\%\\SCANPST.EXE')
      OR ("Process Path" ILIKE '%:\\Program Files\\WindowsApps\\Microsoft.OutlookForWindows_%\\olk.exe')
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
