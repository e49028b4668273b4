// @ts-check
/** The keyboard: finds the key of each stroke in the table and runs its action. */

import { findAction } from "./actions.js";
import { findKey, padNumber } from "./key_table.js";

/** Fields of a form that take letters, digits or spaces. */
const TEXT_FIELDS = "textarea, select, [contenteditable=''], [contenteditable='true'], input";
/** Inputs that take none. */
const OTHER_INPUTS = new Set(["button", "checkbox", "radio", "range", "submit", "reset"]);

/**
 * Whether what is typed goes into an element.
 *
 * @param {EventTarget | null} target
 */
export function isTyping(target) {
  if (!(target instanceof Element)) return false;
  const field = target.closest(TEXT_FIELDS);
  if (field === null) return false;
  return !(field instanceof HTMLInputElement && OTHER_INPUTS.has(field.type));
}

/** Keys that many controls use themselves. */
const MOVES = new Set(["previous", "next"]);

/**
 * Whether the arrow keys belong to the element that has the focus.
 *
 * @param {EventTarget | null} target
 */
function hasOwnArrows(target) {
  return target instanceof Element && target !== document.body && !target.matches("button:not([role])");
}

/** @type {import("./main.js").Mount} */
export function mount(_element, studio) {
  const { store } = studio;
  /** @type {Map<string, string>} The action of each position of the keyboard that is down. */
  const down = new Map();

  /** @param {KeyboardEvent} event */
  function keyOf(event) {
    const mode = store.state?.mode ?? "edit";
    const stroke = {
      code: event.code,
      key: event.key,
      control: (event.ctrlKey || event.metaKey) && !event.getModifierState("AltGraph"),
      alt: event.altKey,
      typing: isTyping(event.target),
    };
    const key = findKey(stroke, mode, store.role);
    return key !== null && MOVES.has(key.id) && hasOwnArrows(event.target) ? null : key;
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (event.isComposing) return;
    const key = keyOf(event);
    if (key === null) return;
    const id = key.id === "pad" ? `pad ${padNumber(event.code, event.key)}` : key.id;
    const action = findAction(studio, id);
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat && !key.repeats) return;
    down.set(event.code, id);
    action.press();
  }

  /** @param {KeyboardEvent} event */
  function release(event) {
    const id = down.get(event.code);
    if (id === undefined) return;
    down.delete(event.code);
    event.preventDefault(); // a button that has the focus is clicked when Space is released
    event.stopPropagation();
    findAction(studio, id)?.release?.();
  }

  /** Keys that are released elsewhere are not reported. */
  function blur() {
    for (const id of down.values()) findAction(studio, id)?.release?.();
    down.clear();
  }

  // capturing: GO and panic work wherever the focus is, and before the editor's own keys
  addEventListener("keydown", press, true);
  addEventListener("keyup", release, true);
  addEventListener("blur", blur);
  return () => {
    removeEventListener("keydown", press, true);
    removeEventListener("keyup", release, true);
    removeEventListener("blur", blur);
  };
}
