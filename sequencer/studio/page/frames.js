// @ts-check
/** One loop for everything that moves with time: it runs only while something listens. */

export class Frames {
  /** @param {() => number} now Returns the time of the run's clock, in nanoseconds. */
  constructor(now) {
    this.now = now;
    /** @type {Set<(now: number) => void>} */
    this.listeners = new Set();
    this.handle = 0;
  }

  /**
   * Call `listener` before each frame that the browser draws. Returns a function that ends it.
   *
   * @param {(now: number) => void} listener
   */
  on(listener) {
    this.listeners.add(listener);
    if (this.handle === 0) this.handle = requestAnimationFrame(this.#tick);
    return () => void this.listeners.delete(listener);
  }

  #tick = () => {
    const now = this.now();
    for (const listener of this.listeners) listener(now);
    this.handle = this.listeners.size === 0 ? 0 : requestAnimationFrame(this.#tick);
  };
}
