"""Suggest fixes for refused statements: missing or extra punctuation, brackets, quotes, keywords, values, misspelled words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sequencer.language.source import closest_word
from sequencer.language.text import foreign_phrases as wording
from sequencer.language.text.suggestion import Finder, Suggestion, find_outside_quotes, shorten
from sequencer.language.values.amounts import DASHES
from sequencer.language.values.midi import RESERVED_GO_CUE, SUGGESTED_GO_CUE
from sequencer.language.values.strings import NAME_CHARACTER

_NAME_PART = re.compile(f"{NAME_CHARACTER}+")
_SEPARATOR = re.compile(r"(?<=\")(?:\s*(?:,|;|/|\bor\b)\s*|[ \t]+)(?=\")")


def find_cuts(_: str, masked: str) -> Iterator[Suggestion]:
    """Find a new seed without `seed`, and `seed` without its number."""
    for match in find_outside_quotes(r"\bcut[ \t]+(?=([+\-]?\d+))", masked):
        hint = f"write: cut seed {match.group(1)}"
        yield Suggestion("E160", match.end(), match.end(), "seed ", "a cut's new seed has its word", hint)
    for match in find_outside_quotes(r"\bcut([ \t]+seed)\b(?![ \t]*[+\-\d])", masked):
        hint = "write the number, for example cut seed 9, or cut alone, which keeps the seed"
        yield Suggestion("E160", match.start(1), match.end(1), "", "behind `seed` stands its number", hint)


def find_picks(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find the options of a pick in the syntax of other languages."""
    for match in find_outside_quotes(r"\b(pick|random|choose|choice|any|oneof)[ \t]*[(\[][^)\]]*[)\]]", masked):
        inside = _SEPARATOR.sub(" | ", _without_call(statement, match))
        is_pick = match.group(1) == "pick"
        message = "in a pick, | stands between the texts" if is_pick else "what is drawn by chance is a pick"
        yield Suggestion("E140", match.start(), match.end(), f"pick({inside})", message, f"write pick({shorten(inside)})")
    for match in find_outside_quotes(r"pick[ \t]+(\"[\s\S]*\")", masked):
        inside = _SEPARATOR.sub(" | ", statement[match.start(1) : match.end(1)])
        message = "what pick draws from stands in brackets"
        yield Suggestion("E140", match.start(), match.end(), f"pick({inside})", message, f"write pick({shorten(inside)})")


def _without_call(statement: str, match: re.Match[str]) -> str:
    whole = statement[match.start() : match.end()]
    return re.sub(r"\A\w+[ \t]*[(\[]|[)\]]\Z", "", whole)


def find_calls(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find brackets around a text."""
    for match in find_outside_quotes(r"(?<![\w\-])(?!pick\b)([^\W\d][\w\-]*)[ \t]*\((?=\"\x01*\"\))", masked):
        end = masked.index(")", match.end())
        cured = f"{match.group(1)} {statement[match.end() : end]}"
        yield Suggestion("E157", match.start(), end + 1, cured, "no brackets stand around a text", f"write {shorten(cured)}")


_EXAMPLES = {
    "strength": "0.8",
    "sr": "4x",
    "snap": "nearest",
    "meter": "3/4",
    "tempo": "96",
    "mark": "drop",
    "goto": "drop",
    "image": '"tram.png"',
}


def find_missing_values(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find an action without its value, such as `strength` alone."""
    for match in find_outside_quotes(rf"(?<![\w\-])({'|'.join(_EXAMPLES)})(?=[ \t]*(?:,|$))", masked):
        word = match.group(1)
        example = f"{word} {_EXAMPLES[word]}"
        hint = f"write it, for example {example}"
        if masked.startswith("on") and re.match(r"on[ \t]+cc\b", masked):
            hint = f"a rule sets what stands in it, and not the controller's value: write, for example, {example}"
        yield Suggestion("E162", match.start(), match.end(), example, f"`{word}` has no value here", hint)


def find_name_mistakes(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find a name in quotes, and the only name that a go-cue cannot have."""
    for match in find_outside_quotes(r"(?<![\w\-])(go|goto|mark|scene|section|play)[ \t]+(\"\x01+\")", masked):
        word = match.group(1)
        bare = "-".join(_NAME_PART.findall(statement[match.start(2) : match.end(2)]))
        if bare:
            code = "E239" if word == "go" else "E142"
            what = {"go": "a go-cue", "goto": "a section", "play": "a section"}.get(word, f"a {word}")
            yield Suggestion(code, match.start(2), match.end(2), bare, f"the name of {what} has no quotes", f"write {bare}")
    for match in find_outside_quotes(rf"(?<![\w\-])go[ \t]+({RESERVED_GO_CUE})(?![\w\-])", masked):
        message = f"`{RESERVED_GO_CUE}` stands between two triggers, so no go-cue is called that"
        yield Suggestion(
            "E239", match.start(1), match.end(1), SUGGESTED_GO_CUE, message, f"choose another name: {SUGGESTED_GO_CUE}"
        )


def find_gotos(_: str, masked: str) -> Iterator[Suggestion]:
    """Find a jump to a section in other words."""
    if masked.startswith("on"):
        jump = r"\b(play|jump(?:[ \t]+to)?|go[ \t]+to|section|call|enter)[ \t]+([^\W\d][\w\-]*)(?=[ \t]*(?:,|$))"
        for match in find_outside_quotes(rf"->.*?{jump}", masked):
            message = f"`{match.group(1)}` is no word of the language here"
            yield Suggestion("E131", match.start(1), match.end(1), "goto", message, f"write goto {match.group(2)}")


def find_midi_messages(_: str, masked: str) -> Iterator[Suggestion]:
    """Find MIDI messages without the word `midi`."""
    if masked.startswith("on"):
        return
    for match in find_outside_quotes(r"(?:,|^at[ \t]+[\w.:+/]+)[ \t]+(?=(note|cc|program)[ \t]+[\w#\-]+)", masked):
        rest = re.match(r"[^\",]*", masked[match.end() :])
        cured = f"midi {rest.group().strip() if rest else match.group(1)}"
        yield Suggestion("E259", match.end(), match.end(), "midi ", "what is sent to gear begins with midi", f"write {cured}")


def find_tempos(_: str, masked: str) -> Iterator[Suggestion]:
    """Find a tempo with its unit, and a ramp in other words."""
    for match in find_outside_quotes(r"(?<=\btempo)[ \t]+[\d./]+[ \t]*bpm\b(?:[ \t]*->[ \t]*[\d./]+(?:[ \t]*bpm\b)?)?", masked):
        cured = re.sub(r"[ \t]*bpm", "", match.group())
        message = "a tempo here is a bare number; bpm is what it counts"
        yield Suggestion("E240", match.start(), match.end(), cured, message, f"write tempo{cured}")
    arrow = rf"[ \t]+(?:to|until|→|=>)[ \t]+|[ \t]*[-{''.join(DASHES)}][ \t]*"
    for match in find_outside_quotes(rf"\btempo[ \t]+[\d./]+({arrow})(?=[\d.])", masked):
        yield Suggestion("E240", match.start(1), match.end(1), " -> ", "between two tempi stands ->", "write ->")
    for match in find_outside_quotes(r"\btempo[ \t]+[\d./]+[ \t]*->[ \t]*[\d./]+[ \t]+(in|during|for|within)\b", masked):
        message = "how long a ramp lasts stands behind over"
        yield Suggestion("E240", match.start(1), match.end(1), "over", message, "write over")


_WORD = re.compile(f"{NAME_CHARACTER}+")

STATEMENTS = tuple(
    _WORD.findall("score clock grid snap lead late seed sr middle use let scene section at every on play end base follow quiet")
)
"""The keywords that begin a statement."""

ACTIONS = tuple(_WORD.findall("image strength sr cut tempo meter mark snap midi pause resume goto pick"))
"""The keywords that begin an action."""


STATEMENT_EXAMPLES = {
    "score": 'score "Night tram"',
    "clock": "clock 120 bpm, 4/4",
    "grid": "grid 33 frames @ 24 fps",
    "snap": "snap nearest",
    "lead": "lead 2c",
    "late": "late shift",
    "seed": "seed 42",
    "sr": "sr 2x",
    "middle": "middle C3",
    "use": 'use "library.score"',
    "let": 'let light = "Wet neon light."',
    "scene": "scene tram {",
    "section": "section intro 8 bars, tempo 120, meter 4/4, cut seed 9 {",
    "at": 'at 9.3 tram "Now she waves.", sr 4x',
    "every": 'every 4 bars from 5 tram "Now she waves."',
    "on": 'on note C3 ch 10 -> tram "Lightning flashes."',
    "play": "play intro drop*2 finale",
    "end": "end 12c",
    "base": 'base "A woman waits at a tram stop. {light}"',
    "follow": 'follow "The woman waits on. {action} {light}"',
    "quiet": "quiet W601, W602",
}
"""An example of each statement."""

FOREIGN_KEYWORDS = {
    "title": (r'[ \t:=]*(".*")', r"score \1"),
    "name": (r'[ \t:=]*(".*")', r"score \1"),
    "bpm": (r"[ \t:=]*([\d./]+)", r"clock \1 bpm"),
    "tempo": (r"[ \t:=]*([\d./]+)(?:[ \t]*bpm)?", r"clock \1 bpm"),
    "meter": (r"[ \t:=]*(\d+/\d+)", r"clock 120 bpm, \1"),
    "time": (r"(?:[ \t]*signature)?[ \t:=]*(\d+/\d+)", r"clock 120 bpm, \1"),
    **dict.fromkeys(("timesig", "signature", "timesignature"), (r"[ \t:=]*(\d+/\d+)", r"clock 120 bpm, \1")),
    "framerate": (r"[ \t:=]*([\d./]+)", r"grid 33 frames @ \1 fps"),
    "upscale": (r"[ \t:=]*(off|2x|4x)", r"sr \1"),
    **dict.fromkeys(("quantize", "quantise"), (r"[ \t:=]*(nearest|floor|ceil)", r"snap \1")),
    **dict.fromkeys(("const", "define", "def", "variable", "string"), (r"[ \t]*(.*)", r"let \1")),
    "duration": (r"[ \t:=]*(\d+c)", r"end \1"),
    "each": (r"[ \t]+(.*)", r"every \1"),
    "repeat": (r"[ \t]+(?:every[ \t]+)?(\d+[ \t]*(?:bars?|beats?|[bcs])[ \t]+.*\".*)", r"every \1"),
    "after": (r"[ \t]+(\d.*)", r"at +\1"),
    **dict.fromkeys(("bar", "measure"), (r"[ \t]+(\d.*)", r"at \1")),
    "fps": (r"[ \t:=]*([\d./]+)", r"grid 33 frames @ \1 fps"),
    "resolution": (r"[ \t:=]*(off|2x|4x)", r"sr \1"),
    "import": (r'[ \t]*(".*")', r"use \1"),
    "include": (r'[ \t]*(".*")', r"use \1"),
    "var": (r"[ \t]*(.*)", r"let \1"),
    "set": (r"[ \t]*(.*)", r"let \1"),
    "length": (r"[ \t:=]*(\d+c)", r"end \1"),
    "order": (r"[ \t:=]*(.*)", r"play \1"),
    "when": (r"[ \t]*(.*)", r"on \1"),
}
"""Statement keywords of other programs: the pattern of what follows the word, and the equivalent statement."""


_WORD_AFTER = re.compile(rf"(?<![,>|(])[ \t]+(?=(?:{'|'.join(ACTIONS)})\b|\")")


def _find_foreign_comments(statement: str, masked: str) -> Iterator[Suggestion]:
    for match in find_outside_quotes(r"(?:^|[ \t])(//|--|;|/\*)[\s\S]*", masked):
        sign = match.group(1)
        hint = "write # instead"
        yield Suggestion("E109", match.start(1), match.end(1), "#", f"`{sign}` opens no comment", hint)
        yield Suggestion("E109", match.start(), len(statement), "", f"`{sign}` opens no comment", "a comment begins with #")
    for match in find_outside_quotes(r"[^\s#](#)", masked):
        message = "in front of a comment's # stands white space"
        yield Suggestion("E147", match.start(1), match.start(1), " ", message, "put a blank in front of #")


def _find_foreign_punctuation(statement: str, masked: str) -> Iterator[Suggestion]:
    for match in find_outside_quotes(r"(?<!\w)'([^'\n\x01]*)'(?!\w)", masked):
        inner = statement[match.start(1) : match.end(1)].replace('"', '\\"')
        yield Suggestion("E108", match.start(), match.end(), f'"{inner}"', "texts stand in double quotes", f'write "{inner}"')
    for match in find_outside_quotes(r"[;.]+\s*$", masked):
        yield Suggestion(
            "E158", match.start(), match.end(), "", f"`{match.group()}` ends no statement", "a new line does: leave it out"
        )


def _find_comma_mistakes(_: str, masked: str) -> Iterator[Suggestion]:
    for match in find_outside_quotes(r"[ \t]*,[ \t]*$", masked):
        yield Suggestion("E129", match.start(), match.end(), "", "nothing follows this comma", "leave the comma out")
    for match in find_outside_quotes(r",[ \t]*,", masked):
        yield Suggestion("E129", match.start(), match.end(), ",", "between two commas stands nothing", "leave one of them out")
    for match in find_outside_quotes(r"^(?:at|every)[ \t][^\",]*?[\w.](,)[ \t]", masked):
        message = "no comma stands between the place and what happens there"
        yield Suggestion("E129", match.start(1), match.end(1), "", message, "leave the comma out")
    for match in find_outside_quotes(_WORD_AFTER.pattern, masked):
        message = "between two actions stands a comma"
        yield Suggestion("E128", match.start(), match.start(), ",", message, "put a comma here")
    for match in find_outside_quotes(r"(?<=\")[ \t]*(?=[^\W\d])", masked):
        yield Suggestion("E128", match.start(), match.end(), ", ", "between two actions stands a comma", "put a comma here")
    for match in find_outside_quotes(r"(?<!\")[ \t]+(?:and|&|\+|;)[ \t]+|[ \t]+(?:and|&|\+|;)[ \t]+(?!\")|;[ \t]*", masked):
        yield Suggestion("E128", match.start(), match.end(), ", ", "between two actions stands a comma", "put a comma here")
    if masked.startswith("section"):
        for match in find_outside_quotes(r"[ \t]+(?=(?:cut|tempo|meter|max|until)\b)", masked):
            message = "between a section's length and what else is said of it stands a comma"
            yield Suggestion("E135", match.start(), match.start(), ",", message, "put a comma here")


def _find_number_mistakes(statement: str, masked: str) -> Iterator[Suggestion]:
    for match in find_outside_quotes(r"(?<=\d),(?=\d)", masked):
        message = "a comma stands between actions, never inside a number or a place"
        number = re.search(r"\d+\Z", statement[: match.start()])
        rest = re.match(r"\d+", statement[match.end() :])
        cured = f"{number.group() if number else ''}.{rest.group() if rest else ''}"
        yield Suggestion("E203", match.start(), match.end(), ".", message, f"write {cured}")
    if masked.startswith("lead"):
        for match in find_outside_quotes(r"(?<=\d)[ \t]*chunks?\b", masked):
            yield Suggestion(
                "E250",
                match.start(),
                match.end(),
                "c",
                "chunks are written c",
                f"write {masked[: match.start()].rsplit(maxsplit=1)[-1]}c",
            )


def _find_every_starts(_: str, masked: str) -> Iterator[Suggestion]:
    start = r"(starting|beginning|start|since|at|on)[ \t]+(?:at[ \t]+|from[ \t]+|bar[ \t]+)*(?=\d)"
    for match in find_outside_quotes(rf"^every\b[^\",]*?[ \t]{start}", masked):
        word = match.group(1)
        yield Suggestion("E161", match.start(1), match.end(), "from ", f"behind `{word}` an every has no place", "write from")


def _find_position_separators(_: str, masked: str) -> Iterator[Suggestion]:
    for match in find_outside_quotes(r"^(?:at|every)[ \t][^\",>]*?([ \t]*->[ \t]*)", masked):
        message = "an arrow stands behind a trigger, not behind a place"
        yield Suggestion("E134", match.start(1), match.end(1), " ", message, "leave it out")
    for match in find_outside_quotes(r"^(?:at|every)[ \t]+[^\s\",>]+([ \t]*(?:=>|=|–|—|→|-|:|\|)[ \t]+)(?=[\"\w])", masked):
        message = "nothing stands between a place and what happens there"
        yield Suggestion("E157", match.start(1), match.end(1), " ", message, "put a blank in its place")


def _find_adjacent_texts(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find two adjacent texts. They are meant as one, because a second text would be a second prompt."""
    for match in find_outside_quotes(r"\"\x01*(\"[ \t]+\")\x01*\"", masked):
        if '"""' not in statement and not re.search(r"\bpick[ \t]*\(?[^)]*\Z", masked[: match.start()]):
            message = "two texts stand side by side"
            yield Suggestion("E128", match.start(1), match.end(1), " ", message, "make one of them")


def _find_assignments(statement: str, masked: str) -> Iterator[Suggestion]:
    if masked.startswith("let"):
        for match in find_outside_quotes(r"^let[ \t]+[\w\-]+([ \t]*(?::=|:|==|->|is\b)?[ \t]*)(?=\")", masked):
            hint = f"write {statement[: match.start(1)]} = {shorten(statement[match.end(1) :])}"
            yield Suggestion("E132", match.start(1), match.end(1), " = ", "a variable is set with =", hint)
        return
    for match in find_outside_quotes(r"^clock\b.*?[\w\"]([ \t]+nominal[ \t]*[:=][ \t]*)(?=\d)", masked):
        message = "between the parts of a clock stand commas"
        yield Suggestion("E247", match.start(1), match.end(1), ", nominal ", message, "put a comma in front of nominal")
    for match in find_outside_quotes(r"(?<=\w)[ \t]*[:=]+[ \t]*", masked):
        sign = match.group().strip()
        message = f"no `{sign}` stands between a word and its value"
        yield Suggestion("E157", match.start(), match.end(), " ", message, "put a blank in its place")


def _find_arrows(_: str, masked: str) -> Iterator[Suggestion]:
    if not masked.startswith("on"):
        return
    for match in find_outside_quotes(r"[ \t]*(?:=>|→|⇒|–>|—>|-->|>>|-(?=[ \t])|:)[ \t]*", masked):
        yield Suggestion("E134", match.start(), match.end(), " -> ", "between a trigger and its actions stands ->", "write ->")
    for match in find_outside_quotes(rf"[ \t]+(?=(?:{'|'.join(ACTIONS)})\b|\"|[^\W\d][\w-]*[ \t]+\")", masked):
        if re.search(r"\b(?:on|note|cc|program|go|ch|[<>])\Z", masked[: match.start()]):
            continue  # what follows belongs to the trigger
        message = "between a trigger and its actions stands ->"
        yield Suggestion("E134", match.start(), match.end(), " -> ", message, "put -> here")


def _find_section_heads(statement: str, masked: str) -> Iterator[Suggestion]:
    for match in find_outside_quotes(r"^section[ \t]+(?:[\w\-]+|\"\x01+\")[ \t]*(,[ \t]*)(?=[\d+])", masked):
        message = "no comma stands between a section's name and its length"
        yield Suggestion("E129", match.start(1), match.end(1), " ", message, "leave the comma out")
    for match in find_outside_quotes(r"^(section|scene)[ \t]+(\"\x01+\"|'[^'\n]+')", masked):
        kind = match.group(1)
        bare = "-".join(_WORD.findall(statement[match.start(2) : match.end(2)]))
        yield Suggestion("E142", match.start(2), match.end(2), bare, f"the name of a {kind} has no quotes", f"write {bare}")
    for match in find_outside_quotes(r"^section\b[^{]*?(\(([^()]*)\))", masked):
        yield Suggestion(
            "E139", match.start(1), match.end(1), match.group(2), "a length has no brackets", f"write {match.group(2)}"
        )
    for match in find_outside_quotes(r"^section\b[^{]*?,[ \t]*()seed\b", masked):
        message = "the model reads its seed only when a take starts"
        yield Suggestion("E133", match.start(1), match.end(1), "cut ", message, "start a new take with it: cut seed …")
    for match in find_outside_quotes(r"^section\b[^{]*?,[ \t]*([\d./]+)[ \t]*bpm\b", masked):
        cured = f"tempo {match.group(1)}"
        yield Suggestion("E240", match.start(1), match.end(), cured, "a section's tempo has its word", f"write {cured}")
    for match in find_outside_quotes(r"^section\b[^{]*?,[ \t]*()\d+/\d+(?=[ \t]*[,{])", masked):
        yield Suggestion(
            "E241", match.start(1), match.end(1), "meter ", "a section's meter has its word", "write meter in front of it"
        )
    for match in find_outside_quotes(r"^scene[ \t]+[\w\-]+([ \t]*=?[ \t]*)(\"\x01*\")$", masked):
        text = statement[match.start(2) : match.end(2)]
        message = "a scene's texts stand in its braces"
        cured = f" {{\n  base {text}\n}}"
        yield Suggestion("E113", match.start(1), match.end(2), cured, message, "write: scene NAME { base … follow … }")
    length = r"(\d+(?:[./]\d+)?[ \t]*(?:bars?|beats?|[bcsf]|ms))"
    for match in find_outside_quotes(rf"^section\b[^{{]*?\buntil\b[^{{]*?([ \t]+or[ \t]+{length})(?=[ \t]*(?:,|\{{))", masked):
        cured = f", max {match.group(2)}"
        hint = f"its longest length stands behind a comma: write {cured}"
        yield Suggestion("E230", match.start(1), match.end(1), cured, f"{match.group(2)} is a length, not a trigger", hint)
    for match in find_outside_quotes(rf"^section\b[^{{]*?(\buntil[ \t]+){length}(?=[ \t]*(?:,|\{{))", masked):
        hint = f"a section of a fixed length says it alone: write {match.group(2)}"
        yield Suggestion("E230", match.start(1), match.end(1), "", f"{match.group(2)} is a length, not a trigger", hint)
    for match in find_outside_quotes(r"^section[ \t]+[\w\-]+(?=[ \t]*(?:,[^{]*)?\{$)", masked):
        message = "this section does not say how long it is"
        yield Suggestion(
            "E139", match.end(), match.end(), " 8 bars", message, "write its length behind its name, for example 8 bars"
        )


def _find_missing_quotes(statement: str, masked: str) -> Iterator[Suggestion]:
    opening = re.match(
        r"(?:score|use|(?:base|follow)|let[ \t]+[\w\-]+[ \t]*=|(?:at|every)[ \t]+(?:mark[ \t]+)?[\w.:+/]+(?:[ \t]+bars?)?"
        r"(?:[ \t]+from[ \t]+[\w.:+/]+)?(?:[ \t]+image)?)[ \t]+",
        masked,
    )
    words = re.match(r"\w+", masked[opening.end() :]) if opening is not None else None
    if opening is not None and opening.group().rstrip().endswith("image"):
        opening = None  # handled below, because what follows a path is not part of it
    is_action = words is not None and words.group() in {*ACTIONS, "seed", "bar", "bars", "beat", "beats", "from"}
    if opening is not None and not is_action and '"' not in masked[opening.end() :] and masked[opening.end() :].strip():
        verb = re.match(r"(?:prompt|show|text)[ \t]+(?=\S)", masked[opening.end() :])  # a key of the YAML notation
        inner = statement[opening.end() + (verb.end() if verb is not None else 0) :].replace("\\", "\\\\").replace("\n", " ")
        yield Suggestion(
            "E143", opening.end(), len(statement), f'"{inner}"', "a text stands in quotes", f'write "{shorten(inner)}"'
        )
    for match in find_outside_quotes(r"(?<=image)[ \t]+([^\s\",{}]+)", masked):
        path = statement[match.start(1) : match.end(1)]
        yield Suggestion(
            "E143", match.start(1), match.end(1), f'"{path}"', "a path stands in quotes", f'write "{shorten(path)}"'
        )


def _find_misspelled_words(_: str, masked: str) -> Iterator[Suggestion]:
    known = [*STATEMENTS, *ACTIONS, "from", "over", "until", "max", "or", "seed", "bars", "bar", "beats", "beat", "bpm"]
    for match in find_outside_quotes(r"(?<![\w\-.])[^\W\d][\w\-]*", masked):
        word = match.group()
        meant = None if word in known else closest_word(word, known)
        if meant is not None:
            message = f"`{word}` is no word of the language here"
            yield Suggestion("E131", match.start(), match.end(), meant, message, f"did you mean {meant}?")


def _find_missing_newlines(_: str, masked: str) -> Iterator[Suggestion]:
    in_cue = re.match(r"(?:at|every|on)\b", masked) is not None
    words = [word for word in STATEMENTS if not (in_cue and word in ACTIONS)]  # `at 1 "…" sr 4x` lacks a comma
    for match in find_outside_quotes(rf"[ \t]+(?=(?:{'|'.join(words)})[ \t])|(?<=\}})[ \t]+", masked):
        message = "a second statement stands on this line"
        yield Suggestion("E104", match.start(), match.end(), "\n", message, "put it on a line of its own")
    for match in find_outside_quotes(rf"[ \t]*;[ \t]*(?=(?:{'|'.join(STATEMENTS)})\b)", masked):
        yield Suggestion(
            "E104", match.start(), match.end(), "\n", "`;` parts no statements: a new line does", "put it on its own line"
        )


SUGGESTIONS: tuple[Finder, ...] = (
    _find_foreign_punctuation,
    _find_foreign_comments,
    _find_every_starts,
    wording.find_positions,
    wording.find_repetitions,
    wording.find_texts,
    wording.find_actions,
    _find_missing_newlines,
    _find_section_heads,
    wording.find_section_heads,
    _find_position_separators,
    _find_number_mistakes,
    _find_adjacent_texts,
    _find_assignments,
    _find_arrows,
    find_cuts,
    find_picks,
    find_calls,
    find_missing_values,
    find_name_mistakes,
    find_gotos,
    find_midi_messages,
    find_tempos,
    _find_comma_mistakes,
    _find_misspelled_words,
    _find_missing_quotes,
)
"""The kinds of suggestions, the most certain ones first."""


SAFE_FIXES: frozenset[Finder] = frozenset(
    {
        _find_foreign_punctuation,
        _find_section_heads,
        _find_position_separators,
        _find_number_mistakes,
        _find_assignments,
        _find_missing_quotes,
    }
)
"""The kinds that are worth reporting even if another mistake follows."""
