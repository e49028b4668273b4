// @ts-check
/** What is on screen, as far as this page knows: what the model makes is there only one lag later. */

/**
 * Return the chunk that is on screen: that of the frame that this page has drawn, otherwise the one
 * that the measured lag leads to. Null if nothing is on screen yet.
 *
 * @param {import("./protocol.d.ts").Playback | null} playback
 * @param {number | null} drawn The chunk of the frame that is drawn; null if this page draws none.
 * @param {number} now In nanoseconds of the run's clock.
 */
export function chunkOnScreen(playback, drawn, now) {
  if (playback === null || playback.take === 0) return null;
  if (drawn !== null) return drawn;
  const { chunk, boundary_at: boundary, chunk_ns: length, lag_ms: lag, paused, real_time: isRealTime } = playback;
  if (!isRealTime || boundary === null || length <= 0) return chunk;
  if (lag === null) return null;
  const into = paused ? 0 : Math.min(1, Math.max(0, (now - boundary) / length));
  const at = chunk + into - (lag * 1e6) / length;
  return at < 0 ? null : Math.floor(at);
}

/**
 * Return the prompt that is on screen; null if none is.
 *
 * @param {import("./protocol.d.ts").Playback | null} playback
 * @param {number | null} drawn See `chunkOnScreen`.
 * @param {number} now In nanoseconds of the run's clock.
 */
export function promptOnScreen(playback, drawn, now) {
  const chunk = chunkOnScreen(playback, drawn, now);
  if (playback === null || chunk === null) return null;
  const { prompts } = playback;
  return prompts.findLast((one) => one.chunk <= chunk) ?? prompts[0] ?? null; // earlier ones are not kept
}
