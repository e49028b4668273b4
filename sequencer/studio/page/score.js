// @ts-check
/** The editor of the score: CodeMirror, with what the server finds about the text. */

import { mayEdit } from "./controls.js";
import { playingLine } from "./score_hints.js";
import {
  colours,
  coloursOf,
  hintDecorations,
  hints,
  lineMarks,
  markGutter,
  problemField,
  setColours,
  setHints,
  setLines,
  setProblems,
} from "./score_marks.js";
import { fromServer, scoreText } from "./score_text.js";
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  Compartment,
  completionKeymap,
  defaultKeymap,
  drawSelection,
  EditorState,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSelectionMatches,
  highlightSpecialChars,
  history,
  historyKeymap,
  hoverTooltip,
  indentUnit,
  keymap,
  lineNumbers,
  MapMode,
  search,
  searchKeymap,
} from "./vendor/codemirror.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** How many lines beside the visible ones get colours. */
const MARGIN = 100;
/** How long the text is unchanged before colours are asked for again, in milliseconds. */
const COLOUR_MS = 40;
/** The most lines of one request for colours. */
const MAX_COLOURED = 600;

/**
 * @param {HTMLElement} element
 * @param {import("./main.js").Studio} studio
 */
export function mount(element, studio) {
  const editor = new Editor(element, studio);
  return () => editor.end();
}

class Editor {
  /**
   * @param {HTMLElement} element
   * @param {import("./main.js").Studio} studio
   */
  constructor(element, studio) {
    this.studio = studio;
    this.text = scoreText(studio);
    this.head = element.appendChild(document.createElement("div"));
    this.banner = element.appendChild(document.createElement("div"));
    this.banner.className = "conflict";
    this.body = element.appendChild(document.createElement("div"));
    this.body.className = "editor";
    /** @type {{name: string, view: any} | null} The used file that is shown instead. */
    this.other = null;
    this.editing = new Compartment();
    this.problems = problemField((problem) => this.fix(problem));
    this.colouring = 0;
    this.marked = "";
    /** @type {number | null} */
    this.playing = null;
    /** @type {EditorView} */
    this.view = new EditorView({ parent: this.body, extensions: [styleNonce()] });
    this.lock = { locked: true, shown: false };
    this.text.replace = (text) => this.begin(text);
    this.begin(this.text.sync?.confirmed.toString() ?? "");
    const { store, ui, link, frames } = studio;
    this.ends = [
      store.subscribe(["locked", "mode", "score"], () => this.state()),
      store.subscribe(["checked"], () => this.checked()),
      store.subscribe(["lines", "playback"], () => this.lines()),
      ui.subscribe(["goto_line"], () => this.goTo()),
      this.text.on(() => this.marks()),
      link.on("hello", () => this.state()),
      frames.on(() => this.frame()),
    ];
    this.frame_at = 0;
  }

  end() {
    for (const end of this.ends) end();
    clearTimeout(this.colouring);
    this.view.destroy();
    if (this.text.view === this.view) this.text.view = null;
  }

  // ---- the editor --------------------------------------------------------------------------------

  /**
   * Begin with a text, without a history of edits.
   *
   * @param {string} text
   */
  begin(text) {
    this.view.destroy();
    this.view = new EditorView({
      parent: this.body,
      state: EditorState.create({ doc: text, extensions: this.extensions() }),
    });
    this.text.view = this.view;
    this.lock = { locked: true, shown: false };
    this.state();
    this.checked();
    this.colour(0);
  }

  extensions() {
    return [
      styleNonce(),
      this.editing.of([]),
      markGutter(this.problems),
      lineNumbers(),
      history(),
      highlightSpecialChars(),
      drawSelection(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSelectionMatches(),
      closeBrackets(),
      search({ top: true }),
      indentUnit.of("  "),
      EditorState.tabSize.of(2),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": "Score", spellcheck: "false", autocorrect: "off", autocapitalize: "off" }),
      colours,
      this.problems,
      hints,
      hintDecorations,
      lineMarks,
      autocompletion({
        override: [(/** @type {any} */ context) => this.complete(context)],
        icons: false,
        maxRenderedOptions: 100,
      }),
      hoverTooltip((/** @type {any} */ view, /** @type {number} */ at) => this.hover(view, at), { hoverTime: 350 }),
      keymap.of([{ key: "Alt-Enter", run: () => this.fixLine() }]),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
      EditorView.updateListener.of((/** @type {any} */ update) => this.updated(update)),
    ];
  }

  /** @param {any} update */
  updated(update) {
    if (update.docChanged) {
      for (const one of update.transactions) {
        if (one.docChanged) this.text.changed(one.changes, one.annotation(fromServer) !== true);
      }
      this.marks();
      this.colour(COLOUR_MS);
    } else if (update.viewportChanged) {
      this.colour(COLOUR_MS);
    }
    if (update.selectionSet || update.docChanged) {
      this.studio.ui.set("cursor", update.state.selection.main.head);
    }
  }

  /** Show whether the text can be edited, the file's name, and what is wrong with the file. */
  state() {
    const { store } = this.studio;
    const state = store.state;
    const locked = !mayEdit(this.studio) || state === null || state.locked;
    if (!this.lock.shown || this.lock.locked !== locked) {
      this.lock = { locked, shown: true };
      this.view.dispatch({
        effects: this.editing.reconfigure(readOnly(locked)),
      });
      this.checked();
    }
    this.drawHead();
    this.drawBanner();
    this.marks();
  }

  drawHead() {
    const { store } = this.studio;
    const state = store.state;
    const files = this.files();
    const own = state?.score.file || "untitled.score";
    this.head.className = "phead score-head";
    this.head.hidden = state?.mode === "rehearse" || state?.mode === "show";
    if (this.head.hidden) this.showFile(null);
    const shown = this.other?.name ?? null;
    render(
      html`<div class="tabs" role="tablist" aria-label="Files">
          <button role="tab" aria-selected=${shown === null} @click=${() => this.showFile(null)}>${own}</button>
          ${files.map(
            (file) =>
              html`<button role="tab" aria-selected=${shown === file} title=${file} @click=${() => this.showFile(file)}>
                ${baseName(file)}
              </button>`,
          )}
        </div>
        <span class="grow"></span>
        <span class="soft one">${shown === null ? "chunk and snap error at the end of each cue" : "a file that the score uses; it is edited elsewhere"}</span>
        ${shown === null && !this.lock.locked
          ? html`<button class="btn small" @click=${() => void this.text.format()}>Format</button>`
          : nothing}`,
      this.head,
    );
  }

  drawBanner() {
    const score = this.studio.store.state?.score;
    const changed = score?.changed_on_disk === true && !this.lock.locked;
    this.banner.hidden = !changed;
    render(
      changed
        ? html`<span class="grow" role="alert">Another program has changed <b>${score.file}</b>. Your edits are not saved.</span>
            <button class="btn" @click=${() => void this.text.takeFromDisk()}>Take its text</button>
            <button class="btn" @click=${() => void this.text.overwrite()}>Overwrite it</button>`
        : nothing,
      this.banner,
    );
  }

  // ---- used files --------------------------------------------------------------------------------

  /** Return the files that the score uses, as the check names them. */
  files() {
    const symbols = this.studio.store.checked?.symbols ?? [];
    return symbols.filter((one) => one.kind === "used file").map((one) => String(one.name));
  }

  /**
   * Show a file that the score uses, to be read; null shows the score.
   *
   * @param {string | null} name
   */
  showFile(name) {
    if ((this.other?.name ?? null) === name) return;
    this.other?.view.destroy();
    this.other = null;
    this.view.dom.hidden = name !== null;
    if (name !== null) {
      const view = new EditorView({
        parent: this.body,
        state: EditorState.create({
          doc: "",
          extensions: [styleNonce(), lineNumbers(), readOnly(true), EditorView.lineWrapping, keymap.of(defaultKeymap), EditorView.contentAttributes.of({ "aria-label": name })],
        }),
      });
      this.other = { name, view };
      this.text
        .ask("source", { file: name })
        .then(({ text }) => view.dispatch({ changes: { from: 0, insert: text } }))
        .catch((/** @type {Error} */ error) => view.dispatch({ changes: { from: 0, insert: `# ${error.message}` } }));
    }
    this.drawHead();
  }

  // ---- what checks find --------------------------------------------------------------------------

  /** Show what the last check found, if it was of the text of the editor, apart from later edits. */
  checked() {
    const { checked } = this.studio.store;
    const since = this.text.since_check;
    if (checked === null || since === null || checked.version !== this.text.sync?.version) return;
    const { doc } = this.view.state;
    if (since.newLength !== doc.length) return;
    /** @type {import("./score_marks.js").Problem[]} */
    const problems = [];
    for (const one of /** @type {import("./score_marks.js").Problem[]} */ (checked.diagnostics)) {
      if (one.from === null || one.from > since.length || one.to > since.length) continue;
      const from = since.mapPos(one.from, 1);
      problems.push({ ...one, from, to: Math.max(from, since.mapPos(one.to, -1)) });
    }
    this.view.dispatch({
      effects: [setProblems.of(problems), setHints.of(this.hintsOf(checked.hints, since))],
    });
    this.drawHead();
  }

  /**
   * Return the hints with the starts of their lines in the present text.
   *
   * @param {readonly any[]} found
   * @param {any} since
   */
  hintsOf(found, since) {
    const { doc } = this.view.state;
    const before = this.text.sync?.confirmed;
    const hints = [];
    for (const { line, text } of found) {
      if (line < 1 || line > before.lines) continue;
      const at = since.mapPos(before.line(line).from, 1, MapMode.TrackBefore);
      if (at !== null && at <= doc.length) hints.push({ at, text });
    }
    return hints;
  }

  /**
   * Apply the fix of a problem.
   *
   * @param {import("./score_marks.js").Problem} problem
   */
  fix(problem) {
    if (problem.edits !== null && this.text.applyChecked(problem.edits)) this.view.focus();
  }

  /** Apply the fix of a problem in the line of the cursor; of several, of the first. */
  fixLine() {
    const { doc, selection } = this.view.state;
    const line = doc.lineAt(selection.main.head);
    const problem = this.view.state
      .field(this.problems)
      .problems.find((/** @type {any} */ one) => one.edits !== null && one.from >= line.from && one.from <= line.to);
    if (problem === undefined || this.view.state.readOnly) return false;
    this.fix(problem);
    return true;
  }

  // ---- what plays, and what was changed ----------------------------------------------------------

  /** Find the line that is on screen, at most ten times a second. */
  frame() {
    const now = performance.now();
    if (now - this.frame_at < 100) return;
    this.frame_at = now;
    this.lines();
  }

  lines() {
    const { store } = this.studio;
    const state = store.state;
    const seen = store.playhead()?.seen ?? null;
    const found = state === null || seen === null ? null : playingLine(state.lines, seen);
    const line = found === null ? null : this.text.line(found.line, found.revision);
    if (line === this.playing) return;
    this.playing = line;
    this.marks();
  }

  /** Mark the line that plays, and the lines that were changed. */
  marks() {
    const changed = this.text.changedLines();
    const key = `${this.playing} ${changed.join(",")} ${this.view.state.doc.lines}`;
    if (key === this.marked) return;
    this.marked = key;
    queueMicrotask(() => {
      if (this.marked === key) this.view.dispatch({ effects: setLines.of({ playing: this.playing, changed }) });
    });
  }

  // ---- colours -----------------------------------------------------------------------------------

  /**
   * Ask for the colours of the visible lines after a pause.
   *
   * @param {number} ms
   */
  colour(ms) {
    clearTimeout(this.colouring);
    this.colouring = /** @type {any} */ (setTimeout(() => void this.colourNow(), ms));
  }

  async colourNow() {
    const { view } = this;
    const { doc } = view.state;
    if (this.text.sync === null || doc.length === 0) return;
    const first = Math.max(1, doc.lineAt(Math.min(view.viewport.from, doc.length)).number - MARGIN);
    const last = Math.min(doc.lines, doc.lineAt(Math.min(view.viewport.to, doc.length)).number + MARGIN, first + MAX_COLOURED);
    try {
      const answer = await this.text.ask("tokens", { first, last });
      if (view !== this.view || view.state.doc !== doc) return;
      const from = doc.line(first).from;
      const to = doc.line(last).to;
      view.dispatch({ effects: setColours.of({ from, to, decorations: coloursOf(answer, doc.length) }) });
    } catch {
      // it was asked again since, or the connection is lost: the next change asks again
    }
  }

  // ---- completion and descriptions ---------------------------------------------------------------

  /** @param {any} context */
  async complete(context) {
    if (!context.explicit && context.matchBefore(/[\p{L}_{"/][\w./-]*$/u) === null) return null;
    const { doc } = context.state;
    let found;
    try {
      found = await this.text.ask("complete", { at: context.pos });
    } catch {
      return null;
    }
    if (context.aborted || this.view.state.doc !== doc || found.items.length === 0) return null;
    const from = found.items[0].from;
    return {
      from,
      filter: true,
      validFor: /^[\w-]*$/,
      options: found.items
        .filter((/** @type {any} */ one) => one.from === from)
        .map((/** @type {any} */ one, /** @type {number} */ index) => ({
          label: one.label,
          detail: one.kind,
          apply: one.text,
          info: one.description || undefined,
          boost: -index / 10,
        })),
    };
  }

  /**
   * @param {any} view
   * @param {number} at
   */
  async hover(view, at) {
    const { doc } = view.state;
    const problem = view.state.field(this.problems).problems.find((/** @type {any} */ one) => one.from <= at && at <= one.to);
    /** @type {{from: number, to: number, text: string} | null} */
    let found = null;
    try {
      found = await this.text.ask("hover", { at });
    } catch {
      // without an answer the problem alone is shown
    }
    if (view.state.doc !== doc || (found === null && problem === undefined)) return null;
    return {
      pos: problem?.from ?? found?.from ?? at,
      end: problem?.to ?? found?.to ?? at,
      above: true,
      create: () => {
        const dom = document.createElement("div");
        dom.className = "cm-description";
        for (const text of [problem === undefined ? null : `${problem.code}: ${problem.message}`, found?.text ?? null]) {
          if (text !== null) dom.appendChild(document.createElement("div")).textContent = text;
        }
        return { dom };
      },
    };
  }

  // ---- going to a line ---------------------------------------------------------------------------

  goTo() {
    const goal = this.studio.ui.get("goto_line");
    if (goal === null) return;
    const { doc } = this.view.state;
    const { ui, store } = this.studio;
    if (store.state?.mode === "rehearse" || store.state?.mode === "show") ui.set("tab", "score");
    this.showFile(null);
    const line = doc.line(Math.max(1, Math.min(goal.line, doc.lines)));
    const at = Math.min(line.from + Math.max(0, (goal.column ?? 1) - 1), line.to);
    this.view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    this.view.focus();
    ui.set("goto_line", null);
  }
}

/**
 * Return what makes the text one to be read. It can have the focus, and the keys of the page act then:
 * Space is GO in a show, not a space.
 *
 * @param {boolean} locked
 */
function readOnly(locked) {
  return [
    EditorState.readOnly.of(locked),
    EditorView.editable.of(!locked),
    EditorView.contentAttributes.of({ tabindex: "0", "aria-readonly": String(locked) }),
    EditorView.editorAttributes.of({ class: locked ? "cm-locked" : "" }),
  ];
}

/** The nonce with which the page's policy allows the style sheet of the editor. */
function styleNonce() {
  const meta = /** @type {HTMLMetaElement | null} */ (document.querySelector('meta[name="style-nonce"]'));
  return EditorView.cspNonce.of(meta?.content ?? "");
}

/** @param {string} path */
const baseName = (path) => path.split(/[\\/]/).at(-1) ?? path;
