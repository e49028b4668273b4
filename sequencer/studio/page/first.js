// @ts-check
/** No score is open: open one, or start from one that plays. */

import { attempt, hasScore, isConnected, mayEdit } from "./controls.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** @typedef {import("./protocol.d.ts").ScoreCard} ScoreCard */

/** What a card shows instead of an image: the text of a new score, or the sections of a timeline. */
const EMPTY = html`<span class="code" aria-hidden="true"
  ><span class="k1">at</span> <span class="k3">0c</span> <span class="k2">"A tram stop in the rain."</span></span
>`;
const BLOCKS = html`<svg class="blocks" viewBox="0 0 268 126" preserveAspectRatio="none" aria-hidden="true">
  <rect class="t0" x="16" y="30" width="60" height="26"></rect>
  <rect class="t1" x="78" y="30" width="112" height="26"></rect>
  <rect class="t2" x="192" y="30" width="60" height="26"></rect>
  <path d="M78 56C78 68 86 68 86 80M192 56C192 68 184 68 184 80M16 56V80"></path>
  <path class="rail" d="M16 80H252"></path>
</svg>`;

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { store, link } = studio;
  /** @type {import("./protocol.d.ts").ScoreCards | null} */
  let cards = null;
  let asked = false;
  let opening = "";
  element.classList.add("first", "panel");
  element.setAttribute("aria-label", "Open a score");

  async function load() {
    asked = await attempt(studio, async () => {
      cards = await link.ask("scores");
    });
    draw();
  }

  /** @param {ScoreCard} card */
  async function open(card) {
    opening = card.title;
    draw();
    await attempt(studio, () => link.request("open", { file: card.file }));
    opening = "";
    draw();
  }

  function draw() {
    const state = store.state;
    if (state === null || hasScore(state)) return;
    if (!asked && isConnected(studio) && mayEdit(studio)) {
      asked = true;
      void load();
    }
    render(template(), element);
  }

  function template() {
    if (!mayEdit(studio)) return html`<div><h2>No score is open</h2><p class="soft lead">The operator opens one.</p></div>`;
    const examples = cards?.scores.filter((card) => card.kind !== "file") ?? [];
    const files = cards?.scores.filter((card) => card.kind === "file") ?? [];
    return html`<div>
        <h2>Open a score, or start from one that plays</h2>
        <p class="soft lead" role="status">
          ${opening === "" ? "The simulator needs no account, no graphics card and no network." : `Opening ${opening}…`}
        </p>
      </div>
      ${cards === null ? html`<p class="soft">Looking for scores…</p>` : nothing}
      <div class="cards">${examples.map(card)}</div>
      ${files.length === 0
        ? nothing
        : html`<section class="files" aria-label="Scores in this folder">
            <h3 class="cap">in this folder</h3>
            <ul>
              ${files.map(
                (file) => html`<li>
                  <button type="button" ?disabled=${!isConnected(studio)} @click=${() => void open(file)}>
                    <b class="one">${file.title}</b><span class="soft one">${file.text}</span><span class="soft one">${file.file}</span>
                  </button>
                </li>`,
              )}
            </ul>
          </section>`}
      <ol class="steps">
        <li><b>1</b> Edit: see where each cue lands</li>
        <li><b>2</b> Rehearse: play it in the simulator</li>
        <li><b>3</b> Show: connect a model and press GO</li>
      </ol>
      ${cards?.note ? html`<p class="soft">${cards.note}</p>` : nothing}`;
  }

  /** @param {ScoreCard} one */
  function card(one) {
    return html`<button type="button" class="card" ?disabled=${!isConnected(studio)} @click=${() => void open(one)}>
      ${one.image ? html`<img src=${one.image} alt="" />` : one.kind === "empty" ? EMPTY : BLOCKS}
      <span class="card-text"><b>${one.title}</b><span class="soft">${one.text}</span></span>
    </button>`;
  }

  const ends = [store.subscribe(["mode", "score"], draw), link.on("state", draw)];
  return () => {
    for (const end of ends) end();
  };
}
