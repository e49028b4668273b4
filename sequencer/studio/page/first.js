// @ts-check
/** No score is open: open one, or start from one that plays. */

import { attempt, hasScore, isConnected, mayEdit } from "./controls.js";
import { shape } from "./shapes.js";
import { html, nothing, render, svg } from "./vendor/lit-html.js";

/** @typedef {import("./protocol.d.ts").ScoreCard} ScoreCard */

/** @typedef {import("./protocol.d.ts").CardImage} CardImage */

/** What the card of a new score shows: its text. */
const EMPTY = html`<span class="code" aria-hidden="true"
  ><span class="k1">at</span> <span class="k3">0c</span> <span class="k2">"A tram stop in the rain."</span></span
>`;
/** The width of a card's timeline, in its own units. */
const WIDTH = 1000;
/** How many colours prompts have. */
const TINTS = 6;

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { store, link } = studio;
  /** @type {import("./protocol.d.ts").ScoreCards | null} */
  let cards = null;
  let asked = false;
  let opening = "";
  /** @type {Map<string, CardImage>} The images of the cards, by their files. */
  const images = new Map();
  element.classList.add("first", "panel");
  element.setAttribute("aria-label", "Open a score");

  async function load() {
    asked = await attempt(studio, async () => {
      cards = await link.ask("scores");
    });
    draw();
    for (const { file, blocks } of cards?.scores ?? []) {
      if (blocks !== undefined && !images.has(file) && !(await loadImage(file))) return;
    }
  }

  /**
   * Load the image of a card. Returns false if the others need not be loaded: a score was opened, or
   * the connection is lost.
   *
   * @param {string} file
   */
  async function loadImage(file) {
    if (store.state === null || hasScore(store.state)) return false;
    try {
      /** @type {CardImage | null} */
      const found = await link.ask("card_image", { file });
      if (found !== null) images.set(file, found);
    } catch {
      return isConnected(studio); // without its image, the card has everything that is needed
    }
    draw();
    return true;
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
    const scores = [...(cards?.scores ?? [])].sort((a, b) => Number(b.kind === "empty") - Number(a.kind === "empty"));
    return html`<div>
        <h2>${scores.length === 1 ? "Begin with an empty score" : "Open a score, or begin with an empty one"}</h2>
        <p class="soft lead" role="status">
          ${opening === "" ? "The simulator plays it on this machine: it needs no account, no graphics card and no network." : `Opening ${opening}…`}
        </p>
      </div>
      ${cards === null ? html`<p class="soft">Looking for scores…</p>` : nothing}
      <ul class="cards" aria-label="Scores in this folder">${scores.map(card)}</ul>
      <ol class="steps">
        <li><b>1</b> Edit: see where each cue lands</li>
        <li><b>2</b> Rehearse: play it in the simulator</li>
        <li><b>3</b> Show: connect a model and press GO</li>
      </ol>`;
  }

  /**
   * @param {ScoreCard} one
   * @param {number} n
   */
  function card(one, n) {
    const image = images.get(one.file);
    return html`<li>
      <button
        type="button"
        class="card"
        ?disabled=${!isConnected(studio)}
        aria-labelledby="card-${n}"
        aria-describedby=${image === undefined ? nothing : `card-image-${n}`}
        @click=${() => void open(one)}
      >
        ${one.kind === "empty" ? EMPTY : html`<span class="card-image">${one.wrong ? shape("error") : image === undefined ? nothing : html`<img id="card-image-${n}" src=${image.image} alt=${image.alt} />`}</span>`}
        ${timeline(one.blocks ?? [])}
        <span class="card-text" id="card-${n}"
          ><b>${one.title}</b> <span class=${one.wrong ? "bad" : "soft"}>${one.text}</span> <span class="soft one">${one.file}</span></span
        >
      </button>
    </li>`;
  }

  const ends = [store.subscribe(["mode", "score"], draw), link.on("state", draw)];
  return () => {
    for (const end of ends) end();
  };
}

/**
 * Return the prompts of a score as a strip.
 *
 * @param {readonly number[][]} blocks
 */
function timeline(blocks) {
  return html`<svg class="blocks" viewBox="0 0 ${WIDTH} 10" preserveAspectRatio="none" aria-hidden="true">
    ${blocks.map(([start, end, tint]) => svg`<rect class="t${tint % TINTS}" x=${start} width=${Math.max(2, end - start - 2)} height="10"></rect>`)}
  </svg>`;
}
