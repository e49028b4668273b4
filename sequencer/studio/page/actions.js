// @ts-check
/**
 * What the page's keys and buttons do. Components register their actions; `keys.js` runs them.
 *
 * @typedef {import("./main.js").Studio} Studio
 * @typedef {{press(): void, release?(): void}} Action
 */

/** @type {WeakMap<Studio, Map<string, Action>>} */
const known = new WeakMap();

/** @param {Studio} studio */
function actionsOf(studio) {
  const actions = known.get(studio) ?? new Map();
  known.set(studio, actions);
  return actions;
}

/**
 * Register an action. Returns a function that removes it.
 *
 * @param {Studio} studio
 * @param {string} id
 * @param {Action | (() => void)} action
 */
export function register(studio, id, action) {
  const actions = actionsOf(studio);
  const made = typeof action === "function" ? { press: action } : action;
  actions.set(id, made);
  return () => {
    if (actions.get(id) === made) actions.delete(id);
  };
}

/**
 * Return an action, or undefined.
 *
 * @param {Studio} studio
 * @param {string} id
 * @returns {Action | undefined}
 */
export function findAction(studio, id) {
  return actionsOf(studio).get(id);
}
