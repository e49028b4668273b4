// @ts-check
/** The list of what is wrong with the score, with fixes and explanations. */

import { mayEdit } from "./controls.js";
import { fixLabel, sentence } from "./score_hints.js";
import { scoreText } from "./score_text.js";
import { shape } from "./shapes.js";
import { html, nothing, render, repeat } from "./vendor/lit-html.js";

/** The most problems that are listed; the rest is counted. */
const MAX_SHOWN = 100;

/**
 * @param {HTMLElement} element
 * @param {import("./main.js").Studio} studio
 */
export function mount(element, studio) {
  const { store, ui } = studio;
  const text = scoreText(studio);
  element.setAttribute("aria-label", "Problems");
  /** @type {{code: string, title: string, text: string} | null} */
  let explained = null;

  /** @param {string} code */
  const explain = async (code) => {
    if (explained?.code === code) {
      explained = null;
    } else {
      try {
        explained = await text.ask("explain", { code });
      } catch (error) {
        explained = { code, title: "", text: /** @type {Error} */ (error).message };
      }
    }
    draw();
  };

  /** @param {any} one */
  const row = (one) => {
    const where = one.from === null ? (one.span?.file ?? "") : `line ${one.span.line}`;
    const hint = one.hint ? ` · ${one.hint}` : "";
    const look = one.severity === "error" ? "error" : one.severity === "warning" ? "warning" : "planned";
    return html`<li class="problem">
      ${shape(look)}
      <button
        class="what"
        ?disabled=${one.from === null}
        @click=${() => ui.set("goto_line", { line: one.span.line, column: one.span.column })}
      >
        <span class="unseen">${one.severity}:</span>
        <span>${sentence(one.message)}</span>
        <span class="soft">${where} · ${one.code}${hint}</span>
      </button>
      <span class="does">
        ${one.edits !== null && mayEdit(studio)
          ? html`<button class="btn" @click=${() => text.applyChecked(one.edits)}>${fixLabel(one.edits)}</button>`
          : nothing}
        <button class="btn plain" aria-expanded=${explained?.code === one.code} @click=${() => void explain(one.code)}>Explain</button>
      </span>
      ${explained !== null && explained.code === one.code
        ? html`<div class="explanation"><b>${sentence(explained.title)}</b><p>${explained.text}</p></div>`
        : nothing}
    </li>`;
  };

  const draw = () => {
    const found = store.checked?.diagnostics ?? [];
    const more = found.length - MAX_SHOWN;
    render(
      html`<div class="phead"><b>Problems</b><span class="soft num">${found.length}</span></div>
        ${found.length === 0
          ? html`<p class="soft empty">${store.checked === null ? "Checking…" : "None."}</p>`
          : html`<ul class="problems">
              ${repeat(found.slice(0, MAX_SHOWN), (one, index) => `${one.code} ${one.from} ${index}`, row)}
              ${more > 0 ? html`<li class="soft empty">and ${more} more</li>` : nothing}
            </ul>`}`,
      element,
    );
  };
  return store.subscribe(["checked", "locked"], draw);
}
