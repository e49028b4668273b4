// @ts-check
/** The line of the edit mode: what is wrong, the score's length, its snap errors, its clock. */

import { count, duration, summaryClock } from "./summary_texts.js";
import { shape } from "./shapes.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/**
 * @param {HTMLElement} element
 * @param {import("./main.js").Studio} studio
 */
export function mount(element, { store, ui, link }) {
  element.setAttribute("aria-label", "Summary");
  /** @type {string} */
  let failed = "";
  const draw = () => {
    const { checked } = store;
    const summary = checked?.summary;
    const score = summary?.score ?? null;
    const worst = score?.worst ?? null;
    render(
      html`<div class="sumline">
        ${failed !== ""
          ? html`<span class="bad b">${failed}</span>`
          : summary === undefined
            ? html`<span class="soft">Checking…</span>`
            : html`${summary.errors > 0 ? html`<span class="bad b">${shape("error")} ${count(summary.errors, "error")}</span>` : nothing}
                ${summary.warnings > 0 ? html`<span class="warn b">${shape("warning")} ${count(summary.warnings, "warning")}</span>` : nothing}
                ${summary.errors + summary.warnings === 0 ? html`<span class="good b">${shape("landed")} no problems</span>` : nothing}`}
        ${score === null
          ? nothing
          : html`<i></i><span class="num"><b>${duration(score.seconds)}</b>${score.at_most ? " at most" : ""}, ${count(score.chunks, "chunk")} of ${score.chunk_seconds} s</span>
              ${score.average_ms === null
                ? nothing
                : html`<i></i><span class="num"
                      >snap error <b>${Math.round(score.average_ms)} ms</b> on average${worst === null || Math.round(worst.ms) === 0
                        ? nothing
                        : html`, <b class=${worst.ms > 0 ? "late" : "early"}>${worst.ms > 0 ? "+" : "−"}${Math.abs(Math.round(worst.ms))} ms</b> at worst
                            (<button class="link" @click=${() => ui.set("goto_line", { line: worst.line })}>${worst.place}</button>)`}</span
                    >`}
              <i></i><span class="one">${summaryClock(score.clock)}</span>`}
        ${summary?.outdated ? html`<span class="grow"></span><span class="soft one">from the last valid text</span>` : nothing}
      </div>`,
      element,
    );
  };
  const ends = [
    store.subscribe(["checked"], () => {
      failed = "";
      draw();
    }),
    link.on("check_failed", (message) => {
      failed = message.error.message;
      draw();
    }),
  ];
  return () => ends.forEach((end) => end());
}
