"""Read a score from YAML source."""

from __future__ import annotations

import re
from dataclasses import replace

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.gc_pause import paused_collection
from sequencer.language import values
from sequencer.language.score import Comment, Header, PlayItem, Score
from sequencer.language.score_builder import ScoreBuilder
from sequencer.language.source import UNUSUAL_SPACE, Source, check_characters, excerpt, replace_unprintable
from sequencer.language.yaml.cues import CueReader
from sequencer.language.yaml.fields import FieldReader
from sequencer.language.yaml.nodes import Mapping, Node, Scalar, Sequence, value_span
from sequencer.language.yaml.sections import SectionReader
from sequencer.language.yaml.tree import extend_over_comments, find_comments, parse_tree
from sequencer.language.yaml.unicode_spaces import report_unusual_spaces

HEADER_KEYS = ("score", "clock", "grid", "snap", "lead", "late", "seed", "sr", "middle")
STRUCTURE_KEYS = ("use", "let", "scenes", "sections", "cues", "rules", "play", "end")
"""The keys at the top level."""

_UNREADABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
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
    if faults.has_errors or not text.isascii():  # in pure ASCII, only the characters just reported could disturb PyYAML
        source = Source(file, _UNREADABLE.sub("\ufffd", replace_unprintable(text)))
    with paused_collection():
        tried = Diagnostics()
        score = _Reader(source, tried).read_score(quick=True)
        if score is None or tried.diagnostics:
            told = Diagnostics()
            told.texts = faults.texts
            score = _Reader(source, told).read_score(quick=False) or Score()
            is_odd = not text.isascii() and UNUSUAL_SPACE.search(text) is not None
            if not (is_odd and told.has_errors and report_unusual_spaces(source, told.diagnostics, faults)):
                _report_found(told, faults)
    return replace(score, text=text, sources=((file, text),))


def _report_found(found: Diagnostics, faults: Diagnostics) -> None:
    """Report what was found, except errors that a wrongly indented line caused in the lines directly above it."""
    indented = next((one.span.line for one in found.diagnostics if one.code == "E623"), None)
    if indented is None:
        faults.extend(found)
        return
    for one in found.diagnostics:
        if one.code == "E623" or not one.span.line < indented <= max(one.span.end_line, one.span.line) + 1:
            faults.add(one)
    faults.dropped += found.dropped
    faults.has_errors = True


class _Reader:
    def __init__(self, source: Source, faults: Diagnostics) -> None:
        self.source = source
        self.faults = faults
        self.values = FieldReader(source, faults)
        cues = CueReader(self.values)
        self.cues = cues
        self.blocks = SectionReader(self.values, cues)
        self.parts = ScoreBuilder()
        self.header = Header()
        self.spans: list[tuple[str, Span]] = []

    def read_score(self, quick: bool) -> Score | None:
        """Read the complete score, or return None if the fast path (`quick`) was not sufficient."""
        tree, hashes, well = parse_tree(self.source, self.faults, self.cues.read_item, quick)
        if quick and not well:
            return None
        if isinstance(tree, Mapping):
            for word, (key, value) in tree.entries.items():
                self._read_entry(word, key, value, tree)
            if tree.whole and not self.faults.has_errors and not self._has_content():
                self._report_empty()
        else:
            self._report_no_mapping(tree)
        comments = find_comments(self.source, hashes)
        if comments:
            self._include_comments(comments, tree)
        return self.parts.build(replace(self.header, spans=tuple(self.spans)), comments, self.source.file)

    def _has_content(self) -> bool:
        """Return whether there is any statement, rather than only keys without a value."""
        parts = self.parts
        return bool(
            self.spans or parts.uses or parts.lets or parts.scenes or parts.sections or parts.items or parts.play or parts.end
        )

    def _include_comments(self, comments: tuple[Comment, ...], tree: Node) -> None:
        """Extend sections and scenes to include the comments after their last lines."""
        sections, scenes = self.parts.sections, self.parts.scenes
        lines = [section.span.line for section in sections[1:]] + [self._find_next_key_line(tree, "sections")]
        for index, (section, line) in enumerate(zip(tuple(sections), lines, strict=False)):
            span = extend_over_comments(section.span, comments, line, section.span.column)
            sections[index] = replace(section, span=span)
        lines = [scene.span.line for scene in scenes[1:]] + [self._find_next_key_line(tree, "scenes")]
        for index, (scene, line) in enumerate(zip(tuple(scenes), lines, strict=False)):
            span = extend_over_comments(scene.span, comments, line, scene.span.column + 1)
            scenes[index] = replace(scene, span=span)

    def _find_next_key_line(self, tree: Node, word: str) -> int:
        """Return the line of the key after `word`, or the line after the last line if there is no such key."""
        if isinstance(tree, Mapping) and word in tree.entries:
            words = list(tree.entries)
            at = words.index(word) + 1
            if at < len(words):
                return tree.entries[words[at]][0].line + 1
        return len(self.source.starts) + 1

    # ---- sources that are not a score ------------------------------------------------------------------------------

    def _report_empty(self) -> None:
        hint = 'the smallest score has one cue: cues: [{at: 0c, prompt: "A paper boat drifts along a gutter."}]'
        self.faults.error("E151", "this score is empty", self.source.span(0, 0), hint)

    def _report_no_mapping(self, tree: Node) -> None:
        if self.faults.has_errors and not isinstance(tree, Scalar):
            return
        if tree is None or (isinstance(tree, Scalar) and not tree.value.strip()):
            if not self.faults.has_errors:
                self._report_empty()
            return
        line_end = self.source.text.find("\n", tree.start)
        span = self.source.span(tree.start, len(self.source.text) if line_end < 0 else max(line_end, tree.start + 1))
        if isinstance(tree, Scalar) and _TEXT_NOTATION.match(tree.value):
            hint = "name the file .score; in YAML it begins, for example, with score: Night tram"
            self.faults.error("E609", "this looks like the text notation, and the file says it is YAML", span, hint)
            return
        if self.faults.has_errors:  # it was already reported as something else
            return
        what = "a list" if isinstance(tree, Sequence) else excerpt(tree.value) if isinstance(tree, Scalar) else "this"
        self.faults.error("E609", f"a score in YAML begins with keys, and here stands {what}", span, "write score: Night tram")

    # ---- the keys at the top level ---------------------------------------------------------------------------------

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
            case _ if word in HEADER_KEYS:
                self.spans.append(("title" if word == "score" else word, self.values.entry_span(key, value)))
                self._read_header_line(word, key, value)
            case _:
                self.values.report_unknown_key(key, value, HEADER_KEYS + STRUCTURE_KEYS, "a score", tree)

    def _read_header_line(self, word: str, key: Scalar, value: Node) -> None:
        """Read one line of the header."""
        read = self.values.read
        match word:
            case "score":
                self.header = replace(self.header, title=self.values.read_string(value, key))
            case "clock":
                clock = read(value, key, values.read_clock)
                if clock is not None:
                    self.header = replace(self.header, clock=replace(clock, span=self.values.entry_span(key, value)))
            case "grid":
                grid = read(value, key, values.read_grid)
                if grid is not None:
                    self.header = replace(self.header, grid=replace(grid, span=self.values.entry_span(key, value)))
            case "snap":
                self.header = replace(self.header, snap=read(value, key, values.read_snap))
            case "lead":
                self.header = replace(self.header, lead=read(value, key, values.read_lead))
            case "late":
                late = read(value, key, values.read_late)
                self.header = replace(self.header, late=late)
            case "seed":
                self.header = replace(self.header, seed=read(value, key, values.read_seed))
            case "sr":
                self.header = replace(self.header, sr=read(value, key, values.read_sr))
            case _:
                middle = read(value, key, values.read_middle)
                self.header = replace(self.header, middle=middle)

    def _read_play(self, node: Node, key: Scalar) -> tuple[PlayItem, ...]:
        """Read `play: intro drop*2 finale`, or a list of the same items."""
        if not isinstance(node, Sequence):
            scalar = self.values.read_scalar(node, key)
            if scalar is None:
                return ()
            return values.read_play(scalar.value, value_span(scalar, self.source), self.faults) or ()
        items = [self.values.read(item, key, values.read_pass) for item in node.items]
        if not node.items and node.whole:
            self.values.report_no_value(key)
        return tuple(item for item in items if item is not None)
