// @ts-check
/** The live regions for screen readers. */

import { Announcements } from "./announcements.js";
import { onNotice, lastNotice } from "./controls.js";

/** How often the time until the next cue is looked at, in milliseconds. */
const INTERVAL_MS = 250;

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { store, link } = studio;
  const announcements = new Announcements();
  element.classList.add("unseen");
  const polite = region("polite");
  const assertive = region("assertive");
  element.append(polite, assertive);

  function look() {
    if (store.state === null || link.state !== "open") return;
    const announced = announcements.update(store.state, link.now());
    announce(polite, announced.polite);
    announce(assertive, announced.assertive);
  }

  const timer = setInterval(look, INTERVAL_MS);
  const ends = [
    store.subscribe(["go", "next", "alerts"], look),
    onNotice(studio, () => {
      const notice = lastNotice(studio);
      if (notice !== null && notice.bad) announce(assertive, [`${notice.text} ${notice.hint}`]);
    }),
  ];
  return () => {
    clearInterval(timer);
    for (const end of ends) end();
  };
}

/** @param {"polite" | "assertive"} how */
function region(how) {
  const element = document.createElement("div");
  element.setAttribute("aria-live", how);
  return element;
}

/**
 * Announce texts. They are new elements, so that the same text is announced again; those before go,
 * so that the page does not grow.
 *
 * @param {HTMLElement} region
 * @param {readonly string[]} texts
 */
function announce(region, texts) {
  if (texts.length === 0) return;
  const lines = texts.map((text) => {
    const line = document.createElement("p");
    line.textContent = text;
    return line;
  });
  region.replaceChildren(...lines);
}
