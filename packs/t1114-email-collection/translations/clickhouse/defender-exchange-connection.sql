SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "Process Path" AS "Process",
  "destinationip" AS "Target",
  "Destination Hostname" AS "Evidence",
  "destinationport" AS "destinationport"
FROM events
WHERE (
    ("devicetype" = 515)
    AND ("qideventcategory" = 'DeviceNetworkEvents')
    AND ("qideventid" IN ('ConnectionSuccess', 'ConnectionAttempt', 'ConnectionRequest', 'ConnectionFound', 'ConnectionAcknowledged'))
    AND ("destinationport" = 443)
    AND (
      ("Process Path" ILIKE '%\\\\powershell.exe')
      OR ("Process Path" ILIKE '%\\\\powershell_ise.exe')
      OR ("Process Path" ILIKE '%\\\\pwsh.exe')
      OR ("Process Path" ILIKE '%\\\\python%.exe')
      OR ("Process Path" ILIKE '%\\\\curl.exe')
      OR ("Process Path" ILIKE '%\\\\wget.exe')
      OR ("Process Path" ILIKE '%\\\\wscript.exe')
      OR ("Process Path" ILIKE '%\\\\cscript.exe')
      OR ("Process Path" ILIKE '%\\\\mshta.exe')
      OR ("Process Path" ILIKE '%\\\\rundll32.exe')
      OR ("Process Path" ILIKE '%\\\\node.exe')
    )
    AND (
      ("Destination Hostname" ILIKE '%outlook.office365.com')
      OR ("Destination Hostname" ILIKE '%outlook.office.com')
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '13.107.6.152/31'), FALSE)
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '13.107.18.10/31'), FALSE)
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '13.107.128.0/22'), FALSE)
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '23.103.160.0/20'), FALSE)
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '40.96.0.0/13'), FALSE)
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '40.104.0.0/15'), FALSE)
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '52.96.0.0/14'), FALSE)
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '131.253.33.215/32'), FALSE)
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '132.245.0.0/16'), FALSE)
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '150.171.32.0/22'), FALSE)
      OR if(isIPv4String("destinationip"), isIPAddressInRange("destinationip", '204.79.197.215/32'), FALSE)
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
