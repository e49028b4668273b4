// @ts-check
/**
 * The report of a run: a summary, and tables of cues, MIDI output, notes and the journal.
 *
 * @typedef {import("./main.js").Studio} Studio
 * @typedef {import("./report_rows.js").Row} Row
 * @typedef {import("./report_rows.js").JournalRow} JournalRow
 * @typedef {"cues" | "spread" | "out" | "notes" | "journal"} Tab
 */

import { formatSigned, toneOf } from "./format.js";
import { counted, cueRows, journalRows, noteRows, shortened, summarise } from "./report_rows.js";
import { STATUS_NAMES, shape } from "./shapes.js";
import { formatTime } from "./timeline_grid.js";
import { html, nothing, render } from "./vendor/lit-html.js";

/** The most rows of a table that are shown at first. */
const MAX_ROWS = 400;
/** How much of a journal is read, in bytes: it may have hundreds of megabytes. */
const MAX_JOURNAL = 2_000_000;

/** @type {readonly [Tab, string][]} */
const TABS = [
  ["cues", "Cues"],
  ["spread", "Stages"],
  ["out", "MIDI out"],
  ["notes", "Notes"],
  ["journal", "Journal"],
];

/**
 * @param {HTMLElement} element
 * @param {Studio} studio
 */
export function mount(element, studio) {
  const view = new ReportView(element, studio);
  return () => view.end();
}

class ReportView {
  /**
   * @param {HTMLElement} element
   * @param {Studio} studio
   */
  constructor(element, studio) {
    this.element = element;
    this.studio = studio;
    element.setAttribute("aria-label", "Report");
    /** @type {Tab} */
    this.tab = "cues";
    this.isWhole = false;
    /** What was done last, and whether it failed. */
    this.notice = { text: "", hint: "", bad: false };
    this.busy = "";
    /** @type {unknown} The report that is shown. */
    this.report = null;
    /** @type {{rows: JournalRow[], isCut: boolean} | null} */
    this.journal = null;
    const { store, ui } = studio;
    const draw = () => this.draw();
    this.ends = [store.subscribe(["report", "mode", "lines", "plot"], draw), ui.subscribe(["selection"], draw)];
  }

  end() {
    for (const end of this.ends) end();
  }

  draw() {
    const { store } = this.studio;
    const state = store.state;
    const report = state?.mode === "report" ? state.report : null;
    if (report !== this.report) {
      this.report = report;
      this.tab = "cues";
      this.isWhole = false;
      this.journal = null;
      this.notice = { text: "", hint: "", bad: false };
    }
    if (state === null || report === null || report === undefined) {
      render(nothing, this.element);
      return;
    }
    const plot = store.plot("live")?.plot ?? null;
    render(
      html`<div class="panel sum">
          ${summarise(report, state.lines, plot).map(
            ({ name, value, detail, mark }) =>
              html`<div>
                <span class="cap">${name}</span>
                <b>${mark === "" ? nothing : shape(mark)} ${value}</b>
                <span class="soft one">${detail}</span>
              </div>`,
          )}
        </div>
        <div class="panel results">
          <div class="phead">
            <div class="tabs" role="tablist" aria-label="Report">
              ${this.#tabs().map(
                ([id, label]) =>
                  html`<button
                    role="tab"
                    id="report-${id}"
                    aria-selected=${this.tab === id}
                    aria-controls="report-table"
                    tabindex=${this.tab === id ? 0 : -1}
                    @click=${() => this.show(id)}
                    @keydown=${(/** @type {KeyboardEvent} */ event) => this.#turn(event)}
                  >
                    ${label}
                  </button>`,
              )}
            </div>
            <span class="grow"></span>
            ${this.#notice()} ${this.#buttons(report)}
          </div>
          <div id="report-table" class="fill" role="tabpanel" aria-labelledby="report-${this.tab}" tabindex="0">
            ${this.#table(report)}
          </div>
        </div>`,
      this.element,
    );
  }

  /** @param {Tab} tab */
  show(tab) {
    this.tab = tab;
    this.isWhole = false;
    this.draw();
    if (tab === "journal" && this.journal === null) void this.#readJournal();
  }

  /** Only a run on several stages has a table of them. */
  #tabs() {
    return TABS.filter(([id]) => id !== "spread" || /** @type {any} */ (this.report)?.ensemble !== undefined);
  }

  /** Left and right move between the tabs. @param {KeyboardEvent} event */
  #turn(event) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const tabs = this.#tabs();
    const index = tabs.findIndex(([id]) => id === this.tab);
    this.show(tabs[(index + step + tabs.length) % tabs.length][0]);
    /** @type {HTMLElement | null} */ (this.element.querySelector(`#report-${this.tab}`))?.focus();
  }

  #notice() {
    const { text, hint, bad } = this.notice;
    return html`<span class="notice one ${bad ? "bad" : "soft"}" role="status"
      >${text === "" ? nothing : html`${shape(bad ? "refused" : "check")} <b>${text}</b> ${hint}`}</span
    >`;
  }

  /** @param {any} report */
  #buttons(report) {
    if (this.studio.store.role !== "operator" || report.ensemble) return nothing;
    const off = this.busy !== "" || (report.folder ?? "") === "";
    return html`<button class="btn" ?disabled=${off} @click=${() => this.#make("freeze", "frozen.score")}>
        ${this.busy === "freeze" ? "Freezing…" : "Freeze as a score"}
      </button>
      <button class="btn" ?disabled=${off} @click=${() => this.#make("bundle", "bundle.zip")}>
        ${this.busy === "bundle" ? "Saving…" : "Save bundle"}
      </button>`;
  }

  /**
   * Let the server make a file of the run, and save it.
   *
   * @param {"freeze" | "bundle"} what
   * @param {string} name
   */
  async #make(what, name) {
    const { link } = this.studio;
    this.busy = what;
    this.notice = { text: "", hint: "", bad: false };
    this.draw();
    try {
      const made = await link.ask(what);
      this.notice = { text: `${name} written`, hint: made.path ?? "", bad: false };
      if (made.notes?.length > 0) this.notice.hint += ` (${made.notes.join("; ")})`;
      const { url } = await link.ask("file", { name });
      const anchor = document.createElement("a");
      anchor.href = url;
      anchor.download = name;
      anchor.click();
    } catch (error) {
      this.#fail(error);
    }
    this.busy = "";
    this.draw();
  }

  /** @param {unknown} error */
  #fail(error) {
    const { message = String(error), hint = "" } = /** @type {{message?: string, hint?: string}} */ (error);
    this.notice = { text: message, hint, bad: true };
  }

  /** Read the beginning of the journal. */
  async #readJournal() {
    try {
      const { url } = await this.studio.link.ask("file", { name: "journal.jsonl" });
      const response = await fetch(url);
      if (!response.ok || response.body === null) throw new Error(`The journal cannot be read (${response.status}).`);
      this.journal = await readRows(response.body);
    } catch (error) {
      this.#fail(error);
    }
    this.draw();
  }

  /** @param {any} report */
  #table(report) {
    switch (this.tab) {
      case "cues":
        return this.#cues();
      case "spread":
        return this.#spread(report.ensemble);
      case "out":
        return this.#sends(report.sends);
      case "notes":
        return notes(report);
      default:
        return this.#journal();
    }
  }

  #cues() {
    const { store, ui } = this.studio;
    const all = cueRows(store.state?.lines ?? []);
    if (all.length === 0) return html`<p class="soft empty">The run had no cues.</p>`;
    const rows = this.isWhole ? all : shortened(all, MAX_ROWS);
    const selected = ui.get("selection");
    return html`<table>
        <thead>
          <tr>
            <th scope="col"><span class="unseen">status</span></th>
            <th scope="col">cue</th>
            <th scope="col" class="w">what</th>
            <th scope="col" class="ra">time</th>
            <th scope="col" class="ra">planned</th>
            <th scope="col" class="ra">landed</th>
            <th scope="col" class="ra">snap ms</th>
            <th scope="col" class="ra">lead</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => this.#cue(row, row.n === selected))}
        </tbody>
      </table>
      ${this.#more(rows.length, all.length)}`;
  }

  /**
   * @param {Row} row
   * @param {boolean} isSelected
   */
  #cue(row, isSelected) {
    const { ui } = this.studio;
    const tone = row.error_ms === null ? "soft" : toneOf(row.error_ms);
    return html`<tr
      class="${row.isLate ? "hl" : ""} ${row.isEvent ? "ev" : ""} ${isSelected ? "sel" : ""}"
      @click=${() => ui.set("selection", isSelected ? null : row.n)}
    >
      <td>${shape(row.status)}<span class="unseen">${STATUS_NAMES[row.status]}</span></td>
      <td class="b"><button aria-pressed=${isSelected}>${row.cue}</button></td>
      <td class="w">
        ${row.what}${row.reason === "" ? nothing : html`<div class="soft">${row.reason}</div>`}
      </td>
      <td class="ra">${row.time}</td>
      <td class="ra">${row.planned}</td>
      <td class="ra b">${row.landed}</td>
      <td class="ra b ${tone}">${row.error_ms === null ? "–" : formatSigned(row.error_ms)}</td>
      <td class="ra">${row.lead}</td>
    </tr>`;
  }

  /** How far apart the stages showed each cue. @param {any} ensemble */
  #spread({ stages, cues }) {
    const rows = this.isWhole ? cues : cues.slice(0, MAX_ROWS);
    return html`<ul class="notes">
        ${stages.map((/** @type {any} */ one) => html`<li>${shape(one.lost ? "lost" : "check")} <span><b>${one.name}</b> ${one.verdict}</span></li>`)}
      </ul>
      <table>
        <thead>
          <tr>
            <th scope="col">cue</th>
            <th scope="col" class="ra">chunk</th>
            <th scope="col" class="ra">spread ms</th>
            <th scope="col">first</th>
            <th scope="col">last</th>
            <th scope="col" class="w">not on</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (/** @type {any} */ one) =>
              html`<tr class=${one.missing.length > 0 ? "hl" : ""}>
                <td class="b">${`${one.section ?? ""}${one.occurrence > 1 ? ` (${one.occurrence})` : ""} ${one.place}`.trim()}</td>
                <td class="ra">${one.chunk}</td>
                <td class="ra b">${one.spread_ms === null ? "–" : Math.round(one.spread_ms)}</td>
                <td>${one.first ?? ""}</td>
                <td>${one.last ?? ""}</td>
                <td class="w">${one.missing.join(", ")}</td>
              </tr>`,
          )}
        </tbody>
      </table>
      ${this.#more(rows.length, cues.length)}`;
  }

  /** @param {readonly any[]} sends */
  #sends(sends) {
    if (sends.length === 0) return html`<p class="soft empty">The run sent no MIDI or OSC messages.</p>`;
    const rows = this.isWhole ? sends : sends.slice(0, MAX_ROWS);
    return html`<table>
        <thead>
          <tr>
            <th scope="col">cue</th>
            <th scope="col" class="w">messages</th>
            <th scope="col" class="ra">time</th>
            <th scope="col" class="ra">late ms</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (send) =>
              html`<tr class=${send.sent ? "" : "hl"}>
                <td class="b">${`${send.section ?? ""} ${send.place}`.trim()}</td>
                <td class="w">
                  ${send.what}${send.sent ? nothing : html`<div class="soft">not sent: it would have been too late</div>`}
                </td>
                <td class="ra">${formatTime(send.seconds, 3)}</td>
                <td class="ra">${send.late_ms === null ? "–" : send.late_ms.toFixed(1)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
      ${this.#more(rows.length, sends.length)}`;
  }

  #journal() {
    if (this.journal === null) {
      return html`<p class="soft empty">${this.notice.bad ? "The journal could not be read." : "Reading the journal…"}</p>`;
    }
    const { rows: all, isCut } = this.journal;
    const rows = this.isWhole ? all : all.slice(0, MAX_ROWS);
    return html`<table>
        <thead>
          <tr>
            <th scope="col" class="ra">time</th>
            <th scope="col">way</th>
            <th scope="col">record</th>
            <th scope="col" class="w">content</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ time, way, kind, detail }) =>
              html`<tr>
                <td class="ra">${time}</td>
                <td class="soft">${way}</td>
                <td class="b">${kind}</td>
                <td class="w">${detail}</td>
              </tr>`,
          )}
        </tbody>
      </table>
      ${this.#more(rows.length, all.length)}
      ${isCut && rows.length === all.length
        ? html`<p class="soft empty">This is the beginning; journal.jsonl in the run's folder has everything.</p>`
        : nothing}`;
  }

  /**
   * @param {number} shown
   * @param {number} all
   */
  #more(shown, all) {
    if (shown === all) return nothing;
    const showAll = () => {
      this.isWhole = true;
      this.draw();
    };
    return html`<p class="empty">
      <span class="soft">${counted(all - shown, "row")} not shown.</span>
      <button class="btn" @click=${showAll}>Show all</button>
    </p>`;
  }
}

/** @param {any} report */
function notes(report) {
  return html`<ul class="notes">
    ${noteRows(report).map(
      ({ level, text }) => html`<li>${level === "warning" ? shape("warning") : shape("check")} <span>${text}</span></li>`,
    )}
    ${report.folder ? html`<li>${shape("check")} <span>Everything is in <code>${report.folder}</code>.</span></li>` : nothing}
  </ul>`;
}

/**
 * Read the rows at the beginning of a journal.
 *
 * @param {ReadableStream<Uint8Array>} body
 */
async function readRows(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { rows: journalRows(text), isCut: false };
    text += decoder.decode(value, { stream: true });
    if (text.length >= MAX_JOURNAL) {
      await reader.cancel();
      return { rows: journalRows(text), isCut: true };
    }
  }
}
