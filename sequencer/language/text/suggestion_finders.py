"""Find the mistakes whose fix is more than one replacement of a pattern.

These are the functions among the kinds of suggestions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from sequencer.language.source import closest_word
from sequencer.language.spec import ACTION_KEYWORDS, ACTIONS, RESERVED, STATEMENT_KEYWORDS
from sequencer.language.text.suggestion import Rule, Suggestion, find_outside_quotes, shorten
from sequencer.language.values.strings import NAME, NAME_CHARACTER

_WORD = re.compile(f"{NAME_CHARACTER}+")
_SEPARATOR = re.compile(r"(?<=\")(?:\s*(?:,|;|/|\bor\b)\s*|[ \t]+)(?=\")")
_UNITS = {"chunk": "c", "frame": "f", "second": "s", "sec": "s", "s": "s", "time": "s", "t": "s"}
_ACTION = "|".join(ACTION_KEYWORDS)
_TEXT = r"\"\x01*\""
_NAMES = rf"{NAME}(?:[ \t]*,[ \t]*{NAME})*"
_AT = r"^at[ \t]+"
_HEAD = r"^section\b[^{]*?"

# ---- positions and lengths -----------------------------------------------------------------------


def find_units_before_numbers(_: str, masked: str) -> Iterator[Suggestion]:
    """Find `at chunk 5` and `at t=10`."""
    units = "chunk|frame|second|sec|time|t"
    for match in find_outside_quotes(
        rf"{_AT}({units})s?(?:[ \t]*=[ \t]*|[ \t]+)(\d+(?:\.\d+)?)s?(?![\w.:])", masked
    ):
        corrected = f"at {match.group(2)}{_UNITS[match.group(1)]}"
        message = f"a unit directly follows its number; `{match.group(1)}` cannot come before it"
        yield Suggestion(
            code="E216",
            start=match.start(),
            end=match.end(),
            text=corrected,
            message=message,
            hint=f"write {corrected}",
        )


def find_commas_in_numbers(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find a decimal comma, as in `at 1,5s`."""
    for match in find_outside_quotes(r"(?<=\d),(?=\d)", masked):
        message = "a comma separates actions and cannot be part of a number or a position"
        number = re.search(r"\d+\Z", statement[: match.start()])
        rest = re.match(r"\d+", statement[match.end() :])
        corrected = f"{number.group() if number else ''}.{rest.group() if rest else ''}"
        yield Suggestion(
            code="E203",
            start=match.start(),
            end=match.end(),
            text=".",
            message=message,
            hint=f"write {corrected}",
        )


def find_chunks_of_leads(_: str, masked: str) -> Iterator[Suggestion]:
    """Find a lead whose unit is a word, as in `lead 2 chunks`."""
    if masked.startswith("lead"):
        for match in find_outside_quotes(r"(?<=\d)[ \t]*chunks?\b", masked):
            hint = f"write {masked[: match.start()].rsplit(maxsplit=1)[-1]}c"
            yield Suggestion(
                code="E250",
                start=match.start(),
                end=match.end(),
                text="c",
                message="the unit of chunks is written c",
                hint=hint,
            )


# ---- texts ---------------------------------------------------------------------------------------


def find_quotes(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find a text in single quotes."""
    for match in find_outside_quotes(r"(?<!\w)'([^'\n\x01]*)'(?!\w)", masked):
        inner = statement[match.start(1) : match.end(1)].replace('"', '\\"')
        yield Suggestion(
            code="E108",
            start=match.start(),
            end=match.end(),
            text=f'"{inner}"',
            message="a text is written in double quotes",
            hint=f'write "{inner}"',
        )


def find_alternatives(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find `("a" or "b")` without `pick`."""
    several = rf"{_TEXT}(?:[ \t]*(?:\||\bor\b|/)[ \t]*{_TEXT})+"
    for match in find_outside_quotes(rf"(?:[(\[{{][ \t]*)?({several})[ \t]*[)\]}}]?", masked):
        if re.search(r"(?:pick|shuffle)[ \t]*\Z", masked[: match.start()]):
            continue
        inside = re.sub(
            r"(?<=\")[ \t]*(?:\||\bor\b|/)[ \t]*(?=\")",
            " | ",
            statement[match.start(1) : match.end(1)],
        )
        message = "a random choice is written with pick"
        yield Suggestion(
            code="E140",
            start=match.start(),
            end=match.end(),
            text=f"pick({inside})",
            message=message,
            hint=f"write pick({shorten(inside)})",
        )


def find_picks_without_bars(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find a pick whose texts are only separated by spaces, as in `pick("a" "b")`."""
    for match in find_outside_quotes(
        rf"(pick|shuffle)[ \t]*\([ \t]*({_TEXT}(?:[ \t]+{_TEXT})+)[ \t]*\)", masked
    ):
        inside = re.sub(r"(?<=\")[ \t]+(?=\")", " | ", statement[match.start(2) : match.end(2)])
        word = match.group(1)
        message = f"the texts of a {word} are separated by |"
        yield Suggestion(
            code="E140",
            start=match.start(),
            end=match.end(),
            text=f"{word}({inside})",
            message=message,
            hint=f"write {word}({shorten(inside)})",
        )


def find_joined_texts(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find two texts joined by `+`, `&` or `and`."""
    for match in find_outside_quotes(rf"({_TEXT})[ \t]*(?:\+|&|\band\b)[ \t]*({_TEXT})", masked):
        both = (
            statement[match.start(1) : match.end(1)][:-1]
            + " "
            + statement[match.start(2) : match.end(2)][1:]
        )
        message = "there are two texts next to each other"
        yield Suggestion(
            code="E128",
            start=match.start(),
            end=match.end(),
            text=both,
            message=message,
            hint=f"combine them: {shorten(both)}",
        )


def find_words_before_texts(_: str, masked: str) -> Iterator[Suggestion]:
    """Find `tram action "…"`."""
    for match in find_outside_quotes(
        rf"[ \t,]+(?:action|does|do|says?|prompt|with)[ \t]*[:=]?[ \t]+(?={_TEXT})", masked
    ):
        if re.search(rf"^(?:at|every)\b.*[ \t]{NAME}\Z|->[ \t]*{NAME}\Z", masked[: match.start()]):
            message = "a scene's action directly follows its name"
            yield Suggestion(
                code="E128",
                start=match.start(),
                end=match.end(),
                text=" ",
                message=message,
                hint="remove the word between them",
            )


def find_adjacent_texts(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find two adjacent texts.

    They are meant as one, because a second text would be a second prompt.
    """
    for match in find_outside_quotes(r"\"\x01*(\"[ \t]+\")\x01*\"", masked):
        if '"""' not in statement and not re.search(
            r"\b(?:pick|shuffle)[ \t]*\(?[^)]*\Z", masked[: match.start()]
        ):
            message = "there are two texts next to each other"
            yield Suggestion(
                code="E128",
                start=match.start(1),
                end=match.end(1),
                text=" ",
                message=message,
                hint="combine them",
            )


def find_picks(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find the options of a pick in the syntax of other languages."""
    for match in find_outside_quotes(
        r"\b(pick|shuffle|random|choose|choice|any|oneof)[ \t]*[(\[][^)\]]*[)\]]", masked
    ):
        inside = _SEPARATOR.sub(" | ", _without_call(statement, match))
        is_known = match.group(1) in ("pick", "shuffle")
        word = match.group(1) if is_known else "pick"
        message = (
            f"the texts of a {word} are separated by |"
            if is_known
            else "a random choice is written with pick"
        )
        yield Suggestion(
            code="E140",
            start=match.start(),
            end=match.end(),
            text=f"{word}({inside})",
            message=message,
            hint=f"write {word}({shorten(inside)})",
        )
    for match in find_outside_quotes(r"\b(pick|shuffle)[ \t]+(\"[\s\S]*\")", masked):
        word = match.group(1)
        if word == "shuffle" and "|" not in masked[match.start(2) : match.end(2)]:
            continue  # a scene of this name, with its action
        inside = _SEPARATOR.sub(" | ", statement[match.start(2) : match.end(2)])
        message = f"the texts of a {word} are written in brackets"
        yield Suggestion(
            code="E140",
            start=match.start(),
            end=match.end(),
            text=f"{word}({inside})",
            message=message,
            hint=f"write {word}({shorten(inside)})",
        )


def _without_call(statement: str, match: re.Match[str]) -> str:
    whole = statement[match.start() : match.end()]
    return re.sub(r"\A\w+[ \t]*[(\[]|[)\]]\Z", "", whole)


def find_stages_without_actions(_: str, masked: str) -> Iterator[Suggestion]:
    """Find `at 5 on left`, where nothing happens."""
    match = re.match(rf"(?:at|every)\b[^\"]*?[ \t](?P<stages>on[ \t]+{_NAMES}),?[ \t]*\Z", masked)
    if match is not None:
        yield Suggestion(
            code="E103",
            start=match.end("stages"),
            end=len(masked),
            text=' "…"',
            message="the statement is incomplete: the stages have no action",
            hint=f'write what they show: {shorten(match.group("stages"))} "…"',
            is_certain=False,
        )


def find_missing_quotes(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find a text without quotes where a statement requires a text in quotes."""
    opening = re.match(
        r"(?:score|use|(?:base|follow)|let[ \t]+[\w\-]+[ \t]*="
        r"|(?:at|every)[ \t]+(?:mark[ \t]+)?[\w.:+/]+(?:[ \t]+bars?)?"
        r"(?:[ \t]+from[ \t]+[\w.:+/]+)?(?:[ \t]+image)?)[ \t]+",
        masked,
    )
    words = re.match(r"\w+", masked[opening.end() :]) if opening is not None else None
    if opening is None or opening.group().rstrip().endswith("image"):
        return  # a rule of its own, because what follows a path is not part of it
    if (
        (words is not None and words.group() in RESERVED)
        or '"' in masked[opening.end() :]
        or not masked[opening.end() :].strip()
    ):
        return
    verb = re.match(
        r"(?:prompt|show|text)[ \t]+(?=\S)", masked[opening.end() :]
    )  # a key of the YAML notation
    inner = (
        statement[opening.end() + (verb.end() if verb is not None else 0) :]
        .replace("\\", "\\\\")
        .replace("\n", " ")
    )
    yield Suggestion(
        code="E143",
        start=opening.end(),
        end=len(statement),
        text=f'"{inner}"',
        message="a text is written in quotes",
        hint=f'write "{shorten(inner)}"',
    )


# ---- words ---------------------------------------------------------------------------------------

_EXAMPLES = {
    row.keyword: row.example
    for row in ACTIONS
    if row.keyword is not None
    and not row.is_bare
    and not row.repeats  # their own readers report what is missing
}


def find_missing_values(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find an action without its value, such as `strength` alone."""
    for match in find_outside_quotes(
        rf"(?<![\w\-])({'|'.join(_EXAMPLES)})(?=[ \t]*(?:,|$))", masked
    ):
        word = match.group(1)
        example = _EXAMPLES[word]
        hint = f"write it, for example {example}"
        if masked.startswith("on") and re.match(r"on[ \t]+cc\b", masked):
            hint = (
                "a rule sets a fixed value, not the controller's value: write, for example, "
                f"{example}"
            )
        yield Suggestion(
            code="E162",
            start=match.start(),
            end=match.end(),
            text=example,
            message=f"`{word}` has no value here",
            hint=hint,
        )


def find_quoted_names(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find a name in quotes inside a statement, as in `go "drop"` or `mark "chorus"`."""
    for match in find_outside_quotes(
        r"(?<![\w\-])(go|goto|mark|scene|section|play)[ \t]+(\"\x01+\")", masked
    ):
        word = match.group(1)
        bare = "-".join(_WORD.findall(statement[match.start(2) : match.end(2)]))
        if bare:
            code = "E239" if word == "go" else "E142"
            what = {"go": "a go-cue", "goto": "a section", "play": "a section"}.get(
                word, f"a {word}"
            )
            yield Suggestion(
                code=code,
                start=match.start(2),
                end=match.end(2),
                text=bare,
                message=f"the name of {what} is written without quotes",
                hint=f"write {bare}",
            )


def find_quoted_names_in_heads(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find a name in quotes at the head of a section or a scene."""
    for match in find_outside_quotes(r"^(section|scene)[ \t]+(\"\x01+\"|'[^'\n]+')", masked):
        kind = match.group(1)
        bare = "-".join(_WORD.findall(statement[match.start(2) : match.end(2)]))
        yield Suggestion(
            code="E142",
            start=match.start(2),
            end=match.end(2),
            text=bare,
            message=f"the name of a {kind} is written without quotes",
            hint=f"write {bare}",
        )


def find_midi_messages(_: str, masked: str) -> Iterator[Suggestion]:
    """Find MIDI messages without the word `midi`."""
    if masked.startswith("on"):
        return
    for match in find_outside_quotes(
        r"(?:,|^at[ \t]+[\w.:+/]+)[ \t]+(?=(note|cc|program)[ \t]+[\w#\-]+)", masked
    ):
        rest = re.match(r"[^\",]*", masked[match.end() :])
        corrected = f"midi {rest.group().strip() if rest else match.group(1)}"
        yield Suggestion(
            code="E259",
            start=match.end(),
            end=match.end(),
            text="midi ",
            message="MIDI output begins with `midi`",
            hint=f"write {corrected}",
        )


def find_commas_in_osc(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find commas between the address and the arguments of an OSC message."""
    value = r"(?:-?[\d.]+|true|false)(?![\w.])"
    for match in find_outside_quotes(
        rf"(?<![\w\-])osc[ \t]+(?:\"\x01+\"|/[^\s\",]+)((?:(?:[ \t]*,[ \t]*|[ \t]+){value})+)",
        masked,
    ):
        if "," not in match.group(1):
            continue
        corrected = "".join(f" {one}" for one in re.split(r"[ \t,]+", match.group(1)) if one)
        yield Suggestion(
            code="E267",
            start=match.start(1),
            end=match.end(1),
            text=corrected,
            message="the arguments of an OSC message are separated by spaces",
            hint=f"write {statement[match.start() : match.start(1)]}{corrected}",
        )


def find_units_of_tempos(_: str, masked: str) -> Iterator[Suggestion]:
    """Find a tempo action with a unit, as in `tempo 120 bpm`."""
    for match in find_outside_quotes(
        r"(?<=\btempo)[ \t]+[\d./]+[ \t]*bpm\b(?:[ \t]*->[ \t]*[\d./]+(?:[ \t]*bpm\b)?)?", masked
    ):
        corrected = re.sub(r"[ \t]*bpm", "", match.group())
        message = "a tempo here is a number without bpm"
        yield Suggestion(
            code="E240",
            start=match.start(),
            end=match.end(),
            text=corrected,
            message=message,
            hint=f"write tempo{corrected}",
        )


def find_cuts_to(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find a cut that is followed by a scene or a text, as in `cut to tram`."""
    target = rf"{NAME}(?:[ \t]+{_TEXT})?|{_TEXT}"
    for match in find_outside_quotes(
        rf"\bcut(?:[ \t]+to)?[ \t]+(?!(?:to|seed)\b)(?=({target}))", masked
    ):
        shown = f"cut, {shorten(statement[match.start(1) : match.end(1)])}"
        message = "a comma separates two actions"
        yield Suggestion(
            code="E128",
            start=match.start() + 3,
            end=match.end(),
            text=", ",
            message=message,
            hint=f"write {shown}",
        )


def find_missing_arrows(_: str, masked: str) -> Iterator[Suggestion]:
    """Find a rule whose trigger and actions have no `->` between them."""
    if not masked.startswith("on"):
        return
    for match in find_outside_quotes(
        rf"[ \t]+(?=(?:{_ACTION})\b|\"|[^\W\d][\w-]*[ \t]+\")", masked
    ):
        if re.search(r"\b(?:on|note|cc|program|go|ch|[<>])\Z", masked[: match.start()]):
            continue  # what follows belongs to the trigger
        message = "a trigger and its actions are separated by ->"
        yield Suggestion(
            code="E134",
            start=match.start(),
            end=match.end(),
            text=" -> ",
            message=message,
            hint="add -> here",
        )


def find_assignments(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find `=` or `:` between a keyword and its value, except in `let`."""
    if not masked.startswith("let"):
        for rule in _ASSIGNMENTS:
            yield from rule.find(statement, masked)


_ASSIGNMENTS = (
    Rule(
        code="E247",
        pattern=r"^clock\b.*?[\w\"](?P<x>[ \t]+nominal[ \t]*[:=][ \t]*)(?=\d)",
        text=", nominal ",
        message="the parts of a clock are separated by commas",
        hint="add a comma before nominal",
    ),
    Rule(
        code="E157",
        pattern=r"(?<=\w)[ \t]*(?P<symbol>[:=]+)[ \t]*",
        text=" ",
        message="there is no `{symbol}` between a keyword and its value",
        hint="use a space instead",
    ),
)


_OTHERS = ("from", "over", "until", "max", "or", "seed", "bars", "bar", "beats", "beat", "bpm")
_KNOWN_WORDS = (*STATEMENT_KEYWORDS, *ACTION_KEYWORDS, *_OTHERS)
"""The words that a misspelled one may have been meant to be."""


@lru_cache(maxsize=1_000)
def _closest_known_word(word: str) -> str | None:
    """Return what a word of at most 60 characters was probably meant to be.

    The same word is often written in many lines, and a comparison with all words takes long.
    """
    return closest_word(word, _KNOWN_WORDS)


def find_misspelled_words(_: str, masked: str) -> Iterator[Suggestion]:
    """Find words that are probably misspelled keywords."""
    for match in find_outside_quotes(r"(?<![\w\-.])[^\W\d][\w\-]*", masked):
        word = match.group()
        meant = None if word in _KNOWN_WORDS else _closest_known_word(word[:60])
        if meant is not None:
            message = f"`{word}` is not a keyword here"
            yield Suggestion(
                code="E131",
                start=match.start(),
                end=match.end(),
                text=meant,
                message=message,
                hint=f"did you mean {meant}?",
            )


def find_missing_newlines(_: str, masked: str) -> Iterator[Suggestion]:
    """Find a second statement on the same line."""
    in_cue = re.match(r"(?:at|every|on)\b", masked) is not None
    words = [
        word for word in STATEMENT_KEYWORDS if not (in_cue and word in ACTION_KEYWORDS)
    ]  # `at 1 "…" sr 4x` lacks a comma
    for match in find_outside_quotes(
        rf"[ \t]+(?=(?:{'|'.join(words)})[ \t])|(?<=\}})[ \t]+", masked
    ):
        message = "there is a second statement on this line"
        yield Suggestion(
            code="E104",
            start=match.start(),
            end=match.end(),
            text="\n",
            message=message,
            hint="move it to a line of its own",
        )


# ---- heads and brackets --------------------------------------------------------------------------


def find_section_heads(_: str, masked: str) -> Iterator[Suggestion]:
    """Find section heads in other words.

    For example:

    `section verse 1 8 bars`, `8 bars, 140 {`, `verse 8 bars {`.
    """
    if not masked.endswith("{"):
        return
    length = r"\d+(?:/\d+)?[ \t]*(?:bars?|beats?|[bcs]|ms)\b"
    for match in find_outside_quotes(
        rf"{_HEAD},[ \t]*(?:bpm[ \t]*|at[ \t]+)(\d+(?:\.\d+)?)(?:[ \t]*bpm)?(?=[ \t]*[,{{])", masked
    ):
        corrected = f"tempo {match.group(1)}"
        start = masked.rindex(",", 0, match.start(1)) + 1
        message = "a section's tempo needs the keyword `tempo`"
        yield Suggestion(
            code="E240",
            start=start,
            end=match.end(),
            text=f" {corrected}",
            message=message,
            hint=f"write {corrected}",
        )
    for match in find_outside_quotes(rf"{_HEAD}\buntil\b[^{{]*?,[ \t]*()(?={length})", masked):
        message = "the maximum length of a live section needs the keyword `max`"
        yield Suggestion(
            code="E137",
            start=match.start(1),
            end=match.end(1),
            text="max ",
            message=message,
            hint="write max before it",
        )
    kind = rf"(?:part|block|verse|chorus|intro|outro|bridge|{NAME})[ \t]+"
    for match in find_outside_quotes(rf"^(?:{kind})?({NAME})[ \t]*:?[ \t]+{length}", masked):
        if not masked.startswith(("section", "scene")):
            message = "a section begins with the keyword `section`"
            rest = masked[match.start(1) :].rstrip("{ ")
            yield Suggestion(
                code="E101",
                start=0,
                end=match.start(1),
                text="section ",
                message=message,
                hint=f"write section {shorten(rest)}",
            )


def find_calls(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find brackets around a text."""
    for match in find_outside_quotes(
        r"(?<![\w\-])(?!(?:pick|shuffle)\b)([^\W\d][\w\-]*)[ \t]*\((?=\"\x01*\"\))", masked
    ):
        end = masked.index(")", match.end())
        corrected = f"{match.group(1)} {statement[match.end() : end]}"
        yield Suggestion(
            code="E157",
            start=match.start(),
            end=end + 1,
            text=corrected,
            message="a text has no brackets around it",
            hint=f"write {shorten(corrected)}",
        )
