SELECT
  strftime(make_timestamp(epoch_ms("starttime") * 1000), '%Y-%m-%d %H:%M:%S') AS "EventTime",
  regexp_replace("payload", '\A(?s:.)*?\"ipAddress\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"([^\"]+)\"(?s:.)*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1') AS "Host",
  regexp_replace("payload", '\A(?s:.)*?\"actor\"[^\}]*?\"email\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"([^\"]+)\"(?s:.)*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1') AS "Actor",
  regexp_replace("payload", '\A(?s:.)*\"(email_forwarding_out_of_domain|CREATE_GMAIL_SETTING|CHANGE_GMAIL_SETTING)\"(?s:.)*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1') AS "Process",
  regexp_replace("payload", '\A(?s:.)*\"email_forwarding_destination_address\"[^\}]*\"value\"[\t\n\x0B\x0C\r\x20]*\:[\t\n\x0B\x0C\r\x20]*\"([^\"]+)\"(?s:.)*(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)', '\1') AS "Target",
  "payload" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 442)
    AND (
      ("payload" ILIKE '%email_forwarding_out_of_domain%')
      OR (
        regexp_matches("payload", '(?i)\"(CREATE|CHANGE)_GMAIL_SETTING\"')
        AND regexp_matches("payload", '(?i)\"(EMAIL_ROUTE|MESSAGE_SECURITY_RULE|UNIFIED_MAIL_ROUTING|ALIAS_TABLE)\"')
      )
    )
  )
  AND (epoch_ms("starttime") >= epoch_ms(now()) - 86400000)
ORDER BY epoch_ms("starttime") DESC NULLS LAST
LIMIT 1000
