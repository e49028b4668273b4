// @ts-check
/**
 * What the editor shows in and beside the text: colours, errors with their fixes, hints at the ends
 * of lines, the line that plays and the lines that were changed.
 *
 * All of it moves with the text while somebody types, until the next check brings it anew.
 *
 * @typedef {{from: number, to: number, severity: string, code: string, message: string, hint: string | null, edits: {from: number, to: number, text: string}[] | null}} Problem
 */

import { fixLabel, hintParts, hintWidth, sentence } from "./score_hints.js";
import { Decoration, EditorView, gutter, GutterMarker, MapMode, RangeSet, RangeValue, StateEffect, StateField, WidgetType } from "./vendor/codemirror.js";

/** The most messages below lines; the list of problems has all of them. */
const MAX_BOXES = 30;

// ---- colours -------------------------------------------------------------------------------------

/**
 * Sets the colours of a part of the text.
 *
 * @type {import("./vendor/codemirror.js").StateEffectType<{from: number, to: number, decorations: any[]}>}
 */
export const setColours = StateEffect.define();

/** @type {Map<string, any>} */
const looks = new Map();

/** @param {string} kind */
function look(kind) {
  let found = looks.get(kind);
  if (found === undefined) {
    found = Decoration.mark({ class: `k-${kind}` });
    looks.set(kind, found);
  }
  return found;
}

/**
 * Return the decorations of an answer to `tokens`.
 *
 * @param {{tokens: readonly number[], kinds: readonly string[]}} answer
 * @param {number} length The length of the text.
 */
export function coloursOf({ tokens, kinds }, length) {
  const found = [];
  for (let index = 0; index + 2 < tokens.length; index += 3) {
    const from = tokens[index];
    const to = from + tokens[index + 1];
    if (to > from && to <= length) found.push(look(kinds[tokens[index + 2]]).range(from, to));
  }
  return found;
}

export const colours = StateField.define({
  create: () => Decoration.none,
  update(/** @type {any} */ set, /** @type {any} */ transaction) {
    let found = set.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setColours)) {
        const { from, to, decorations } = effect.value;
        found = found.update({ filterFrom: from, filterTo: to, filter: () => false, add: decorations, sort: true });
      }
    }
    return found;
  },
  provide: (/** @type {any} */ field) => EditorView.decorations.from(field),
});

// ---- errors --------------------------------------------------------------------------------------

/**
 * Sets the problems of the text, with positions in it.
 *
 * @type {import("./vendor/codemirror.js").StateEffectType<readonly Problem[]>}
 */
export const setProblems = StateEffect.define();

/** The message below a line with an error. */
class Box extends WidgetType {
  /**
   * @param {Problem} problem
   * @param {(problem: Problem) => void} fix
   */
  constructor(problem, fix) {
    super();
    this.problem = problem;
    this.fix = fix;
  }

  /**
   * @override
   * @param {Box} other
   */
  eq(other) {
    const [one, two] = [this.problem, other.problem];
    return one.message === two.message && one.code === two.code && one.from === two.from && JSON.stringify(one.edits) === JSON.stringify(two.edits);
  }

  /**
   * @override
   * @param {any} view
   */
  toDOM(view) {
    const { problem } = this;
    const around = document.createElement("div"); // without margins, which the editor cannot measure
    around.className = "cm-around";
    const box = around.appendChild(document.createElement("div"));
    box.className = `cm-box ${problem.severity}`;
    const text = box.appendChild(document.createElement("span"));
    text.className = "grow";
    text.textContent = `${sentence(problem.message)} `;
    const code = text.appendChild(document.createElement("span"));
    code.className = "soft";
    code.textContent = problem.code;
    if (problem.hint) {
      const hint = text.appendChild(document.createElement("div"));
      hint.className = "soft";
      hint.textContent = sentence(problem.hint);
    }
    if (problem.edits !== null && !view.state.readOnly) {
      const button = box.appendChild(document.createElement("button"));
      button.className = "btn main";
      button.textContent = fixLabel(problem.edits);
      button.title = "Alt-Enter in the line";
      // Tab leaves the editor, whatever the last check found: a box comes and goes with each check.
      button.tabIndex = -1;
      button.addEventListener("mousedown", (event) => event.preventDefault());
      button.addEventListener("click", () => this.fix(problem));
    }
    return around;
  }

  /** @override */
  ignoreEvent() {
    return true;
  }

  /** @override */
  get estimatedHeight() {
    return this.problem.hint ? 52 : 34;
  }
}

/** @type {Record<string, any>} */
const underlines = {
  error: Decoration.mark({ class: "cm-wrong error" }),
  warning: Decoration.mark({ class: "cm-wrong warning" }),
  note: Decoration.mark({ class: "cm-wrong note" }),
};

/**
 * Return the field with the problems of the text: marks, and boxes below the lines of errors.
 *
 * @param {(problem: Problem) => void} fix Applies the fix of a problem.
 */
export function problemField(fix) {
  return StateField.define({
    create: () => ({ problems: /** @type {readonly Problem[]} */ ([]), decorations: Decoration.none }),
    update(/** @type {any} */ value, /** @type {any} */ transaction) {
      let { problems, decorations } = value;
      if (transaction.docChanged) {
        decorations = decorations.map(transaction.changes);
        problems = problems.map((/** @type {Problem} */ one) => ({
          ...one,
          from: transaction.changes.mapPos(one.from, 1),
          to: Math.max(transaction.changes.mapPos(one.from, 1), transaction.changes.mapPos(one.to, -1)),
        }));
      }
      for (const effect of transaction.effects) {
        if (effect.is(setProblems)) {
          problems = effect.value;
          decorations = decorate(problems, transaction.state.doc, fix);
        }
      }
      return { problems, decorations };
    },
    provide: (/** @type {any} */ field) => EditorView.decorations.from(field, (/** @type {any} */ value) => value.decorations),
  });
}

/**
 * @param {readonly Problem[]} problems
 * @param {any} doc
 * @param {(problem: Problem) => void} fix
 */
function decorate(problems, doc, fix) {
  const found = [];
  let boxes = 0;
  for (const one of problems) {
    let { from, to } = one;
    if (to === from) {
      const line = doc.lineAt(from);
      if (from < line.to) to = from + 1;
      else if (from > line.from) from -= 1;
    }
    if (to > from) found.push((underlines[one.severity] ?? underlines.note).range(from, to));
    if (one.severity === "error" && boxes < MAX_BOXES) {
      boxes++;
      found.push(Decoration.widget({ widget: new Box(one, fix), block: true, side: 1 }).range(doc.lineAt(one.from).to));
    }
  }
  return Decoration.set(found, true);
}

// ---- hints ---------------------------------------------------------------------------------------

/**
 * Sets the hints, each with the start of its line.
 *
 * @type {import("./vendor/codemirror.js").StateEffectType<readonly {at: number, text: string}[]>}
 */
export const setHints = StateEffect.define();

/** A hint at the end of a line. */
class HintWidget extends WidgetType {
  /** @param {string} text */
  constructor(text) {
    super();
    this.text = text;
  }

  /**
   * @override
   * @param {HintWidget} other
   */
  eq(other) {
    return other.text === this.text;
  }

  /** @override */
  toDOM() {
    const hint = document.createElement("span");
    hint.className = "cm-hint";
    hint.setAttribute("aria-hidden", "true");
    for (const part of hintParts(this.text)) {
      const span = hint.appendChild(document.createElement(part.look === "" ? "span" : "b"));
      span.className = part.look;
      span.textContent = part.text;
    }
    return hint;
  }

  /** @override */
  ignoreEvent() {
    return false;
  }
}

/** The hints as values in the text; only those of visible lines are drawn. */
export const hints = StateField.define({
  create: () => RangeSet.empty,
  update(/** @type {any} */ set, /** @type {any} */ transaction) {
    let found = transaction.docChanged ? set.map(transaction.changes) : set;
    for (const effect of transaction.effects) {
      if (effect.is(setHints)) {
        found = RangeSet.of(
          effect.value.map((/** @type {{at: number, text: string}} */ one) => new HintText(one.text).range(one.at)),
          true,
        );
      }
    }
    return found;
  },
});

/** A hint's text as a value of a RangeSet. It moves with the start of its line. */
class HintText extends RangeValue {
  /** @param {string} text */
  constructor(text) {
    super();
    this.text = text;
    this.mapMode = MapMode.TrackBefore;
  }
}

/**
 * Return the decorations for the hints of the visible lines.
 *
 * @param {any} view
 */
function visibleHints(view) {
  const { doc } = view.state;
  const set = view.state.field(hints);
  /** @type {any[]} */
  const found = [];
  for (const { from, to } of view.visibleRanges) {
    set.between(from, to, (/** @type {number} */ at, /** @type {number} */ _to, /** @type {any} */ value) => {
      const line = doc.lineAt(at);
      found.push(Decoration.line({ class: `has-hint w${hintWidth(value.text)}` }).range(line.from));
      found.push(Decoration.widget({ widget: new HintWidget(value.text), side: 2 }).range(line.to));
    });
  }
  return Decoration.set(found, true);
}

export const hintDecorations = EditorView.decorations.of(visibleHints);

// ---- lines ---------------------------------------------------------------------------------------

/**
 * Sets the lines that are marked, by their numbers.
 *
 * @type {import("./vendor/codemirror.js").StateEffectType<{playing: number | null, changed: number[]}>}
 */
export const setLines = StateEffect.define();

class Marker extends GutterMarker {
  /**
   * @param {string} name
   * @param {string} text
   */
  constructor(name, text) {
    super();
    this.elementClass = `cm-mark-${name}`;
    this.text = text;
  }

  /**
   * @override
   * @param {Marker} other
   */
  eq(other) {
    return other.elementClass === this.elementClass;
  }

  /** @override */
  toDOM() {
    const mark = document.createElement("span");
    mark.textContent = this.text;
    mark.setAttribute("aria-hidden", "true");
    return mark;
  }
}

const MARKERS = {
  error: new Marker("error", "✖"),
  warning: new Marker("warning", "▲"),
  note: new Marker("note", "•"),
  playing: new Marker("playing", "▶"),
};

const LINES = {
  playing: Decoration.line({ class: "cm-playing" }),
  changed: Decoration.line({ class: "cm-changed" }),
};

export const lineMarks = StateField.define({
  create: () => ({ playing: /** @type {number | null} */ (null), decorations: Decoration.none }),
  update(/** @type {any} */ value, /** @type {any} */ transaction) {
    let { playing, decorations } = value;
    if (transaction.docChanged) {
      decorations = decorations.map(transaction.changes);
      if (playing !== null) playing = transaction.changes.mapPos(playing, -1, MapMode.Simple);
    }
    for (const effect of transaction.effects) {
      if (effect.is(setLines)) {
        const { doc } = transaction.state;
        const found = effect.value.changed
          .filter((/** @type {number} */ line) => line <= doc.lines)
          .map((/** @type {number} */ line) => LINES.changed.range(doc.line(line).from));
        playing = null;
        if (effect.value.playing !== null && effect.value.playing <= doc.lines) {
          playing = doc.line(effect.value.playing).from;
          found.push(LINES.playing.range(playing));
        }
        decorations = Decoration.set(found, true);
      }
    }
    return { playing, decorations };
  },
  provide: (/** @type {any} */ field) => EditorView.decorations.from(field, (/** @type {any} */ value) => value.decorations),
});

/**
 * Return the gutter with the marks of errors and of the line that plays.
 *
 * @param {any} problems The field of `problemField`.
 */
export function markGutter(problems) {
  return gutter({
    class: "cm-marks",
    lineMarker(/** @type {any} */ view, /** @type {any} */ line) {
      if (view.state.field(lineMarks).playing === line.from) return MARKERS.playing;
      /** @type {"error" | "warning" | "note" | null} */
      let worst = null;
      for (const one of view.state.field(problems).problems) {
        if (one.from < line.from || one.from > line.to) continue;
        if (one.severity === "error") return MARKERS.error;
        if (one.severity === "warning" || worst === null) worst = one.severity;
      }
      return worst === null ? null : (MARKERS[worst] ?? null);
    },
    lineMarkerChange: (/** @type {any} */ update) =>
      update.docChanged || update.transactions.some((/** @type {any} */ one) => one.effects.some((/** @type {any} */ effect) => effect.is(setProblems) || effect.is(setLines))),
    initialSpacer: () => MARKERS.error,
  });
}
