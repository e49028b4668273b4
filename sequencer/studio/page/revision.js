// @ts-check
/** The strip below the score while a run plays: what was changed, and what becomes of it. */

import { findAction } from "./actions.js";
import { isConnected, mayEdit } from "./controls.js";
import { scoreText } from "./score_text.js";
import { revisionState } from "./summary_texts.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/**
 * @param {HTMLElement} element
 * @param {import("./main.js").Studio} studio
 */
export function mount(element, studio) {
  const { store, frames, link } = studio;
  const text = scoreText(studio);
  /** @type {HTMLElement | null} */
  let left = null;
  /** @type {number | null} */
  let deadline = null;

  const draw = () => {
    const { state, checked } = store;
    const live = state !== null && (state.mode === "rehearse" || state.mode === "show");
    const found = live
      ? revisionState(state.revisions, state.score, text.changedLines().length, checked?.summary.valid === true)
      : null;
    element.hidden = found === null;
    deadline = found?.deadline ?? null;
    if (found === null || state === null) {
      render(nothing, element);
      return;
    }
    const may = mayEdit(studio) && isConnected(studio) && !state.locked;
    const ready = found.state === "edited" || found.state === "offered";
    render(
      html`<div class="revision ${found.look}" role="status">
        <span class="tri ${found.look}" aria-hidden="true">▲</span>
        <span class="one grow"><b>${found.title}</b> <span class="soft">${found.text}</span></span>
        <span class="num left"></span>
        ${ready
          ? html`<button
              class="btn main"
              ?disabled=${!may || found.look === "bad"}
              @click=${() => findAction(studio, "take-over")?.press()}
            >
              Take over <kbd>Ctrl-Enter</kbd>
            </button>`
          : nothing}
      </div>`,
      element,
    );
    left = element.querySelector(".left");
  };
  const ends = [
    store.subscribe(["mode", "revisions", "score", "checked", "locked"], draw),
    text.on(draw),
    link.on("state", draw),
    frames.on(() => {
      if (left === null) return;
      const seconds = deadline === null ? 0 : store.seconds(deadline);
      const shown = seconds > 0 ? `${seconds.toFixed(1)} s left` : "";
      if (left.textContent !== shown) left.textContent = shown;
    }),
  ];
  return () => ends.forEach((end) => end());
}
