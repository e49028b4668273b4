// @ts-check
/**
 * What all controls share: whether they may act, operator commands, what became of them, and when to
 * draw.
 *
 * @typedef {import("./main.js").Studio} Studio
 * @typedef {{text: string, hint: string, bad: boolean, at: number}} Notice
 */

/** @type {WeakMap<Studio, {notice: Notice | null, listeners: Set<() => void>}>} */
const notices = new WeakMap();

/** @param {Studio} studio */
function noticesOf(studio) {
  const found = notices.get(studio) ?? { notice: null, listeners: new Set() };
  notices.set(studio, found);
  return found;
}

/**
 * Return the last notice of this page: a command that was refused, or what was done.
 *
 * @param {Studio} studio
 */
export function lastNotice(studio) {
  return noticesOf(studio).notice;
}

/**
 * Show a notice to the operator.
 *
 * @param {Studio} studio
 * @param {string} text
 * @param {{hint?: string, bad?: boolean}} [more]
 */
export function notify(studio, text, { hint = "", bad = false } = {}) {
  const found = noticesOf(studio);
  found.notice = { text, hint, bad, at: performance.now() };
  for (const listener of found.listeners) listener();
}

/**
 * Call `listener` with each new notice. Returns a function that ends it.
 *
 * @param {Studio} studio
 * @param {() => void} listener
 */
export function onNotice(studio, listener) {
  const { listeners } = noticesOf(studio);
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/**
 * Return whether a press can reach the run now. What is pressed without a connection is not kept.
 *
 * @param {Studio} studio
 */
export function isConnected(studio) {
  return studio.link.state === "open";
}

/**
 * Return whether this page may give commands.
 *
 * @param {Studio} studio
 */
export function mayCommand(studio) {
  return studio.store.role !== "viewer";
}

/**
 * Return whether this page may edit the score and end the run.
 *
 * @param {Studio} studio
 */
export function mayEdit(studio) {
  return studio.store.role === "operator";
}

/**
 * Whether a score is open: a file, or a new one that has a text.
 *
 * @param {import("./protocol.d.ts").Snapshot} state
 */
export function hasScore({ score }) {
  return score.file !== "" || score.version > 1 || (score.text ?? "") !== "";
}

/**
 * Give an operator command. What is refused becomes a notice.
 *
 * @param {Studio} studio
 * @param {string} text
 * @returns {Promise<boolean>} Whether it was accepted.
 */
export function command(studio, text) {
  return attempt(studio, () => studio.link.command(text));
}

/**
 * Make a request. What is refused becomes a notice.
 *
 * @param {Studio} studio
 * @param {() => Promise<any>} request
 * @param {string} [done] A notice for when it succeeds.
 * @returns {Promise<boolean>} Whether it was accepted.
 */
export async function attempt(studio, request, done = "") {
  try {
    await request();
  } catch (error) {
    const { message, hint = "" } = /** @type {{message: string, hint?: string}} */ (error);
    notify(studio, message, { hint, bad: true });
    return false;
  }
  if (done !== "") notify(studio, done);
  return true;
}

/**
 * Return the listeners of a control that acts when it is pressed, not when it is released: a click
 * comes 50 to 100 ms later. A click without a press (Enter, a screen reader, voice control) acts too.
 *
 * @param {(event: Event) => void} act
 */
export function presses(act) {
  return {
    /** @param {PointerEvent} event */
    down(event) {
      if (event.button === 0 && event.isPrimary) act(event);
    },
    /** @param {MouseEvent} event */
    click(event) {
      if (event.detail === 0) act(event);
    },
  };
}

/**
 * Draw now, whenever something that is shown changes, and before each frame while a run plays.
 *
 * @param {Studio} studio
 * @param {Parameters<import("./store.js").Store["subscribe"]>[0]} keys
 * @param {() => void} draw
 * @returns {() => void} A function that ends it.
 */
export function drawLive(studio, keys, draw) {
  const { store, link, frames } = studio;
  /** @type {(() => void) | null} */
  let moving = null;
  const ends = [
    store.subscribe(["mode"], () => {
      const plays = store.state?.mode === "rehearse" || store.state?.mode === "show";
      if (plays && moving === null) moving = frames.on(draw);
      if (!plays) {
        moving?.();
        moving = null;
        draw();
      }
    }),
    store.subscribe(keys, draw),
    link.on("state", draw),
  ];
  return () => {
    moving?.();
    for (const end of ends) end();
  };
}

/**
 * Draw now and whenever something that is shown changes.
 *
 * @param {Studio} studio
 * @param {Parameters<import("./store.js").Store["subscribe"]>[0]} keys
 * @param {Parameters<import("./ui.js").Ui["subscribe"]>[0]} uiKeys
 * @param {() => void} draw
 * @returns {() => void} A function that ends it.
 */
export function drawOnChange(studio, keys, uiKeys, draw) {
  const ends = [
    studio.store.subscribe(keys, draw),
    studio.link.on("state", draw),
    ...(uiKeys.length > 0 ? [studio.ui.subscribe(uiKeys, draw)] : []),
  ];
  return () => {
    for (const end of ends) end();
  };
}
