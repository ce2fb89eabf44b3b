SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
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
        AND (TRY_CAST("Event ID" AS DOUBLE) = 1)
      )
      OR (TRY_CAST("Event ID" AS DOUBLE) = 4688)
    )
    AND (
      (
        ("Process Path" ILIKE '%\curl.exe')
        AND regexp_matches("Process CommandLine", '(\A|[^\n\r\x{85}\x{2028}\x{2029}]*[\t\n\x0B\x0C\r\x20])(\-T|\-\-upload\-file|\-F|\-\-form|\-\-data\-binary|\-d)[\t\n\x0B\x0C\r\x20]')
      )
      OR (
        ("Process Path" ILIKE '%\rclone.exe')
        AND regexp_matches("Process CommandLine", '(?i)[\t\n\x0B\x0C\r\x20](copy|copyto|sync|move|moveto|rcat)[\t\n\x0B\x0C\r\x20]')
      )
      OR ("Process Path" ILIKE '%\pscp.exe')
      OR ("Process Path" ILIKE '%\psftp.exe')
      OR ("Process Path" ILIKE '%\winscp.com')
      OR ("Process Path" ILIKE '%\OpenSSH\scp.exe')
      OR (
        ("Process Path" ILIKE '%\ftp.exe')
        AND regexp_matches("Process CommandLine", '(?i)\-s\:')
      )
      OR (
        ("Process Path" ILIKE '%\bitsadmin.exe')
        AND ("Process CommandLine" ILIKE '%/upload%')
      )
      OR regexp_matches("Process CommandLine", '(?i)(Invoke\-WebRequest|Invoke\-RestMethod|\biwr\b|\birm\b)[^\n\r\x{85}\x{2028}\x{2029}]*[\t\n\x0B\x0C\r\x20]\-InFile[\t\n\x0B\x0C\r\x20]')
      OR regexp_matches("Process CommandLine", '(?i)Start\-BitsTransfer[^\n\r\x{85}\x{2028}\x{2029}]*\-TransferType[\t\n\x0B\x0C\r\x20]+Upload')
      OR regexp_matches("Process CommandLine", '(?i)\.Upload(File|Data)(Async)?\(')
    )
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
