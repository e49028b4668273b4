// @ts-check
/**
 * The chunks of a timeline in seconds. Each take may begin with a shorter chunk, so the times after
 * a cut depend on the takes before it; see `ChunkGrid` in `sequencer/core/timebase.py`.
 */

import { lowerBound } from "./timeline_ranges.js";

/** The grid of chunks: converts between chunks and seconds. */
export class Grid {
  /**
   * @param {number} frames Frames of a chunk.
   * @param {number} fps Frames in a second.
   * @param {number | null} first Frames of the first chunk of each take; null if all are equal.
   * @param {readonly number[]} cuts The chunks with which takes begin after the first one, ascending.
   */
  constructor(frames, fps, first, cuts) {
    this.frames = frames;
    this.fps = fps;
    this.missing = first === null ? 0 : frames - first;
    this.cuts = Float64Array.from(cuts);
    /** The length of a chunk that does not begin a take, in seconds. */
    this.chunk = frames / fps;
  }

  /**
   * Return when a whole chunk begins, in seconds.
   *
   * @param {number} chunk
   */
  boundary(chunk) {
    const opened = chunk <= 0 ? 0 : 1 + lowerBound(this.cuts, chunk);
    return (chunk * this.frames - opened * this.missing) / this.fps;
  }

  /**
   * Return the seconds of a position in chunks.
   *
   * @param {number} position
   */
  secondsOf(position) {
    if (this.missing === 0) return position * this.chunk;
    const whole = Math.floor(position);
    const start = this.boundary(whole);
    return start + (position - whole) * (this.boundary(whole + 1) - start);
  }

  /**
   * Return the position in chunks of an instant.
   *
   * @param {number} seconds
   */
  chunksAt(seconds) {
    if (this.missing === 0) return seconds / this.chunk;
    let low = Math.floor(seconds / this.chunk);
    let high = low + 1 + Math.ceil(((1 + this.cuts.length) * this.missing) / this.frames);
    while (low + 1 < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.boundary(middle) <= seconds) low = middle;
      else high = middle;
    }
    const start = this.boundary(low);
    return low + (seconds - start) / (this.boundary(low + 1) - start);
  }
}

/**
 * Write a time as `0:08.3`, or `1:02:03.0`.
 *
 * @param {number} seconds
 * @param {number} [digits] Digits after the point.
 */
export function formatTime(seconds, digits = 1) {
  const unit = 10 ** digits;
  const total = Math.round(Math.max(0, seconds) * unit) / unit;
  const minutes = Math.floor(total / 60);
  const rest = (total - minutes * 60).toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, "0");
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}
