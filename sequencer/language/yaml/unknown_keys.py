"""Report keys that are not known in their context: what was meant, and how to write it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.foreign_words import (
    COMMENT_HINT,
    FADE_HINT,
    FADE_HINT_IN_YAML,
    FOREIGN_WORD_HINTS,
)
from sequencer.language.source import Source, closest_word, excerpt
from sequencer.language.spec import (
    ACTION_KEYS,
    ACTIONS,
    HEADER_KEYS,
    RULE_KEYS,
    SCENE_KEYS,
    SETTINGS,
    STRUCTURE_KEYS,
    Argument,
)
from sequencer.language.values.strings import is_name
from sequencer.language.yaml.nodes import Mapping, Node, Scalar, Sequence, scalar_span

FOREIGN_KEYS = {
    "title": ("score",),
    "name": ("section", "score"),
    "tempo": ("clock",),
    "bpm": ("clock", "tempo"),
    "fps": ("grid",),
    "resolution": ("sr",),
    "text": ("prompt", "base"),
    "prompt": ("base",),
    "scene": ("show",),
    "place": ("at",),
    "time": ("at",),
    "bar": ("at",),
    "trigger": ("when",),
    "then": ("do",),
    "actions": ("do",),
    "order": ("play",),
    "variables": ("let",),
    **dict.fromkeys(("audio", "music", "soundtrack", "track", "song"), ("sound",)),
    **dict.fromkeys(("path", "audio-file"), ("file",)),
    **dict.fromkeys(("start", "offset", "begin"), ("from",)),
    "import": ("use",),
    "include": ("use",),
}
"""Keys of other programs and the keys they may mean here.

The first key that is valid in the context is suggested.
"""


class KeyReporter:
    """The spans of nodes, and the diagnostics about keys."""

    __slots__ = ("faults", "file", "source")

    def __init__(self, source: Source, faults: Diagnostics) -> None:
        self.source = source
        self.file = source.file
        self.faults = faults

    def key_span(self, key: Scalar) -> Span:
        """Return the span of a key."""
        return scalar_span(key, self.source)

    def node_span(self, node: Scalar | Sequence | Mapping) -> Span:
        """Return the span of a node; a message shows the first line of a longer node."""
        if isinstance(node, Scalar):
            return scalar_span(node, self.source)
        return self.source.span(node.start, max(node.end, node.start + 1))

    def entry_span(self, key: Scalar, value: Node) -> Span:
        """Return the span of a key with its value."""
        if isinstance(value, Scalar) and value.end > value.start:
            if self.source.text.find("\n", value.start, value.end) < 0:
                end = value.column + value.end - value.start + 1
                return Span(self.file, key.line + 1, key.column + 1, value.line + 1, end)
            return self.key_span(key).to(scalar_span(value, self.source))
        return self.source.span(key.start, key.end if value is None else max(key.end, value.end))

    def report_unknown_keys(self, node: Mapping, known: Iterable[str], where: str) -> None:
        """Report every key of a mapping that is not known in it."""
        words_known = tuple(known)
        for name, (key, value) in node.entries.items():
            if name not in words_known:
                self.report_unknown_key(key, value, words_known, where, node)

    def report_unknown_key(
        self, key: Scalar, value: Node, known: tuple[str, ...], where: str, node: Mapping
    ) -> None:
        """Report one key that is not known in its context."""
        span = self.key_span(key)
        word = key.value
        if (
            node.flow
            and isinstance(value, Scalar)
            and value.is_empty
            and self._report_comma(key, node)
        ):
            return
        set_ = re.fullmatch(r"([\w\-]+)[ \t]*=[ \t]*(.+)", word)
        if set_ is not None and isinstance(value, Scalar) and value.is_empty:
            corrected = f"{set_.group(1)}: {set_.group(2)}"
            message = "a key and its value are separated by a colon"
            self.faults.error(
                "E616",
                message,
                span,
                hint=f"write {excerpt(corrected, 60)}",
                fix=Fix(span, corrected),
            )
            return
        if word == "<<":
            self.faults.error(
                "E604",
                "scores do not support merged mappings",
                span,
                hint="write the keys themselves",
            )
            return
        if word[:1] == "-" and word.strip("- "):
            dash = Span(span.file, span.line, span.column, span.line, span.column + 1)
            bare = word.strip("- ")
            if bare in known and any(not one.startswith("-") for one in node.entries):
                self.faults.error(
                    "E610",
                    "there is no dash before this key",
                    span,
                    hint=f"write {excerpt(bare)}",
                    fix=Fix(span, bare),
                )
            else:
                message = "a list's dash is followed by a space"
                self.faults.error(
                    "E610", message, span, hint=f"write - {excerpt(word[1:])}", fix=Fix(dash, "- ")
                )
            return
        if where == "a score" and word in _CLOCK_KEYS:
            self._report_clock_key(key, value, node)
            return
        if self._report_other_form(key, value, known, where, node):
            return
        other = next((one for one in FOREIGN_KEYS.get(word, ()) if one in known), None)
        meant = other or (
            None if word.casefold() in FOREIGN_WORD_HINTS else closest_word(word, known)
        )
        if meant is not None:
            fixes = (Fix(span, meant),) if meant not in node.entries else ()
            self.faults.error(
                "E610",
                f"{where} has no `{excerpt(word)}`",
                span,
                hint=f"did you mean {meant}?",
                fix=fixes,
            )
            return
        if word.casefold() in FOREIGN_WORD_HINTS:
            hint = FOREIGN_WORD_HINTS[word.casefold()]
            hint = FADE_HINT_IN_YAML if hint == FADE_HINT else hint
            alone = (
                not node.flow
                and isinstance(value, Scalar)
                and "\n" not in self.source.text[key.start : value.end]
            )
            front = Span(span.file, span.line, span.column, span.line, span.column)
            fixes = (
                (Fix(front, "# "),) if hint == COMMENT_HINT and alone and span.column == 1 else ()
            )
            self.faults.error("E610", f"{where} has no `{word}`", span, hint=hint, fix=fixes)
            return
        home = _KEY_LOCATIONS.get(word)
        hint = f"`{word}` belongs {home}" if home else "write one of: " + ", ".join(known)
        if home is None and "show" in known and is_name(word):
            hint += f"; a scene is shown with show: {excerpt(word)}, action: …"
        self.faults.error("E610", f"{where} has no `{excerpt(word) or ' '}`", span, hint=hint)

    def _report_other_form(
        self, key: Scalar, value: Node, known: tuple[str, ...], where: str, node: Mapping
    ) -> bool:
        """Report a key and value that are written differently here.

        For example:

        `fps: 24`, `note: C3`. Return whether it was reported.
        """
        if not isinstance(value, Scalar) or value.is_empty:
            return False
        word, written = key.value.casefold(), value.value
        fixes: list[Fix] = []
        corrected = ""
        if (
            word in {"bar", "measure"}
            and "at" in known
            and "at" not in node.entries
            and written.isdigit()
        ):
            beat = node.entries.get("beat")
            counts = beat is not None and isinstance(beat[1], Scalar) and beat[1].value.isdigit()
            corrected = f"at: {written}" + (
                f".{beat[1].value}"
                if counts and beat is not None and isinstance(beat[1], Scalar)
                else ""
            )
            fixes += [Fix(self.removal_span(node, "beat"), "")] if counts else []
        elif (
            word == "beat" and {"bar", "measure"} & node.entries.keys() and "at" not in node.entries
        ):
            return True  # reported with the bar
        else:
            for names, needs, pattern, form in _OTHER_FORMS:
                match = re.fullmatch(pattern, written)
                if (
                    word in names
                    and needs in known
                    and match is not None
                    and form.partition(":")[0] not in node.entries
                ):
                    corrected = match.expand(form.replace(r"\g<0>", rf"{word} \g<0>"))
                    break
        if not corrected:
            return False
        fixes.append(Fix(self.entry_span(key, value), corrected))
        self.faults.error(
            "E610",
            f"{where} has no `{excerpt(key.value)}`",
            self.key_span(key),
            hint=f"write {excerpt(corrected, 60)}",
            fix=tuple(fixes),
        )
        return True

    def removal_span(self, whole: Mapping, word: str) -> Span:
        """Return what to delete with a key: in braces its comma too, else the words on its line."""
        words_ = list(whole.entries)
        at = words_.index(word)
        key, value = whole.entries[word]
        if not whole.flow or len(words_) == 1:
            return self.entry_span(key, value)
        if at + 1 < len(words_):
            return self.source.span(key.start, whole.entries[words_[at + 1]][0].start)
        before = whole.entries[words_[at - 1]]
        end = before[0].end if before[1] is None else max(before[0].end, before[1].end)
        return self.source.span(end, key.end if value is None else max(key.end, value.end))

    def _report_clock_key(self, key: Scalar, value: Node, node: Mapping) -> None:
        """Report a tempo or a meter next to the clock."""
        existing = next(one for one in node.entries if one in _CLOCK_KEYS)
        if "clock" not in node.entries and existing != key.value:
            return  # reported with the first of them
        clock = node.entries["clock"][1] if "clock" in node.entries else None
        pieces = (
            [one.strip() for one in clock.value.split(",")] if isinstance(clock, Scalar) else []
        )
        bpm = next(
            (one.removesuffix("bpm").strip() for one in pieces if one.endswith("bpm")), "120"
        )
        meter = next((one for one in pieces if re.fullmatch(r"[0-9]+/[0-9]+", one)), "4/4")
        has_meter = "/" in "".join(pieces[1:]) or bool(
            {"meter", *_METER_KEYS} & node.entries.keys()
        )
        others = [word for word in node.entries if word in _CLOCK_KEYS]
        for word, (_, scalar) in node.entries.items():
            if word in _CLOCK_KEYS and isinstance(scalar, Scalar) and not scalar.is_empty:
                bpm, meter = (
                    (bpm, scalar.value)
                    if word in _METER_KEYS
                    else (scalar.value.removesuffix("bpm").strip(), meter)
                )
        corrected = f"clock: {bpm} bpm" + (f", {meter}" if has_meter else "")
        fixes: tuple[Fix, ...] = ()
        if isinstance(clock, Scalar):
            if existing != key.value:
                return
            changed = Fix(self.entry_span(node.entries["clock"][0], clock), corrected)
            fixes = (changed, *(Fix(self.removal_span(node, word), "") for word in others))
        else:
            fixes = (
                Fix(self.entry_span(key, value), corrected),
                *(Fix(self.removal_span(node, word), "") for word in others if word != existing),
            )
        message = f"a score has no `{key.value}`: tempo and meter belong in its clock"
        self.faults.error(
            "E610", message, self.key_span(key), hint=f"write {excerpt(corrected)}", fix=fixes
        )

    def _report_comma(self, key: Scalar, node: Mapping) -> bool:
        """Report a comma that YAML took for the end of a value; return whether it was reported.

        An example is `{at: 9,3}`.
        """
        entries = list(node.entries.values())
        position = list(node.entries).index(key.value)
        first = position - 1
        while first >= 0 and _is_bare(entries[first]):
            first -= 1
        last = position
        while last + 1 < len(entries) and _is_bare(entries[last + 1]):
            last += 1
        word, value = entries[first] if first >= 0 else (key, None)
        if not isinstance(value, Scalar) or value.style:
            return False
        text = self.source.text
        if (
            value.value[-1:].isdigit()
            and key.value[:1].isdigit()
            and text[value.end : key.start] == ","
        ):
            at = self.source.span(value.end, key.start)
            message = "a comma separates actions and cannot be part of a number or a position"
            self.faults.error(
                "E203",
                message,
                at,
                hint=f"write {excerpt(value.value)}.{excerpt(key.value)}",
                fix=Fix(at, "."),
            )
            return True
        if word.value not in _TEXT_KEYS:
            return False
        if first + 1 == position:  # the first of several: the others are reported with it
            span = self.source.span(value.start, entries[last][0].end)
            written = text[value.start : entries[last][0].end]
            corrected = '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'
            message = "a comma ends a text without quotes inside { }"
            self.faults.error(
                "E617",
                message,
                span,
                hint=f"write {excerpt(corrected, 60)}",
                fix=Fix(span, corrected),
            )
        return True


def _is_bare(entry: tuple[Scalar, Node]) -> bool:
    """Return whether a key has nothing after it, not even a colon or an empty value."""
    return isinstance(entry[1], Scalar) and entry[1].is_empty


_TEXT_KEYS = frozenset(
    {
        *(
            key
            for row in ACTIONS
            if row.argument in (Argument.TEXT, Argument.STRING)
            for key in row.schema
        ),
        *(row.keyword for row in SETTINGS if row.argument is Argument.STRING),
        "base",
        "follow",
    }
)

_METER_KEYS = ("meter", "time", "time_signature", "timesig", "signature")

_CLOCK_KEYS = ("bpm", "tempo", *_METER_KEYS)
"""Keys of other programs for the values of a clock."""

_OTHER_FORMS = (
    (
        ("fps", "framerate", "frame_rate"),
        "grid",
        r"([0-9.]+)(?:[ \t]*fps)?",
        r"grid: 33 frames @ \1 fps",
    ),
    (("resolution", "upscale", "superres"), "sr", r"(off|2x|4x)", r"sr: \1"),
    (("quantize", "quantise"), "snap", r"(nearest|floor|ceil)", r"snap: \1"),
    (("length", "duration"), "end", r"([0-9]+(?:\.[0-9]+)?[csf])", r"end: \1"),
    (("time",), "at", r"([0-9]+/[0-9]+)", r"meter: \1"),
    (("signature", "time_signature", "timesig"), "meter", r"([0-9]+/[0-9]+)", r"meter: \1"),
    (("label", "marker", "locator"), "mark", r"(\S+)", r"mark: \1"),
    (("start", "starting", "offset"), "from", r"([0-9][0-9.]*)", r"from: \1"),
    (("if", "trigger"), "goto", r"((?:note|cc|program|go|start|stop|continue)\b.*)", r"when: \1"),
    (("note", "cc", "program", "go"), "goto", r"(.+)", r"when: \g<0>"),
    (("note", "cc", "program"), "midi", r"(.+)", r"midi: \g<0>"),
)
"""Keys of other tools, a key known wherever they apply, and how key and value are written here."""

_SHARED_KEYS = frozenset({"seed", "snap", "sr", "tempo", "meter"})
"""Keys that belong in several contexts, or are reported by other functions."""

_KEY_LOCATIONS = {
    **dict.fromkeys(SCENE_KEYS, "to a scene: scenes: {NAME: {base: …, follow: …}}"),
    **dict.fromkeys(("cues", "rules"), "to a section, or to a score without sections"),
    **dict.fromkeys(("section", "until", "max"), "to an item of sections: - section: NAME 8 bars"),
    **dict.fromkeys(
        {*HEADER_KEYS, *STRUCTURE_KEYS} - {*_SHARED_KEYS, "cues", "rules"},
        "at the top, not indented",
    ),
    **dict.fromkeys({*ACTION_KEYS} - {*_SHARED_KEYS, "do"}, 'to a cue: - {at: 1, prompt: "…"}'),
    **dict.fromkeys(("at", "every", "from", "show", "action"), "to a cue: - {at: 1, show: tram}"),
    **dict.fromkeys(("when", "on", *RULE_KEYS), "to a rule: - {when: note C3, show: tram}"),
    "scene": "under scenes: scenes: {tram: {base: …, follow: …}}",
}
