// @ts-check
/**
 * Waits until the server has every edit of this page. It knows no editor, so that controls need not
 * load one.
 *
 * @typedef {import("./main.js").Studio} Studio
 * @typedef {{settled(): Promise<void>, readonly version: number}} SentText
 */

/** @type {WeakMap<object, SentText>} */
const texts = new WeakMap();

/**
 * Set the text of a page.
 *
 * @param {Studio} studio
 * @param {SentText} text
 */
export function provideText(studio, text) {
  texts.set(studio.link, text);
}

/**
 * Return the version of the text that the server has, once it has all edits of this page.
 *
 * @param {Studio} studio
 */
export async function sentVersion(studio) {
  const text = texts.get(studio.link);
  await text?.settled();
  return text?.version ?? studio.store.state?.score.version ?? 0;
}
