// @ts-check
/** The rows of the cue list: their order, what is folded, and where each is in the list. */

/** @typedef {import("./protocol.d.ts").Line} Line */
/** @typedef {{kind: "cue", line: Line, role: "" | "now" | "next", key: string}} CueRow */
/** @typedef {{kind: "fold", lines: Line[], open: boolean, key: string}} FoldRow */
/** @typedef {CueRow | FoldRow} Row */

/** The key of the row that stands for folded cues. */
export const FOLD_KEY = "fold";
/** How many landed cues before the one on screen stay unfolded. */
const KEPT = 1;

/**
 * Return the stages that a cue is for, as `on left, right`; empty for all.
 *
 * @param {Line} line
 */
export function onStages({ stages }) {
  return stages === undefined ? "" : `on ${stages.join(", ")}`;
}

/**
 * Return the chunk that a cue landed on or will land on; null if it is not known.
 *
 * @param {Line} line
 */
export function chunkOf(line) {
  if (line.status === "open") return null;
  return line.landed ?? line.chunk ?? line.planned;
}

/**
 * Whether a cue is on screen or was.
 *
 * @param {Line} line
 */
export function hasLanded(line) {
  return line.status === "landed" || line.status === "late";
}

/**
 * Return the cues in the order in which they are read: the score's in its order, with what rules
 * fired and what was improvised before the first cue of a later chunk.
 *
 * @param {readonly Line[]} lines
 * @param {boolean} byTime Whether the score's are ordered by their times: numbers of several stages have no order.
 * @returns {Line[]}
 */
export function orderLines(lines, byTime = false) {
  const time = (/** @type {Line} */ line) => (byTime ? (line.time_s ?? 0) : 0);
  const score = lines.filter((line) => line.fired === "").sort((a, b) => time(a) - time(b) || a.n - b.n);
  const fired = lines
    .filter((line) => line.fired !== "")
    .sort((a, b) => (chunkOf(a) ?? Infinity) - (chunkOf(b) ?? Infinity) || a.n - b.n);
  // a cue that was skipped keeps the chunk it was planned for, which may be after those that follow it
  const until = score.map((line) => chunkOf(line) ?? line.earliest ?? Infinity);
  for (let index = score.length - 2; index >= 0; index--) until[index] = Math.min(until[index], until[index + 1]);
  /** @type {Line[]} */
  const ordered = [];
  let taken = 0;
  score.forEach((line, index) => {
    while (taken < fired.length && (chunkOf(fired[taken]) ?? Infinity) < until[index]) ordered.push(fired[taken++]);
    ordered.push(line);
  });
  return [...ordered, ...fired.slice(taken)];
}

/**
 * Return the number of the cue on screen: the last one that has landed, with a prompt if any has.
 *
 * @param {readonly Line[]} ordered
 * @returns {number | null}
 */
export function lineNow(ordered) {
  /** @type {Line | null} */
  let now = null;
  /** @type {Line | null} */
  let prompt = null;
  for (const line of ordered) {
    if (!hasLanded(line)) continue;
    if (now === null || (chunkOf(line) ?? 0) >= (chunkOf(now) ?? 0)) now = line;
    if (line.kinds.includes("prompt") && (prompt === null || (chunkOf(line) ?? 0) >= (chunkOf(prompt) ?? 0))) prompt = line;
  }
  return (prompt ?? now)?.n ?? null;
}

/**
 * Return the rows: landed cues long before the one on screen are folded into one row.
 *
 * @param {readonly Line[]} lines
 * @param {{next: number | null, isOpen: boolean, byTime?: boolean}} options The number of the next cue; whether the
 *   fold is open; see `orderLines`.
 * @returns {Row[]}
 */
export function cueRows(lines, { next, isOpen, byTime }) {
  const ordered = orderLines(lines, byTime);
  const now = lineNow(ordered);
  const at = ordered.findIndex((line) => line.n === now);
  let old = 0;
  while (old < at - KEPT && hasLanded(ordered[old])) old++;
  /** @type {Row[]} */
  const rows = [];
  if (old >= 2) rows.push({ kind: "fold", lines: ordered.slice(0, old), open: isOpen, key: FOLD_KEY });
  ordered.forEach((line, index) => {
    if (old >= 2 && !isOpen && index < old) return;
    const role = line.n === next ? "next" : line.n === now ? "now" : "";
    rows.push({ kind: "cue", line, role, key: String(line.n) });
  });
  return rows;
}

/**
 * Return the second line of a cue: why it is not as planned, or what fired it; empty for none.
 *
 * @param {Line} line
 */
export function rowFacts(line) {
  if (line.reason !== "") return line.reason;
  if (line.fired !== "" && line.place !== "" && line.place !== line.fired) return `in ${line.place}`;
  return line.changed ? "changed by the edit" : "";
}

/**
 * Return the height of each row, in pixels. Rows have fixed heights, so that the list knows where
 * each is without drawing it.
 *
 * @param {Row} row
 * @param {{row: number, tall: number, fold: number}} heights
 */
export function rowHeight(row, heights) {
  if (row.kind === "fold") return heights.fold;
  const isTall = row.role === "next" || row.line.status === "refused" || rowFacts(row.line) !== "";
  return isTall ? heights.tall : heights.row;
}

/**
 * Return where each row begins, and the height of all rows at the end.
 *
 * @param {readonly Row[]} rows
 * @param {{row: number, tall: number, fold: number}} heights
 */
export function rowOffsets(rows, heights) {
  const offsets = new Float64Array(rows.length + 1);
  rows.forEach((row, index) => {
    offsets[index + 1] = offsets[index] + rowHeight(row, heights);
  });
  return offsets;
}

/**
 * Return the first and the last row that a view shows, with some rows around it.
 *
 * @param {Float64Array} offsets
 * @param {number} top Where the view begins, in pixels.
 * @param {number} height
 * @param {number} around How many rows are drawn before and after.
 * @returns {{first: number, last: number}} The last is not included.
 */
export function visibleRows(offsets, top, height, around) {
  const count = offsets.length - 1;
  const first = Math.max(0, rowAt(offsets, top) - around);
  const last = Math.min(count, rowAt(offsets, top + height) + 1 + around);
  return { first, last };
}

/**
 * Return the row at a height.
 *
 * @param {Float64Array} offsets
 * @param {number} y
 */
function rowAt(offsets, y) {
  let low = 0;
  let high = offsets.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle] <= y) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/**
 * Return the row that has the selection after a key, or null if the key moves nothing.
 *
 * @param {string} key As in `KeyboardEvent.key`.
 * @param {number} at The row that has it; -1 for none.
 * @param {number} count
 * @param {number} page How many rows Page Up and Page Down move.
 */
export function rowAfterKey(key, at, count, page) {
  if (count === 0) return null;
  const clamp = (/** @type {number} */ row) => Math.min(count - 1, Math.max(0, row));
  switch (key) {
    case "ArrowDown":
    case "ArrowRight":
      return clamp(at + 1);
    case "ArrowUp":
    case "ArrowLeft":
      return clamp(at - 1);
    case "PageDown":
      return clamp(at + page);
    case "PageUp":
      return clamp(at - page);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
