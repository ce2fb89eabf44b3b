SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
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
        AND (toFloat64OrNull(trimBoth("Event ID")) = 1)
      )
      OR (toFloat64OrNull(trimBoth("Event ID")) = 4688)
    )
    AND (
      (
        ("Process Path" ILIKE '%\\\\curl.exe')
        AND match("Process CommandLine", '(?-s)(\\A|[^\\n\\r\\x{85}\\x{2028}\\x{2029}]*[\\t\\n\\x0B\\x0C\\r\\x20])(\\-T|\\-\\-upload\\-file|\\-F|\\-\\-form|\\-\\-data\\-binary|\\-d)[\\t\\n\\x0B\\x0C\\r\\x20]')
      )
      OR (
        ("Process Path" ILIKE '%\\\\rclone.exe')
        AND match("Process CommandLine", '(?-s)(?i)[\\t\\n\\x0B\\x0C\\r\\x20](copy|copyto|sync|move|moveto|rcat)[\\t\\n\\x0B\\x0C\\r\\x20]')
      )
      OR ("Process Path" ILIKE '%\\\\pscp.exe')
      OR ("Process Path" ILIKE '%\\\\psftp.exe')
      OR ("Process Path" ILIKE '%\\\\winscp.com')
      OR ("Process Path" ILIKE '%\\\\OpenSSH\\\\scp.exe')
      OR (
        ("Process Path" ILIKE '%\\\\ftp.exe')
        AND match("Process CommandLine", '(?-s)(?i)\\-s\\:')
      )
      OR (
        ("Process Path" ILIKE '%\\\\bitsadmin.exe')
        AND ("Process CommandLine" ILIKE '%/upload%')
      )
      OR match("Process CommandLine", '(?-s)(?i)(Invoke\\-WebRequest|Invoke\\-RestMethod|\\biwr\\b|\\birm\\b)[^\\n\\r\\x{85}\\x{2028}\\x{2029}]*[\\t\\n\\x0B\\x0C\\r\\x20]\\-InFile[\\t\\n\\x0B\\x0C\\r\\x20]')
      OR match("Process CommandLine", '(?-s)(?i)Start\\-BitsTransfer[^\\n\\r\\x{85}\\x{2028}\\x{2029}]*\\-TransferType[\\t\\n\\x0B\\x0C\\r\\x20]+Upload')
      OR match("Process CommandLine", '(?-s)(?i)\\.Upload(File|Data)(Async)?\\(')
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
