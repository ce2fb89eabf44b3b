// Starts `aql lsp` and connects the editor with it. Everything else is in the server.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

async function start() {
  const settings = vscode.workspace.getConfiguration("aql");
  const args = ["lsp"];
  for (const flag of ["profile", "context"]) {
    const value = settings.get(flag);
    if (value) {
      args.push(`--${flag}`, value);
    }
  }
  // aql.toml is looked for in the folder of the workspace and above it.
  const cwd = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const command = settings.get("path") || "aql";
  client = new LanguageClient(
    "aql",
    "AQL",
    { command, args, options: { cwd } },
    { documentSelector: [{ language: "aql" }] },
  );
  try {
    await client.start();
  } catch (error) {
    vscode.window.showErrorMessage(
      `\`${command} lsp\` does not start: ${error}. Set aql.path to the aql command.`,
    );
  }
}

async function stop() {
  const old = client;
  client = undefined;
  if (old) {
    await old.dispose();
  }
}

async function restart() {
  await stop();
  await start();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("aql.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("aql")) {
        return restart();
      }
    }),
  );
  await start();
};

exports.deactivate = stop;
