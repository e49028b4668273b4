// @ts-check
/**
 * Alerts: what is wrong now. The row exists only while something is wrong; it pushes the middle
 * down, and neither covers anything nor moves while a pointer is down.
 */

import { command, drawOnChange, isConnected, mayCommand, presses } from "./controls.js";
import { shape } from "./shapes.js";
import { html, nothing, render, repeat } from "./vendor/lit-html.js";

/** @typedef {import("./protocol.d.ts").Alert} Alert */
/** @typedef {import("./protocol.d.ts").AlertAction} AlertAction */

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { store } = studio;
  element.classList.add("alerts");
  element.setAttribute("aria-label", "Alerts");
  let isDown = false;
  const draw = () => {
    if (isDown) return;
    const alerts = store.state?.alerts ?? [];
    element.hidden = alerts.length === 0;
    render(
      repeat(
        alerts,
        (alert) => alert.id,
        (alert) => alertRow(alert, studio),
      ),
      element,
    );
  };
  const down = () => {
    isDown = true;
  };
  const up = () => {
    isDown = false;
    draw();
  };
  addEventListener("pointerdown", down, true);
  addEventListener("pointerup", up);
  addEventListener("pointercancel", up);
  const end = drawOnChange(studio, ["alerts"], [], draw);
  return () => {
    removeEventListener("pointerdown", down, true);
    removeEventListener("pointerup", up);
    removeEventListener("pointercancel", up);
    end();
  };
}

/**
 * @param {Alert} alert
 * @param {import("./main.js").Studio} studio
 */
export function alertRow(alert, studio) {
  const look = alert.level === "error" ? "bad" : "warn";
  return html`<div class="alert ${look}">
    ${shape(alert.level === "error" ? "error" : "warning", "large")}
    <div>
      <h3 class=${look}>${alert.title}</h3>
      <p>${alert.text}</p>
    </div>
    ${alert.actions.slice(0, 2).map((action) => actionButton(action, studio))}
  </div>`;
}

/**
 * @param {AlertAction} action
 * @param {import("./main.js").Studio} studio
 */
function actionButton({ label, command: text, line }, studio) {
  if (line !== undefined) {
    const show = presses(() => {
      studio.ui.set("tab", "score");
      studio.ui.set("goto_line", { line });
    });
    return html`<button type="button" class="btn" @pointerdown=${show.down} @click=${show.click}>${label}</button>`;
  }
  if (text === undefined || !mayCommand(studio)) return nothing;
  const act = presses(() => {
    if (isConnected(studio)) void command(studio, text);
  });
  return html`<button
    type="button"
    class="btn"
    ?disabled=${!isConnected(studio)}
    @pointerdown=${act.down}
    @click=${act.click}
  >
    ${label}
  </button>`;
}
