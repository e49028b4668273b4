"""Suggest fixes for phrases of other tools: positions, lengths, actions and heads that have an equivalent in the language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sequencer.language.text.suggestion import Suggestion, find_outside_quotes, shorten
from sequencer.language.values.strings import NAME

_UNITS = {"chunk": "c", "frame": "f", "second": "s", "sec": "s", "s": "s", "time": "s", "t": "s"}
_TEXT = r"\"\x01*\""
_AT = r"^at[ \t]+"


def find_positions(_: str, masked: str) -> Iterator[Suggestion]:
    """Find positions in other words: `at measure 5`, `at chunk 5`, `at t=10`, `at + 4 bars`, `on bar 5 "…"`."""
    for match in find_outside_quotes(rf"{_AT}(?:measure|takt)[ \t]+(\d+)", masked):
        yield Suggestion(
            "E219", match.start(), match.end(), f"at {match.group(1)}", "a bar is only its number", f"write at {match[1]}"
        )
    for match in find_outside_quotes(
        rf"{_AT}(chunk|frame|second|sec|time|t)s?(?:[ \t]*=[ \t]*|[ \t]+)(\d+(?:\.\d+)?)s?(?![\w.:])", masked
    ):
        cured = f"at {match.group(2)}{_UNITS[match.group(1)]}"
        message = f"a unit stands right behind its number, and not `{match.group(1)}` in front of it"
        yield Suggestion("E216", match.start(), match.end(), cured, message, f"write {cured}")
    for match in find_outside_quotes(r"^(?:at|from)[ \t]+\+([ \t]+)(?=\d)", masked):
        yield Suggestion("E157", match.start(1), match.end(1), "", "behind + stands a number", "leave the blank out")
    for match in find_outside_quotes(rf"^on[ \t]+(?:bar[ \t]+|beat[ \t]+1\.)?(\d+(?:\.\d+)?)[ \t]+(?={_TEXT}|[^\W\d])", masked):
        cured = f"at {match.group(1)} "
        message = "a rule answers a trigger, and a place has `at` in front of it"
        yield Suggestion("E134", match.start(), match.end(), cured, message, f"write {cured.strip()}")


def find_repetitions(_: str, masked: str) -> Iterator[Suggestion]:
    """Find repetitions in other words: `every 4th bar`, `every other bar`, `every 4 bars offset 2`."""
    for match in find_outside_quotes(r"^every[ \t]+(\d+)(?:st|nd|rd|th)[ \t]+(bar|beat)s?\b", masked):
        cured = f"every {match.group(1)} {match.group(2)}s"
        yield Suggestion("E201", match.start(), match.end(), cured, "a length is a number and its unit", f"write {cured}")
    for match in find_outside_quotes(r"^every[ \t]+(?:other|second)[ \t]+(bar|beat)s?\b", masked):
        cured = f"every 2 {match.group(1)}s"
        yield Suggestion("E201", match.start(), match.end(), cured, "a length is a number and its unit", f"write {cured}")
    for match in find_outside_quotes(r"^every\b[^\",]*?[ \t](offset|after|first)[ \t]+(?=\d)", masked):
        message = f"behind `{match.group(1)}` an every has no place"
        yield Suggestion("E161", match.start(1), match.end(), "from ", message, "write from")
    for match in find_outside_quotes(r"^every\b[^\",]*?([ \t]+(?:until|to|till)[ \t]+[\d.]+)", masked):
        message = "an every goes on to the end of its section, or of the score"
        yield Suggestion("E161", match.start(1), match.end(1), "", message, "leave it out")


def find_texts(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find a text in brackets, alternative texts, quotes of other kinds, and `action "…"`."""
    one = rf"(?:{_TEXT})"
    for match in find_outside_quotes(rf"(?:[(\[{{][ \t]*)?({one}(?:[ \t]*(?:\||\bor\b|/)[ \t]*{one})+)[ \t]*[)\]}}]?", masked):
        if re.search(r"pick[ \t]*\Z", masked[: match.start()]):
            continue
        inside = re.sub(r"(?<=\")[ \t]*(?:\||\bor\b|/)[ \t]*(?=\")", " | ", statement[match.start(1) : match.end(1)])
        message = "what is drawn by chance is a pick"
        yield Suggestion("E140", match.start(), match.end(), f"pick({inside})", message, f"write pick({shorten(inside)})")
    for match in find_outside_quotes(rf"(?<!\w)(?<!pick)[ \t]*[\[({{][ \t]*({one})[ \t]*[\])}}]", masked):
        text = statement[match.start(1) : match.end(1)]
        yield Suggestion(
            "E157", match.start(), match.end(), f" {text}", "no brackets stand around a text", f"write {shorten(text)}"
        )
    for match in find_outside_quotes(rf"pick[ \t]*\([ \t]*({one}(?:[ \t]+{one})+)[ \t]*\)", masked):
        inside = re.sub(r"(?<=\")[ \t]+(?=\")", " | ", statement[match.start(1) : match.end(1)])
        message = "in a pick, | stands between the texts"
        yield Suggestion("E140", match.start(), match.end(), f"pick({inside})", message, f"write pick({shorten(inside)})")
    for match in find_outside_quotes(rf"({one})[ \t]*(?:\+|&|\band\b)[ \t]*({one})", masked):
        both = statement[match.start(1) : match.end(1)][:-1] + " " + statement[match.start(2) : match.end(2)][1:]
        yield Suggestion(
            "E128", match.start(), match.end(), both, "two texts stand side by side", f"make one of them: {shorten(both)}"
        )
    for match in find_outside_quotes(r"([`´‘’‚‛]+|''+)([^'`´‘’‚‛\n\x01\"]+)([`´‘’‚‛]+|''+)", masked):
        inner = statement[match.start(2) : match.end(2)]
        yield Suggestion(
            "E108", match.start(), match.end(), f'"{inner}"', "texts stand in double quotes", f'write "{shorten(inner)}"'
        )
    for match in find_outside_quotes(rf"[ \t,]+(?:action|does|do|says?|prompt|with)[ \t]*[:=]?[ \t]+(?={_TEXT})", masked):
        if re.search(rf"^(?:at|every)\b.*[ \t]{NAME}\Z|->[ \t]*{NAME}\Z", masked[: match.start()]):
            message = "a scene's action stands right behind its name"
            yield Suggestion("E128", match.start(), match.end(), " ", message, "leave the word between them out")


def find_actions(statement: str, masked: str) -> Iterator[Suggestion]:
    """Find actions in other words: `cut to tram`, `bpm 140`, `label drop`, `no image`, `show tram`, `… for 4 bars`."""
    target = rf"{NAME}(?:[ \t]+{_TEXT})?|{_TEXT}"
    for match in find_outside_quotes(rf"\bcut(?:[ \t]+to)?[ \t]+(?!(?:to|seed)\b)(?=({target}))", masked):
        shown = f"cut, {shorten(statement[match.start(1) : match.end(1)])}"
        message = "a comma separates two actions"
        yield Suggestion("E128", match.start() + 3, match.end(), ", ", message, f"write {shown}")
    for match in find_outside_quotes(r"(?<=[ \t])(?:hard|jump|smash|straight|quick)[ \t]+(?=cut\b)", masked):
        yield Suggestion("E131", match.start(), match.end(), "", "every cut is a hard one", "leave the word out")
    for match in find_outside_quotes(r"(?<=[ \t])(bpm|speed)[ \t]*[=:]?[ \t]*(?=\d)", masked):
        yield Suggestion(
            "E131", match.start(), match.end(), "tempo ", f"`{match[1]}` is no word of the language here", "write tempo"
        )
    for match in find_outside_quotes(r"(?<=[ \t])(time(?:[ \t]+signature)?|signature)[ \t]*[=:]?[ \t]*(?=\d+/\d)", masked):
        yield Suggestion(
            "E131", match.start(), match.end(), "meter ", f"`{match[1]}` is no word of the language here", "write meter"
        )
    for match in find_outside_quotes(rf"(?<=[ \t])(label|marker|cue-point|cuepoint|locator|name)[ \t]+(?={NAME})", masked):
        yield Suggestion(
            "E131", match.start(), match.end(), "mark ", f"`{match[1]}` is no word of the language here", "write mark"
        )
    for match in find_outside_quotes(
        rf"^(?:at|every)[ \t]+[^\s\"]+[ \t]+((?:show|scene|play|use)[ \t]+)(?={NAME}(?:[ \t]*\"|[ \t]*,|[ \t]*$))", masked
    ):
        yield Suggestion("E131", match.start(1), match.end(1), "", "a scene is shown by its name alone", "leave the word out")
    for match in find_outside_quotes(r"[ \t]+(?:with|using)[ \t]+(?=(?:strength|sr|image|cut|snap)\b)", masked):
        yield Suggestion("E128", match.start(), match.end(), ", ", "between two actions stands a comma", "put a comma here")
    for match in find_outside_quotes(
        r"\"([ \t]+(?:for|during|lasting)[ \t]+[\d./]+[ \t]*(?:bars?|beats?|chunks?|seconds?|[bcfs]|ms)\b)", masked
    ):
        message = "a prompt lasts until another one comes"
        yield Suggestion("E102", match.start(1), match.end(1), "", message, "leave it out")
    for match in find_outside_quotes(r"\btempo[ \t]+to[ \t]+(?=\d)", masked):
        yield Suggestion("E240", match.start(), match.end(), "tempo ", "a tempo stands right behind its word", "leave `to` out")


def find_section_heads(_: str, masked: str) -> Iterator[Suggestion]:
    """Find section heads in other words: `section verse 1 8 bars`, `8 bars, 140 {`, `verse 8 bars {`."""
    if not masked.endswith("{"):
        return
    length = r"\d+(?:/\d+)?[ \t]*(?:bars?|beats?|[bcs]|ms)\b"
    for match in find_outside_quotes(
        r"^section\b[^{]*?,[ \t]*(?:bpm[ \t]*|at[ \t]+)(\d+(?:\.\d+)?)(?:[ \t]*bpm)?(?=[ \t]*[,{])", masked
    ):
        cured = f"tempo {match.group(1)}"
        start = masked.rindex(",", 0, match.start(1)) + 1
        yield Suggestion("E240", start, match.end(), f" {cured}", "a section's tempo has its word", f"write {cured}")
    for match in find_outside_quotes(rf"^section\b[^{{]*?\buntil\b[^{{]*?,[ \t]*()(?={length})", masked):
        message = "the longest length of a live section has its word"
        yield Suggestion("E137", match.start(1), match.end(1), "max ", message, "write max in front of it")
    for match in find_outside_quotes(
        rf"^(?:(?:part|block|verse|chorus|intro|outro|bridge|{NAME})[ \t]+)?({NAME})[ \t]*:?[ \t]+{length}", masked
    ):
        if not masked.startswith(("section", "scene")):
            message = "a section begins with its word"
            rest = masked[match.start(1) :].rstrip("{ ")
            yield Suggestion("E101", 0, match.start(1), "section ", message, f"write section {shorten(rest)}")
