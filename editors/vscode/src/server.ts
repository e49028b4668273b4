// Starts `sequencer language-server`, and reports in one message what to do where it cannot be started.

import { type ChildProcess, spawn } from "node:child_process";
import * as vscode from "vscode";
import { CloseAction, ExecuteCommandRequest, LanguageClient, type LanguageClientOptions } from "vscode-languageclient/node";
import { explain, findProgram, folderOf, readReport } from "./program";
import { SELECTOR } from "./scores";

const HELP = vscode.Uri.parse("https://github.com/helios-sequencer/helios-sequencer/blob/main/docs/editors.md#install-the-language-server");
const MAX_REPORT_LENGTH = 600;

/** A client that leaves it to `Server` to report why it could not be started, once and with what to do. */
class Client extends LanguageClient {
  isSilent = true;

  constructor(start: () => Promise<ChildProcess>, options: LanguageClientOptions) {
    super("score", "Score Language Server", start, { ...options, initializationFailedHandler: () => false });
    const usual = this.createDefaultErrorHandler();
    this.clientOptions.errorHandler = {
      error: (error, message, count) => usual.error(error, message, count),
      closed: () => (this.isSilent ? { action: CloseAction.DoNotRestart, handled: true } : usual.closed()),
    };
  }

  override error(message: string, data?: unknown, notify: boolean | "force" = true): void {
    super.error(message, data, this.isSilent ? false : notify);
  }
}

/** The language server of this window. */
export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private running: Promise<void> = Promise.resolve();
  private readonly output = vscode.window.createOutputChannel("Score Language Server", { log: true });
  private readonly status = vscode.languages.createLanguageStatusItem("sequencer", SELECTOR);

  /**
   * @param own what this extension does itself of the server's commands, which every editor has among its actions: it has views
   *   where the server can only open a browser
   */
  constructor(private readonly own: ReadonlyMap<string, (score: vscode.Uri) => Promise<void>>) {
    this.status.name = "Score Language Server";
    this.status.command = { command: "sequencer.restart", title: "Restart" };
  }

  /** Starts the server; if it runs, it is stopped first. Calls wait for each other. */
  restart(): Promise<void> {
    this.running = this.running.then(async () => {
      await this.stop();
      await this.start();
    });
    return this.running;
  }

  /** Asks the server to do something; returns undefined if it is not running. Rejects with its reason if it refuses. */
  async execute(command: string, ...args: unknown[]): Promise<unknown> {
    await this.running;
    return this.client?.sendRequest(ExecuteCommandRequest.type, { command, arguments: args });
  }

  /** Whether the server is running and has this command. */
  async canExecute(command: string): Promise<boolean> {
    await this.running;
    return this.client?.initializeResult?.capabilities.executeCommandProvider?.commands.includes(command) ?? false;
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.needsStop()) {
      await client.stop();
    }
    await client?.dispose();
  }

  dispose(): void {
    this.output.dispose();
    this.status.dispose();
  }

  private async start(): Promise<void> {
    const [program, ...words] = findProgram();
    const command = [program, ...words, "language-server"].join(" ");
    this.show(vscode.LanguageStatusSeverity.Information, "starting", command, true);
    let server: ChildProcess;
    try {
      server = await started(program, [...words, "language-server"]);
    } catch (error) {
      this.failed(explain(program, error as NodeJS.ErrnoException));
      return;
    }
    let report = "";
    server.stderr?.setEncoding("utf8").on("data", (text: string) => (report = (report + text).slice(-MAX_REPORT_LENGTH)));
    let first = true;
    const client = new Client(async () => {
      // The client starts a server that ended again, up to four times in three minutes.
      const process = first ? server : await started(program, [...words, "language-server"]);
      first = false;
      return process;
    }, this.options());
    try {
      await client.start();
      client.isSilent = false;
    } catch (error) {
      await client.dispose().catch(() => undefined); // it may have been disposed with its connection
      this.failed(report.trim() ? readReport(report) : `${command} ended: ${(error as Error).message}`);
      return;
    }
    this.client = client;
    const version = client.initializeResult?.serverInfo?.version;
    this.show(vscode.LanguageStatusSeverity.Information, `sequencer ${version ?? ""}`.trim(), command);
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: SELECTOR,
      outputChannel: this.output,
      initializationOptions: settings(), // the server asks for them again when they change
      middleware: {
        executeCommand: async (command, args, next) => {
          const own = this.own.get(command);
          const score: unknown = args[0];
          return own === undefined || typeof score !== "string" ? next(command, args) : own(vscode.Uri.parse(score));
        },
      },
    };
  }

  /** Reports why there is no server. It does not wait for an answer, so that a restart need not wait for one either. */
  private failed(reason: string): void {
    this.show(vscode.LanguageStatusSeverity.Error, "not running", reason);
    this.output.error(reason);
    const actions: Record<string, () => Thenable<unknown>> = {
      "How to Install": () => vscode.env.openExternal(HELP),
      "Choose the Program": () => vscode.commands.executeCommand("workbench.action.openSettings", "score.command"),
    };
    const message = `Scores are coloured, but not checked: the language server cannot be started. ${reason}`;
    void vscode.window.showErrorMessage(message, ...Object.keys(actions)).then((answer) => answer && actions[answer]?.());
  }

  private show(severity: vscode.LanguageStatusSeverity, text: string, detail: string, busy = false): void {
    Object.assign(this.status, { severity, text, detail, busy });
  }
}

function settings(): Record<string, unknown> {
  const { hints, advice } = vscode.workspace.getConfiguration("score");
  return { hints, advice };
}

/** Resolves once the program runs; rejects if it does not exist, or must not be executed. */
function started(program: string, words: string[]): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    const open = vscode.window.activeTextEditor?.document.uri;
    const cwd = folder ?? (open?.scheme === "file" ? folderOf(open) : undefined);
    const child = spawn(program, words, { ...(cwd === undefined ? {} : { cwd }), windowsHide: true });
    child.once("error", reject);
    child.once("spawn", () => resolve(child));
  });
}
