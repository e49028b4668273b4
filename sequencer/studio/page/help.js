// @ts-check
/** The table of keys, `?`. */

import { register } from "./actions.js";
import { EDITOR_KEYS, groupedKeys } from "./key_table.js";
import { closeSheet, mountSheet, toggleSheet } from "./sheets.js";
import { html, nothing } from "./vendor/lit-html.js";

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { end } = mountSheet(element, studio, {
    id: "help",
    label: "Keys",
    template: () => table(studio),
  });
  const ends = [end, register(studio, "help", () => toggleSheet(studio, "help"))];
  return () => {
    for (const one of ends) one();
  };
}

/** @param {import("./main.js").Studio} studio */
function table(studio) {
  const { role, state } = studio.store;
  const mode = state?.mode ?? "edit";
  return html`<div class="phead">
      <b>Keys</b>
      <span class="soft one"
        >Letters and digits count by their position on the keyboard, and not while you type.</span
      >
      <span class="grow"></span>
      <button type="button" class="btn" @click=${() => closeSheet(studio)}>Close <kbd>Esc</kbd></button>
    </div>
    <div class="key-groups">
      ${groupedKeys().map(
        ([group, keys]) => html`<section>
          <h3 class="cap">${group}</h3>
          <dl>
            ${keys
              .filter((key) => key.roles.includes(role))
              .map(
                (key) => html`<div class=${key.modes.includes(mode) ? "" : "soft"}>
                  <dt>${key.shown.split(", ").map((part) => html`<kbd>${part}</kbd> `)}</dt>
                  <dd>${key.does}</dd>
                </div>`,
              )}
          </dl>
        </section>`,
      )}
      ${role === "operator"
        ? html`<section>
            <h3 class="cap">In the editor</h3>
            <dl>
              ${EDITOR_KEYS.map((key) => html`<div><dt><kbd>${key.shown}</kbd></dt><dd>${key.does}</dd></div>`)}
            </dl>
          </section>`
        : nothing}
    </div>`;
}
