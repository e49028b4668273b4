"""Every definition and use of a name, with its exact span, in all files of a score.

Scenes and variables are shared by a score and the files that it uses. Sections, stages, marks and
go-cue names belong to one file, marks to one section of it and to the sections that are like it.
Paths of images and of other files are names too, but they cannot be renamed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from sequencer.core.diagnostics import Fix, Span
from sequencer.editing.looking import Look, read_alone
from sequencer.editing.nodes import nodes_in, nodes_of
from sequencer.editing.texts import Position, apply_edits, bounds_of, span_at, start_of
from sequencer.language.compiler.prompts import ACTION
from sequencer.language.score import (
    ALL_STAGES,
    AtMark,
    ClockLine,
    Goto,
    Let,
    OnGo,
    PlayItem,
    Scene,
    Score,
    Section,
    SetMark,
    Show,
    SoundLine,
    StageName,
    Use,
    UseImage,
    Variable,
)
from sequencer.language.source import Source
from sequencer.language.spec import RESERVED
from sequencer.language.values.strings import MAX_NAME_LENGTH, NAME, normalise_name

_WORD = re.compile(rf"[\"'{{]?({NAME})")
"""A name at the beginning of a span, also in quotes or as a variable in braces."""


class NameKind(StrEnum):
    """What a name is the name of, as messages call it."""

    SCENE = "scene"
    VARIABLE = "variable"
    SECTION = "section"
    MARK = "mark"
    STAGE = "stage"
    GO = "go cue"
    IMAGE = "image"
    FILE = "file"

    @property
    def is_path(self) -> bool:
        """Whether the name is the path of a file."""
        return self in (NameKind.IMAGE, NameKind.FILE)


Key = tuple[NameKind, tuple[str, ...], str]
"""Identifies what a name means: its kind, its scope (a file, a section of it), and the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One definition or use of a name.

    `is_exact` is False if the span covers more than the name, because it is not written as it is
    read: with escapes, for example.
    """

    kind: NameKind
    scope: tuple[str, ...]
    name: str
    span: Span
    is_definition: bool = False
    is_exact: bool = True

    @property
    def key(self) -> Key:
        """What the name means."""
        return self.kind, self.scope, self.name


@dataclass(frozen=True)  # without slots, for the cached properties
class Names:
    """All occurrences of names in a score's files, by file and position."""

    occurrences: tuple[Occurrence, ...]

    @cached_property
    def by_key(self) -> Mapping[Key, tuple[Occurrence, ...]]:
        """The occurrences of each name, in order."""
        found: dict[Key, list[Occurrence]] = {}
        for one in self.occurrences:
            found.setdefault(one.key, []).append(one)
        return {key: tuple(ones) for key, ones in found.items()}

    @cached_property
    def by_line(self) -> Mapping[tuple[str, int], tuple[Occurrence, ...]]:
        """The occurrences that begin on each line of a file."""
        found: dict[tuple[str, int], list[Occurrence]] = {}
        for one in self.occurrences:
            found.setdefault((one.span.file, one.span.line), []).append(one)
        return {line: tuple(ones) for line, ones in found.items()}

    def at(self, file: str, position: Position) -> Occurrence | None:
        """Return the name at a position, also if the cursor is just after it."""
        on_line = self.by_line.get((file, position.line), ())
        found = [one for one in on_line if position.is_in(one.span)]
        return max(found, key=lambda one: one.span.column, default=None)

    def of(self, key: Key) -> tuple[Occurrence, ...]:
        """Return the occurrences of a name."""
        return self.by_key.get(key, ())

    def without_inexact(self, file: str) -> Names:
        """Return the names without those of a file that are not written where they are read.

        In a text with errors these may be of what is read in place of a statement.
        """
        kept = (one for one in self.occurrences if one.is_exact or one.span.file != file)
        return Names(tuple(kept))

    def definitions(self, key: Key) -> tuple[Occurrence, ...]:
        """Return where a name is defined."""
        return tuple(one for one in self.of(key) if one.is_definition)

    def defined(self, kind: NameKind, scope: tuple[str, ...]) -> tuple[str, ...]:
        """Return the defined names of a kind in a scope, in order of position."""
        return tuple(
            dict.fromkeys(
                one.name
                for one in self.occurrences
                if one.is_definition and one.kind is kind and one.scope == scope
            )
        )


def collect_names(files: Mapping[str, Score]) -> Names:
    """Return the names in some files that are read together.

    Args:
        files: What could be read of each file, by the name in its spans.
    """
    found: set[Occurrence] = set()
    for file, score in files.items():
        found |= set(_NameCollector(file, score).collect())
    ordered = sorted(
        found, key=lambda one: (one.span.file, one.span.line, one.span.column, one.kind)
    )
    return Names(tuple(ordered))


class _NameCollector:
    """Finds the names in one file."""

    def __init__(self, file: str, score: Score) -> None:
        self.file = file
        self.score = score
        self.source = Source(file, score.text)
        self.sections = {section.name: section for section in reversed(score.sections)}
        self.marks = {
            section.name: {node.name for node in nodes_in(section) if isinstance(node, SetMark)}
            for section in score.sections
        }
        self.stages = {one.span for one in score.header.stages or ()}
        """Where the header names the stages."""

    def collect(self) -> Iterator[Occurrence]:
        """Yield every occurrence."""
        score = self.score
        for section in score.sections:
            yield from self._occurrences(nodes_in(section), section)
        rest = Score(
            header=score.header,
            uses=score.uses,
            lets=score.lets,
            scenes=score.scenes,
            items=score.items,
            play=score.play,
            end=score.end,
        )
        yield from self._occurrences(nodes_of(rest), None)

    def _occurrences(
        self, nodes: Iterable[object], section: Section | None
    ) -> Iterator[Occurrence]:
        for node in nodes:
            yield from self._definitions_of(node, section)
            yield from self._paths_of(node)
            yield from self._uses_of(node, section)

    def _definitions_of(self, node: object, section: Section | None) -> Iterator[Occurrence]:
        """Yield the name that a node defines."""
        match node:
            case Scene(name=name, name_span=span):
                yield self._word(NameKind.SCENE, name, span, is_definition=True)
            case Let(name=name, name_span=span):
                yield self._word(NameKind.VARIABLE, name, span, is_definition=True)
            case Section(name=name, name_span=span):
                yield self._word(NameKind.SECTION, name, span, is_definition=True)
            case SetMark(name=name, span=span):
                scope = (self.file, "" if section is None else section.name)
                yield self._word(
                    NameKind.MARK, name, span, after="mark", scope=scope, is_definition=True
                )
            case _:
                pass

    def _uses_of(self, node: object, section: Section | None) -> Iterator[Occurrence]:
        """Yield the name that a node refers to."""
        match node:
            case Section(like=str() as name, like_span=span):
                yield self._word(NameKind.SECTION, name, span)
            case Show(scene=name, span=span):
                start, _ = bounds_of(self.source, span)
                end = min(len(self.source.text), start + 2 * MAX_NAME_LENGTH)
                yield self._word(NameKind.SCENE, name, span_at(self.source, start, end))
            case Variable(name=name, span=span):
                yield self._word(NameKind.VARIABLE, name, span)
            case PlayItem(section=name, span=span):
                yield self._word(NameKind.SECTION, name, span)
            case Goto(section=name, span=span):
                yield self._word(NameKind.SECTION, name, span, after="goto")
            case OnGo(name=name, span=span):
                yield self._word(NameKind.GO, name, span, after="go")
            case StageName(name=name, span=span):
                yield self._word(NameKind.STAGE, name, span, is_definition=span in self.stages)
            case AtMark(name=name, span=span):
                scope = self._scope_of_mark(name, section)
                yield self._word(NameKind.MARK, name, span, after="mark", scope=scope)
            case _:
                pass

    def _paths_of(self, node: object) -> Iterator[Occurrence]:
        """Yield the path of a file that a node names."""
        match node:
            case UseImage(path=path, span=span):
                yield self._path(NameKind.IMAGE, path, span)
            case Use(path=path, span=span) | SoundLine(path=path, span=span):
                yield self._path(NameKind.FILE, path, span)
            case ClockLine(file=str() as path, span=span):
                yield self._path(NameKind.FILE, path, span)
            case _:
                pass

    def _scope_of_mark(self, name: str, section: Section | None) -> tuple[str, ...]:
        """Return the scope of the mark that is meant: of a section, or of one that it is like."""
        own = "" if section is None else section.name
        seen: set[str] = set()
        at = own
        while at in self.sections and at not in seen:
            seen.add(at)
            if name in self.marks[at]:
                return (self.file, at)
            at = self.sections[at].like or ""
        return (self.file, own)

    def _word(
        self,
        kind: NameKind,
        name: str,
        span: Span,
        *,
        after: str = "",
        scope: tuple[str, ...] | None = None,
        is_definition: bool = False,
    ) -> Occurrence:
        """Return the occurrence of a name at the beginning of a span, or after a keyword there."""
        start, end = bounds_of(self.source, span)
        text = self.source.text[start:end]
        keyword = re.match(rf"[\"']?{after}[\"']?(?:\s*:\s*|[ \t]+)", text) if after else None
        at = 0 if keyword is None else keyword.end()
        word = _WORD.match(text, at)
        if word is not None and normalise_name(word[1]) != name:
            word = None  # it is written with escapes, or the span is that of a whole text
        if scope is None:
            scope = () if kind in (NameKind.SCENE, NameKind.VARIABLE) else (self.file,)
        return Occurrence(
            kind=kind,
            scope=scope,
            name=name,
            span=span
            if word is None
            else span_at(self.source, start + word.start(1), start + word.end(1)),
            is_definition=is_definition,
            is_exact=word is not None,
        )

    def _path(self, kind: NameKind, path: str, span: Span) -> Occurrence:
        """Return the occurrence of a path that is somewhere in a span."""
        start, end = bounds_of(self.source, span)
        found = self.source.text.find(path, start, end) if path else -1
        exact = span if found < 0 else span_at(self.source, found, found + len(path))
        return Occurrence(kind=kind, scope=(), name=path, span=exact, is_exact=found >= 0)


# ---- questions -----------------------------------------------------------------------------------


def find_definitions(known: Look, at: Position) -> tuple[Span, ...]:
    """Return where the name at a position is defined; for a path the beginning of that file.

    A go-cue name has no definition: then all triggers that wait for it are returned.
    """
    names = known.names
    here = names.at(known.file, at)
    if here is None:
        return ()
    if here.kind.is_path:
        return (Span(find_file(known, here), 1, 1, 1, 1),)
    found = names.of(here.key) if here.kind is NameKind.GO else names.definitions(here.key)
    return tuple(one.span for one in found)


def find_file(known: Look, path: Occurrence) -> str:
    """Return the name of the file that a path refers to, relative like the names of other files."""
    folder, slash, _ = path.span.file.rpartition("/")
    whole = f"{folder}{slash}{path.name}"
    if whole in known.loaded.files:
        return whole
    ending = f"/{path.name}"
    return next((file for file in known.loaded.files if file.endswith(ending)), whole)


def find_references(
    known: Look, at: Position, also: Iterable[Look] = (), *, definitions: bool = True
) -> tuple[Span, ...]:
    """Return where the name at a position is used.

    Args:
        known: What is known about the text.
        at: The position in it.
        also: Other texts, which may use the same files.
        definitions: Whether to include the definitions.
    """
    found = _everywhere(known, at, also)
    return tuple(one.span for one in found if definitions or not one.is_definition)


def find_highlights(known: Look, at: Position) -> tuple[Occurrence, ...]:
    """Return the occurrences of the name at a position in the same text."""
    names = known.names
    here = names.at(known.file, at)
    every = () if here is None else names.of(here.key)
    return tuple(one for one in every if one.span.file == known.file)


def _everywhere(known: Look, at: Position, also: Iterable[Look]) -> tuple[Occurrence, ...]:
    """Return the occurrences of the name at a position, in all files that mean the same by it."""
    names = known.names
    here = names.at(known.file, at)
    if here is None:
        return ()
    found = dict.fromkeys(names.of(here.key))
    defined = {one.span for one in names.definitions(here.key)}
    for other in also:
        there = other.names
        if defined & {one.span for one in there.definitions(here.key)}:
            found |= dict.fromkeys(there.of(here.key))
    return tuple(sorted(found, key=lambda one: (one.span.file, one.span.line, one.span.column)))


# ---- renaming ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something cannot be done, in one sentence for people."""

    reason: str


def prepare_rename(known: Look, at: Position) -> Occurrence | Refusal:
    """Return the name at a position if it can be renamed, or why it cannot."""
    here = known.names.at(known.file, at)
    if here is None:
        return Refusal("there is no name here that can be renamed")
    if here.kind.is_path:
        return Refusal("this is the path of a file: rename the file, then write its new name here")
    if here.kind is NameKind.VARIABLE and here.name == ACTION:
        return Refusal(f"{{{ACTION}}} is a word of the language: the action of a scene")
    if not here.is_exact:
        return Refusal("this name is written with escapes: write it without them first")
    error = next((one for one in known.loaded.diagnostics if one.is_error), None)
    if error is not None:
        return Refusal(
            f"line {error.span.line} could not be read, and it may contain the name: fix it first"
        )
    return here


def rename(
    known: Look, at: Position, new: str, also: Iterable[Look] = ()
) -> tuple[Fix, ...] | Refusal:
    """Return the edits that rename what is at a position, in all files, or why it cannot be done.

    Args:
        known: What is known about the text.
        at: The position of the name.
        new: The new name.
        also: Other texts, which may use the same files.

    Returns:
        The edits; the span of each has the name of its file.
    """
    here = prepare_rename(known, at)
    if isinstance(here, Refusal):
        return here
    also = tuple(also)
    name = normalise_name(new)
    refusal = _check_name(here.kind, new, name)
    if refusal is not None:
        return refusal
    if name == here.name:
        return ()
    found = _everywhere(known, at, also)
    inexact = next((one for one in found if not one.is_exact), None)
    if inexact is not None:
        where = f"{inexact.span.file}:{inexact.span.line}"
        return Refusal(f"{where} contains this name with escapes: write it without them first")
    looks = (known, *also)
    for one in looks:
        taken = one.names.of((here.kind, here.scope, name or ""))
        if taken:
            where = f"line {taken[0].span.line} of {taken[0].span.file}".removesuffix(" of ")
            return Refusal(f"the {here.kind} {new} already exists: {where}")
    edits = tuple(Fix(one.span, new) for one in found)
    return _check_result(looks, edits, here, new) or edits


def _check_name(kind: NameKind, new: str, name: str | None) -> Refusal | None:
    """Return why something cannot have a name, or None."""
    if name is None:
        return Refusal(
            f"{new or 'nothing'} cannot be a name: a name begins with a letter; letters, digits, _ "
            "and - may follow"
        )
    if len(name) > MAX_NAME_LENGTH:
        return Refusal(f"a name has at most {MAX_NAME_LENGTH} characters")
    if kind is NameKind.SCENE and name in RESERVED:
        return Refusal(f"no scene can be called {name}: in a cue it means something else")
    if kind is NameKind.STAGE and (name in RESERVED or name == ALL_STAGES):
        return Refusal(f"no stage can be called {name}: elsewhere it means something else")
    if kind is NameKind.VARIABLE and name == ACTION:
        return Refusal(f"{name} is reserved for the action of a scene")
    return None


def _check_result(
    looks: Iterable[Look], edits: tuple[Fix, ...], here: Occurrence, new: str
) -> Refusal | None:
    """Return why the edited files would not mean the same, or None.

    A word of the language can be a name in most positions, but not in all of them: reading the
    result is the only complete check.
    """
    files = {file: score.text for one in looks for file, score in one.loaded.files.items()}
    for file in dict.fromkeys(edit.span.file for edit in edits):
        before = read_alone(files[file], file)
        mine = [edit for edit in edits if edit.span.file == file]
        after = read_alone(apply_edits(files[file], mine), file)
        changed = {start_of(edit.span) for edit in mine}
        expected = [
            (one.kind, new if start_of(one.span) in changed else one.name, one.is_definition)
            for one in collect_names({file: before.files[file]}).occurrences
        ]
        got = [
            (one.kind, one.name, one.is_definition)
            for one in collect_names({file: after.files[file]}).occurrences
        ]
        codes = [one.code for one in before.diagnostics], [one.code for one in after.diagnostics]
        if [normalised(one) for one in expected] != got or codes[0] != codes[1]:
            line = next((edit.span.line for edit in mine), 1)
            return Refusal(
                f"the {here.kind} cannot be called {new}: in line {line} this word means "
                "something else"
            )
    return None


def normalised(one: tuple[NameKind, str, bool]) -> tuple[NameKind, str, bool]:
    """Return a kind, a name and a flag, with the name as it is compared."""
    kind, name, is_definition = one
    return kind, name if kind.is_path else normalise_name(name) or name, is_definition
