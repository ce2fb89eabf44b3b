SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Object ID" AS "Target",
  "Parameters" AS "Evidence",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND (
      (
        ("Operation" IN ('Set-HostedOutboundSpamFilterPolicy', 'New-HostedOutboundSpamFilterPolicy'))
        AND regexp_matches("Parameters", '(?i)\"AutoForwardingMode\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"On\"')
      )
      OR (
        ("Operation" IN ('Set-RemoteDomain', 'New-RemoteDomain'))
        AND regexp_matches("Parameters", '(?i)\"AutoForwardEnabled\"[\t\n\x0B\x0C\r\x20]*\,[\t\n\x0B\x0C\r\x20]*\"Value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"True\"')
      )
    )
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
