// @ts-check
/** The tabs above the left column while a run plays: the cues, or the score. */

import { html, render } from "./vendor/lit-html.js";

/** @type {readonly ["cues" | "score", string][]} */
const TABS = [
  ["cues", "Cues"],
  ["score", "Score"],
];

/**
 * @param {HTMLElement} element
 * @param {import("./main.js").Studio} studio
 */
export function mount(element, { store, ui }) {
  const draw = () => {
    const tab = ui.get("tab");
    element.className = "phead";
    const column = element.parentElement;
    if (column !== null) column.dataset.tab = tab;
    const checked = store.checked;
    const errors = checked?.diagnostics.filter((one) => one.severity === "error").length ?? 0;
    render(
      html`<div class="tabs" role="tablist">
          ${TABS.map(
            ([id, label]) =>
              html`<button
                role="tab"
                aria-selected=${tab === id}
                aria-controls=${id}
                @click=${() => ui.set("tab", id)}
              >
                ${label}
              </button>`,
          )}
        </div>
        <span class="grow"></span>
        <span class=${errors > 0 ? "bad b" : "soft"}
          >${store.state?.locked ? "locked" : errors > 0 ? `${errors} error${errors > 1 ? "s" : ""}` : ""}</span
        >`,
      element,
    );
  };
  const ends = [ui.subscribe(["tab"], draw), store.subscribe(["locked", "checked"], draw)];
  return () => ends.forEach((end) => end());
}
