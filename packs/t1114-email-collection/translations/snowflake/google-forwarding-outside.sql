SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "payload" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 442)
    AND (
      ("payload" ILIKE '%email_forwarding_out_of_domain%')
      OR (
        (REGEXP_INSTR("payload", '"(CREATE|CHANGE)_GMAIL_SETTING"', 1, 1, 0, 'i') > 0)
        AND (REGEXP_INSTR("payload", '"(EMAIL_ROUTE|MESSAGE_SECURITY_RULE|UNIFIED_MAIL_ROUTING|ALIAS_TABLE)"', 1, 1, 0, 'i') > 0)
      )
    )
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
