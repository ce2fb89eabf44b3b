SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
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
        (lowerUTF8(replaceRegexpOne("Forward To", '\\A[^\\@]*\\@([A-Za-z0-9\\.\\-]+)(?s:.)*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1')) = lowerUTF8(replaceRegexpOne("username", '\\A[^\\n\\r\\x{85}\\x{2028}\\x{2029}]*\\@', '')))
        OR (replaceRegexpOne(lowerUTF8(replaceRegexpOne("Forward To", '\\A[^\\@]*\\@([A-Za-z0-9\\.\\-]+)(?s:.)*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1')), '\\A[^\\.]+\\.', '') = lowerUTF8(replaceRegexpOne("username", '\\A[^\\n\\r\\x{85}\\x{2028}\\x{2029}]*\\@', '')))
      ), FALSE))
      OR (NOT coalesce((
        (lowerUTF8(replaceRegexpOne("Forward To", '\\A(?s:.)*\\@([A-Za-z0-9\\.\\-]+)[^\\@]*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1')) = lowerUTF8(replaceRegexpOne("username", '\\A[^\\n\\r\\x{85}\\x{2028}\\x{2029}]*\\@', '')))
        OR (replaceRegexpOne(lowerUTF8(replaceRegexpOne("Forward To", '\\A(?s:.)*\\@([A-Za-z0-9\\.\\-]+)[^\\@]*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1')), '\\A[^\\.]+\\.', '') = lowerUTF8(replaceRegexpOne("username", '\\A[^\\n\\r\\x{85}\\x{2028}\\x{2029}]*\\@', '')))
      ), FALSE))
      OR match("Forward To", '(?-s)\\@(?s:.)*\\@(?s:.)*\\@')
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
