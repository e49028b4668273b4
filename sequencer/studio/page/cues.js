// @ts-check
/**
 * The cue list: every cue with its status, its chunk and its error, for eyes and screen readers. Only
 * the rows in view are in the page, each with its number in the list and the list's length.
 */

import { register } from "./actions.js";
import { drawOnChange } from "./controls.js";
import { FOLD_KEY, cueRows, onStages, rowAfterKey, rowFacts, rowOffsets, visibleRows } from "./cue_rows.js";
import { formatChunk, formatSigned, toneOf } from "./format.js";
import { STATUS_NAMES, shape } from "./shapes.js";
import { html, nothing, render, repeat } from "./vendor/lit-html.js";

/** How many rows are drawn before and after those in view. */
const AROUND = 6;
/** How many rows Page Up and Page Down move. */
const PAGE = 8;
/** How many names of folded cues are listed. */
const FOLD_NAMES = 24;

/** @typedef {import("./cue_rows.js").Row} Row */
/** @typedef {import("./cue_rows.js").CueRow} CueRow */
/** @typedef {import("./protocol.d.ts").Line} Line */

/** @type {import("./main.js").Mount} */
export function mount(element, studio) {
  const list = new CueList(element, studio);
  return list.mount();
}

class CueList {
  /**
   * @param {HTMLElement} element
   * @param {import("./main.js").Studio} studio
   */
  constructor(element, studio) {
    this.element = element;
    this.studio = studio;
    this.view = document.createElement("div");
    this.back = document.createElement("div");
    /** @type {Row[]} */
    this.rows = [];
    this.offsets = new Float64Array(1);
    this.isOpen = false;
    /** Whether the list follows the cue on screen: until the operator scrolls. */
    this.follows = true;
    /** The row that has the selection while it is the fold. */
    this.onFold = false;
    /** Where this list has scrolled to: other positions come from the operator. */
    this.scrolledTo = 0;
    /** @type {import("./protocol.d.ts").Line[] | null} */
    this.lines = null;
    /** @type {string} What the rows depend on beside the lines. */
    this.made = "";
  }

  mount() {
    const { element, view, back, studio } = this;
    element.classList.add("cues");
    element.setAttribute("aria-label", "Cue list");
    view.className = "cue-view";
    back.className = "cue-back";
    element.append(view, back);
    const scroll = () => this.#scrolled();
    view.addEventListener("scroll", scroll, { passive: true });
    const size = new ResizeObserver(() => this.#draw());
    size.observe(view);
    const ends = [
      register(studio, "previous", () => this.move("ArrowUp")),
      register(studio, "next", () => this.move("ArrowDown")),
      drawOnChange(studio, ["lines", "next", "playback"], ["selection"], () => this.#update()),
    ];
    return () => {
      view.removeEventListener("scroll", scroll);
      size.disconnect();
      for (const end of ends) end();
    };
  }

  /**
   * Move the selection.
   *
   * @param {string} key
   */
  move(key) {
    const next = rowAfterKey(key, this.#selectedRow(), this.rows.length, PAGE);
    if (next === null) return false;
    this.#select(next);
    return true;
  }

  get heights() {
    const style = getComputedStyle(this.element);
    const read = (/** @type {string} */ name) => Number.parseFloat(style.getPropertyValue(name));
    return { row: read("--cue-row") || 38, tall: read("--cue-tall") || 48, fold: read("--cue-fold") || 30 };
  }

  #update() {
    const state = this.studio.store.state;
    const lines = state?.lines ?? [];
    const next = state?.next?.line ?? null;
    const made = `${next} ${this.isOpen}`;
    if (lines !== this.lines || made !== this.made) {
      this.lines = lines;
      this.made = made;
      this.rows = cueRows(lines, { next, isOpen: this.isOpen, byTime: (state?.stages.length ?? 0) > 0 });
    }
    this.offsets = rowOffsets(this.rows, this.heights);
    this.#draw();
    if (this.follows) this.#scrollToNow();
  }

  #draw() {
    const { view, rows, offsets } = this;
    if (rows.length === 0) {
      render(html`<p class="empty soft">The cues are listed here once the score is planned.</p>`, view);
      render(nothing, this.back);
      return;
    }
    const { first, last } = visibleRows(offsets, view.scrollTop, view.clientHeight, AROUND);
    const selected = this.#selectedRow();
    const drawn = rows.slice(first, last).map((row, index) => ({ row, index: first + index }));
    if (selected >= 0 && (selected < first || selected >= last)) drawn.push({ row: rows[selected], index: selected });
    render(
      html`<ol
        class="cue-list"
        role="listbox"
        aria-label="Cues"
        tabindex="0"
        aria-activedescendant=${selected >= 0 ? rowId(rows[selected]) : nothing}
        @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event)}
      >
        ${repeat(
          drawn,
          ({ row }) => row.key,
          ({ row, index }) => this.#row(row, index, selected),
        )}
      </ol>`,
      view,
    );
    const list = /** @type {HTMLElement} */ (view.firstElementChild);
    list.style.setProperty("height", `${offsets[rows.length]}px`);
    for (const { row, index } of drawn) {
      const item = /** @type {HTMLElement | null} */ (list.querySelector(`#${rowId(row)}`));
      item?.style.setProperty("top", `${offsets[index]}px`);
      item?.style.setProperty("height", `${offsets[index + 1] - offsets[index]}px`);
    }
    render(
      this.follows
        ? nothing
        : html`<button
            type="button"
            class="btn"
            @click=${() => {
              this.follows = true;
              this.#scrollToNow();
              this.#draw();
            }}
          >
            Back to now
          </button>`,
      this.back,
    );
  }

  /**
   * @param {Row} row
   * @param {number} index
   * @param {number} selected
   */
  #row(row, index, selected) {
    const isSelected = index === selected;
    const choose = () => {
      if (row.kind === "fold") this.#toggleFold();
      else this.#select(index);
    };
    if (row.kind === "fold") {
      const names = row.lines.slice(-FOLD_NAMES).map((line) => nameOf(line));
      return html`<li
        id=${rowId(row)}
        class="fold done ${isSelected ? "selected" : ""}"
        role="option"
        aria-selected=${isSelected}
        aria-posinset=${index + 1}
        aria-setsize=${this.rows.length}
        @click=${choose}
      >
        ${shape("landed")}<span class="pl">${row.lines.length} landed</span>
        <span class="one">${names.length < row.lines.length ? "…, " : ""}${names.join(", ")}</span>
        <span class="r">${row.open ? "fold" : "show"}</span>
      </li>`;
    }
    const { line, role } = row;
    const looks = [
      `edge${line.tint}`,
      role === "next" && line.status === "refused" ? "badrow" : role,
      ["landed", "late", "skipped", "replaced", "lost"].includes(line.status) && role === "" ? "done" : "",
      isSelected ? "selected" : "",
    ];
    const facts = rowFacts(line);
    return html`<li
      id=${rowId(row)}
      class=${looks.join(" ")}
      role="option"
      aria-selected=${isSelected}
      aria-posinset=${index + 1}
      aria-setsize=${this.rows.length}
      aria-current=${role === "now" ? "true" : nothing}
      @click=${choose}
      @dblclick=${() => this.#showLine(line)}
    >
      ${shape(line.status)}
      <span class="pl">${nameOf(line)}</span>
      <span class="text">
        <span class="what one">${line.stages === undefined ? nothing : html`<b>${onStages(line)}:</b> `}${line.what}</span>
        ${facts === "" ? nothing : html`<span class="meta one">${facts}</span>`}
      </span>
      <span class="r num"><b>${formatChunk(line)}</b><br />${outcome(line)}</span>
      <span class="unseen">, ${STATUS_NAMES[line.status]}${role === "now" ? ", on screen" : role === "next" ? ", next" : ""}</span>
    </li>`;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") {
      const row = this.rows[this.#selectedRow()];
      if (row?.kind === "fold") this.#toggleFold();
      else if (row !== undefined) this.#showLine(row.line);
    } else if (!this.move(event.key)) {
      return;
    }
    event.preventDefault();
  }

  /** @returns {number} The row that has the selection; -1 for none. */
  #selectedRow() {
    if (this.onFold) return this.rows[0]?.kind === "fold" ? 0 : -1;
    const selection = this.studio.ui.get("selection");
    return selection === null ? -1 : this.rows.findIndex((row) => row.kind === "cue" && row.line.n === selection);
  }

  /** @param {number} index */
  #select(index) {
    const row = this.rows[index];
    this.follows = false;
    this.onFold = row.kind === "fold";
    this.studio.ui.set("selection", row.kind === "cue" ? row.line.n : null);
    this.#scrollTo(index, false);
    this.#draw();
  }

  #toggleFold() {
    this.isOpen = !this.isOpen;
    this.onFold = true;
    this.follows = false;
    this.#update();
  }

  /** @param {Line} line */
  #showLine(line) {
    const { ui } = this.studio;
    ui.set("tab", "score");
    ui.set("goto_line", { line: line.line });
  }

  #scrollToNow() {
    const now = this.rows.findIndex((row) => row.kind === "cue" && row.role === "now");
    const next = this.rows.findIndex((row) => row.kind === "cue" && row.role === "next");
    const index = now >= 0 ? now : next;
    if (index >= 0) this.#scrollTo(index, true);
  }

  /**
   * @param {number} index
   * @param {boolean} toTop Whether the row before it goes to the top; otherwise it only becomes visible.
   */
  #scrollTo(index, toTop) {
    const { view, offsets } = this;
    const from = offsets[index];
    const to = offsets[index + 1];
    let top = view.scrollTop;
    if (toTop) top = offsets[Math.max(0, index - 1)];
    else if (from < top) top = from;
    else if (to > top + view.clientHeight) top = to - view.clientHeight;
    top = Math.round(Math.max(0, Math.min(top, offsets[this.rows.length] - view.clientHeight)));
    if (top === Math.round(view.scrollTop)) return;
    this.scrolledTo = top;
    view.scrollTop = top;
    this.#draw();
  }

  #scrolled() {
    const isOwn = Math.abs(this.view.scrollTop - this.scrolledTo) < 2;
    if (!isOwn && this.view.clientHeight > 0) this.follows = false;
    this.scrolledTo = this.view.scrollTop;
    this.#draw();
  }
}

/** @param {Row} row */
function rowId(row) {
  return row.kind === "fold" ? `cue-${FOLD_KEY}` : `cue-${row.key}`;
}

/**
 * Return the name of a cue: what fired it, or its position in the score.
 *
 * @param {Line} line
 */
function nameOf({ fired, section, occurrence, place }) {
  if (fired !== "") return fired;
  return `${section}${occurrence > 1 ? ` (${occurrence})` : ""} ${place}`.trim();
}

/** @param {Line} line */
function outcome(line) {
  switch (line.status) {
    case "open":
      return html`<span class="soft">open</span>`;
    case "skipped":
    case "replaced":
    case "lost":
      return html`<span class=${line.status === "lost" ? "bad" : "soft"}>${STATUS_NAMES[line.status]}</span>`;
    case "refused":
      return html`<span class="bad">${line.planned !== null && line.planned !== line.chunk ? `was c${line.planned}` : "refused"}</span>`;
  }
  if (line.fired !== "" && line.error_ms === null) return html`<span class="soft">${line.chunk === null ? STATUS_NAMES[line.status] : "no snap"}</span>`;
  if (line.error_ms === null) return html`<span class="soft">${STATUS_NAMES[line.status]}</span>`;
  return html`<span class=${toneOf(line.error_ms)}>${formatSigned(line.error_ms)} ms</span>`;
}
