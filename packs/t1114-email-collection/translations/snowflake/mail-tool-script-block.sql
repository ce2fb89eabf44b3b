SELECT
  TO_CHAR(TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MILLISECOND, "starttime"), 3), 'YYYY-MM-DD HH24:MI:SS') AS "EventTime",
  "Machine Identifier" AS "Host",
  "username" AS "Actor",
  "File Path" AS "Process",
  "Script Block ID" AS "Target",
  "Script Block Text" AS "Evidence"
FROM events
WHERE (
    ("devicetype" = 12)
    AND ("qideventcategory" IN ('Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'))
    AND (TRY_TO_DOUBLE("Event ID") = 4104)
    AND (REGEXP_INSTR("Script Block Text", '\\b(Invoke-SelfSearch|Invoke-GlobalMailSearch|Invoke-GlobalO365MailSearch|Invoke-OpenInboxFinder|Invoke-SendEWSMailQuery|Get-GlobalAddressList|Get-MailboxFolders|Invoke-PasswordSprayEWS|Invoke-PasswordSprayOWA|Invoke-DomainHarvestOWA|Invoke-UsernameHarvestOWA|Invoke-InjectGEventAPI|Get-ADUsernameFromEWS|Invoke-GraphRecon|Invoke-SearchMailbox|Get-Inbox\\.ps1)\\b', 1, 1, 0, 'i') > 0)
  )
  AND (DATE_PART(EPOCH_MILLISECOND, "starttime") >= DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) - 86400000)
ORDER BY DATE_PART(EPOCH_MILLISECOND, "starttime") DESC NULLS LAST
LIMIT 1000
