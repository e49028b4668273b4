// @ts-check
/**
 * What the page shows: the last snapshot with all patches, the timelines and the last check.
 *
 * @typedef {import("./protocol.d.ts").Snapshot} Snapshot
 * @typedef {import("./protocol.d.ts").Patch} Patch
 * @typedef {import("./protocol.d.ts").Line} Line
 * @typedef {import("./protocol.d.ts").PlotMessage} PlotMessage
 * @typedef {import("./protocol.d.ts").Checked} Checked
 * @typedef {import("./protocol.d.ts").Playback} Playback
 */

/**
 * Return the state after a patch. Only what the patch names is another object afterwards.
 *
 * @param {Snapshot} state
 * @param {Patch} patch
 * @returns {Snapshot}
 */
export function applyPatch(state, patch) {
  const { t: _, seq, at: __, lines, gone, score, ...whole } = patch;
  /** @type {Snapshot} */
  const next = { ...state, ...whole, seq };
  if (lines !== undefined || gone !== undefined) next.lines = mergeLines(state.lines, lines, gone);
  if (score !== undefined) next.score = { ...state.score, ...score };
  return next;
}

/**
 * @param {readonly Line[]} known
 * @param {readonly Line[]} changed
 * @param {readonly number[]} gone
 */
function mergeLines(known, changed = [], gone = []) {
  const byNumber = new Map(known.map((line) => [line.n, line]));
  for (const n of gone) byNumber.delete(n);
  for (const line of changed) byNumber.set(line.n, line);
  return [...byNumber.values()];
}

/**
 * Return where the model is and where the audience is, in chunks; null without a run.
 *
 * @param {Playback | null | undefined} playback
 * @param {number} now In nanoseconds of the run's clock.
 * @returns {{made: number, seen: number} | null}
 */
export function playheadOf(playback, now) {
  if (!playback || playback.take === 0) return null;
  const { chunk, boundary_at, chunk_ns, paused, lag_ms } = playback;
  if (boundary_at === null || chunk_ns <= 0) return { made: chunk, seen: chunk };
  const into = paused ? 0 : Math.min(1, Math.max(0, (now - boundary_at) / chunk_ns));
  const made = chunk + into;
  return { made, seen: Math.max(0, made - ((lag_ms ?? 0) * 1e6) / chunk_ns) };
}

/** The store. */
export class Store {
  /**
   * @param {import("./link.js").Link} link
   * @param {(task: () => void) => void} schedule Runs a task before the next frame.
   */
  constructor(link, schedule = (task) => void requestAnimationFrame(task)) {
    this.link = link;
    this.schedule = schedule;
    /** @type {Snapshot | null} */
    this.state = null;
    /** @type {Checked | null} */
    this.checked = null;
    /** @type {"operator" | "remote" | "viewer"} */
    this.role = "viewer";
    /** @type {{score: PlotMessage | null, live: PlotMessage | null}} */
    this.plots = { score: null, live: null };
    /** @type {Map<string, Set<() => void>>} */
    this.listeners = new Map();
    /** @type {Set<() => void>} */
    this.due = new Set();
    this.process = "";
    link.on("hello", (message) => {
      this.role = message.role;
      this.process = message.process;
    });
    link.on("snapshot", (message) => this.#replace(message));
    link.on("patch", (message) => this.#patch(message));
    link.on("plot", (message) => {
      this.plots[message.live ? "live" : "score"] = message;
      this.#changed(["plot"]);
    });
    link.on("checked", (message) => {
      this.checked = message;
      this.#changed(["checked"]);
    });
  }

  /** @param {"score" | "live"} which */
  plot(which) {
    return this.plots[which];
  }

  /** Return where the model is and where the audience is, in chunks; null without a run. */
  playhead() {
    return playheadOf(this.state?.playback, this.link.now());
  }

  /**
   * Return the seconds from now to an instant of the run's clock.
   *
   * @param {number} at In nanoseconds.
   */
  seconds(at) {
    return (at - this.link.now()) / 1e9;
  }

  /**
   * Call `listener` once now, and before the next frame whenever one of the keys changes. Returns
   * a function that ends it.
   *
   * @param {readonly (keyof Snapshot | "plot" | "checked")[]} keys
   * @param {() => void} listener
   */
  subscribe(keys, listener) {
    for (const key of keys) {
      const known = this.listeners.get(key) ?? new Set();
      this.listeners.set(key, known);
      known.add(listener);
    }
    listener();
    return () => {
      for (const key of keys) this.listeners.get(key)?.delete(listener);
      this.due.delete(listener);
    };
  }

  /** @param {Snapshot} snapshot */
  #replace(snapshot) {
    if (this.state !== null && this.state.run !== snapshot.run) this.plots.live = null;
    this.state = snapshot;
    this.#changed([...this.listeners.keys()]);
  }

  /** @param {Patch} patch */
  #patch(patch) {
    if (this.state === null) return;
    this.state = applyPatch(this.state, patch);
    this.#changed(Object.keys(patch).concat("gone" in patch ? ["lines"] : []));
  }

  /** @param {readonly string[]} keys */
  #changed(keys) {
    const idle = this.due.size === 0;
    for (const key of keys) {
      for (const listener of this.listeners.get(key) ?? []) this.due.add(listener);
    }
    if (idle && this.due.size > 0) {
      this.schedule(() => {
        const due = [...this.due];
        this.due.clear();
        for (const listener of due) listener();
      });
    }
  }
}
