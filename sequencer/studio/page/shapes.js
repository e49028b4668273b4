// @ts-check
/**
 * The shapes of statuses, so that none rests on colour alone, and the bar of what is left of a time.
 * They are decoration for screen readers: the text next to them names the status.
 */

import { html, svg } from "./vendor/lit-html.js";

/** The shapes, each in a square of 14 units; their colours are classes of `style/strip.css`. */
const SHAPES = {
  landed: svg`<circle class="fill-good" cx="7" cy="7" r="5.2"/>`,
  late: svg`<circle class="edge-late" cx="7" cy="7" r="5"/><path class="fill-late" d="M7 2a5 5 0 0 1 0 10z"/>`,
  planned: svg`<circle class="edge-ink" cx="7" cy="7" r="4.8"/>`,
  sent: svg`<circle class="edge-ink" cx="7" cy="7" r="4.8"/><circle class="fill-ink" cx="7" cy="7" r="2"/>`,
  open: svg`<circle class="edge-soft dashed" cx="7" cy="7" r="4.8"/>`,
  skipped: svg`<circle class="edge-soft" cx="7" cy="7" r="4.8"/><path class="edge-soft" d="M3 11L11 3"/>`,
  lost: svg`<path class="edge-bad bold" d="M3 3l8 8M11 3l-8 8"/>`,
  refused: svg`<path class="fill-bad" d="M4.4 1h5.2L13 4.4v5.2L9.6 13H4.4L1 9.6V4.4z"/><path class="edge-panel bold" d="M4 7h6"/>`,
  replaced: svg`<path class="edge-live" d="M2.2 7h9M8 3.6L11.6 7 8 10.4"/>`,
  warning: svg`<path class="fill-warn" d="M7 .8 13.6 12.8H.4z"/><path class="edge-panel" d="M7 5v4M7 10.2v1.4"/>`,
  error: svg`<path class="fill-bad" d="M4.4 1h5.2L13 4.4v5.2L9.6 13H4.4L1 9.6V4.4z"/><path class="edge-panel" d="M5 5l4 4M9 5l-4 4"/>`,
  check: svg`<path class="edge-current bold" d="M2 7.5l3.4 3.4L12 3.6"/>`,
  locked: svg`<path class="fill-current" d="M3 6.2h8v6.3H3z"/><path class="edge-current" d="M4.8 6V4.2a2.2 2.2 0 0 1 4.4 0V6"/>`,
  unlocked: svg`<path class="edge-current" d="M3 6.2h8v6.3H3z"/><path class="edge-current" d="M4.8 6V3.6a2.2 2.2 0 0 1 4.3-.7"/>`,
};

/** @typedef {keyof typeof SHAPES} ShapeName */

/**
 * Return a shape.
 *
 * @param {ShapeName} name
 * @param {string} [size] Another class, for another size.
 */
export function shape(name, size = "") {
  return html`<svg class="st ${size}" viewBox="0 0 14 14" aria-hidden="true">${SHAPES[name]}</svg>`;
}

/** What each status of a cue is called. */
export const STATUS_NAMES = Object.freeze({
  open: "open",
  planned: "planned",
  sent: "sent",
  landed: "landed",
  late: "landed late",
  skipped: "skipped",
  refused: "refused",
  lost: "lost",
  replaced: "replaced",
});

/**
 * Return the bar of what is left of a time. Its width is computed for each frame, never eased.
 *
 * @param {number} share From 0 to 1.
 * @param {string} [look]
 */
export function drain(share, look = "") {
  const width = (Math.min(1, Math.max(0, share)) * 100).toFixed(2);
  return html`<svg class="drain ${look}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect width=${width} height="8"></rect>
  </svg>`;
}
