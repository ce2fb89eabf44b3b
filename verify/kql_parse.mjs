// Parses KQL with Microsoft's own parser.
//
//     npm install @kusto/language-service-next
//     node verify/kql_parse.mjs NODE_MODULES FOLDER…
//
// Every `.kql` file below the folders is parsed; what the parser says is printed. Columns of tables are
// not checked: the tables are not declared, and that they are unknown is passed over.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import vm from "node:vm";

const [modules, ...folders] = process.argv.slice(2);
const home = join(resolve(modules), "@kusto", "language-service-next");
for (const file of ["bridge.js", "Kusto.Language.Bridge.js"]) {
  vm.runInThisContext(readFileSync(join(home, file), "utf8"), file);
}

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
    const code = globalThis.Kusto.Language.KustoCode.ParseAndAnalyze(readFileSync(path, "utf8"));
    const said = code.GetDiagnostics();
    for (let i = 0; i < said.Count; i += 1) {
      const one = said.getItem(i);
      // KS204: unknown table; KS142: unknown name, which every column of an unknown table is.
      if (["KS204", "KS142"].includes(one.Code)) continue;
      bad += 1;
      console.log(`${path}: ${one.Code} ${one.Message}`);
    }
  }
}
console.log(`${count} files, ${bad} complaints`);
process.exit(bad ? 1 : 0);
