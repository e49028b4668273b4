// @ts-check
/** When a press counts: the minimum time between two, presses that need a second one, throttling. */

/** The least time between two presses of GO or of a pad, in milliseconds. */
export const MIN_INTERVAL_MS = 500;
/** How long a first press waits for the second one, in milliseconds. */
export const CONFIRM_MS = 2000;
/** How long a press must be held to need no second one, in milliseconds. */
export const HOLD_MS = 1000;

/**
 * Accepts a press only if the last one was at least `MIN_INTERVAL_MS` ago and has been released.
 * Both rules are QLab's: they catch a bouncing key and an elbow on the space bar.
 */
export class PressGuard {
  constructor() {
    this.down = false;
    this.last = -Infinity;
  }

  /**
   * @param {number} now In milliseconds.
   * @returns {"accepted" | "too soon" | "not released"}
   */
  press(now) {
    if (this.down) return "not released";
    this.down = true;
    if (now - this.last < MIN_INTERVAL_MS) return "too soon";
    this.last = now;
    return "accepted";
  }

  release() {
    this.down = false;
  }

  /**
   * Whether a press now would come too soon.
   *
   * @param {number} now In milliseconds.
   */
  blocks(now) {
    return now - this.last < MIN_INTERVAL_MS;
  }
}

/** A press that ends something: it counts when it is made twice within two seconds, or held. */
export class Confirm {
  constructor(hold = HOLD_MS) {
    this.hold = hold;
    this.armed = -Infinity;
    this.since = -Infinity;
    this.fired = false;
  }

  /**
   * Return whether this press counts.
   *
   * @param {number} now In milliseconds.
   */
  press(now) {
    this.since = now;
    this.fired = false;
    if (now - this.armed < CONFIRM_MS) {
      this.cancel();
      this.fired = true;
      return true;
    }
    this.armed = now;
    return false;
  }

  release() {
    this.since = -Infinity;
  }

  /** Forget the first press. */
  cancel() {
    this.armed = -Infinity;
    this.since = -Infinity;
  }

  /**
   * Return whether the press has now been held long enough. Only once per press.
   *
   * @param {number} now In milliseconds.
   */
  tick(now) {
    if (this.fired || now - this.since < this.hold || this.since === -Infinity) return false;
    this.cancel();
    this.fired = true;
    return true;
  }

  /**
   * Whether a first press waits for the second.
   *
   * @param {number} now In milliseconds.
   */
  waits(now) {
    return now - this.armed < CONFIRM_MS;
  }

  /**
   * How much of the hold is over, from 0 to 1.
   *
   * @param {number} now In milliseconds.
   */
  held(now) {
    return this.since === -Infinity ? 0 : Math.min(1, (now - this.since) / this.hold);
  }
}

/** Sends values at most so often, and always the last one. */
export class Throttle {
  /**
   * @param {(value: number) => void} send
   * @param {number} perSecond
   * @param {{now(): number, after(ms: number, task: () => void): void}} timer
   */
  constructor(send, perSecond, timer) {
    this.send = send;
    this.interval = 1000 / perSecond;
    this.timer = timer;
    this.last = -Infinity;
    /** @type {number | null} */
    this.waiting = null;
  }

  /** @param {number} value */
  push(value) {
    const left = this.last + this.interval - this.timer.now();
    if (this.waiting !== null) {
      this.waiting = value;
    } else if (left <= 0) {
      this.#send(value);
    } else {
      this.waiting = value;
      this.timer.after(left, () => {
        const last = this.waiting;
        this.waiting = null;
        if (last !== null) this.#send(last);
      });
    }
  }

  /** Forget a value that waits: the connection is lost, and it must not be sent later. */
  drop() {
    this.waiting = null;
  }

  /** @param {number} value */
  #send(value) {
    this.last = this.timer.now();
    this.send(value);
  }
}

/** The timer of the browser, for Throttle. */
export const browserTimer = Object.freeze({
  now: () => performance.now(),
  after: (/** @type {number} */ ms, /** @type {() => void} */ task) => void setTimeout(task, ms),
});
