"""Small edits that might make a refused statement valid: the usual slips of the hand.

Each repair is tried: only one that the grammar then accepts is offered, so a hint that can be followed leads somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sequencer.notation.guess import nearest

_WORD = re.compile(r"\w+")

STATEMENTS = tuple(
    _WORD.findall("score clock grid snap lead late seed sr middle use let scene section at every on play end base follow quiet")
)
"""The words that open a statement."""

ACTIONS = tuple(_WORD.findall("image strength sr cut tempo meter mark snap pause resume goto pick"))
"""The words that open an action."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Put `text` at `start:end` of the statement (offsets in it): `message` is what was wrong, `hint` what to do."""

    code: str
    start: int
    end: int
    text: str
    message: str
    hint: str

    def of(self, statement: str) -> str:
        """The statement with this repair."""
        return statement[: self.start] + self.text + statement[self.end :]


Finder = Callable[[str, str], Iterator[Repair]]
"""Gives repairs for a statement and its mask: the statement with the insides of its texts blanked out."""

_TEXT = re.compile(r'"""[\s\S]*?(?:"""|\Z)|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?')
_WORD_AFTER = re.compile(rf"(?<![,>|(])[ \t]+(?=(?:{'|'.join(ACTIONS)})\b|\")")
MOST_TRIED = 8
"""How many places of one kind are tried."""


def mask(statement: str) -> str:
    """The statement with texts blanked out, of the same length."""
    return _TEXT.sub(lambda match: '"' + "\x01" * (len(match.group()) - 2) + '"' * (len(match.group()) > 1), statement)


def _all(pattern: str, masked: str) -> Iterator[re.Match[str]]:
    for count, match in enumerate(re.finditer(pattern, masked)):
        if count == MOST_TRIED:
            return
        yield match


def _comments(statement: str, masked: str) -> Iterator[Repair]:
    for match in _all(r"(?:^|[ \t])(//|--|;|/\*)[\s\S]*", masked):
        sign = match.group(1)
        hint = "write # instead"
        yield Repair("E109", match.start(1), match.end(1), "#", f"`{sign}` opens no comment", hint)
        yield Repair("E109", match.start(), len(statement), "", f"`{sign}` opens no comment", "a comment begins with #")
    for match in _all(r"[^\s#](#)", masked):
        message = "in front of a comment's # stands white space"
        yield Repair("E147", match.start(1), match.start(1), " ", message, "put a blank in front of #")


def _signs(statement: str, masked: str) -> Iterator[Repair]:
    for match in _all("[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000]", masked):
        message = f"this blank (U+{ord(match.group()):04X}) is not a plain one"
        yield Repair("E159", match.start(), match.end(), " ", message, "put a plain blank in its place")
    for match in _all(r"(?<!\w)'([^'\n\x01]*)'(?!\w)", masked):
        inner = statement[match.start(1) : match.end(1)].replace('"', '\\"')
        yield Repair("E108", match.start(), match.end(), f'"{inner}"', "texts stand in double quotes", f'write "{inner}"')
    for match in _all(r"[;.]+\s*$", masked):
        yield Repair(
            "E158", match.start(), match.end(), "", f"`{match.group()}` ends no statement", "a new line does: leave it out"
        )


def _commas(_: str, masked: str) -> Iterator[Repair]:
    for match in _all(r"[ \t]*,[ \t]*$", masked):
        yield Repair("E129", match.start(), match.end(), "", "nothing follows this comma", "leave the comma out")
    for match in _all(r",[ \t]*,", masked):
        yield Repair("E129", match.start(), match.end(), ",", "between two commas stands nothing", "leave one of them out")
    for match in _all(r"^(?:at|every)[ \t][^\",]*?[\w.](,)[ \t]", masked):
        message = "no comma stands between the place and what happens there"
        yield Repair("E129", match.start(1), match.end(1), "", message, "leave the comma out")
    for match in _all(_WORD_AFTER.pattern, masked):
        message = "between two actions stands a comma"
        yield Repair("E128", match.start(), match.start(), ",", message, "put a comma here")
    for match in _all(r"(?<=\")[ \t]*(?=[^\W\d])", masked):
        yield Repair("E128", match.start(), match.end(), ", ", "between two actions stands a comma", "put a comma here")
    for match in _all(r"[ \t]+(?:and|&|\+|;)[ \t]+|;[ \t]*", masked):
        yield Repair("E128", match.start(), match.end(), ", ", "between two actions stands a comma", "put a comma here")
    if masked.startswith("section"):
        for match in _all(r"[ \t]+(?=(?:cut|tempo|meter|max|until)\b)", masked):
            message = "between a section's length and what else is said of it stands a comma"
            yield Repair("E135", match.start(), match.start(), ",", message, "put a comma here")


def _assignments(_: str, masked: str) -> Iterator[Repair]:
    if masked.startswith("let"):
        for match in _all(r"^let[ \t]+[\w\-]+([ \t]*(?::=|:|==|->|is\b)?[ \t]*)(?=\")", masked):
            hint = 'write: let NAME = "…"'
            yield Repair("E132", match.start(1), match.end(1), " = ", "a variable is set with =", hint)
        return
    for match in _all(r"(?<=\w)[ \t]*[:=]+[ \t]*", masked):
        sign = match.group().strip()
        message = f"no `{sign}` stands between a word and its value"
        yield Repair("E157", match.start(), match.end(), " ", message, "put a blank in its place")


def _arrows(_: str, masked: str) -> Iterator[Repair]:
    if not masked.startswith("on"):
        return
    for match in _all(r"[ \t]*(?:=>|→|⇒|–>|—>|-->|>>|-(?=[ \t])|:)[ \t]*", masked):
        yield Repair("E134", match.start(), match.end(), " -> ", "between a trigger and its actions stands ->", "write ->")
    for match in _all(rf"[ \t]+(?=(?:{'|'.join(ACTIONS)})\b|\"|[^\W\d][\w-]*[ \t]+\")", masked):
        message = "between a trigger and its actions stands ->"
        yield Repair("E134", match.start(), match.end(), " -> ", message, "put -> here")


def _cuts(_: str, masked: str) -> Iterator[Repair]:
    for match in _all(r"\bcut[ \t]+(?=[+\-]?\d)", masked):
        yield Repair("E160", match.end(), match.end(), "seed ", "a cut's new seed has its word", "write: cut seed N")


def _picks(statement: str, masked: str) -> Iterator[Repair]:
    for match in _all(r"pick[ \t]*[(\[][^)\]]*[)\]]", masked):
        inside = re.sub(r"(?<=\")\s*,\s*(?=\")", " | ", _between(statement, match))
        message = "in a pick, | stands between the texts"
        yield Repair("E140", match.start(), match.end(), f"pick({inside})", message, 'write: pick("…" | "…")')
    for match in _all(r"pick[ \t]+(\"[\s\S]*\")", masked):
        inside = re.sub(r"(?<=\")\s*,\s*(?=\")", " | ", statement[match.start(1) : match.end(1)])
        message = "what pick draws from stands in brackets"
        yield Repair("E140", match.start(), match.end(), f"pick({inside})", message, 'write: pick("…" | "…")')


def _between(statement: str, match: re.Match[str]) -> str:
    whole = statement[match.start() : match.end()]
    return re.sub(r"\Apick[ \t]*[(\[]|[)\]]\Z", "", whole)


def _heads(_: str, masked: str) -> Iterator[Repair]:
    for match in _all(r"^(section|scene)[ \t]+(\"\x01+\")", masked):
        kind = match.group(1)
        yield Repair(
            "E142", match.start(2), match.end(2), "\x00", f"the name of a {kind} has no quotes", "write it without them"
        )
    for match in _all(r"^section[ \t]+[\w\-]+(?=[ \t]*(?:,[^{]*)?\{$)", masked):
        message = "this section does not say how long it is"
        yield Repair(
            "E139", match.end(), match.end(), " 8 bars", message, "write its length behind its name, for example 8 bars"
        )


def _quotes(statement: str, masked: str) -> Iterator[Repair]:
    opening = re.match(
        r"(?:score|use|(?:base|follow)|let[ \t]+[\w\-]+[ \t]*=|(?:at|every)[ \t]+(?:mark[ \t]+)?[\w.:+/]+(?:[ \t]+bars?)?"
        r"(?:[ \t]+from[ \t]+[\w.:+/]+)?(?:[ \t]+image)?)[ \t]+",
        masked,
    )
    if opening is not None and '"' not in masked[opening.end() :] and masked[opening.end() :].strip():
        words = statement[opening.end() :]
        inner = words.replace("\\", "\\\\").replace("\n", " ")
        yield Repair("E143", opening.end(), len(statement), f'"{inner}"', "a text stands in quotes", f'write "{_short(inner)}"')
    for match in _all(r"(?<=image)[ \t]+([^\s\",{}]+)", masked):
        path = statement[match.start(1) : match.end(1)]
        yield Repair("E143", match.start(1), match.end(1), f'"{path}"', "a path stands in quotes", f'write "{_short(path)}"')


def _words(_: str, masked: str) -> Iterator[Repair]:
    known = [*STATEMENTS, *ACTIONS, "from", "over", "until", "max", "or", "seed"]
    for match in _all(r"(?<![\w\-.])[^\W\d][\w\-]*", masked):
        word = match.group()
        meant = None if word in known else nearest(word, known)
        if meant is not None:
            message = f"`{word}` is no word of the language here"
            yield Repair("E131", match.start(), match.end(), meant, message, f"did you mean {meant}?")


def _statements(_: str, masked: str) -> Iterator[Repair]:
    in_cue = re.match(r"(?:at|every|on)\b", masked) is not None
    words = [word for word in STATEMENTS if not (in_cue and word in ACTIONS)]  # `at 1 "…" sr 4x` lacks a comma
    for match in _all(rf"[ \t]+(?=(?:{'|'.join(words)})[ \t])|(?<=\}})[ \t]+", masked):
        message = "a second statement stands on this line"
        yield Repair("E104", match.start(), match.end(), "\n", message, "put it on a line of its own")


def _tempos(_: str, masked: str) -> Iterator[Repair]:
    for match in _all(r"(?<=\btempo)[ \t]+[\d./]+[ \t]*bpm\b(?:[ \t]*->[ \t]*[\d./]+(?:[ \t]*bpm\b)?)?", masked):
        cured = re.sub(r"[ \t]*bpm", "", match.group())
        message = "a tempo here is a bare number; bpm is what it counts"
        yield Repair("E240", match.start(), match.end(), cured, message, f"write tempo{cured}")


FINDERS: tuple[Finder, ...] = (
    _signs,
    _comments,
    _statements,
    _heads,
    _assignments,
    _arrows,
    _cuts,
    _picks,
    _tempos,
    _commas,
    _words,
    _quotes,
)
"""The kinds of repair, the most certain ones first."""


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
