// @ts-check
/**
 * Keeps the editor's text equal to the server's: which edits the server has, and which not yet.
 *
 * The server orders all edits. It accepts an edit only of its present version; a page that was
 * overtaken receives the other edit first, moves its own past it, and sends it again. `confirmed` is
 * the text of `version`; the editor's text is that with `sent` and then `unsent` applied.
 */

import { ChangeSet, Text } from "./vendor/codemirror.js";

/** The most UTF-16 code units that one message inserts: a message has at most 1 MiB. */
export const MAX_INSERTED = 100_000;

/**
 * @param {string} text
 * @returns {any} A CodeMirror text.
 */
export const textOf = (text) => Text.of(text.split("\n"));

/**
 * Return the changes of a message as a CodeMirror ChangeSet.
 *
 * @param {readonly {from: number, to: number, text: string}[]} changes
 * @param {number} length The length of the text that they change.
 */
export const changeSet = (changes, length) =>
  ChangeSet.of(
    changes.map(({ from, to, text }) => ({ from, to, insert: textOf(text) })),
    length,
  );

/**
 * Return a ChangeSet as the changes of a message.
 *
 * @param {any} set
 */
export function changesOf(set) {
  /** @type {{from: number, to: number, text: string}[]} */
  const found = [];
  set.iterChanges(
    (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ _from, /** @type {number} */ _to, /** @type {any} */ text) =>
      void found.push({ from, to, text: text.toString() }),
    true,
  );
  return found;
}

/**
 * Return one replacement that makes one text of another, as a ChangeSet.
 *
 * @param {any} before
 * @param {any} after
 */
export function difference(before, after) {
  const old = before.toString();
  const next = after.toString();
  const most = Math.min(old.length, next.length);
  let start = 0;
  while (start < most && old.charCodeAt(start) === next.charCodeAt(start)) start++;
  if (isLow(old, start) || isLow(next, start)) start--;
  let end = 0;
  while (end < most - start && old.charCodeAt(old.length - 1 - end) === next.charCodeAt(next.length - 1 - end)) end++;
  if (isLow(old, old.length - end) || isLow(next, next.length - end)) end--;
  if (start === old.length && start === next.length) return ChangeSet.empty(old.length);
  return changeSet([{ from: start, to: old.length - end, text: next.slice(start, next.length - end) }], old.length);
}

/**
 * Return whether a position is between the two halves of a character.
 *
 * @param {string} text
 * @param {number} at
 */
const isLow = (text, at) => at > 0 && at < text.length && (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/**
 * Divide changes that insert much into a part to send now, and the rest.
 *
 * @param {any} set
 * @param {number} most
 * @returns {[any, any | null]}
 */
export function divide(set, most = MAX_INSERTED) {
  const changes = changesOf(set);
  let room = most;
  /** @type {{from: number, to: number, text: string}[]} */
  const first = [];
  /** @type {{from: number, to: number, text: string}[]} Positions after `first`. */
  const rest = [];
  let shift = 0;
  for (const { from, to, text } of changes) {
    if (rest.length === 0 && first.length < 1000 && text.length <= room) {
      first.push({ from, to, text });
      room -= text.length;
      shift += text.length - (to - from);
    } else if (rest.length === 0 && room > 1 && text.length > room) {
      const cut = isLow(text, room) ? room - 1 : room;
      first.push({ from, to, text: text.slice(0, cut) });
      shift += cut - (to - from);
      rest.push({ from: to + shift, to: to + shift, text: text.slice(cut) });
      room = 0;
    } else {
      rest.push({ from: from + shift, to: to + shift, text });
    }
  }
  if (rest.length === 0) return [set, null];
  const part = changeSet(first, set.length);
  return [part, changeSet(rest, part.newLength)];
}

/** The state of one page's text. It holds no editor: whoever uses it applies what it returns. */
export class TextSync {
  /**
   * @param {string} text
   * @param {number} version
   */
  constructor(text, version) {
    this.confirmed = textOf(text);
    this.version = version;
    /** @type {any | null} A ChangeSet that the server has not answered yet. */
    this.sent = null;
    /** @type {any | null} A ChangeSet after `sent`. */
    this.unsent = null;
  }

  /** Whether the server has everything. */
  get settled() {
    return this.sent === null && this.unsent === null;
  }

  /** The changes that the server does not have yet, as one ChangeSet; null if it has everything. */
  get pending() {
    if (this.sent === null) return this.unsent;
    return this.unsent === null ? this.sent : this.sent.compose(this.unsent);
  }

  /**
   * Record an edit that was made in the editor.
   *
   * @param {any} set
   */
  local(set) {
    if (set.empty) return;
    this.unsent = this.unsent === null ? set : this.unsent.compose(set);
  }

  /**
   * Return the next edit to send, or null while one is under way or there is none.
   *
   * @returns {{version: number, changes: {from: number, to: number, text: string}[]} | null}
   */
  next() {
    if (this.sent !== null || this.unsent === null) return null;
    if (this.unsent.empty) {
      this.unsent = null;
      return null;
    }
    [this.sent, this.unsent] = divide(this.unsent);
    return { version: this.version, changes: changesOf(this.sent) };
  }

  /** Record that the server has accepted the edit that was sent. */
  accepted() {
    if (this.sent !== null) this.confirmed = this.sent.apply(this.confirmed);
    this.sent = null;
    this.version++;
  }

  /**
   * Record an edit of somebody else. The edit under way was not accepted: it will be sent again.
   *
   * @param {number} version The version after it.
   * @param {any} set A ChangeSet of `confirmed`.
   * @returns {any} The ChangeSet to apply to the editor's text.
   */
  remote(version, set) {
    const mine = this.pending;
    this.confirmed = set.apply(this.confirmed);
    this.version = version;
    this.sent = null;
    if (mine === null) {
      this.unsent = null;
      return set;
    }
    this.unsent = mine.map(set);
    return set.map(mine, true);
  }

  /**
   * Continue with the text that a new connection brings. Edits that the server does not have yet are
   * kept, and sent again.
   *
   * @param {string} text
   * @param {number} version
   * @returns {any} The ChangeSet to apply to the editor's text.
   */
  reconnected(text, version) {
    const now = textOf(text);
    if (this.sent !== null && this.sent.apply(this.confirmed).eq(now)) {
      const { unsent } = this; // it was accepted just before the connection was lost
      this.confirmed = now;
      this.version = version;
      this.sent = null;
      return ChangeSet.empty(unsent === null ? now.length : unsent.newLength);
    }
    return this.remote(version, difference(this.confirmed, now));
  }

  /**
   * Give up all edits that the server does not have: it could not apply one of them.
   *
   * @param {string} text
   * @param {number} version
   * @returns {any} The ChangeSet to apply to the editor's text.
   */
  replaced(text, version) {
    const mine = this.pending;
    const before = mine === null ? this.confirmed : mine.apply(this.confirmed);
    this.confirmed = textOf(text);
    this.version = version;
    this.sent = null;
    this.unsent = null;
    return difference(before, this.confirmed);
  }
}
