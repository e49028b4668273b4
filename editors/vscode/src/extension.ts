// The extension for scores: colours and snippets need no code; this starts the language server, and adds the commands.

import * as vscode from "vscode";
import { Panels } from "./panels";
import { readReport } from "./program";
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
  const commands = {
    rehearse: (score: vscode.Uri) => withSaved(score, (saved) => rehearse(saved, panels)),
    showTimeline: (score: vscode.Uri) => withSaved(score, (saved) => panels.open("timeline", saved)),
    showCueSheet: (score: vscode.Uri) => withSaved(score, (saved) => panels.open("cue sheet", saved)),
  };
  const running = new Server(
    new Map([
      ["score.rehearse", commands.rehearse],
      ["score.timeline", commands.showTimeline],
      ["score.sheet", commands.showCueSheet],
    ]),
  );
  server = running;
  context.subscriptions.push(
    panels,
    running,
    vscode.commands.registerCommand("sequencer.rehearse", () => withActiveScore(commands.rehearse)),
    vscode.commands.registerCommand("sequencer.showTimeline", () => withActiveScore(commands.showTimeline)),
    vscode.commands.registerCommand("sequencer.showCueSheet", () => withActiveScore(commands.showCueSheet)),
    vscode.commands.registerCommand("sequencer.sendToRun", () => withActiveScore((score) => sendToRun(running, score))),
    vscode.commands.registerCommand("sequencer.restart", () => running.restart()),
    vscode.tasks.registerTaskProvider("sequencer", new RehearsalTasks()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("score.command")) {
        setImmediate(() => void running.restart()); // the client first sends the change to the running server
      }
    }),
  );
  await running.restart();
}

/** Calls a function with the score that is being edited. */
async function withActiveScore(use: (score: vscode.Uri) => Promise<void>): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined || !isScore(document)) {
    void vscode.window.showErrorMessage("No score is being edited: open one, and put the cursor into it.");
    return;
  }
  await use(document.uri);
}

/** Calls a function with the file of a score, after saving it: the commands of `sequencer` read files. */
async function withSaved(score: vscode.Uri, use: (file: vscode.Uri) => Promise<void>): Promise<void> {
  const document = vscode.workspace.textDocuments.find((one) => one.uri.toString() === score.toString());
  if (document !== undefined && (document.isDirty || document.isUntitled)) {
    const saved = await vscode.workspace.save(score); // a new text gets its address only now
    if (saved !== undefined) {
      await use(saved);
    }
  } else {
    await use(score);
  }
}

async function sendToRun(running: Server, score: vscode.Uri): Promise<void> {
  if (!(await running.canExecute("score.takeOver"))) {
    void vscode.window.showErrorMessage("The language server is not running, or is too old to send a score to a run.");
    return;
  }
  try {
    await running.execute("score.takeOver", score.toString()); // the server shows the answer of the run
  } catch (error) {
    void vscode.window.showErrorMessage(readReport((error as Error).message));
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
