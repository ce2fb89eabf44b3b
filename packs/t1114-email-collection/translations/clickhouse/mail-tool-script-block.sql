SELECT
  formatDateTime(fromUnixTimestamp64Milli(toUnixTimestamp64Milli("starttime"), 'UTC'), '%Y-%m-%d %H:%i:%S', 'UTC') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "File Path" AS "Process",
  "Script Block ID" AS "Target",
  "Script Block Text" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (toFloat64OrNull(trimBoth("Event ID")) = 4104)
    AND match("Script Block Text", '(?-s)(?i)\\b(Invoke\\-SelfSearch|Invoke\\-GlobalMailSearch|Invoke\\-GlobalO365MailSearch|Invoke\\-OpenInboxFinder|Invoke\\-SendEWSMailQuery|Get\\-GlobalAddressList|Get\\-MailboxFolders|Invoke\\-PasswordSprayEWS|Invoke\\-PasswordSprayOWA|Invoke\\-DomainHarvestOWA|Invoke\\-UsernameHarvestOWA|Invoke\\-InjectGEventAPI|Get\\-ADUsernameFromEWS|Invoke\\-GraphRecon|Invoke\\-SearchMailbox|Get\\-Inbox\\.ps1)\\b')
  )
  AND (toUnixTimestamp64Milli("starttime") >= toUnixTimestamp64Milli(now64(3)) - 86400000)
ORDER BY toUnixTimestamp64Milli("starttime") DESC NULLS LAST
LIMIT 1000
