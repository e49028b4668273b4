// @ts-check
/** Improvising: a prompt, an image, the strength, SR or another section, now or at the next bar. */

import { register } from "./actions.js";
import { attempt, command, isConnected, mayCommand } from "./controls.js";
import { improvised } from "./operator_commands.js";
import { closeSheet, mountSheet, openSheet, toggleSheet } from "./sheets.js";
import { html, live, nothing } from "./vendor/lit-html.js";

/** @typedef {import("./operator_commands.js").When} When */

const TIMES = /** @type {readonly [When, string][]} */ ([
  ["now", "now"],
  ["beat", "next beat"],
  ["bar", "next bar"],
  ["4 bars", "next 4 bars"],
]);
const SCALES = /** @type {const} */ (["off", "2x", "4x"]);

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const { store } = studio;
  /** @type {When} */
  let when = "bar";
  let prompt = "";
  let strength = "0.5";
  /** @type {string[]} */
  let images = [];
  let image = "";
  let section = "";
  /** What was sent last, and whether it was accepted. */
  let sent = "";

  /**
   * @param {"prompt" | "image" | "strength" | "sr" | "goto"} verb
   * @param {string} value
   */
  async function send(verb, value) {
    if (!isConnected(studio) || value.trim() === "") return;
    const text = improvised(verb, value, hasBeats() ? when : "now");
    sent = "…";
    sheet.draw();
    const accepted = await command(studio, text);
    sent = accepted ? `sent: ${text}` : "refused: see below";
    if (accepted && verb === "prompt") prompt = "";
    sheet.draw();
  }

  async function loadImages() {
    await attempt(studio, async () => {
      images = (await studio.link.ask("images")).images;
    });
    image = images.includes(image) ? image : (images[0] ?? "");
    sheet.draw();
  }

  function hasBeats() {
    return store.state?.clock?.bar != null;
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    void send("prompt", prompt);
  }

  function template() {
    const can = isConnected(studio);
    const sections = [...new Set(store.state?.lines.map((line) => line.section) ?? [])];
    if (section === "" || !sections.includes(section)) section = sections[0] ?? "";
    const value = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).value;
    return html`<div class="phead">
        <b>Improvise</b>
        <span class="soft one">Rules and cues go on; the next cue of the score replaces it.</span>
        <span class="grow"></span>
        <span class="soft one" role="status">${sent}</span>
        <button type="button" class="btn" @click=${() => closeSheet(studio)}>Close <kbd>Esc</kbd></button>
      </div>
      <div class="improvise-form">
        <label class="wide">
          <span class="cap">prompt</span>
          <textarea
            autofocus
            rows="2"
            placeholder="Now the tram arrives."
            .value=${live(prompt)}
            @input=${(/** @type {Event} */ event) => {
              prompt = value(event);
              sheet.draw();
            }}
            @keydown=${key}
          ></textarea>
        </label>
        <button
          type="button"
          class="btn main"
          ?disabled=${!can || prompt.trim() === ""}
          @click=${() => void send("prompt", prompt)}
        >
          Send <kbd>Enter</kbd>
        </button>
        ${hasBeats()
          ? html`<fieldset>
              <legend class="cap">when</legend>
              <div class="seg" role="radiogroup" aria-label="When">
                ${TIMES.map(
                  ([id, name]) => html`<button
                    type="button"
                    role="radio"
                    aria-checked=${when === id}
                    @click=${() => {
                      when = id;
                      sheet.draw();
                    }}
                  >
                    ${name}
                  </button>`,
                )}
              </div>
            </fieldset>`
          : nothing}
        <fieldset>
          <legend class="cap">SR</legend>
          <div class="row">
            ${SCALES.map(
              (scale) => html`<button type="button" class="btn" ?disabled=${!can} @click=${() => void send("sr", scale)}>
                ${scale}
              </button>`,
            )}
          </div>
        </fieldset>
        <fieldset>
          <legend class="cap">strength ${strength}</legend>
          <div class="row">
            <input
              type="range"
              min="0"
              max="1"
              step="0.05"
              aria-label="Strength"
              .value=${live(strength)}
              @input=${(/** @type {Event} */ event) => {
                strength = value(event);
                sheet.draw();
              }}
            />
            <button type="button" class="btn" ?disabled=${!can} @click=${() => void send("strength", strength)}>Set</button>
          </div>
        </fieldset>
        <fieldset>
          <legend class="cap">image</legend>
          <div class="row">
            ${images.length === 0
              ? html`<span class="soft">none in the folder of the score</span>`
              : html`<select
                    aria-label="Image"
                    @change=${(/** @type {Event} */ event) => {
                      image = value(event);
                    }}
                  >
                    ${images.map((name) => html`<option value=${name} ?selected=${name === image}>${name}</option>`)}
                  </select>
                  <button type="button" class="btn" ?disabled=${!can} @click=${() => void send("image", image)}>Set</button>`}
          </div>
        </fieldset>
        ${sections.length < 2
          ? nothing
          : html`<fieldset>
              <legend class="cap">section</legend>
              <div class="row">
                <select
                  aria-label="Section"
                  @change=${(/** @type {Event} */ event) => {
                    section = value(event);
                  }}
                >
                  ${sections.map((name) => html`<option value=${name} ?selected=${name === section}>${name}</option>`)}
                </select>
                <button type="button" class="btn" ?disabled=${!can} @click=${() => void send("goto", section)}>Go to</button>
              </div>
            </fieldset>`}
      </div>`;
  }

  const sheet = mountSheet(element, studio, {
    id: "improvise",
    label: "Improvise",
    template,
    opened: () => {
      sent = "";
      void loadImages();
    },
  });
  const ends = [
    sheet.end,
    register(studio, "improvise", () => {
      if (mayCommand(studio)) toggleSheet(studio, "improvise");
    }),
    studio.link.on("state", () => sheet.draw()),
    store.subscribe(["mode"], () => {
      const { mode } = store.state ?? { mode: "edit" };
      if (mode !== "rehearse" && mode !== "show" && openSheet(studio) === "improvise") closeSheet(studio);
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}
