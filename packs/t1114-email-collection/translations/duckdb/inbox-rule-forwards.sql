SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  "sourceip" AS "Host",
  "username" AS "Actor",
  "Operation" AS "Process",
  "Forward To" AS "Target",
  "Parameters" AS "Evidence",
  "Inbox Rule Name" AS "Inbox Rule Name",
  "Object ID" AS "Object ID",
  "Result Status" AS "Result Status",
  "Session ID" AS "Session ID"
FROM events
WHERE (
    ("devicetype" = 397)
    AND ("Workload" = 'Exchange')
    AND ("Operation" IN ('New-InboxRule', 'Set-InboxRule', 'Enable-InboxRule'))
    AND (NOT ("Forward To" IS NULL))
    AND ("Forward To" <> '')
    AND (
      (NOT coalesce((
        (lower(regexp_replace("Forward To", '\A[^\@]*\@([A-Za-z0-9\.\-]+)(?s:.)*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1')) = lower(regexp_replace("username", '\A[^\n\r\x{85}\x{2028}\x{2029}]*\@', '')))
        OR (regexp_replace(lower(regexp_replace("Forward To", '\A[^\@]*\@([A-Za-z0-9\.\-]+)(?s:.)*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1')), '\A[^\.]+\.', '') = lower(regexp_replace("username", '\A[^\n\r\x{85}\x{2028}\x{2029}]*\@', '')))
      ), FALSE))
      OR (NOT coalesce((
        (lower(regexp_replace("Forward To", '\A(?s:.)*\@([A-Za-z0-9\.\-]+)[^\@]*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1')) = lower(regexp_replace("username", '\A[^\n\r\x{85}\x{2028}\x{2029}]*\@', '')))
        OR (regexp_replace(lower(regexp_replace("Forward To", '\A(?s:.)*\@([A-Za-z0-9\.\-]+)[^\@]*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1')), '\A[^\.]+\.', '') = lower(regexp_replace("username", '\A[^\n\r\x{85}\x{2028}\x{2029}]*\@', '')))
      ), FALSE))
      OR regexp_matches("Forward To", '\@(?s:.)*\@(?s:.)*\@')
    )
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
