// The extension for scores: colours and snippets need no code; this starts the language server, and adds the commands.

import * as vscode from "vscode";
import { type Kind, Panels } from "./panels";
import { rehearse, RehearsalTasks } from "./rehearsal";
import { isScore } from "./scores";
import { Server } from "./server";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  watchActiveEditor(context);
  if (vscode.workspace.isTrusted) {
    await start(context);
  } else {
    // Which program is started depends on the folder's settings and environments.
    context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(() => start(context)));
  }
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

async function start(context: vscode.ExtensionContext): Promise<void> {
  const panels = new Panels(vscode.Uri.joinPath(context.extensionUri, "icon.png"));
  const running = new Server();
  server = running;
  const show = (kind: Kind) => withSavedScore((score) => panels.open(kind, score));
  context.subscriptions.push(
    panels,
    running,
    vscode.commands.registerCommand("sequencer.rehearse", () => withSavedScore((score) => rehearse(score, panels))),
    vscode.commands.registerCommand("sequencer.showTimeline", () => show("timeline")),
    vscode.commands.registerCommand("sequencer.showCueSheet", () => show("cue sheet")),
    vscode.commands.registerCommand("sequencer.sendToRun", () => withSavedScore((score) => sendToRun(running, score))),
    vscode.commands.registerCommand("sequencer.restart", () => running.restart()),
    vscode.tasks.registerTaskProvider("sequencer", new RehearsalTasks()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("score.command")) {
        void running.restart();
      }
    }),
  );
  await running.restart();
}

/** Calls a function with the score that is being edited, after saving it: the commands of `sequencer` read files. */
async function withSavedScore(use: (score: vscode.Uri) => Promise<void>): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined || !isScore(document)) {
    void vscode.window.showErrorMessage("No score is being edited: open one, and put the cursor into it.");
    return;
  }
  if ((document.isDirty || document.isUntitled) && !(await document.save())) {
    return; // cancelled
  }
  const saved = vscode.window.activeTextEditor?.document ?? document; // a new text has its address only now
  await use(saved.uri);
}

async function sendToRun(running: Server, score: vscode.Uri): Promise<void> {
  if (!(await running.canExecute("score.takeOver"))) {
    void vscode.window.showErrorMessage("The language server is not running, or is too old to send a score to a run.");
    return;
  }
  try {
    const answer = await running.execute("score.takeOver", score.toString());
    if (typeof answer === "string") {
      void vscode.window.showInformationMessage(answer);
    }
  } catch (error) {
    void vscode.window.showErrorMessage((error as Error).message);
  }
}

/** Keeps the context key up to date that decides whether the commands are shown. */
function watchActiveEditor(context: vscode.ExtensionContext): void {
  const update = (editor: vscode.TextEditor | undefined): void => {
    if (editor !== undefined) {
      void vscode.commands.executeCommand("setContext", "sequencer.isScore", vscode.workspace.isTrusted && isScore(editor.document));
    }
  };
  update(vscode.window.activeTextEditor);
  context.subscriptions.push(
    vscode.window.onDidChangeActiveTextEditor(update),
    vscode.workspace.onDidSaveTextDocument(() => update(vscode.window.activeTextEditor)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => update(vscode.window.activeTextEditor)),
  );
}
