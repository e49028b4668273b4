// @ts-check
/** Where the sound of the score should be, and how it gets there. */

/** From this difference on the sound jumps, in seconds; below, it is played a little faster or slower. */
const JUMP_S = 0.25;
/** A difference that is left as it is, in seconds. */
const CLOSE_S = 0.015;
/** The most that the speed is changed. It cannot be heard. */
const MAX_CHANGE = 0.03;
/** The video has stopped if its frame is older, in seconds. */
const STOPPED_S = 0.5;

/**
 * Return how the sound gets to where it should be: by a jump, or at another speed.
 *
 * @param {number} at Where it is, in seconds.
 * @param {number} target Where it should be, in seconds.
 * @returns {{jump: boolean, rate: number}}
 */
export function correction(at, target) {
  const behind = target - at;
  if (Math.abs(behind) > JUMP_S) return { jump: true, rate: 1 };
  if (Math.abs(behind) < CLOSE_S) return { jump: false, rate: 1 };
  return { jump: false, rate: 1 + Math.max(-MAX_CHANGE, Math.min(MAX_CHANGE, behind / 2)) };
}

/**
 * Return the second of the sound that belongs to what is on screen; null while nothing moves there.
 *
 * @param {object} state
 * @param {import("./frame_link.js").FrameHeader | null} state.shown The frame on screen, if it is known.
 * @param {{seen: number} | null} state.playhead What should be on screen, in chunks.
 * @param {import("./protocol.d.ts").Playback | null} state.playback
 * @param {import("./timeline_grid.js").Grid} state.grid
 * @param {number} state.start The second of the sound at which the score begins.
 * @param {number} now In nanoseconds of the run's clock.
 * @returns {number | null}
 */
export function soundPosition({ shown, playhead, playback, grid, start }, now) {
  if (playback === null || playback.take === 0 || !playback.real_time || playback.status === "ended") return null;
  const offset = start - playback.offset_ms / 1000;
  if (shown !== null) {
    const age = (now - shown.at) / 1e9;
    if (age > STOPPED_S || shown.chunk === null) return null;
    return grid.boundary(shown.chunk) + shown.frame / grid.fps + Math.max(0, age) + offset;
  }
  if (playhead === null || playback.paused || playback.status !== "playing") return null;
  return grid.secondsOf(playhead.seen) + offset;
}
