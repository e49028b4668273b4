"""Read a score from YAML source."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.gc_pause import paused_collection
from sequencer.language import values
from sequencer.language.score import (
    ALL_STAGES,
    Comment,
    Header,
    PlayPart,
    Score,
    SoundLine,
    StageSeed,
)
from sequencer.language.score_builder import ScoreBuilder
from sequencer.language.source import (
    UNUSUAL_SPACE,
    Source,
    check_characters,
    excerpt,
)
from sequencer.language.spec import (
    HEADER_KEYS,
    SETTING_BY_KEYWORD,
    STRUCTURE_KEYS,
    Argument,
    Setting,
)
from sequencer.language.stage_names import check_stage_names
from sequencer.language.yaml.cues import CueReader
from sequencer.language.yaml.fields import FieldReader
from sequencer.language.yaml.masking import MaskedText
from sequencer.language.yaml.nodes import Mapping, Node, Scalar, Sequence, value_span
from sequencer.language.yaml.scalars import make_parsable
from sequencer.language.yaml.sections import SectionReader
from sequencer.language.yaml.tree import extend_over_comments, find_comments, parse_tree
from sequencer.language.yaml.unicode_spaces import report_unusual_spaces

_PATH_AND_START = re.compile(r"\"?([^\s\"{},]+\.\w+)\"? +from +([0-9.]+(?:s|ms|m|m[0-9.]+s))")
_TEXT_NOTATION = re.compile(r'\s*(?:score|use|let|clock|at|section|scene|seed|grid)[ \t]+["\w]')


def read_yaml(text: str, file: str, faults: Diagnostics) -> Score:
    """Read a score from YAML.

    Mistakes are reported, and the parts they affect are left out of the score.

    Args:
        text: The source, with plain newlines and without a byte order mark.
        file: The name of the file, for spans.
        faults: Receives the diagnostics.

    Returns:
        The score, or what could be read of it.
    """
    source = Source(file, text)
    if not check_characters(source, faults):
        return Score(file=file, text=text)
    if (
        faults.has_errors or not text.isascii()
    ):  # in pure ASCII, only the characters just reported could disturb PyYAML
        source = Source(file, make_parsable(text))
    with paused_collection():
        read = ScoreReader(source, Diagnostics())
        score = read.read_score(quick=True)
        if score is None or read.faults.diagnostics:
            found = Diagnostics()
            found.texts = faults.texts
            score = ScoreReader(source, found).read_score(quick=False) or Score()
            report_read(source, found, faults)
    return replace(score, text=text, sources=((file, text),))


def is_readable(text: str) -> bool:
    """Return whether all characters of a text are allowed, and its lines are not too long."""
    faults = Diagnostics()
    check_characters(Source("", text), faults)
    return not faults.has_errors and (text.isascii() or make_parsable(text) == text)


def report_read(source: Source, found: Diagnostics, faults: Diagnostics) -> None:
    """Report what was found in a source, or the unusual spaces that caused it."""
    text = source.text
    is_odd = not text.isascii() and UNUSUAL_SPACE.search(text) is not None
    if not (
        is_odd and found.has_errors and report_unusual_spaces(source, found.diagnostics, faults)
    ):
        _report_found(found, faults)


def _report_found(found: Diagnostics, faults: Diagnostics) -> None:
    """Report what was found, except errors that a misindented line caused directly above it."""
    indented = next((one.span.line for one in found.diagnostics if one.code == "E623"), None)
    if indented is None:
        faults.extend(found)
        return
    for one in found.diagnostics:
        if (
            one.code == "E623"
            or not one.span.line < indented <= max(one.span.end_line, one.span.line) + 1
        ):
            faults.add(one)
    faults.dropped += found.dropped
    faults.has_errors = True


class ScoreReader:
    """Reads a source, possibly without items that are known.

    After reading, `hashes` are the offsets of values that contain a `#` and of masked items,
    `is_complete` is whether the end of the text was reached, and `section_spans` are the spans of
    the sections without the comments after them.
    """

    def __init__(
        self, source: Source, faults: Diagnostics, masked: MaskedText | None = None
    ) -> None:
        self.source = source
        self.faults = faults
        self.masked = masked
        self.hashes: list[tuple[int, int]] = []
        self.is_complete = False
        self.section_spans: list[Span] = []
        self.values = FieldReader(source, faults)
        cues = CueReader(self.values)
        self.cues = cues
        self.blocks = SectionReader(self.values, cues)
        self.parts = ScoreBuilder()
        self.header = Header()
        self.spans: list[tuple[str, Span]] = []

    def read_score(self, quick: bool) -> Score | None:
        """Read the complete score, or return None if the fast path (`quick`) was not sufficient."""
        tree, self.hashes, self.is_complete = parse_tree(
            self.source, self.faults, self.cues.read_item, quick, self.masked
        )
        if quick and not self.is_complete:
            return None
        if isinstance(tree, Mapping):
            for word, (key, value) in tree.entries.items():
                self._read_entry(word, key, value, tree)
            if tree.whole and not self.faults.has_errors and not self._has_content():
                self._report_empty()
        else:
            self._report_no_mapping(tree)
        self.section_spans = [section.span for section in self.parts.sections]
        hashes = self.hashes
        if self.masked is not None and self.faults.diagnostics:
            # of masked items too: sections that could not be read do not limit those before them
            hashes = self.masked.add_hashes(hashes)
        comments = find_comments(self.source, hashes)
        if comments:
            self._include_comments(comments, tree)
        return self.parts.build(
            replace(self.header, spans=tuple(self.spans)), comments, self.source.file
        )

    def _has_content(self) -> bool:
        """Return whether there is any statement, rather than only keys without a value."""
        parts = self.parts
        return bool(
            self.spans
            or parts.uses
            or parts.lets
            or parts.scenes
            or parts.sections
            or parts.items
            or parts.play
            or parts.end
        )

    def _include_comments(self, comments: tuple[Comment, ...], tree: Node) -> None:
        """Extend sections and scenes to include the comments after their last lines."""
        sections, scenes = self.parts.sections, self.parts.scenes
        lines = [section.span.line for section in sections[1:]] + [
            self._find_next_key_line(tree, "sections")
        ]
        for index, (section, line) in enumerate(zip(tuple(sections), lines, strict=False)):
            span = extend_over_comments(section.span, comments, line, section.span.column)
            sections[index] = replace(section, span=span)
        lines = [scene.span.line for scene in scenes[1:]] + [
            self._find_next_key_line(tree, "scenes")
        ]
        for index, (scene, line) in enumerate(zip(tuple(scenes), lines, strict=False)):
            span = extend_over_comments(scene.span, comments, line, scene.span.column + 1)
            scenes[index] = replace(scene, span=span)

    def _find_next_key_line(self, tree: Node, word: str) -> int:
        """Return the line of the key after `word`, or the one after the last if there is none."""
        if isinstance(tree, Mapping) and word in tree.entries:
            words = list(tree.entries)
            at = words.index(word) + 1
            if at < len(words):
                return tree.entries[words[at]][0].line + 1
        return len(self.source.starts) + 1

    # ---- sources that are not a score ------------------------------------------------------------

    def _report_empty(self) -> None:
        hint = (
            "the smallest score has one cue: cues: "
            '[{at: 0c, prompt: "A paper boat drifts along a gutter."}]'
        )
        self.faults.error("E151", "this score is empty", self.source.span(0, 0), hint=hint)

    def _report_no_mapping(self, tree: Node) -> None:
        if self.faults.has_errors and not isinstance(tree, Scalar):
            return
        if tree is None or (isinstance(tree, Scalar) and not tree.value.strip()):
            if not self.faults.has_errors:
                self._report_empty()
            return
        line_end = self.source.text.find("\n", tree.start)
        span = self.source.span(
            tree.start, len(self.source.text) if line_end < 0 else max(line_end, tree.start + 1)
        )
        if isinstance(tree, Scalar) and _TEXT_NOTATION.match(tree.value):
            hint = "name the file .score; in YAML it begins, for example, with score: Night tram"
            self.faults.error(
                "E609",
                "this looks like the text notation, but the file's name is that of a YAML file",
                span,
                hint=hint,
            )
            return
        if self.faults.has_errors:  # it was already reported as something else
            return
        what = (
            "a list"
            if isinstance(tree, Sequence)
            else excerpt(tree.value)
            if isinstance(tree, Scalar)
            else "this"
        )
        self.faults.error(
            "E609",
            f"a score in YAML begins with keys, found {what}",
            span,
            hint="write score: Night tram",
        )

    # ---- the keys at the top level ---------------------------------------------------------------

    def _read_entry(self, word: str, key: Scalar, value: Node, tree: Mapping) -> None:
        parts = self.parts
        match word:
            case "use":
                parts.uses += self.blocks.read_uses(value, key)
            case "let":
                parts.lets += self.blocks.read_lets(value, key)
            case "scenes":
                parts.scenes += self.blocks.read_scenes(value, key)
            case "sections":
                parts.sections += self.blocks.read_sections(value, key)
            case "cues" | "rules":
                parts.items += self.cues.read_items(value, key)
            case "play":
                parts.play_span = self.values.entry_span(key, value)
                parts.play = self._read_play(value, key)
            case "end":
                parts.end_span = self.values.entry_span(key, value)
                parts.end = self.values.read(value, key, values.read_position)
            case _ if word in SETTING_BY_KEYWORD:
                self._read_header_line(SETTING_BY_KEYWORD[word], key, value)
            case _:
                self.values.report_unknown_key(
                    key, value, HEADER_KEYS + STRUCTURE_KEYS, "a score", tree
                )

    def _read_header_line(self, setting: Setting, key: Scalar, value: Node) -> None:
        """Read one line of the header."""
        span = self.values.entry_span(key, value)
        self.spans.append((setting.field, span))
        read: Any
        if setting.argument is Argument.STRING:
            read = self.values.read_string(value, key)
        elif setting.argument is Argument.SOUND:
            read = self._read_sound(value, key)
        elif setting.argument is Argument.NAMES and isinstance(value, Sequence):
            read = self.values.read_stages(value, key)
        elif setting.field == "seed" and isinstance(value, Mapping):
            read = self._read_seeds(value)
        else:
            read = self.values.read(value, key, setting.read)
        if setting.argument is Argument.NAMES and read is not None:
            check_stage_names(read, self.faults)
        if setting.has_span and read is not None:
            read = replace(read, span=span)
        self.header = replace(self.header, **{setting.field: read})

    def _read_seeds(self, node: Mapping) -> int | None:
        """Read `seed: {all: 1, right: 7}`, and return the seed for all stages."""
        common: int | None = None
        seeds: list[StageSeed] = []
        for word, (key, value) in node.entries.items():
            seed = self.values.read(value, key, values.read_seed)
            span = self.values.key_span(key)
            if word == ALL_STAGES:
                common = seed
                continue
            stage = values.read_stage_name(word, span, self.faults)
            if seed is not None and stage is not None:
                seeds.append(StageSeed(stage, seed, self.values.entry_span(key, value)))
        if not node.entries and node.whole:
            hint = "write the seed of each stage: {all: 1, right: 7}"
            self.faults.error("E622", "`seed` has no value", self.values.node_span(node), hint=hint)
        self.header = replace(self.header, stage_seeds=tuple(seeds))
        return common

    def _read_sound(self, node: Node, key: Scalar) -> SoundLine | None:
        """Read `sound: song.wav`, or a mapping of file and time."""
        if not isinstance(node, Mapping):
            path = self.values.read_string(node, key)
            if path is None or node is None:
                return None
            span = self.values.node_span(node)
            both = _PATH_AND_START.fullmatch(path)
            if both is not None:
                corrected = f"{{file: {both[1]}, from: {both[2]}}}"
                self.faults.error(
                    "E261",
                    "a file and the time at which it begins are two keys",
                    span,
                    hint=f"write sound: {corrected}",
                    fix=Fix(span, corrected),
                )
                return None
            return SoundLine(path, span=span, path_span=span)
        path, start, path_span = None, Fraction(0), self.values.entry_span(key, node)
        known = ("file", "from")
        for word, (inner, value) in node.entries.items():
            if word == "file":
                path = self.values.read_string(value, inner)
                if path is None or value is None:
                    return None
                path_span = self.values.node_span(value)
            elif word == "from":
                found = self.values.read(value, inner, values.read_sound_start)
                if found is None:
                    return None
                start = found
            else:
                self.values.report_unknown_key(inner, value, known, "a sound", node)
                return None
        if path is None:
            self.faults.error(
                "E261",
                "the path of a sound file is missing",
                self.values.entry_span(key, node),
                hint="write sound: {file: song.wav, from: 12.5s}",
            )
            return None
        return SoundLine(path, start, path_span=path_span)

    def _read_play(self, node: Node, key: Scalar) -> tuple[PlayPart, ...]:
        """Read `play: intro (verse drop)*2 finale`, or a list of the same items."""
        if not isinstance(node, Sequence):
            scalar = self.values.read_scalar(node, key)
            if scalar is None:
                return ()
            return (
                values.read_play(scalar.value, value_span(scalar, self.source), self.faults) or ()
            )
        items = [self.values.read(item, key, _read_listed) for item in node.items]
        if not node.items and node.whole:
            self.values.report_no_value(key)
        return tuple(part for item in items if item is not None for part in item)


def _read_listed(text: str, span: Span, faults: Diagnostics) -> tuple[PlayPart, ...] | None:
    """Read an item of a listed order: a section, or a group in brackets."""
    if text.startswith("("):
        return values.read_play(text, span, faults)
    item = values.read_pass(text, span, faults)
    return None if item is None else (item,)
