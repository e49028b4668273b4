// @ts-check
/** Where the music is, computed from one beat of the clock. */

/**
 * Return the bar and beat at an instant, and how much of the beat is over; null without beats.
 *
 * @param {import("./protocol.d.ts").ClockState} clock
 * @param {number} now In nanoseconds of the run's clock.
 * @param {boolean} isMoving Whether time passes: not while paused, or while the clock is stopped.
 * @returns {{bar: number, beat: number, into: number} | null}
 */
export function beatAt(clock, now, isMoving) {
  const { bar, beat, beat_at: at, beat_ns: length, beats_per_bar: perBar } = clock;
  if (bar === null || beat === null) return null;
  if (!isMoving || at === null || length === null || length <= 0) return { bar, beat, into: 0 };
  const passed = Math.max(0, (now - at) / length);
  const whole = Math.floor(passed);
  const into = passed - whole;
  if (perBar === null || perBar < 1) return { bar, beat: beat + whole, into };
  const counted = beat - 1 + whole;
  return { bar: bar + Math.floor(counted / perBar), beat: (counted % perBar) + 1, into };
}

/**
 * Return how long a bar takes, in nanoseconds; null without beats.
 *
 * @param {import("./protocol.d.ts").ClockState | null | undefined} clock
 */
export function barLength(clock) {
  if (!clock || clock.beat_ns === null || clock.beats_per_bar === null) return null;
  return clock.beat_ns * clock.beats_per_bar;
}
