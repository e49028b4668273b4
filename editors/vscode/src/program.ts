// Finds the program `sequencer`, and runs its commands.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";

const ENVIRONMENTS = [".venv", "venv"];
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** The folder of the workspace that a file belongs to; for others, the file's own folder. */
export function folderOf(uri: vscode.Uri): string {
  return vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? path.dirname(uri.fsPath);
}

/**
 * The words that start `sequencer`: the setting `score.command`, or an environment in the folder, or what PATH has.
 * Only call it in a trusted workspace: the folder decides which program this is.
 */
export function findProgram(uri?: vscode.Uri): [string, ...string[]] {
  const folder = uri === undefined ? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath : folderOf(uri);
  const [first, ...rest] = vscode.workspace.getConfiguration("score", uri ?? null).get<string[]>("command", []);
  if (first !== undefined && first !== "") {
    return [replaceVariables(first, folder), ...rest.map((word) => replaceVariables(word, folder))];
  }
  const within = process.platform === "win32" ? ["Scripts", "sequencer.exe"] : ["bin", "sequencer"];
  for (const environment of folder === undefined ? [] : ENVIRONMENTS) {
    const found = path.join(folder as string, environment, ...within);
    if (existsSync(found)) {
      return [found];
    }
  }
  return ["sequencer"];
}

function replaceVariables(word: string, folder: string | undefined): string {
  const filled = word.replaceAll("${workspaceFolder}", folder ?? "${workspaceFolder}");
  return filled === "~" || filled.startsWith("~/") ? path.join(homedir(), filled.slice(1)) : filled;
}

/** What a command printed to report a problem, in a few lines. */
export class ProgramError extends Error {}

/**
 * Runs a command of `sequencer` to its end, and returns its standard output.
 *
 * @throws ProgramError with what it printed on standard error, or because it cannot be started
 */
export async function run(uri: vscode.Uri, ...args: string[]): Promise<string> {
  const [program, ...words] = findProgram(uri);
  try {
    const { stdout } = await promisify(execFile)(program, [...words, ...args], {
      cwd: folderOf(uri),
      encoding: "utf8",
      maxBuffer: MAX_OUTPUT_BYTES,
      windowsHide: true,
    });
    return stdout;
  } catch (error) {
    throw new ProgramError(explain(program, error as NodeJS.ErrnoException & { stderr?: string }));
  }
}

/** Returns a report of `sequencer` as sentences in one line, for a message of the editor. */
export function readReport(text: string): string {
  const [problem = "", ...hints] = text.trim().replace(/^sequencer: /, "").split(/\nhint: /);
  return [problem, ...hints.map((hint) => `Hint: ${hint}`)].map((part) => `${part[0]?.toUpperCase() ?? ""}${part.slice(1)}`).join(". ");
}

/** Describes why a program did not do what it should: with what it printed, if it did. */
export function explain(program: string, error: NodeJS.ErrnoException & { stderr?: string }): string {
  if (error.code === "ENOENT") {
    return path.isAbsolute(program) ? `${program} does not exist.` : `The program ${program} was not found in PATH.`;
  }
  return error.stderr?.trim() || error.message;
}
