SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
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
      ("Process Path" ILIKE '%\\powershell.exe')
      OR ("Process Path" ILIKE '%\\powershell_ise.exe')
      OR ("Process Path" ILIKE '%\\pwsh.exe')
      OR ("Process Path" ILIKE '%\\python%.exe')
      OR ("Process Path" ILIKE '%\\curl.exe')
      OR ("Process Path" ILIKE '%\\wget.exe')
      OR ("Process Path" ILIKE '%\\wscript.exe')
      OR ("Process Path" ILIKE '%\\cscript.exe')
      OR ("Process Path" ILIKE '%\\mshta.exe')
      OR ("Process Path" ILIKE '%\\rundll32.exe')
      OR ("Process Path" ILIKE '%\\node.exe')
    )
    AND (
      ("Destination Hostname" ILIKE '%outlook.office365.com')
      OR ("Destination Hostname" ILIKE '%outlook.office.com')
      OR (TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 1)) * 16777216 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 2)) * 65536 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 3)) * 256 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 4)) * 1 BETWEEN 225117848 AND 225117849)
      OR (TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 1)) * 16777216 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 2)) * 65536 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 3)) * 256 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 4)) * 1 BETWEEN 225120778 AND 225120779)
      OR (TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 1)) * 16777216 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 2)) * 65536 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 3)) * 256 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 4)) * 1 BETWEEN 225148928 AND 225149951)
      OR (TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 1)) * 16777216 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 2)) * 65536 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 3)) * 256 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 4)) * 1 BETWEEN 392667136 AND 392671231)
      OR (TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 1)) * 16777216 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 2)) * 65536 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 3)) * 256 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 4)) * 1 BETWEEN 677380096 AND 677904383)
      OR (TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 1)) * 16777216 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 2)) * 65536 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 3)) * 256 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 4)) * 1 BETWEEN 677904384 AND 678035455)
      OR (TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 1)) * 16777216 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 2)) * 65536 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 3)) * 256 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 4)) * 1 BETWEEN 878706688 AND 878968831)
      OR ("destinationip" = '131.253.33.215')
      OR (TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 1)) * 16777216 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 2)) * 65536 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 3)) * 256 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 4)) * 1 BETWEEN 2230648832 AND 2230714367)
      OR (TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 1)) * 16777216 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 2)) * 65536 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 3)) * 256 + TRY_TO_NUMBER(SPLIT_PART("destinationip", '.', 4)) * 1 BETWEEN 2527797248 AND 2527798271)
      OR ("destinationip" = '204.79.197.215')
    )
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
