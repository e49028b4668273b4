// @ts-check
/**
 * Sheets: what is opened over the timeline (keys, links, improvising). One at a time, closed with
 * Escape; none ever covers the strip.
 *
 * @typedef {import("./main.js").Studio} Studio
 */

import { register } from "./actions.js";
import { nothing, render } from "./vendor/lit-html.js";

class Sheets {
  /** @param {Studio} studio */
  constructor(studio) {
    this.studio = studio;
    this.open = "";
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    /** @type {(() => void) | null} */
    this.unregister = null;
  }

  /** @param {string} id The sheet to show; empty for none. */
  show(id) {
    if (id === this.open) return;
    this.open = id;
    this.unregister?.();
    this.unregister = id === "" ? null : register(this.studio, "close", () => this.show(""));
    for (const listener of this.listeners) listener();
  }
}

/** @type {WeakMap<Studio, Sheets>} */
const known = new WeakMap();

/** @param {Studio} studio */
function sheetsOf(studio) {
  const sheets = known.get(studio) ?? new Sheets(studio);
  known.set(studio, sheets);
  return sheets;
}

/**
 * Open a sheet, or close it if it is open.
 *
 * @param {Studio} studio
 * @param {string} id
 */
export function toggleSheet(studio, id) {
  const sheets = sheetsOf(studio);
  sheets.show(sheets.open === id ? "" : id);
}

/**
 * Close the sheet that is open.
 *
 * @param {Studio} studio
 */
export function closeSheet(studio) {
  sheetsOf(studio).show("");
}

/**
 * Return which sheet is open; empty for none.
 *
 * @param {Studio} studio
 */
export function openSheet(studio) {
  return sheetsOf(studio).open;
}

/**
 * Call `listener` whenever another sheet is open. Returns a function that ends it.
 *
 * @param {Studio} studio
 * @param {() => void} listener
 */
export function onSheet(studio, listener) {
  const { listeners } = sheetsOf(studio);
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/**
 * Make an element a sheet. The focus moves into it when it opens, and back when it closes.
 *
 * @param {HTMLElement} element
 * @param {Studio} studio
 * @param {{id: string, label: string, template: () => unknown, opened?: () => void}} sheet
 * @returns {{draw: () => void, end: () => void}}
 */
export function mountSheet(element, studio, { id, label, template, opened }) {
  /** @type {HTMLElement | null} */
  let before = null;
  element.classList.add("sheet", id);
  element.setAttribute("role", "dialog");
  element.setAttribute("aria-label", label);
  element.hidden = true;

  function draw() {
    render(element.hidden ? nothing : template(), element);
  }
  function change() {
    const isOpen = openSheet(studio) === id;
    if (isOpen === !element.hidden) return;
    element.hidden = !isOpen;
    if (isOpen) {
      before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
      opened?.();
    }
    draw();
    /** @type {HTMLElement | null} */
    const first = element.querySelector("[autofocus]") ?? element.querySelector("button");
    if (isOpen) first?.focus();
    else if (before?.isConnected) before.focus();
  }
  return { draw, end: onSheet(studio, change) };
}
