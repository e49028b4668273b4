/**
 * Scores in the text notation, in coarse tokens, for the colours, folds and indentation of editors.
 *
 * The layout is that of sequencer/language/text/statements.py: what is a statement, what a block, what a comment, what a text.
 * Of the words only those are known that give a line its shape; the queries know the others. The language itself is defined in
 * grammar/score.lark, and what is wrong in a score is reported by the language server.
 */

/// <reference types="tree-sitter-cli/dsl" />

// A letter or anything that is not ASCII, then also digits; `-` joins: night-tram.
const LETTER = "[A-Za-z_\\u{aa}\\u{b5}\\u{ba}\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{10ffff}]";
const NAME = `${LETTER}(?:-*(?:${LETTER}|[0-9]))*`;
// Whatever else can be written without quotes: 9.3+1/2, F#3, 24000/1001. An arrow ends it.
const FIRST = "[^ \\t\\r\\n\"#{}(),|=;*<>+\\-]";
const FURTHER = "[^ \\t\\r\\n\"{}(),|=;*<>\\-]";

const text = (pattern) => token.immediate(new RegExp(pattern, "u"));

module.exports = grammar({
  name: "score",

  word: ($) => $.name,

  extras: ($) => [/[ \t\r]/, $.comment],

  rules: {
    score: ($) => seq(optional($._statements), repeat(seq($.unmatched, optional($._statements)))),
    unmatched: () => "}",

    // A newline ends a statement, and so does a semicolon in a block; the last one needs neither.
    _statements: ($) =>
      choice($.statement, seq(repeat1(choice($._end, $.block, seq($.statement, $._end))), optional($.statement))),
    _end: () => choice("\n", ";"),

    block: ($) => seq(field("head", $.block_head), optional($._statements), "}"),
    block_head: ($) => seq(optional($._content), "{"),

    statement: ($) => $._content,

    _content: ($) =>
      prec.right(
        choice(
          seq(alias(choice("at", "end"), $.keyword), optional($.position), repeat($._part)),
          seq(
            alias(choice("scene", "section", "let"), $.keyword),
            optional(seq(choice(alias($.name, $.definition), $._other), repeat($._part))),
          ),
          seq(alias($.name, $.keyword), repeat($._part)),
          seq($._other, repeat($._part)),
        ),
      ),

    _part: ($) => choice($.name, $._from, $._other),
    _other: ($) =>
      choice(
        $.text,
        $.block_text,
        $.list,
        $.number,
        $.word,
        $._continued,
        alias(choice("|", "=", "*", "<", ">", "<=", ">=", "+", "-"), $.operator),
      ),

    _from: ($) => prec.right(seq(alias("from", $.keyword), optional($.position))),

    // After a comma and after an arrow, a statement continues on the next line.
    _continued: ($) => prec.right(seq(choice(",", alias("->", $.operator)), repeat("\n"))),

    // 9.3+1/2, 9:3:240, +2 bars, mark drop +1bar, end -1 bar
    position: ($) =>
      prec.right(
        1,
        choice(
          seq($.number, optional($.unit)),
          seq(alias("mark", $.keyword), $.name, optional(seq(optional("+"), $.number, optional($.unit)))),
          seq(alias("end", $.keyword), optional(seq(optional(choice("+", "-")), $.number, optional($.unit)))),
        ),
      ),
    unit: () => choice("bar", "bars", "beat", "beats"),

    // pick("One." | "Two."), (verse chorus)*2: inside, lines end anywhere.
    list: ($) => seq("(", repeat(choice($._part, "\n")), ")"),

    text: ($) => seq('"', repeat(choice($.escape, $.variable, $._text)), token.immediate('"')),
    _text: () => choice(text('[^"\\\\\\n{}]+'), text("[{}]")),

    block_text: ($) =>
      seq('"""', repeat(choice(alias($.block_escape, $.escape), $.variable, $._block_text)), token.immediate('"""')),
    _block_text: () => choice(text('[^"\\\\{}]+'), text("[{}]"), text('"'), text('""')),

    escape: () => choice(text("\\\\[^\\n]"), text("\\{\\{|\\}\\}")),
    block_escape: () => choice(text("\\\\[^\\u{0}]"), text("\\{\\{|\\}\\}")),
    variable: () => text(`\\{${NAME}\\}`),

    comment: () => /#[^\r\n]*/,
    name: () => new RegExp(NAME, "u"),
    number: () => new RegExp(`[+\\-]?[0-9](?:-*${FURTHER})*`, "u"),
    word: () => new RegExp(`${FIRST}(?:-*${FURTHER})*`, "u"),
  },
});
