"""Repairs of actions: cuts, picks, brackets, what is sent to gear, tempi."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sequencer.notation.amounts import DASHES
from sequencer.notation.names import IN_NAME
from sequencer.notation.text.mending import Repair, matches, short
from sequencer.notation.triggers import NOT_A_GO_CUE, OTHER_GO_CUE

_WORD = re.compile(f"{IN_NAME}+")
_SEPARATOR = re.compile(r"(?<=\")(?:\s*(?:,|;|/|\bor\b)\s*|[ \t]+)(?=\")")


def cuts(_: str, masked: str) -> Iterator[Repair]:
    """A new seed without its word, and a word without its seed."""
    for match in matches(r"\bcut[ \t]+(?=([+\-]?\d+))", masked):
        hint = f"write: cut seed {match.group(1)}"
        yield Repair("E160", match.end(), match.end(), "seed ", "a cut's new seed has its word", hint)
    for match in matches(r"\bcut([ \t]+seed)\b(?![ \t]*[+\-\d])", masked):
        hint = "write the number, for example cut seed 9, or cut alone, which keeps the seed"
        yield Repair("E160", match.start(1), match.end(1), "", "behind `seed` stands its number", hint)


def picks(statement: str, masked: str) -> Iterator[Repair]:
    """What a pick draws from, as other languages write it."""
    for match in matches(r"\b(pick|random|choose|choice|any|oneof)[ \t]*[(\[][^)\]]*[)\]]", masked):
        inside = _SEPARATOR.sub(" | ", _between(statement, match))
        is_pick = match.group(1) == "pick"
        message = "in a pick, | stands between the texts" if is_pick else "what is drawn by chance is a pick"
        yield Repair("E140", match.start(), match.end(), f"pick({inside})", message, f"write pick({short(inside)})")
    for match in matches(r"pick[ \t]+(\"[\s\S]*\")", masked):
        inside = _SEPARATOR.sub(" | ", statement[match.start(1) : match.end(1)])
        message = "what pick draws from stands in brackets"
        yield Repair("E140", match.start(), match.end(), f"pick({inside})", message, f"write pick({short(inside)})")


def _between(statement: str, match: re.Match[str]) -> str:
    whole = statement[match.start() : match.end()]
    return re.sub(r"\A\w+[ \t]*[(\[]|[)\]]\Z", "", whole)


def calls(statement: str, masked: str) -> Iterator[Repair]:
    """Brackets around a text."""
    for match in matches(r"(?<![\w\-])(?!pick\b)([^\W\d][\w\-]*)[ \t]*\((?=\"\x01*\"\))", masked):
        end = masked.index(")", match.end())
        cured = f"{match.group(1)} {statement[match.end() : end]}"
        yield Repair("E157", match.start(), end + 1, cured, "no brackets stand around a text", f"write {short(cured)}")


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


def values(statement: str, masked: str) -> Iterator[Repair]:
    """An action without its value: `strength`, behind which nothing stands."""
    for match in matches(rf"(?<![\w\-])({'|'.join(_EXAMPLES)})(?=[ \t]*(?:,|$))", masked):
        word = match.group(1)
        example = f"{word} {_EXAMPLES[word]}"
        hint = f"write it, for example {example}"
        if masked.startswith("on") and re.match(r"on[ \t]+cc\b", masked):
            hint = f"a rule sets what stands in it, and not the controller's value: write, for example, {example}"
        yield Repair("E162", match.start(), match.end(), example, f"`{word}` has no value here", hint)


def names(statement: str, masked: str) -> Iterator[Repair]:
    """A name in quotes, and the one name that no go-cue can have."""
    for match in matches(r"(?<![\w\-])(go|goto|mark|scene|section|play)[ \t]+(\"\x01+\")", masked):
        word = match.group(1)
        bare = "-".join(_WORD.findall(statement[match.start(2) : match.end(2)]))
        if bare:
            code = "E239" if word == "go" else "E142"
            what = {"go": "a go-cue", "goto": "a section", "play": "a section"}.get(word, f"a {word}")
            yield Repair(code, match.start(2), match.end(2), bare, f"the name of {what} has no quotes", f"write {bare}")
    for match in matches(rf"(?<![\w\-])go[ \t]+({NOT_A_GO_CUE})(?![\w\-])", masked):
        message = f"`{NOT_A_GO_CUE}` stands between two triggers, so no go-cue is called that"
        yield Repair("E239", match.start(1), match.end(1), OTHER_GO_CUE, message, f"choose another name: {OTHER_GO_CUE}")


def gotos(_: str, masked: str) -> Iterator[Repair]:
    """A jump to a section, in other words."""
    if masked.startswith("on"):
        jump = r"\b(play|jump(?:[ \t]+to)?|go[ \t]+to|section|call|enter)[ \t]+([^\W\d][\w\-]*)(?=[ \t]*(?:,|$))"
        for match in matches(rf"->.*?{jump}", masked):
            message = f"`{match.group(1)}` is no word of the language here"
            yield Repair("E131", match.start(1), match.end(1), "goto", message, f"write goto {match.group(2)}")


def gear(_: str, masked: str) -> Iterator[Repair]:
    """What is sent to gear, without its first word."""
    if masked.startswith("on"):
        return
    for match in matches(r"(?:,|^at[ \t]+[\w.:+/]+)[ \t]+(?=(note|cc|program)[ \t]+[\w#\-]+)", masked):
        rest = re.match(r"[^\",]*", masked[match.end() :])
        cured = f"midi {rest.group().strip() if rest else match.group(1)}"
        yield Repair("E259", match.end(), match.end(), "midi ", "what is sent to gear begins with midi", f"write {cured}")


def tempos(_: str, masked: str) -> Iterator[Repair]:
    """A tempo with its unit, a ramp in other words."""
    for match in matches(r"(?<=\btempo)[ \t]+[\d./]+[ \t]*bpm\b(?:[ \t]*->[ \t]*[\d./]+(?:[ \t]*bpm\b)?)?", masked):
        cured = re.sub(r"[ \t]*bpm", "", match.group())
        message = "a tempo here is a bare number; bpm is what it counts"
        yield Repair("E240", match.start(), match.end(), cured, message, f"write tempo{cured}")
    arrow = rf"[ \t]+(?:to|until|→|=>)[ \t]+|[ \t]*[-{''.join(DASHES)}][ \t]*"
    for match in matches(rf"\btempo[ \t]+[\d./]+({arrow})(?=[\d.])", masked):
        yield Repair("E240", match.start(1), match.end(1), " -> ", "between two tempi stands ->", "write ->")
    for match in matches(r"\btempo[ \t]+[\d./]+[ \t]*->[ \t]*[\d./]+[ \t]+(in|during|for|within)\b", masked):
        message = "how long a ramp lasts stands behind over"
        yield Repair("E240", match.start(1), match.end(1), "over", message, "write over")
