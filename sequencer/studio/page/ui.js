// @ts-check
/** The state of this page alone. The theme is kept in the browser, separately for each mode. */

/**
 * @typedef {{
 *   theme: "day" | "night",
 *   selection: number | null,
 *   follow: boolean,
 *   zoom: number,
 *   scroll: number,
 *   tab: "cues" | "score",
 *   where: "bar" | "chunk" | "section",
 *   goto_line: {line: number, column?: number} | null,
 *   cursor: number | null,
 *   drawn_chunk: number | null,
 * }} UiState
 */

/** A small observable store. */
export class Ui {
  constructor() {
    /** @type {UiState} */
    this.state = {
      theme: "night",
      selection: null,
      follow: true,
      zoom: 1,
      scroll: 0,
      tab: "cues",
      where: "bar",
      goto_line: null,
      cursor: null,
      drawn_chunk: null,
    };
    /** @type {Map<string, Set<() => void>>} */
    this.listeners = new Map();
  }

  /**
   * @template {keyof UiState} K
   * @param {K} key
   * @returns {UiState[K]}
   */
  get(key) {
    return this.state[key];
  }

  /**
   * @template {keyof UiState} K
   * @param {K} key
   * @param {UiState[K]} value
   */
  set(key, value) {
    if (Object.is(this.state[key], value)) return;
    this.state[key] = value;
    for (const listener of this.listeners.get(key) ?? []) listener();
  }

  /**
   * Call `listener` once now, and whenever one of the keys changes. Returns a function that ends it.
   *
   * @param {readonly (keyof UiState)[]} keys
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
    };
  }
}
