// @ts-check
/**
 * Text on the canvas: measured once, with a halo where it crosses lines.
 *
 * @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context
 */

/** The most widths that are kept. */
const MAX_KEPT = 20_000;

/** @type {Map<string, Map<string, number>>} The widths of texts, by font. */
const widths = new Map();

/** Forget all widths: fonts have been loaded or changed. */
export function forgetWidths() {
  widths.clear();
}

/**
 * Set the font and return how its texts are measured.
 *
 * @param {Context} ctx
 * @param {string} font
 * @returns {(text: string) => number}
 */
export function useFont(ctx, font) {
  ctx.font = font;
  let known = widths.get(font);
  if (known === undefined || known.size > MAX_KEPT) {
    known = new Map();
    widths.set(font, known);
  }
  const kept = known;
  return (text) => {
    let width = kept.get(text);
    if (width === undefined) {
      width = ctx.measureText(text).width;
      kept.set(text, width);
    }
    return width;
  };
}

/**
 * Write a text with a halo.
 *
 * @param {Context} ctx
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {string} colour
 * @param {string} halo
 * @param {number} [width] Of the halo's stroke.
 */
export function writeHaloed(ctx, text, x, y, colour, halo, width = 4) {
  ctx.lineJoin = "round";
  ctx.lineWidth = width;
  ctx.strokeStyle = halo;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

/**
 * Fill a rectangle if it has a width.
 *
 * @param {Context} ctx
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {string} colour
 */
export function fill(ctx, x, y, width, height, colour) {
  if (width <= 0) return;
  ctx.fillStyle = colour;
  ctx.fillRect(x, y, width, height);
}

/**
 * Outline a block, if it needs one.
 *
 * @param {Context} ctx
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {string} colour Empty for no outline.
 */
export function outline(ctx, x, y, width, height, colour) {
  if (colour === "" || width < 3) return;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}

/**
 * Hatch a rectangle, with lines that stay where they are while it moves.
 *
 * @param {Context} ctx
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {string} colour
 */
export function hatch(ctx, x, y, width, height, colour) {
  if (width <= 0 || height <= 0) return;
  const step = 10;
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.beginPath();
  const first = Math.floor((x - y - height) / step) * step + y;
  for (let at = first; at < x + width; at += step) {
    ctx.moveTo(at, y + height);
    ctx.lineTo(at + height, y);
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2.4;
  ctx.stroke();
  ctx.restore();
}

/**
 * Draw a vertical line.
 *
 * @param {Context} ctx
 * @param {number} x
 * @param {number} top
 * @param {number} bottom
 * @param {string} colour
 * @param {number} width
 * @param {readonly number[]} [dash]
 */
export function verticalLine(ctx, x, top, bottom, colour, width, dash = []) {
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash([...dash]);
  ctx.stroke();
  ctx.setLineDash([]);
}
