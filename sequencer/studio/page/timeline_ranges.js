// @ts-check
/** Which of many sorted items are in view, without looking at the others. */

/**
 * Return the index of the first value that is at least `at`.
 *
 * @param {ArrayLike<number>} sorted
 * @param {number} at
 * @param {number} [from] Where the search begins.
 */
export function lowerBound(sorted, at, from = 0) {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Return the index of the first value above `at`.
 *
 * @param {ArrayLike<number>} sorted
 * @param {number} at
 * @param {number} [from] Where the search begins.
 */
export function upperBound(sorted, at, from = 0) {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Call `visit` with the index of each point from `from` to `to`, and skip those that are closer
 * than `step` to the one before: the number of calls depends on the view, not on the score.
 *
 * @param {ArrayLike<number>} sorted
 * @param {number} from
 * @param {number} to
 * @param {number} step
 * @param {(index: number) => void} visit
 */
export function visitPoints(sorted, from, to, step, visit) {
  let index = lowerBound(sorted, from);
  while (index < sorted.length && sorted[index] <= to) {
    visit(index);
    const following = index + 1;
    const next = sorted[following];
    index = next >= sorted[index] + step ? following : lowerBound(sorted, sorted[index] + step, following);
  }
}

/**
 * Call `visit` with the index of each interval that touches `from` to `to`. Intervals are sorted,
 * do not overlap, and those that begin within `step` after another one are skipped.
 *
 * @param {ArrayLike<number>} starts
 * @param {ArrayLike<number>} ends
 * @param {number} from
 * @param {number} to
 * @param {number} step
 * @param {(index: number) => void} visit
 */
export function visitIntervals(starts, ends, from, to, step, visit) {
  const before = upperBound(starts, from) - 1;
  if (before >= 0 && ends[before] > from) visit(before);
  let index = before + 1;
  while (index < starts.length && starts[index] < to) {
    visit(index);
    const following = index + 1;
    const next = starts[following];
    index = next >= starts[index] + step ? following : lowerBound(starts, starts[index] + step, following);
  }
}

/**
 * Return the index of the interval that contains `at`, or -1.
 *
 * @param {ArrayLike<number>} starts
 * @param {ArrayLike<number>} ends
 * @param {number} at
 */
export function intervalAt(starts, ends, at) {
  const index = upperBound(starts, at) - 1;
  return index >= 0 && at < ends[index] ? index : -1;
}

/**
 * Return the index of the point nearest to `at`, or -1 if none is within `reach`.
 *
 * @param {ArrayLike<number>} sorted
 * @param {number} at
 * @param {number} reach
 */
export function nearest(sorted, at, reach) {
  const after = lowerBound(sorted, at);
  let best = -1;
  for (const index of [after - 1, after]) {
    if (index < 0 || index >= sorted.length) continue;
    const away = Math.abs(sorted[index] - at);
    if (away <= reach && (best < 0 || away < Math.abs(sorted[best] - at))) best = index;
  }
  return best;
}
