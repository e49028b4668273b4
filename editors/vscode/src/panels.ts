// Shows the timeline and the cue sheet of a score beside its text, and draws them again whenever a score is saved.

import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import { preparePage, textPage } from "./page";
import { folderOf, run } from "./program";
import { isScore } from "./scores";

export type Kind = "timeline" | "cue sheet";

/** All views of scores. */
export class Panels implements vscode.Disposable {
  private readonly panels = new Map<string, Panel>();
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly iconPath: vscode.Uri) {
    this.listeners = [
      vscode.workspace.onDidSaveTextDocument((document) => {
        if (isScore(document)) {
          // A score may use other files, so that saving one of them can change every view.
          this.panels.forEach((panel) => void panel.draw());
        }
      }),
      vscode.window.onDidChangeActiveColorTheme(() => this.panels.forEach((panel) => panel.show())),
    ];
  }

  /** Opens the view of a score, or brings it to the front. */
  async open(kind: Kind, score: vscode.Uri): Promise<void> {
    const key = `${kind} ${score.toString()}`;
    let panel = this.panels.get(key);
    if (panel === undefined) {
      panel = new Panel(`${path.basename(score.fsPath)}: ${kind}`, () => draw(kind, score), this.iconPath);
      this.panels.set(key, panel);
      panel.onClose(() => this.panels.delete(key));
    } else {
      panel.reveal();
    }
    await panel.draw();
  }

  /** Shows the timeline that a run left in its folder, with its video. */
  async openRun(folder: vscode.Uri): Promise<void> {
    const page = path.join(folder.fsPath, "timeline.html");
    const panel = new Panel(`${path.basename(folder.fsPath)}: timeline`, () => readFile(page, "utf8"), this.iconPath, folder);
    await panel.draw();
  }

  dispose(): void {
    this.listeners.forEach((listener) => listener.dispose());
    this.panels.forEach((panel) => panel.dispose());
  }
}

/** Returns the page of a score. Its file is read, so that the page shows what was saved last. */
async function draw(kind: Kind, score: vscode.Uri): Promise<string> {
  if (kind === "cue sheet") {
    return run(score, "sheet", path.relative(folderOf(score), score.fsPath), "--as", "html");
  }
  const folder = await mkdtemp(path.join(tmpdir(), "sequencer-"));
  try {
    const page = path.join(folder, "timeline.html");
    await run(score, "timeline", path.relative(folderOf(score), score.fsPath), "-o", page);
    return await readFile(page, "utf8");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One view. While the score has errors, its last valid page stays, below the reason. */
class Panel implements vscode.Disposable {
  private readonly panel: vscode.WebviewPanel;
  private page: string | undefined;
  private problem: string | undefined;
  private drawing: Promise<void> = Promise.resolve();
  private waiting: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    title: string,
    private readonly draws: () => Promise<string>,
    iconPath: vscode.Uri,
    private readonly media?: vscode.Uri,
  ) {
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    this.panel = vscode.window.createWebviewPanel("sequencer.page", title, column, {
      enableScripts: true,
      localResourceRoots: media === undefined ? [] : [media],
    });
    this.panel.iconPath = iconPath;
    this.panel.onDidDispose(() => (this.isClosed = true));
  }

  onClose(closed: () => void): void {
    this.panel.onDidDispose(closed);
  }

  reveal(): void {
    this.panel.reveal(undefined, true);
  }

  /** Draws the page again. While it is drawn, further calls wait together for one more drawing. */
  draw(): Promise<void> {
    if (this.waiting === undefined) {
      const waiting = this.drawing.then(() => {
        this.waiting = undefined;
        return this.redraw();
      });
      this.waiting = waiting;
      this.drawing = waiting.catch(() => undefined); // who called it reports the reason
    }
    return this.waiting;
  }

  private async redraw(): Promise<void> {
    try {
      this.page = await this.draws();
      this.problem = undefined;
    } catch (error) {
      this.problem = (error as Error).message;
    }
    if (!this.isClosed) {
      this.show();
    }
  }

  show(): void {
    const webview = this.panel.webview;
    if (this.page === undefined) {
      webview.html = textPage(this.problem ?? "");
      return;
    }
    const kind = vscode.window.activeColorTheme.kind;
    webview.html = preparePage(this.page, {
      nonce: randomBytes(16).toString("hex"),
      dark: kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast,
      ...(this.problem === undefined ? {} : { problem: `The last valid version of the score. ${firstLine(this.problem)}` }),
      ...(this.media === undefined
        ? {}
        : { media: { base: `${webview.asWebviewUri(this.media).toString()}/`, source: webview.cspSource } }),
    });
  }

  dispose(): void {
    this.panel.dispose();
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
