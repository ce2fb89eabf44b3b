SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  replaceRegexpOne("payload", '\\A(?s:.)*?\\"ipAddress\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"([^\\"]+)\\"(?s:.)*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1') AS "Host",
  replaceRegexpOne("payload", '\\A(?s:.)*?\\"actor\\"[^\\}]*?\\"email\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"([^\\"]+)\\"(?s:.)*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1') AS "Actor",
  replaceRegexpOne("payload", '\\A(?s:.)*\\"(email_forwarding_out_of_domain|CREATE_GMAIL_SETTING|CHANGE_GMAIL_SETTING)\\"(?s:.)*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1') AS "Process",
  replaceRegexpOne("payload", '\\A(?s:.)*\\"email_forwarding_destination_address\\"[^\\}]*\\"value\\"[\\t\\n\\x0B\\x0C\\r\\x20]*\\:[\\t\\n\\x0B\\x0C\\r\\x20]*\\"([^\\"]+)\\"(?s:.)*(?:(?:\\r\\n|[\\n\\r\\x{85}\\x{2028}\\x{2029}])?\\z)', '\\1') AS "Target",
  "payload" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 442)
    AND (
      ("payload" ILIKE '%email_forwarding_out_of_domain%')
      OR (
        match("payload", '(?-s)(?i)\\"(CREATE|CHANGE)_GMAIL_SETTING\\"')
        AND match("payload", '(?-s)(?i)\\"(EMAIL_ROUTE|MESSAGE_SECURITY_RULE|UNIFIED_MAIL_ROUTING|ALIAS_TABLE)\\"')
      )
    )
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
