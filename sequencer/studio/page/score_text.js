// @ts-check
/**
 * The score's text in this page: the editor, what the server has of it, and what is done with it.
 * Components reach it with `scoreText(studio)`; each page has one.
 *
 * @typedef {import("./main.js").Studio} Studio
 * @typedef {{from: number, to: number, text: string}} Edit
 */

import { notify } from "./controls.js";
import { provideText } from "./sent_text.js";
import { changeSet, TextSync } from "./text_sync.js";
import { Annotation, ChangeSet } from "./vendor/codemirror.js";

/** How many versions of a run are kept to find their lines in the present text. */
const MAX_PLAYED = 20;

/** Marks a transaction that brings a change of the server: it is not sent back. */
export const fromServer = Annotation.define();

/** @type {WeakMap<object, ScoreText>} */
const known = new WeakMap();

/**
 * Return the text of a page.
 *
 * @param {Studio} studio
 */
export function scoreText(studio) {
  let found = known.get(studio.link);
  if (found === undefined) {
    found = new ScoreText(studio);
    known.set(studio.link, found);
    provideText(studio, found);
  }
  return found;
}

/** The text of a page. */
export class ScoreText {
  /** @param {Studio} studio */
  constructor(studio) {
    this.studio = studio;
    /** @type {TextSync | null} Null until the server has sent a text. */
    this.sync = null;
    /** @type {any | null} The editor. */
    this.view = null;
    /** @type {any | null} The changes since the last check, as a ChangeSet; null if it is unknown. */
    this.since_check = null;
    /** @type {any | null} The text that was saved or is playing, with which the editor's is compared, … */
    this.base = null;
    /** @type {any | null} … and the changes since. */
    this.since_base = null;
    this.revision = 0;
    this.dirty = false;
    /** @type {Map<number, {text: any, since: any}>} The texts of the versions of the run, and the changes since. */
    this.played = new Map();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    /** @type {(() => void)[]} */
    this.waiting = [];
    const { link } = studio;
    link.on("snapshot", (message) => this.#snapshot(message.score));
    link.on("text", (message) => this.#receive(message));
    link.on("checked", (message) => this.#checked(message));
    link.on("state", () => this.#release());
    studio.store.subscribe(["score"], () => this.#compare());
    const state = studio.store.state;
    if (state !== null) this.#snapshot(state.score);
  }

  /** The version of the text that the server has; all edits have reached it after `settled`. */
  get version() {
    return this.sync?.version ?? this.studio.store.state?.score.version ?? 0;
  }

  /** The text of the editor. */
  get doc() {
    return this.view?.state.doc ?? null;
  }

  /**
   * Call `listener` after each change of what is known about the text, apart from the text itself.
   *
   * @param {() => void} listener
   */
  on(listener) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  #tell() {
    for (const listener of [...this.listeners]) listener();
  }

  // ---- what the server sends ---------------------------------------------------------------------

  /** @param {import("./protocol.d.ts").ScoreState} score */
  #snapshot(score) {
    if (score.text === undefined) return;
    if (this.sync === null || this.file !== score.file) {
      this.sync = new TextSync(score.text, score.version);
      this.#replaceAll(score.text);
    } else {
      this.#apply(this.sync.reconnected(score.text, score.version));
    }
    this.file = score.file;
    if (this.base === null || !score.dirty) this.#rebase(this.sync.confirmed);
    this.since_check = null;
    this.#flush();
    this.#tell();
  }

  /** Compare with the present text from now on, if it has just been saved, or begins to play. */
  #compare() {
    const score = this.studio.store.state?.score;
    if (score === undefined || this.sync === null) return;
    const plays = score.revision !== this.revision;
    const saved = this.revision === 0 && this.dirty && !score.dirty;
    this.revision = score.revision;
    this.dirty = score.dirty;
    if (plays || saved) this.#rebase(this.sync.confirmed);
    if (plays && score.revision > 0) {
      if (score.revision === 1) this.played.clear(); // of the run before
      this.played.set(score.revision, { text: this.base, since: this.since_base });
      if (this.played.size > MAX_PLAYED) this.played.delete(Math.min(...this.played.keys()));
    }
    this.#tell();
  }

  /** @param {import("./protocol.d.ts").TextChanged} message */
  #receive(message) {
    const { sync } = this;
    if (sync === null) return;
    if (message.text !== undefined) {
      this.#apply(sync.replaced(message.text, message.version));
      const { message: text, hint } = message.error ?? { message: "the text was replaced", hint: "" };
      notify(this.studio, `An edit was not applied: ${text}`, { hint, bad: true });
    } else if (message.accepted) {
      sync.accepted();
    } else {
      this.#apply(sync.remote(message.version, changeSet(message.changes, sync.confirmed.length)));
    }
    this.#flush();
    this.#release();
  }

  /** @param {import("./protocol.d.ts").Checked} message */
  #checked(message) {
    const { sync } = this;
    if (sync === null || message.version !== sync.version) return;
    this.since_check = sync.pending ?? ChangeSet.empty(sync.confirmed.length);
    this.#tell();
  }

  /** @param {any} set */
  #apply(set) {
    if (set.empty || this.view === null) return;
    this.view.dispatch({ changes: set, annotations: fromServer.of(true) });
  }

  /** @param {string} text */
  #replaceAll(text) {
    this.base = null;
    this.played.clear();
    this.revision = 0;
    this.replace?.(text);
  }

  /** @type {((text: string) => void) | undefined} Set by the editor: begins with another text. */
  replace;

  // ---- what the editor changes -------------------------------------------------------------------

  /**
   * Record a change of the editor's text.
   *
   * @param {any} set
   * @param {boolean} isOwn Whether it was made here, and not by the server.
   */
  changed(set, isOwn) {
    if (this.since_check !== null) this.since_check = this.since_check.compose(set);
    if (this.since_base !== null) this.since_base = this.since_base.compose(set);
    for (const one of this.played.values()) one.since = one.since.compose(set);
    if (isOwn && this.sync !== null) {
      this.sync.local(set);
      this.#flush();
    }
  }

  #flush() {
    const edit = this.sync?.next();
    if (edit && !this.studio.link.send({ t: "edit", ...edit })) {
      const { sync } = this; // it is sent again after the next snapshot
      if (sync !== null && sync.sent !== null) {
        sync.unsent = sync.pending;
        sync.sent = null;
      }
    }
  }

  #release() {
    if (this.sync !== null && !this.sync.settled && this.studio.link.state === "open") return;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Wait until the server has the text of the editor. */
  async settled() {
    if (this.sync === null || this.sync.settled) return;
    await new Promise((resolve) => this.waiting.push(() => resolve(undefined)));
  }

  // ---- comparing ---------------------------------------------------------------------------------

  /** @param {any} text A CodeMirror text; the editor's is `text` with what the server does not have. */
  #rebase(text) {
    this.base = text;
    this.since_base = this.sync?.pending ?? ChangeSet.empty(text.length);
  }

  /**
   * Return the line of the editor that was a line of a version of the run; null if it is gone.
   *
   * @param {number} line
   * @param {number} revision The number of the version.
   */
  line(line, revision) {
    const played = this.played.get(revision);
    const { doc } = this;
    if (played === undefined || doc === null || line < 1 || line > played.text.lines) return null;
    const at = played.text.line(line);
    const from = played.since.mapPos(at.from, 1);
    const to = played.since.mapPos(at.to, -1);
    if (to < from || from > doc.length || (at.length > 0 && to === from)) return null;
    return doc.lineAt(from).number;
  }

  /** Return the numbers of the lines that were changed, in order. */
  changedLines() {
    const { base, since_base, doc } = this;
    /** @type {number[]} */
    const found = [];
    if (base === null || since_base === null || doc === null || since_base.empty) return found;
    since_base.iterChangedRanges((/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c, /** @type {number} */ d) => {
      if (base.sliceString(a, b) === doc.sliceString(c, d)) return;
      const first = doc.lineAt(c);
      const start = c === first.to && d > c && doc.sliceString(c, c + 1) === "\n" ? first.number + 1 : first.number;
      const end = doc.lineAt(d);
      const last = d === end.from && end.number > start ? end.number - 1 : end.number;
      for (let line = Math.max(start, (found.at(-1) ?? 0) + 1); line <= last; line++) found.push(line);
    }, false);
    return found;
  }

  // ---- requests ----------------------------------------------------------------------------------

  /**
   * Ask about the present text.
   *
   * @param {string} what
   * @param {Record<string, unknown>} [fields]
   */
  async ask(what, fields = {}) {
    await this.settled();
    return this.studio.link.ask(what, { ...fields, version: this.version });
  }

  /**
   * Make edits that the server has found in the text of its last check.
   *
   * @param {readonly Edit[]} edits
   * @returns {boolean} Whether they could be made: not if the text there was changed since.
   */
  applyChecked(edits) {
    const since = this.since_check;
    if (since === null || this.view === null) return false;
    for (const { from, to } of edits) {
      if (to > since.length || since.touchesRange(from, to)) return false;
    }
    const set = changeSet(edits, since.length);
    return this.#dispatch(set.map(since));
  }

  /**
   * Make edits that the server has found in the present text.
   *
   * @param {readonly Edit[]} edits
   */
  apply(edits) {
    return this.view !== null && this.#dispatch(changeSet(edits, this.view.state.doc.length));
  }

  /** @param {any} set */
  #dispatch(set) {
    if (this.view.state.readOnly) return false;
    this.view.dispatch({ changes: set, userEvent: "input.fix", scrollIntoView: false });
    return true;
  }

  /** Format the text, as `sequencer format` does. */
  async format() {
    try {
      await this.settled();
      const { doc } = this;
      const { edits } = await this.#checkedAnswer("format");
      if (this.doc === doc) this.apply(edits);
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Ask for something that needs a check of the present text: it may follow shortly.
   *
   * @param {string} what
   */
  async #checkedAnswer(what) {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.ask(what);
      } catch (error) {
        if (attempt === 10 || !(error instanceof Error) || !error.message.includes("changed since")) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  /** Save the text although another program has changed the file. */
  async overwrite() {
    try {
      await this.settled();
      await this.studio.link.request("save", { version: this.version, overwrite: true });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Replace the text by that of the file on the disk. It can be undone. */
  async takeFromDisk() {
    try {
      const { changes } = await this.ask("on_disk");
      this.apply(changes);
      this.view?.focus();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    const { message, hint } = /** @type {{message?: string, hint?: string}} */ (error ?? {});
    notify(this.studio, message ?? String(error), { hint: hint ?? "", bad: true });
  }
}
