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
      (
        ("Process Path" ILIKE '%\\curl.exe')
        AND (REGEXP_INSTR("Process CommandLine", '(^|[^\n\r\u0085\u2028\u2029]*[\t\n\u000b\u000c\r ])(-T|--upload-file|-F|--form|--data-binary|-d)[\t\n\u000b\u000c\r ]', 1, 1, 0, 'c') > 0)
      )
      OR (
        ("Process Path" ILIKE '%\\rclone.exe')
        AND (REGEXP_INSTR("Process CommandLine", '[\t\n\u000b\u000c\r ](copy|copyto|sync|move|moveto|rcat)[\t\n\u000b\u000c\r ]', 1, 1, 0, 'i') > 0)
      )
      OR ("Process Path" ILIKE '%\\pscp.exe')
      OR ("Process Path" ILIKE '%\\psftp.exe')
      OR ("Process Path" ILIKE '%\\winscp.com')
      OR ("Process Path" ILIKE '%\\OpenSSH\\scp.exe')
      OR (
        ("Process Path" ILIKE '%\\ftp.exe')
        AND (REGEXP_INSTR("Process CommandLine", '-s:', 1, 1, 0, 'i') > 0)
      )
      OR (
        ("Process Path" ILIKE '%\\bitsadmin.exe')
        AND ("Process CommandLine" ILIKE '%/upload%')
      )
      OR (REGEXP_INSTR("Process CommandLine", '(Invoke-WebRequest|Invoke-RestMethod|\\biwr\\b|\\birm\\b)[^\n\r\u0085\u2028\u2029]*[\t\n\u000b\u000c\r ]-InFile[\t\n\u000b\u000c\r ]', 1, 1, 0, 'i') > 0)
      OR (REGEXP_INSTR("Process CommandLine", 'Start-BitsTransfer[^\n\r\u0085\u2028\u2029]*-TransferType[\t\n\u000b\u000c\r ]+Upload', 1, 1, 0, 'i') > 0)
      OR (REGEXP_INSTR("Process CommandLine", '\\.Upload(File|Data)(Async)?\\(', 1, 1, 0, 'i') > 0)
    )
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
