"""Read variables, scenes and sections from the tree of a YAML score."""

from __future__ import annotations

import re
from collections import abc
from dataclasses import field, replace

from sequencer.core.diagnostics import NO_SPAN, Diagnostics, Fix, Related, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language import values
from sequencer.language.scene_names import read_scene_name
from sequencer.language.score import (
    ChangeMeter,
    ChangeTempo,
    Cut,
    Duration,
    Item,
    Let,
    Scene,
    Section,
    Text,
    Trigger,
    Use,
)
from sequencer.language.source import excerpt, subspan
from sequencer.language.spec import SAME_SEED, SCENE_KEYS
from sequencer.language.values.amounts import report_second_word
from sequencer.language.values.settings import COPY_MESSAGE, SECTION_COPY
from sequencer.language.values.triggers import TWO_LENGTHS_MESSAGE
from sequencer.language.yaml.cues import CueReader, read_cut_value
from sequencer.language.yaml.fields import FieldReader, find_choice
from sequencer.language.yaml.nodes import Mapping, Node, Scalar, Sequence, value_span

SECTION_KEYS = ("section", "like", "until", "max", "tempo", "meter", "cut", "cues", "rules")
LENGTH_WORDS = ("length", "duration", "bars", "beats", "for")
"""Keys that users write for the length of a section; none of them is a key of the language."""

_ADVICE = re.compile(r"W\d{3}\Z")
_PART_SEPARATOR = re.compile(r",(?!\d)")
_ASSIGNMENT = re.compile(rf"({values.NAME})[ \t]*:?=[ \t]*(\"[^\"]*\"|[\w][^\"{{}},:#]*)")
_LIKE = re.compile(rf"(?:^|[ \t]+)like[ \t]+({values.NAME})\Z")
_OR = re.compile(r"[ \t]+or[ \t]+")


class SectionReader:
    """Reads the named parts of a score."""

    def __init__(self, values_: FieldReader, cues: CueReader) -> None:
        self.values = values_
        self.cues = cues
        self.source = values_.source
        self.faults = values_.faults
        self.masked: abc.Mapping[int, abc.Sequence[Section]] = {}
        """Sections in place of masked ones, by the line from 0 of the word in their place."""

    # ---- use, let, scenes ------------------------------------------------------------------------

    def read_uses(self, node: Node, key: Scalar) -> list[Use]:
        """Read `use: library.score`, or a list of files."""
        found: list[Use] = []
        for item in self.values.read_items(node, key):
            path = self.values.read_string(item, key)
            if path is not None and isinstance(item, Scalar):
                found.append(Use(path, span=value_span(item, self.source)))
        return found

    def read_lets(self, node: Node, key: Scalar) -> list[Let]:
        """Read `let: {hero: a woman in a yellow raincoat}`, or a list of such mappings."""
        found: list[Let] = []
        for name, text in self._read_named_entries(
            node, key, "let: {hero: a woman in a yellow raincoat}"
        ):
            span = value_span(name, self.source)
            set_ = _ASSIGNMENT.fullmatch(name.value)
            if set_ is not None and isinstance(text, Scalar) and text.is_empty:
                corrected = f"{set_.group(1)}: {set_.group(2).strip()}"
                message = "a variable's name is followed by a colon"
                self.faults.error(
                    "E609",
                    message,
                    span,
                    hint=f"write {excerpt(corrected, 60)}",
                    fix=Fix(span, corrected),
                )
                continue
            if isinstance(text, Mapping) and find_choice(text) is not None:
                hint = "use pick where the variable is shown, or write one text"
                self.faults.error(
                    "E153",
                    "a variable is one text; pick belongs in an action",
                    self.values.node_span(text),
                    hint=hint,
                )
                continue
            read = self.values.read_text(text, name)
            label = values.read_name(name.value, span, self.faults, "a variable")
            if label is not None and read is not None:
                found.append(Let(label, read, self.values.entry_span(name, text), span))
        return found

    def read_scenes(self, node: Node, key: Scalar) -> list[Scene]:
        """Read `scenes: {tram: {base: …, follow: …}}`, or a list of such mappings."""
        found: list[Scene] = []
        for name, content in self._read_named_entries(
            node, key, "scenes: {tram: {base: …, follow: …}}"
        ):
            span = value_span(name, self.source)
            label = read_scene_name(name.value, span, self.faults)
            scene = self._read_scene(label, name, content, span)
            if scene is not None:
                found.append(scene)
        return found

    def _read_named_entries(
        self, node: Node, key: Scalar, example: str
    ) -> list[tuple[Scalar, Node]]:
        """Return names with their values, from one mapping or a list of mappings.

        In a list of mappings, a name can occur twice.
        """
        found: list[tuple[Scalar, Node]] = []
        for part_ in node.items if isinstance(node, Sequence) else (node,):
            set_ = (
                _ASSIGNMENT.fullmatch(part_.value)
                if isinstance(part_, Scalar) and key.value == "let"
                else None
            )
            if set_ is not None:
                corrected = f"{{{set_.group(1)}: {set_.group(2).strip()}}}"
                span = (
                    value_span(part_, self.source)
                    if isinstance(part_, Scalar)
                    else self.values.key_span(key)
                )
                self.faults.error(
                    "E609",
                    "a variable's name is followed by a colon",
                    span,
                    hint=f"write {excerpt(corrected, 60)}",
                    fix=Fix(span, corrected),
                )
                continue
            mapping = self.values.read_mapping(part_, key, example)
            if mapping is not None and key.value == "scenes" and self._has_own_name(mapping):
                word, name = mapping.entries["name"]
                label = excerpt(name.value) if isinstance(name, Scalar) else "tram"
                hint = f"write {label}: {{base: …, follow: …}}"
                self.faults.error(
                    "E609", "a scene's name is its key", self.values.key_span(word), hint=hint
                )
                continue
            if mapping is not None:
                found += mapping.entries.values()
        return found

    def _has_own_name(self, mapping: Mapping) -> bool:
        """Return whether a mapping states its name under `name`, not a scene called `name`."""
        return "name" in mapping.entries and not isinstance(mapping.entries["name"][1], Mapping)

    def _read_scene(
        self, label: str | None, name: Scalar, content: Node, name_span: Span
    ) -> Scene | None:
        if isinstance(content, Scalar) and not content.is_empty:
            span = self.values.node_span(content)
            text = (
                self.source.text[content.start : content.end]
                if content.style in ('"', "'")
                else f'"{content.value}"'
            )
            corrected = f"{{base: {text}}}"
            fixes = () if content.is_block or "\n" in text else (Fix(span, corrected),)
            self.faults.error(
                "E609",
                "a scene contains keys with texts",
                span,
                hint=f"write {excerpt(corrected, 60)}",
                fix=fixes,
            )
            return None
        inner = self.values.read_mapping(content, name, "{base: …, follow: …}")
        if inner is None:
            return None
        self.values.report_unknown_keys(inner, SCENE_KEYS, "a scene")
        texts: dict[str, Text | None] = {}
        for word in ("base", "follow"):
            if word in inner.entries:
                key, value = inner.entries[word]
                if isinstance(value, Mapping) and find_choice(value) is not None:
                    hint = "write one text; use `pick` where the scene is shown"
                    self.faults.error(
                        "E153", f"`{word}` takes one text", self.values.node_span(value), hint=hint
                    )
                    texts[word] = None
                else:
                    texts[word] = self.values.read_text(value, key)
        if not texts and inner.whole:
            hint = "give it a base: base: …"
            self.faults.error(
                "E122",
                f"the scene {excerpt(name.value)} has neither base nor follow",
                name_span,
                hint=hint,
            )
            return None
        quiet = self._read_quiet(*inner.entries["quiet"]) if "quiet" in inner.entries else ()
        if label is None or None in texts.values() or not texts:
            return None
        span = self.values.key_span(name).to(self.source.span(inner.start, inner.end))
        quiet_span = (
            self.values.entry_span(*inner.entries["quiet"]) if "quiet" in inner.entries else NO_SPAN
        )
        return Scene(
            name=label,
            base=texts.get("base"),
            follow=texts.get("follow"),
            silenced=quiet,
            span=span,
            name_span=name_span,
            quiet_span=quiet_span,
        )

    def _read_quiet(self, key: Scalar, node: Node) -> tuple[str, ...]:
        codes: list[str] = []
        for item in self.values.read_items(node, key):
            if not isinstance(item, Scalar):
                self.values.read(item, key, lambda text, span, faults: None)
                continue
            span = value_span(item, self.source)
            for match in re.finditer(r"[^\s,]+", item.value):
                if _ADVICE.match(match.group()):
                    codes.append(match.group())
                else:
                    at = subspan(item.value, span, *match.span())
                    hint = "advice codes look like W601; `check` prints them"
                    self.faults.error(
                        "E150", f"`{excerpt(match.group())}` is not an advice code", at, hint=hint
                    )
        return tuple(codes)

    # ---- sections --------------------------------------------------------------------------------

    def read_sections(self, node: Node, key: Scalar) -> list[Section]:
        """Read the items of `sections`."""
        found: list[Section] = []
        if isinstance(node, Scalar) and node.is_empty:
            return found
        if (
            isinstance(node, Mapping)
            and node.entries
            and not {"name", *SECTION_KEYS} & set(node.entries)
        ):
            name = next(iter(node.entries))
            hint = (
                f"begin each with a dash, its name and its length: - section: {excerpt(name)} 8 "
                "bars"
            )
            at = self.values.key_span(node.entries[name][0])
            self.faults.error(
                "E608", "`sections` is a list, found a mapping of names", at, hint=hint
            )
            return found
        for item in self.values.read_items(node, key, wants_dashes=True):
            if isinstance(item, Mapping):
                section = self._read_section(item)
                if section is not None:
                    found.append(section)
            elif isinstance(item, Scalar) and item.line in self.masked:
                found += self.masked[item.line]
            elif item is not None:
                message = "each item of `sections` contains keys with values"
                self.faults.error(
                    "E609",
                    message,
                    self.values.node_span(item),
                    hint="write it as - section: NAME 8 bars",
                )
        return found

    def _read_section(self, node: Mapping) -> Section | None:
        head = _Head()
        entries = node.entries
        span = self.source.span(node.start, node.end)
        if "section" in entries:
            key, value = entries["section"]
            scalar = self.values.read_scalar(value, key)
            if scalar is not None:
                self._read_head(scalar, head, has_maximum="max" in entries)
        elif node.whole and "name" not in entries:
            at = self.source.span(node.start, node.start + 1)
            self.faults.error(
                "E611", "this section has no name", at, hint="begin it with: section: NAME 8 bars"
            )
        items: list[Item] = []
        for word, (key, value) in entries.items():
            if word in ("cues", "rules"):
                items += self.cues.read_items(value, key)
            elif word != "section":
                self._read_option(word, key, value, head, node)
        if node.whole and head.name is not None and head.has_length:
            self._check_length(head, node)
        if head.name is None or head.name_span is None or not head.good:
            return None
        return Section(
            name=head.name,
            duration=head.duration,
            items=tuple(items),
            until=tuple(head.until),
            most=head.most,
            tempo=head.tempo,
            meter=head.meter,
            cut=head.cut,
            like=head.like,
            like_span=head.like_span,
            span=span,
            name_span=head.name_span,
        )

    def _read_head(self, scalar: Scalar, head: _Head, *, has_maximum: bool) -> None:
        """Read `intro 8 bars, tempo 120 -> 132, meter 3/4, cut seed 99`."""
        text, span = scalar.value, value_span(scalar, self.source)
        head.span = span
        if len(text) > 2_000:
            self.faults.error(
                "E149",
                "this is longer than 2000 characters, the maximum for the head of a section",
                span,
                hint="shorten it",
            )
            return
        pieces = _PART_SEPARATOR.split(text)
        has_maximum = has_maximum or any(one.split()[:1] == ["max"] for one in pieces)
        start = 0
        for index, piece in enumerate(pieces):
            lead = len(piece) - len(piece.lstrip())
            content = piece.strip()
            at = subspan(text, span, start + lead, start + lead + len(content))
            start += len(piece) + 1
            if index == 0:
                self._read_name(content, at, head, has_maximum)
            else:
                self._read_head_part(content, at, head)

    def _read_name(self, text: str, at: Span, head: _Head, has_maximum: bool) -> None:
        match = re.match(r"(\S*)[ \t\n]*", text)
        name = match.group(1) if match else ""
        end = match.end() if match else 0
        copied = SECTION_COPY.fullmatch(text[len(name) :].strip()) if name else None
        if copied is not None and copied.group().startswith("like"):
            copied = None
        if copied is not None:
            at_copy = subspan(text, at, len(text) - len(copied.group()), len(text))
            self.faults.error(
                "E139",
                COPY_MESSAGE,
                at_copy,
                hint=f"write section: {excerpt(name)} like {excerpt(copied.group(1))}",
                fix=Fix(at_copy, f"like {copied.group(1)}"),
            )
            head.good = False
            head.given["length"] = at
        head.name_span = subspan(text, at, 0, len(name))
        head.name = values.read_name(name, head.name_span, self.faults, "a section")
        head.good = head.name is not None
        rest = text[end:]
        rest_at = subspan(text, at, end, len(text))
        like = _LIKE.search(rest)
        if like is not None:
            head.like_span = subspan(rest, rest_at, like.start(1), like.end(1))
            head.given["like"] = head.like_span
            head.like = _read_section_name(like.group(1), head.like_span, self.faults)
            rest = rest[: like.start()]
            rest_at = subspan(text, at, end, end + len(rest))
        if not rest or copied is not None:
            return
        what = "until" if rest == "until" or rest.startswith("until ") else "length"
        joined = values.find_option(rest)
        if what == "until" and joined is None:
            self._read_until(rest, rest_at, head)
            return
        if what == "length" and values.report_length_with_until(
            rest, rest_at, self.faults, has_maximum=has_maximum
        ):
            head.good = False
            head.has_length = False
            return
        if joined is not None:
            word = joined.group(1)
            gap = subspan(rest, rest_at, joined.start(), joined.start())
            named = "length" if what == "length" else "triggers"
            message = f"a section's {named} and its other settings are separated by a comma"
            where = subspan(rest, rest_at, joined.start(1), joined.end(1))
            self.faults.error(
                "E135", message, where, hint=f"add a comma before `{word}`", fix=Fix(gap, ",")
            )
            head.given[what] = rest_at
            if what == "until":
                head.given.setdefault(
                    word, where
                )  # it is present, so it must not be reported as missing as well
            return
        head.given["length"] = rest_at
        if report_second_word(name, rest, rest_at, self.faults):
            head.good = False
            return
        head.duration = values.read_duration(rest, rest_at, self.faults)
        head.good = head.good and head.duration is not None

    def _read_until(self, text: str, at: Span, head: _Head) -> None:
        head.given["until"] = at
        start = 5
        while start < len(text):
            found = _OR.search(text, start)
            stop = len(text) if found is None else found.start()
            piece = text[start:stop]
            lead = len(piece) - len(piece.lstrip())
            trigger = values.read_trigger(
                piece.strip(), subspan(text, at, start + lead, stop), self.faults
            )
            head.until += [] if trigger is None else [trigger]
            start = len(text) if found is None else found.end()
        if text == "until":
            self.faults.error(
                "E238", "`until` needs a trigger", at, hint="write until note C3, or until go exit"
            )

    def _read_separate_length(self, text: str, at: Span, head: _Head) -> None:
        """Read a length that is separated by a comma: `night, 8 bars`."""
        head.given["length"] = at
        head.duration = values.read_duration(text, at, self.faults)
        if head.duration is not None and head.name_span is not None:
            name = head.name_span
            gap = Span(at.file, name.end_line, name.end_column, at.line, at.column)
            message = "there is no comma between a section's name and its length"
            self.faults.error(
                "E129",
                message,
                at,
                hint=f"write {excerpt(head.name or '')} {excerpt(text)}",
                fix=Fix(gap, " "),
            )

    def _read_head_part(self, text: str, at: Span, head: _Head) -> None:
        """Read one of the parts that follow a comma in the head of a section."""
        match = re.match(r"(\S*)[ \t]*", text)
        word, rest = (match.group(1), text[match.end() :]) if match else ("", "")
        rest_at = subspan(text, at, len(text) - len(rest), len(text))
        if word not in ("max", "tempo", "meter", "cut"):
            from sequencer.language.source import closest_word

            if (
                head.duration is None
                and word[:1].isdigit()
                and head.name_span is not None
                and "length" not in head.given
            ):
                self._read_separate_length(text, at, head)
                return
            meant = closest_word(word, ("max", "tempo", "meter", "cut"))
            hint = (
                f"did you mean {meant}?"
                if meant
                else "after the comma write tempo …, meter …, cut …, or max … in a live section"
            )
            first = subspan(text, at, 0, len(word))
            fixes = (Fix(first, meant),) if meant else ()
            self.faults.error(
                "E610",
                f"a section's head has no `{excerpt(word) or ' '}`",
                first,
                hint=hint,
                fix=fixes,
            )
            return
        if self._report_duplicate(word, at, head):
            return
        match word:
            case "max":
                head.most = values.read_duration(rest, rest_at, self.faults)
            case "tempo":
                change = values.read_tempo(rest, rest_at, self.faults, True)
                head.tempo = None if change is None else replace(change, span=at)
            case "meter":
                meter = values.read_meter(rest, rest_at, self.faults)
                head.meter = None if meter is None else ChangeMeter(meter, at)
            case _:
                head.cut = values.read_cut(text, at, self.faults)

    def _read_option(self, word: str, key: Scalar, node: Node, head: _Head, whole: Mapping) -> None:
        """Read `until`, `max`, `tempo`, `meter` or `cut` from a key of its own."""
        if word not in SECTION_KEYS:
            self._report_unknown_key(word, key, node, whole)
            return
        span = self.values.entry_span(key, node)
        if self._report_duplicate(word, span, head):
            return
        match word:
            case "until":
                for item in self.values.read_items(node, key):
                    self._read_until_item(item, key, head)
            case "max":
                head.most = self.values.read(node, key, values.read_duration)
            case "like":
                head.like_span = span
                head.like = self.values.read(node, key, _read_section_name)
            case "tempo":
                change = self.values.read(
                    node, key, lambda text, at, faults: values.read_tempo(text, at, faults, True)
                )
                head.tempo = None if change is None else replace(change, span=span)
            case "meter":
                meter = self.values.read(node, key, values.read_meter)
                head.meter = None if meter is None else ChangeMeter(meter, span)
            case _:
                if isinstance(node, Scalar) and (node.is_empty or node.value == SAME_SEED):
                    head.cut = Cut(None, span)
                else:
                    cut = self.values.read(node, key, read_cut_value)
                    head.cut = None if cut is None else replace(cut, span=span)

    def _read_until_item(self, item: Node, key: Scalar, head: _Head) -> None:
        """Read `until: note C3 or program 5`, or one trigger of a list."""
        if isinstance(item, Scalar) and _OR.search(item.value):
            span = value_span(item, self.source)
            start = 0
            for found in [*_OR.finditer(item.value), None]:
                stop = len(item.value) if found is None else found.start()
                trigger = values.read_trigger(
                    item.value[start:stop], subspan(item.value, span, start, stop), self.faults
                )
                head.until += [] if trigger is None else [trigger]
                start = stop if found is None else found.end()
            return
        trigger = self.values.read(item, key, values.read_trigger)
        head.until += [] if trigger is None else [trigger]

    def _report_unknown_key(self, word: str, key: Scalar, node: Node, whole: Mapping) -> None:
        named = next((one for one in ("section", "name") if one in whole.entries), None)
        if word in LENGTH_WORDS and isinstance(node, Scalar):
            if named == "name":
                return  # reported with the name
            corrected, fixes = self._suggest_head(whole, named)
            self.faults.error(
                "E610",
                "a section's length has no key of its own",
                self.values.key_span(key),
                hint=f"write {excerpt(corrected, 60)}",
                fix=fixes,
            )
            return
        if word == "name" and isinstance(node, Scalar) and named == "name":
            corrected, fixes = self._suggest_head(whole, named)
            message = "a section's name is the value of `section`, followed by its length"
            self.faults.error(
                "E610",
                message,
                self.values.key_span(key),
                hint=f"write {excerpt(corrected, 60)}",
                fix=fixes,
            )
            return
        self.values.report_unknown_key(key, node, SECTION_KEYS, "a section", whole)

    def _suggest_head(self, whole: Mapping, named: str | None) -> tuple[str, tuple[Fix, ...]]:
        """Return the `section:` line for separate name and length keys, and the fixes for it.

        The mapping has the section's name and length under keys of their own.
        """
        name = whole.entries[named][1] if named is not None else None
        length: str | None = None
        fixes: list[Fix] = []
        for word in LENGTH_WORDS:
            key, value = whole.entries.get(word, (None, None))
            if key is None or not isinstance(value, Scalar) or length is not None:
                continue
            unit = word if word in ("bars", "beats") else "bars"
            length = (
                f"{value.value} {unit}"
                if re.fullmatch(r"[0-9]+(?:/[0-9]+)?", value.value)
                else value.value
            )
            fixes.append(Fix(self.values.removal_span(whole, word), ""))
        written = name.value if isinstance(name, Scalar) else "NAME"
        if (
            length is None
            and named == "name"
            and not re.search(r"\s", written)
            and "until" not in whole.entries
        ):
            length = "8 bars"
        corrected = f"section: {written}" + ("" if length is None else f" {length}")
        if named is None or not isinstance(name, Scalar):
            return corrected, ()
        return corrected, (
            Fix(self.values.entry_span(whole.entries[named][0], name), corrected),
            *fixes,
        )

    def _report_duplicate(self, word: str, span: Span, head: _Head) -> bool:
        if word in head.given:
            related = (Related(head.given[word], "first defined here"),)
            self.faults.error(
                "E136",
                f"the section has two of `{word}`",
                span,
                hint="keep one of them",
                related=related,
            )
            return True
        head.given[word] = span
        return False

    def _check_length(self, head: _Head, node: Mapping) -> None:
        """Report a section that has neither a fixed length nor an `until`, or has both."""
        at = head.span or self.source.span(node.start, node.start + 1)
        end = Span(at.file, at.end_line, at.end_column, at.end_line, at.end_column)
        live, length = head.given.get("until"), head.given.get("length")
        if live is not None and length is not None:
            related = (Related(length, "its length"),)
            self.faults.error(
                "E612",
                TWO_LENGTHS_MESSAGE,
                live,
                hint="remove the length and write max, or remove until",
                related=related,
            )
        elif "like" in head.given:
            return  # it may inherit what is missing
        elif live is not None and "max" not in head.given:
            message = "a live section needs a maximum length, so that it always ends"
            self.faults.error(
                "E137",
                message,
                at,
                hint="add, for example: max: 32 bars",
                fix=Fix(end, ", max 32 bars"),
            )
        elif live is None and "max" in head.given:
            hint = "remove `max`; a section of fixed length does not need it"
            self.faults.error(
                "E138", "`max` belongs to a live section (until: …)", head.given["max"], hint=hint
            )
        elif (
            live is None
            and length is None
            and not any(word in node.entries for word in LENGTH_WORDS)
        ):
            hint = f"write, for example: section: {excerpt(head.name or '')} 8 bars"
            self.faults.error(
                "E611", "this section has no length", at, hint=hint, fix=Fix(end, " 8 bars")
            )


def _read_section_name(text: str, span: Span, faults: Diagnostics) -> str | None:
    return values.read_name(text, span, faults, "a section")


@dataclass(slots=True, kw_only=True)
class _Head:
    """The properties of a section, except its cues."""

    name: str | None = None
    name_span: Span | None = None
    span: Span | None = None
    duration: Duration | None = None
    until: list[Trigger] = field(default_factory=list)
    most: Duration | None = None
    tempo: ChangeTempo | None = None
    meter: ChangeMeter | None = None
    cut: Cut | None = None
    like: str | None = None
    like_span: Span = NO_SPAN
    given: dict[str, Span] = field(default_factory=dict)
    good: bool = True
    has_length: bool = True
    """False if its length is reported already."""
