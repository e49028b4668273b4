// Rehearses a score in a terminal, and opens what the run leaves.

import { existsSync } from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Panels } from "./panels";
import { findProgram, folderOf } from "./program";

const TYPE = "sequencer";

interface Definition extends vscode.TaskDefinition {
  readonly score: string;
  readonly options?: string[];
}

/** Rehearses the saved text of a score and, when the run is complete, opens its contact sheet, or else its timeline. */
export async function rehearse(score: vscode.Uri, panels: Panels): Promise<void> {
  const run = path.join("runs", nameOfRun(score));
  const out = path.join(folderOf(score), run);
  const task = createTask({ type: TYPE, score: score.fsPath }, score, ["--out", run]);
  const code = await finished(task);
  const folder = vscode.Uri.file(out);
  if (!existsSync(path.join(out, "journal.jsonl"))) {
    if (code !== undefined) {
      void vscode.window.showErrorMessage("The score was not rehearsed; the terminal shows the reason.");
    }
    return;
  }
  const sheet = path.join(out, "contact-sheet.png");
  if (existsSync(sheet)) {
    await vscode.commands.executeCommand("vscode.open", vscode.Uri.file(sheet), { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
  } else {
    await panels.openRun(folder);
  }
  const well = code === 0 ? "Every cue landed" : "Not every cue landed, or the run did not reach its end; the terminal shows more";
  const timeline = "Show Timeline and Video";
  const answer = await vscode.window.showInformationMessage(`${well}: ${vscode.workspace.asRelativePath(folder)}`, timeline);
  if (answer === timeline) {
    await panels.openRun(folder);
  }
}

/** Offers rehearsals as tasks, so that `tasks.json` can have some with other options. */
export class RehearsalTasks implements vscode.TaskProvider {
  provideTasks(): vscode.Task[] {
    const document = vscode.window.activeTextEditor?.document;
    if (document?.languageId !== "score" || document.uri.scheme !== "file") {
      return [];
    }
    return [createTask({ type: TYPE, score: vscode.workspace.asRelativePath(document.uri, false) }, document.uri)];
  }

  resolveTask(task: vscode.Task): vscode.Task | undefined {
    const definition = task.definition as Definition;
    const folder = typeof task.scope === "object" ? task.scope.uri : vscode.workspace.workspaceFolders?.[0]?.uri;
    if (typeof definition.score !== "string" || folder === undefined) {
      return undefined;
    }
    return createTask(definition, vscode.Uri.file(path.resolve(folder.fsPath, definition.score)));
  }
}

function createTask(definition: Definition, score: vscode.Uri, extra: string[] = []): vscode.Task {
  const options = definition.options ?? vscode.workspace.getConfiguration("score", score).get<string[]>("rehearseOptions", []);
  const [program, ...words] = findProgram(score);
  const folder = folderOf(score);
  const task = new vscode.Task(
    definition,
    vscode.workspace.getWorkspaceFolder(score) ?? vscode.TaskScope.Workspace,
    `rehearse ${path.basename(score.fsPath)}`,
    "score",
    // Not through a shell, which would read special characters of names.
    new vscode.ProcessExecution(program, [...words, "rehearse", path.relative(folder, score.fsPath), ...options, ...extra], { cwd: folder }),
    "$sequencer",
  );
  task.presentationOptions = { panel: vscode.TaskPanelKind.Dedicated, clear: true, focus: false, showReuseMessage: false };
  return task;
}

/** Runs a task to its end; returns its exit code, or undefined if it was ended before. */
async function finished(task: vscode.Task): Promise<number | undefined> {
  const execution = await vscode.tasks.executeTask(task);
  return new Promise((resolve) => {
    const listeners = [
      vscode.tasks.onDidEndTaskProcess((event) => event.execution === execution && done(event.exitCode)),
      // A program that cannot be started has no process that ends.
      vscode.tasks.onDidEndTask((event) => event.execution === execution && setTimeout(() => done(undefined), 200)),
    ];
    function done(code: number | undefined): void {
      listeners.forEach((listener) => listener.dispose());
      resolve(code);
    }
  });
}

/** A new folder's name: the time and the file's name, as `rehearse` chooses one without `--out`. */
function nameOfRun(score: vscode.Uri): string {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  const name = path.basename(score.fsPath).replace(/(\.score)?\.\w+$/, "");
  return `${local.slice(0, 10)}-${local.slice(11, 19).replaceAll(":", "")}-${name}`;
}
