// Parses KQL with Microsoft's own parser.
//
//     npm install @kusto/language-service-next
//     node verify/kql_parse.mjs NODE_MODULES FOLDER…
//
// Every `.kql` file below the folders is parsed and bound to the tables below; what the parser says is
// printed. The tables have the columns that Microsoft's reference of each table names, as far as
// translations use them.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import vm from "node:vm";

const [modules, ...folders] = process.argv.slice(2);
const home = join(resolve(modules), "@kusto", "language-service-next");
for (const file of ["bridge.js", "Kusto.Language.Bridge.js"]) {
  vm.runInThisContext(readFileSync(join(home, file), "utf8"), file);
}

const PROCESS = `InitiatingProcessAccountName: string, InitiatingProcessFolderPath: string,
  InitiatingProcessFileName: string, InitiatingProcessCommandLine: string,
  InitiatingProcessParentFileName: string`;
const DEVICE = `Timestamp: datetime, DeviceName: string, ActionType: string, ${PROCESS}`;
const TABLES = {
  WindowsEvent: `TimeGenerated: datetime, Channel: string, Computer: string, Provider: string,
    EventID: int, EventLevel: int, EventData: dynamic, RawEventData: string`,
  OfficeActivity: `TimeGenerated: datetime, OfficeWorkload: string, Operation: string, UserId: string,
    OfficeObjectId: string, ResultStatus: string, ClientIP: string, ClientInfoString: string,
    MailboxOwnerUPN: string, Parameters: string, ModifiedProperties: string, LogonType: string,
    RecordType: string, UserAgent: string`,
  DeviceProcessEvents: `${DEVICE}, FolderPath: string, FileName: string, ProcessCommandLine: string,
    ProcessVersionInfoOriginalFileName: string, ProcessIntegrityLevel: string, MD5: string,
    SHA1: string, SHA256: string`,
  DeviceFileEvents: `${DEVICE}, FolderPath: string, FileName: string, MD5: string, SHA1: string,
    SHA256: string`,
  DeviceNetworkEvents: `${DEVICE}, LocalIP: string, LocalPort: int, RemoteIP: string, RemotePort: int,
    RemoteUrl: string, Protocol: string`,
  DeviceImageLoadEvents: `${DEVICE}, FolderPath: string, FileName: string, MD5: string, SHA1: string,
    SHA256: string`,
  DeviceRegistryEvents: `${DEVICE}, RegistryKey: string, RegistryValueName: string,
    RegistryValueData: string`,
  CloudAppEvents: `Timestamp: datetime, ActionType: string, Application: string, AccountId: string,
    AccountDisplayName: string, ObjectName: string, IPAddress: string, UserAgent: string,
    RawEventData: dynamic`,
};
const { GlobalState, KustoCode, Symbols } = {
  ...globalThis.Kusto.Language,
  Symbols: globalThis.Kusto.Language.Symbols,
};
const tables = Object.entries(TABLES).map(([name, columns]) =>
  Symbols.TableSymbol.From(`(${columns})`).WithName(name),
);
const database = new Symbols.DatabaseSymbol.ctor("db", tables);
const globals = GlobalState.Default.WithDatabase(database);

function* files(path) {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) yield* files(join(path, name));
  } else if (path.endsWith(".kql")) {
    yield path;
  }
}

let count = 0;
let bad = 0;
for (const folder of folders) {
  for (const path of files(folder)) {
    count += 1;
    const code = KustoCode.ParseAndAnalyze(readFileSync(path, "utf8"), globals);
    const said = code.GetDiagnostics();
    for (let i = 0; i < said.Count; i += 1) {
      const one = said.getItem(i);
      bad += 1;
      console.log(`${path}: ${one.Code} ${one.Message}`);
    }
  }
}
console.log(`${count} files, ${bad} complaints`);
process.exit(bad ? 1 : 0);
