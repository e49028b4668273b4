// @ts-check
/** The prompt as it is sent for the cue at the cursor, where it lands, and the exits of its section. */

import { scoreText } from "./score_text.js";
import { earlyOrLate, markedParts, signedError } from "./summary_texts.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** How long the cursor rests before the prompt of its line is asked for, in milliseconds. */
const PAUSE_MS = 120;

/**
 * @typedef {{
 *   line: number, title: string, outdated: boolean, acts: string[],
 *   prompts: {label: string, text: string, changed: [number, number][]}[],
 *   landing: {chunk: number, earliest: number, error_ms: number | null, bar: string, section: string,
 *     seconds: number, chunk_at: number, neighbour: {chunk: number, error_ms: number} | null} | null,
 *   pass: number, passes: number,
 *   exits: {bar: number, chunk: number, error_ms: number}[], live: string,
 * }} Prompt
 */

/**
 * @param {HTMLElement} element
 * @param {import("./main.js").Studio} studio
 */
export function mount(element, studio) {
  const { store, ui } = studio;
  const text = scoreText(studio);
  element.setAttribute("aria-label", "Prompt as sent");
  /** @type {Prompt | null} */
  let found = null;
  let pass = 0;
  let line = 0;
  /** @type {any} */
  let timer = 0;

  const ask = async () => {
    const cursor = ui.get("cursor");
    const { doc } = text;
    if (cursor === null || doc === null || store.state?.mode !== "edit") return;
    const at = Math.min(cursor, doc.length);
    const now = doc.lineAt(at).number;
    if (now !== line) pass = 0;
    line = now;
    try {
      const answer = await text.ask("prompt", { at, pass });
      if (answer !== null) found = answer;
      else if (found !== null && found.line === now) found = { ...found, outdated: true }; // it was changed since the last check
      else found = null;
    } catch {
      return; // it was asked again since, or the connection is lost
    }
    draw();
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), PAUSE_MS);
  };
  /** @param {number} step */
  const turn = (step) => {
    if (found === null) return;
    pass = (pass + step + found.passes) % found.passes;
    void ask();
  };

  /** @param {NonNullable<Prompt["landing"]>} one */
  const landing = (one) => {
    if (one.error_ms === null) {
      return html`<p>
        <b>Where it lands.</b> On ${one.earliest === one.chunk ? `chunk ${one.chunk}` : `one of chunks ${one.earliest} to ${one.chunk}`},
        depending on when the live section before it is left.
      </p>`;
    }
    const look = Math.round(one.error_ms) > 0 ? "late" : Math.round(one.error_ms) < 0 ? "early" : "good";
    const where = one.bar === "" ? "The cue" : `${one.bar}${one.section === "" ? "" : ` of ${one.section}`}`;
    return html`<p>
      <b>Where it lands.</b> ${where} is at ${one.seconds.toFixed(3)} s. Chunk ${one.chunk} starts at ${one.chunk_at.toFixed(3)} s, so the
      change comes <b class=${look}>${earlyOrLate(one.error_ms)}</b>.
      ${one.neighbour === null ? nothing : html`Chunk ${one.neighbour.chunk} would be ${earlyOrLate(one.neighbour.error_ms)}.`}
    </p>`;
  };

  const draw = () => {
    const one = found;
    render(
      html`<div class="phead">
          <b>Prompt as sent</b>
          ${one === null ? nothing : html`<span class="soft one">${one.title}${one.outdated ? " · from the last valid text" : ""}</span>`}
          <span class="grow"></span>
          ${one !== null && one.passes > 1
            ? html`<button class="btn small" aria-label="previous pass" @click=${() => turn(-1)}>‹</button>
                <span class="num">${one.pass + 1} of ${one.passes}</span>
                <button class="btn small" aria-label="next pass" @click=${() => turn(1)}>›</button>`
            : nothing}
        </div>
        <div class="sent">
          ${one === null
            ? html`<p class="soft">Put the cursor on a cue to see the whole prompt that the model receives.</p>`
            : html`${one.prompts.map(
                  (prompt) =>
                    html`${prompt.label === "" ? nothing : html`<p class="cap">${prompt.label}</p>`}
                      <p class="words">
                        ${markedParts(prompt.text, prompt.changed).map((part) => (part.changed ? html`<mark>${part.text}</mark>` : part.text))}
                      </p>`,
                )}
                ${one.acts.length === 0 ? nothing : html`<p class="soft">${one.acts.join(" · ")}</p>`}
                ${one.landing === null ? nothing : landing(one.landing)}
                ${one.exits.length === 0
                  ? nothing
                  : html`<p><b>Exits.</b> ${one.live} can be left at these bars; each with the chunk of what follows.</p>
                      <ul class="exits">
                        ${one.exits.map(
                          (exit) =>
                            html`<li class="num">
                              <b>${exit.bar}</b> c${exit.chunk}
                              <span class=${Math.round(exit.error_ms) > 0 ? "late" : Math.round(exit.error_ms) < 0 ? "early" : "soft"}
                                >${signedError(exit.error_ms)}</span
                              >
                            </li>`,
                        )}
                      </ul>`}`}
        </div>`,
      element,
    );
  };
  draw();
  const ends = [ui.subscribe(["cursor"], soon), store.subscribe(["checked", "mode"], soon)];
  return () => {
    clearTimeout(timer);
    ends.forEach((end) => end());
  };
}
