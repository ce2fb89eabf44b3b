SELECT
  date_format(timestamp_millis(unix_millis(`starttime`)), 'yyyy-MM-dd HH:mm:ss') AS `EventTime`,
  `sourceip` AS `Host`,
  `username` AS `Actor`,
  `Client Info String` AS `Process`,
  `Mailbox Owner` AS `Target`,
  `Client App ID` AS `Evidence`,
  `Client App ID` AS `ClientAppId`,
  `Operation Count` AS `Operation Count`,
  `Folder Path` AS `Folder Path`,
  `App ID` AS `App ID`,
  `Session ID` AS `Session ID`
FROM events
WHERE (
    (`devicetype` = 397)
    AND (`Workload` = 'Exchange')
    AND (`Operation` = 'MailItemsAccessed')
    AND (`Mail Access Type` = 'Bind')
    AND (NOT (`Client App ID` IS NULL))
    AND (NOT coalesce((`Client Info String` ILIKE 'Client=REST;Client=RESTSystem;%'), FALSE))
    AND (
      (`Client Info String` ILIKE 'Client=REST;%')
      OR (`Client Info String` ILIKE 'Client=WebServices;%')
    )
    AND (NOT coalesce((lower(`Client App ID`) IN ('d3590ed6-52b3-4102-aeff-aad2292ab01c', '5d661950-3475-41cd-a2c3-d671a3162bc1', '9199bf20-a13f-4107-85dc-02114787ef48', '27922004-5251-4030-b22d-91ecd9a37ea4', '1fec8e78-bce4-4aaf-ab1b-5451cc387264', '00000002-0000-0ff1-ce00-000000000000', '8a18aa92-0a1e-4e06-abd0-e118fa4787b1', '5a2ee4c5-13b8-465b-88d7-75ecf16830ad', 'b6e65498-8dce-4d57-8de9-1269fcfcf6ce', '7a5fbd1c-3e6d-461a-9075-83049393b3a7', 'f3f64fec-ecee-4e9a-9eed-a36a5e421300', 'f8d98a96-0999-43f5-8af3-69971c7bb423')), FALSE))
  )
  AND (unix_millis(`starttime`) >= unix_millis(current_timestamp()) - 86400000)
ORDER BY unix_millis(`starttime`) DESC NULLS LAST
LIMIT 1000
