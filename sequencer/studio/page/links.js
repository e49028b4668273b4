// @ts-check
/** The links to this studio's other pages, with QR codes for phones. */

import { attempt } from "./controls.js";
import { closeSheet, mountSheet } from "./sheets.js";
import { html, nothing, svg } from "./vendor/lit-html.js";

/** The light margin around a QR code, in modules: readers need four. */
const MARGIN = 4;

/** @typedef {import("./protocol.d.ts").PageLink} PageLink */

const NAMES = /** @type {Record<PageLink["page"], [string, string]>} */ ({
  remote: ["Remote", "GO, pads and pause on a phone. No editing, no finish."],
  viewer: ["Viewer", "This page without controls, for somebody who only watches."],
  output: ["Output", "The video alone, for a projector or a second screen."],
  operator: ["Operator", "Everything that this page can do. Share it with care."],
});

/**
 * Return the path of the dark modules of a QR code, one rectangle for each run of a row.
 *
 * @param {readonly string[]} rows One text per row: `1` is dark.
 */
export function qrPath(rows) {
  let path = "";
  rows.forEach((row, y) => {
    for (const run of row.matchAll(/1+/g)) path += `M${run.index} ${y}h${run[0].length}v1h-${run[0].length}z`;
  });
  return path;
}

/** @param {PageLink} link */
function qrCode({ qr, page }) {
  const side = qr.length + 2 * MARGIN;
  return html`<svg
    class="qr"
    viewBox="${-MARGIN} ${-MARGIN} ${side} ${side}"
    role="img"
    aria-label="QR code of the link: ${NAMES[page][0]}"
    shape-rendering="crispEdges"
  >
    ${svg`<rect class="paper" x=${-MARGIN} y=${-MARGIN} width=${side} height=${side}></rect><path class="dark" d=${qrPath(qr)}></path>`}
  </svg>`;
}

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  /** @type {import("./protocol.d.ts").PageLinks | null} */
  let links = null;
  let copied = "";
  let failed = false;

  async function load() {
    links = null;
    copied = "";
    failed = !(await attempt(studio, async () => {
      links = await studio.link.ask("links");
    }));
    sheet.draw();
  }

  /** @param {PageLink} link */
  async function copy(link) {
    const done = await attempt(studio, () => navigator.clipboard.writeText(link.url));
    copied = done ? link.page : "";
    sheet.draw();
  }

  /** @param {PageLink} link */
  function row(link) {
    const [name, text] = NAMES[link.page];
    return html`<article class=${link.qr.length > 0 ? "coded" : ""}>
      ${link.qr.length > 0 ? qrCode(link) : nothing}
      <h3>${name}</h3>
      <p class="soft">${text}</p>
      <p class="actions">
        <a class="btn" href=${link.url} target="_blank" rel="noopener">Open</a>
        <button type="button" class="btn" @click=${() => void copy(link)}>
          ${copied === link.page ? "Copied" : "Copy link"}
        </button>
      </p>
    </article>`;
  }

  const sheet = mountSheet(element, studio, {
    id: "links",
    label: "Links",
    opened: () => void load(),
    template: () => html`<div class="phead">
        <b>Links</b>
        <span class="soft one">Each contains a key that is valid until the studio ends.</span>
        <span class="grow"></span>
        <button type="button" class="btn" @click=${() => closeSheet(studio)}>Close <kbd>Esc</kbd></button>
      </div>
      ${links === null
        ? html`<p class="empty soft">${failed ? "The links could not be loaded." : "Loading…"}</p>`
        : html`<div class="link-list">${links.links.map(row)}</div>
            ${links.note === "" ? nothing : html`<p class="note soft">${links.note}</p>`}`}`,
  });
  return sheet.end;
}
