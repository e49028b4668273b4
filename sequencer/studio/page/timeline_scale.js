// @ts-check
/**
 * The scale of the timeline: which chunks are in view, and how wide a chunk is.
 *
 * @typedef {object} View
 * @property {number} left The position at the left edge, in chunks.
 * @property {number} per The width of a chunk, in CSS pixels.
 * @property {number} width The width of the view, in CSS pixels.
 */

/** The widest chunk, in pixels. */
export const MAX_PER = 480;
/** The least width of a chunk when a run begins, in pixels, so that its number and text are legible. */
export const LIVE_PER = 57;
/** Where the playhead is kept while the view follows it, as a share of the width. */
const FOLLOW_AT = 0.36;
/** How many pixels of wheel movement double or halve the scale. */
const WHEEL_DOUBLES = 320;

/**
 * Return the width of a chunk with which the whole score fits.
 *
 * @param {number} width The width of the view, in pixels.
 * @param {number} end The number of chunks.
 */
export function wholePer(width, end) {
  return Math.min(MAX_PER, width / Math.max(1, end));
}

/**
 * Return a view within its limits: it shows nothing before chunk 0, and nothing after the end
 * unless all fits.
 *
 * @param {View} view
 * @param {number} end
 * @returns {View}
 */
export function clampView({ left, per, width }, end) {
  const scale = Math.min(MAX_PER, Math.max(wholePer(width, end), per));
  const last = Math.max(0, end - width / scale);
  return { left: Math.min(last, Math.max(0, left)), per: scale, width };
}

/**
 * Zoom around a point, which stays where it is.
 *
 * @param {View} view
 * @param {number} factor
 * @param {number} x In pixels from the left edge.
 * @param {number} end
 * @returns {View}
 */
export function zoomAround(view, factor, x, end) {
  const at = view.left + x / view.per;
  const { per } = clampView({ ...view, per: view.per * factor }, end);
  return clampView({ left: at - x / per, per, width: view.width }, end);
}

/**
 * Return the factor by which a wheel movement zooms.
 *
 * @param {number} delta In pixels; positive is towards the user and zooms out.
 */
export function wheelFactor(delta) {
  return 2 ** (-Math.max(-WHEEL_DOUBLES, Math.min(WHEEL_DOUBLES, delta)) / WHEEL_DOUBLES);
}

/**
 * Return the view that follows the playhead.
 *
 * @param {View} view
 * @param {number} made Where the model is, in chunks.
 * @param {number} end
 * @param {boolean} byChunks Whether it moves by whole chunks only (reduced motion).
 * @returns {View}
 */
export function followView(view, made, end, byChunks) {
  const at = byChunks ? Math.floor(made) : made;
  return clampView({ ...view, left: at - (FOLLOW_AT * view.width) / view.per }, end);
}

/**
 * Return the view with its left edge on a device pixel, so that nothing shimmers as it moves.
 *
 * @param {View} view
 * @param {number} ratio Device pixels per CSS pixel.
 * @returns {View}
 */
export function alignView(view, ratio) {
  const pixels = view.per * ratio;
  return { ...view, left: Math.round(view.left * pixels) / pixels };
}

/**
 * Return the view in which a chunk is visible: the same one if it is, otherwise centred on it.
 *
 * @param {View} view
 * @param {number} chunk
 * @param {number} end
 * @returns {View}
 */
export function revealView(view, chunk, end) {
  const shown = view.width / view.per;
  const inside = chunk >= view.left && chunk + Math.min(1, shown / 2) <= view.left + shown;
  return inside ? view : clampView({ ...view, left: chunk - shown / 3 }, end);
}

/**
 * Return every how many chunks a ruler has a label, so that none touches its neighbour.
 *
 * @param {number} per The width of a chunk, in pixels.
 * @param {number} widest The width of the widest label, with the space after it.
 */
export function labelStep(per, widest) {
  return niceStep(widest / per);
}

/**
 * Return every how many bars the bar ruler has a number.
 *
 * @param {number} barWidth The width of a bar, in pixels.
 * @param {number} widest The width of the widest number, with the space after it.
 */
export function barStep(barWidth, widest) {
  let step = 1;
  while (step * barWidth < widest) step *= 2;
  return step;
}

/**
 * Return the first of 1, 2, 5, 10, 20, 50, … that is at least `least`.
 *
 * @param {number} least
 */
export function niceStep(least) {
  for (let power = 1; ; power *= 10) {
    for (const digit of [1, 2, 5]) {
      if (digit * power >= least) return digit * power;
    }
  }
}
