// @ts-check
/**
 * The keys of the page, in one table: `keys.js` acts on it, and `?` shows it.
 *
 * Letters and digits are matched by their position on the keyboard (`event.code`), not by the
 * character: the pads are a row under the fingers, which is scattered on Dvorak and broken on AZERTY
 * if characters count; and if some letters went by character and others by position, one key could
 * have two meanings (on AZERTY the A position types q, which would be both a pad and *finish*). The
 * labels are the characters of the operator's layout where the browser reports it. Other characters
 * (`?`, `+`, `-`, `[`, `.`) have no common position and are matched by what they type, with a US
 * position as a second way for those that need AltGr elsewhere.
 *
 * A key that is held acts once, unless it `repeats`. With `typing`, it also acts while the operator
 * types into the editor or a field.
 *
 * @typedef {"edit" | "rehearse" | "show" | "report"} Mode
 * @typedef {{
 *   id: string,
 *   codes?: readonly string[],
 *   characters?: readonly string[],
 *   control?: boolean,
 *   typing?: boolean,
 *   repeats?: boolean,
 *   modes: readonly Mode[],
 *   roles: readonly ("operator" | "remote" | "viewer")[],
 *   group: string,
 *   shown: string,
 *   does: string,
 * }} Key
 * @typedef {{code: string, key: string, control: boolean, alt: boolean, typing: boolean}} Stroke
 */

const RUN = /** @type {const} */ (["rehearse", "show"]);
const ALL = /** @type {const} */ (["edit", "rehearse", "show", "report"]);
const COMMANDS = /** @type {const} */ (["operator", "remote"]);
const EDITS = /** @type {const} */ (["operator"]);
const EVERYONE = /** @type {const} */ (["operator", "remote", "viewer"]);

/** Keys of the editor itself, which the table shows with the others. */
export const EDITOR_KEYS = /** @type {const} */ ([
  { shown: "Alt Enter", does: "write the fix of the problem in the line" },
  { shown: "Tab", does: "leave the editor; Esc closes a list of completions" },
]);

/** The keys of the pads, in their order: positions on the keyboard. */
export const PAD_CODES = Object.freeze([
  ...["KeyA", "KeyS", "KeyD", "KeyF", "KeyG", "KeyH", "KeyJ", "KeyK"],
  ...["Digit1", "Digit2", "Digit3", "Digit4", "Digit5", "Digit6", "Digit7", "Digit8", "Digit9"],
]);

/** @type {readonly Key[]} */
export const KEYS = Object.freeze([
  {
    id: "go",
    codes: ["Space"],
    modes: RUN,
    roles: COMMANDS,
    group: "Performing",
    shown: "Space",
    does: "GO; not again within 0.5 s, and not before the key is released",
  },
  {
    id: "pad",
    codes: PAD_CODES,
    modes: RUN,
    roles: COMMANDS,
    group: "Performing",
    shown: "A S D F G H J K, 1–9",
    does: "pads, by their position on the keyboard",
  },
  {
    id: "pause",
    codes: ["KeyP"],
    modes: RUN,
    roles: COMMANDS,
    group: "Performing",
    shown: "P",
    does: "pause, resume",
  },
  {
    id: "panic",
    characters: ["."],
    control: true,
    typing: true,
    modes: RUN,
    roles: COMMANDS,
    group: "Performing",
    shown: "Ctrl .",
    does: "pause at once, also while typing",
  },
  {
    id: "improvise",
    codes: ["KeyI"],
    modes: RUN,
    roles: COMMANDS,
    group: "Performing",
    shown: "I",
    does: "improvise a prompt, image, strength, SR or section",
  },
  {
    id: "offset-down",
    repeats: true,
    characters: ["["],
    codes: ["BracketLeft"],
    modes: RUN,
    roles: COMMANDS,
    group: "Performing",
    shown: "[",
    does: "offset 10 ms earlier",
  },
  {
    id: "offset-up",
    repeats: true,
    characters: ["]"],
    codes: ["BracketRight"],
    modes: RUN,
    roles: COMMANDS,
    group: "Performing",
    shown: "]",
    does: "offset 10 ms later",
  },
  {
    id: "clip",
    codes: ["KeyC"],
    modes: RUN,
    roles: COMMANDS,
    group: "Performing",
    shown: "C",
    does: "clip of the last 30 s",
  },
  {
    id: "finish",
    codes: ["KeyQ"],
    modes: RUN,
    roles: EDITS,
    group: "Performing",
    shown: "Q Q",
    does: "finish: twice within 2 s, or held for 1 s",
  },
  {
    id: "take-over",
    codes: ["Enter", "NumpadEnter"],
    control: true,
    typing: true,
    modes: RUN,
    roles: EDITS,
    group: "Score",
    shown: "Ctrl Enter",
    does: "the edited score takes over",
  },
  {
    id: "undo-revision",
    codes: ["KeyU"],
    modes: RUN,
    roles: EDITS,
    group: "Score",
    shown: "U",
    does: "undo the last revision; again, the one before it",
  },
  {
    id: "save",
    codes: ["KeyS"],
    control: true,
    typing: true,
    modes: ALL,
    roles: EDITS,
    group: "Score",
    shown: "Ctrl S",
    does: "save the score",
  },
  {
    id: "lock",
    codes: ["KeyE"],
    modes: RUN,
    roles: EDITS,
    group: "Score",
    shown: "E",
    does: "unlock, lock the score",
  },
  {
    id: "tab",
    codes: ["KeyV"],
    modes: RUN,
    roles: EVERYONE,
    group: "Score",
    shown: "V",
    does: "view the cues or the score",
  },
  {
    id: "previous",
    repeats: true,
    codes: ["ArrowLeft", "ArrowUp"],
    modes: RUN,
    roles: EVERYONE,
    group: "Timeline",
    shown: "← ↑",
    does: "select the cue before",
  },
  {
    id: "next",
    repeats: true,
    codes: ["ArrowRight", "ArrowDown"],
    modes: RUN,
    roles: EVERYONE,
    group: "Timeline",
    shown: "→ ↓",
    does: "select the cue after",
  },
  {
    id: "follow",
    codes: ["KeyT"],
    modes: RUN,
    roles: EVERYONE,
    group: "Timeline",
    shown: "T",
    does: "the timeline follows the playhead",
  },
  {
    id: "zoom-in",
    repeats: true,
    characters: ["+", "="],
    modes: ALL,
    roles: EVERYONE,
    group: "Timeline",
    shown: "+",
    does: "zoom in",
  },
  {
    id: "zoom-out",
    repeats: true,
    characters: ["-"],
    modes: ALL,
    roles: EVERYONE,
    group: "Timeline",
    shown: "−",
    does: "zoom out",
  },
  {
    id: "zoom-whole",
    characters: ["0"],
    modes: ALL,
    roles: EVERYONE,
    group: "Timeline",
    shown: "0",
    does: "show the whole score",
  },
  {
    id: "help",
    characters: ["?"],
    modes: ALL,
    roles: EVERYONE,
    group: "Page",
    shown: "?",
    does: "show or close this table",
  },
  {
    id: "close",
    codes: ["Escape"],
    typing: true,
    modes: ALL,
    roles: EVERYONE,
    group: "Page",
    shown: "Esc",
    does: "close what is open",
  },
]);

/**
 * Return the key that a stroke means, or null.
 *
 * @param {Stroke} stroke
 * @param {Mode} mode
 * @param {"operator" | "remote" | "viewer"} role
 * @returns {Key | null}
 */
export function findKey(stroke, mode, role) {
  for (const key of KEYS) {
    if (!key.modes.includes(mode) || !key.roles.includes(role)) continue;
    if ((key.control ?? false) !== stroke.control) continue;
    if (stroke.typing && !key.typing) continue;
    if (matches(key, stroke)) return key;
  }
  return null;
}

/**
 * @param {Key} key
 * @param {Stroke} stroke
 */
function matches(key, stroke) {
  if (key.characters?.includes(stroke.key)) return true;
  if (stroke.alt || key.codes === undefined) return false;
  return key.codes.includes(stroke.code === "" ? codeOf(stroke.key) : stroke.code);
}

/**
 * Return the position of a character on a US keyboard: some on-screen keyboards and remote desktops
 * report no position.
 *
 * @param {string} character
 */
function codeOf(character) {
  if (/^[a-z]$/i.test(character)) return `Key${character.toUpperCase()}`;
  if (/^[0-9]$/.test(character)) return `Digit${character}`;
  return character === " " ? "Space" : character;
}

/**
 * Return the number of the pad at a position of the keyboard, from 0; -1 for none.
 *
 * @param {string} code
 * @param {string} character
 */
export function padNumber(code, character) {
  return PAD_CODES.indexOf(code === "" ? codeOf(character) : code);
}

/**
 * Return the label of a position of the keyboard: what it types in the operator's layout.
 *
 * @param {string} code
 * @param {{get(code: string): string | undefined} | null} layout The layout, if the browser has it.
 */
export function keyLabel(code, layout) {
  const typed = layout?.get(code);
  if (typed) return typed.toUpperCase();
  return code.replace(/^(?:Key|Digit)/, "");
}

/** Return the keys by group, in the order of the table. */
export function groupedKeys() {
  /** @type {Map<string, Key[]>} */
  const groups = new Map();
  for (const key of KEYS) groups.set(key.group, [...(groups.get(key.group) ?? []), key]);
  return [...groups];
}
