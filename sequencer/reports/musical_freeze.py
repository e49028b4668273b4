"""Freeze a run as music: a score with the sections, bars, scenes and comments of its own score.

What was played by hand becomes cues at the bar and beat where it landed. A live section gets the
length that it had, and `play` lists the passes as they were played. A section whose passes differ
is written once for each of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeVar

from sequencer.core.diagnostics import NO_SPAN, Diagnostics, Span
from sequencer.core.errors import ScoreError
from sequencer.engine.conductor.deliveries import ActKind, Delivery
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.view import RunView
from sequencer.engine.journal import Journal
from sequencer.language.compiler import compile_all, compile_score
from sequencer.language.compiler.inheritance import find_ancestors, with_inherited_head
from sequencer.language.compiler.ir import PlacedCue, Resolved, ResolvedPrompt
from sequencer.language.compiler.place import place
from sequencer.language.compiler.resolve import resolve
from sequencer.language.kept_sources import read_kept_score
from sequencer.language.notations import print_score, reads
from sequencer.language.score import (
    Item,
    Let,
    PlayItem,
    Position,
    Scene,
    Score,
    Section,
    Use,
)
from sequencer.reports.freeze import freeze, landed_acts
from sequencer.reports.frozen_pass import FrozenCue, FrozenPass, InexpressibleError
from sequencer.reports.frozen_positions import position_at
from sequencer.schedule.document import digest
from sequencer.schedule.model import (
    Schedule,
)

MAX_MOVES = 200
"""The most cues whose moves are listed one by one."""


Named = TypeVar("Named", Let, Scene)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A frozen score, and what of the run it could not keep, in sentences."""

    score: Score
    notes: tuple[str, ...] = ()


def freeze_music(journal: Journal) -> Frozen:
    """Return a score that keeps what is musical of a run.

    If the journal has no text of its score, or what happened cannot be written with sections and
    beats, the score is in chunks (see `sequencer.reports.freeze`), and a note has the reason.

    Raises:
        JournalError: The run ended before its first chunk, or shows an image whose name cannot be
            written in a score.
    """
    chunks = freeze(journal)  # it also checks the run
    if journal.played is not None:
        return _in_chunks(chunks, "the run played a range of its score")
    if len(journal.versions) > 1:
        return _in_chunks(chunks, "edits of the score took over while it was played")
    written = read_kept_score(journal.sources, journal.schedule.images)
    if written is None:
        return _in_chunks(chunks, "its journal has no text of the score that can be read")
    schedule = compile_all(written).schedule
    if schedule is None or digest(schedule) != digest(journal.schedule):
        return _in_chunks(chunks, "the text of its score is compiled differently without its files")
    played = _replay(journal)
    try:
        built = RunFreezer(written, schedule, played).build()
        score = replace(reads(print_score(built.score), file=""), images=played.run.images)
        frozen = compile_score(score)
    except InexpressibleError as error:
        return _in_chunks(chunks, str(error))
    except (ValueError, ScoreError) as error:
        return _in_chunks(chunks, _reason(error))
    notes = [*built.notes, *_moves(built.placed, frozen, played)]
    return Frozen(score=score, notes=tuple(notes))


def _reason(error: ValueError | ScoreError) -> str:
    if not isinstance(error, ScoreError):
        return str(error)
    return next((one.message for one in error.diagnostics if one.is_error), error.message)


def _in_chunks(score: Score, reason: str) -> Frozen:
    return Frozen(score=score, notes=(f"sections and beats cannot be kept: {reason}",))


@dataclass(slots=True, kw_only=True)
class Played:
    """A run that was replayed, and where its clock was when deliveries without position landed."""

    run: RunView
    quarters: dict[int, float] = field(default_factory=dict)
    """In a run that follows a clock: the quarter (or second) at which a delivery was shown.

    The keys are the numbers of the deliveries.
    """


def _replay(journal: Journal) -> Played:
    conductor = Conductor.of_journal(journal)
    played = Played(run=conductor.view)
    for record in journal.records:
        if record.event is None:
            continue
        conductor.receive(record.event)
        clock = played.run.clock
        for line in played.run.deliveries if clock is not None else ():
            if line.fired is None or line.boundary is None or line.number in played.quarters:
                continue
            seen = line.boundary + clock.lag - clock.offset if clock is not None else 0
            here = None if clock is None else _clock_position(played.run, seen)
            if here is not None:
                played.quarters[line.number] = here
    return played


def _clock_position(run: RunView, at: int) -> float | None:
    """Return the quarter at which a followed clock is, or the second if it counts seconds."""
    clock = run.clock
    if clock is None:
        return None
    if clock.is_external:
        return clock.quarter_at(at)
    return clock.score_seconds_at(at)


@dataclass(slots=True, kw_only=True)
class _Built:
    score: Score
    placed: list[FrozenCue]
    notes: list[str]


class RunFreezer:
    """Builds the frozen score of one run."""

    def __init__(self, score: Score, schedule: Schedule, played: Played) -> None:
        self.score = score
        self.schedule = schedule
        self.played = played
        self.run = played.run
        self.follows = self.run.clock is not None
        faults = Diagnostics()
        resolved = resolve(score, faults)
        self.prompts = _prompts_by_span(resolved)
        self.cues: dict[tuple[str | None, Span], list[PlacedCue]] = {}
        for block in place(resolved, faults):
            if block is None:
                continue
            for cue in block.cues:
                self.cues.setdefault((block.block.name, cue.span), []).append(cue)
        self.nodes = _nodes_by_span(score)
        self.inherited: set[str] = set()
        """The sections that are like others, with what they have from those."""
        self.placed: list[FrozenCue] = []
        self.notes: list[str] = []
        self.landed = landed_acts(self.run)
        self.passes = self._played_passes()
        self.last = self.passes[-1]
        self._assign()

    def _played_passes(self) -> list[Pass]:
        """Return the passes that were played, the last one as long as it lasted."""
        run = self.run
        if run.is_complete:
            return list(run.passes)
        if self.follows:
            here = run.pass_at(run.chunk).number
            return list(run.passes[: here + 1])
        ends = run.grid.boundary(run.chunk)
        return [one for one in run.passes if one.start < ends or not one.number]

    def _assign(self) -> None:
        """Sort what landed by pass: cues by their entry, and what was played by hand."""
        self.kinds: dict[int, set[ActKind]] = defaultdict(set)
        self.cut_seeds: dict[int, int | None] = {}
        numbers = {one.number for one in self.passes}
        self.by_entry: dict[tuple[int, int], Delivery] = {}
        self.by_hand: dict[int, list[Delivery]] = defaultdict(list)
        lost: set[int] = set()
        for (_, kind), (line, slot) in self.landed.items():
            if kind == "cut" and slot.cut is not None:
                self.cut_seeds[line.number] = slot.cut.seed
            first = not self.kinds[line.number]
            self.kinds[line.number].add(kind)
            if line.entry is not None:
                if self._is_in_its_pass(line, numbers):
                    self.by_entry[line.pass_number, line.entry] = line
                elif self.follows:
                    lost.add(line.number)
                elif first:
                    # It could not be taken back when its section was left.
                    self.by_hand[self._pass_of(line).number].append(line)
            elif line.fired is None:
                lost.add(line.number)
            elif first:
                self.by_hand[self._pass_of(line).number].append(line)
        if lost:
            self.notes.append(
                f"the clock was moved: {len(lost)} cue{'s' * (len(lost) != 1)} that landed before "
                "are not kept"
            )

    def _is_in_its_pass(self, line: Delivery, numbers: set[int]) -> bool:
        """Return whether the pass of a cue was played until its position."""
        if line.pass_number not in numbers or not self.run.has_pass_of(line):
            return False
        return line.time < self.run.passes[line.pass_number].end

    def _is_on_its_line(self, line: Delivery) -> bool:
        """Return whether a quantised firing landed on its bar line or beat."""
        is_there = line.quantisation is not None and self.run.has_pass_of(line)
        on_time = line.landed == self.run.grid.snap(line.time, line.snap)
        return is_there and on_time and line.pass_number < len(self.passes)

    def position_of(self, line: Delivery) -> Position | None:
        """Return the exact position of a quantised firing; None for everything else."""
        if not self._is_on_its_line(line):
            return None
        current = line.scheduled_in
        return position_at(current, line.quarter, line.time - current.start)

    def _pass_of(self, line: Delivery) -> Pass:
        here = self.played.quarters.get(line.number)
        if self.follows and here is not None and self.run.clock is not None:
            external = self.run.clock.is_external
            return next(
                (
                    one
                    for one in self.passes
                    if here < float(one.end_quarter if external else one.end)
                ),
                self.passes[-1],
            )
        if self._is_on_its_line(line):
            return line.scheduled_in
        current = self.run.pass_at(line.landed or 0)
        return current if current.number < len(self.passes) else self.passes[-1]

    def node_of(self, line: Delivery) -> Item | None:
        """Return what a delivery was written as: a rule, or a cue whose section was left."""
        stretch = self.schedule.stretches[line.scheduled_in.stretch.index]
        rule = next((one for one in stretch.rules if one.id == line.rule), None)
        entry = next((one for one in stretch.entries if one.id == line.entry), None)
        origin = rule or entry
        return None if origin is None else self.nodes.get(origin.origin)

    # ---- the score -------------------------------------------------------------------------------

    def build(self) -> _Built:
        """Return the frozen score."""
        if not self.score.sections:
            return self._without_sections()
        variants: dict[str, list[Section]] = defaultdict(list)
        order: list[str] = []
        named = {section.name: section for section in self.score.sections}
        self.inherited = {name for name, section in named.items() if section.like is not None}
        named = {name: _with_inherited(section, named) for name, section in named.items()}
        names = set(named)
        for index, current in enumerate(self.passes):
            original = named[current.stretch.section or ""]
            made = FrozenPass(self, current, index, original.items, original).section(original)
            same = next(
                (one for one in variants[original.name] if replace(one, name=made.name) == made),
                None,
            )
            if same is None:
                if variants[original.name]:
                    made = replace(made, name=_free_name(original.name, names))
                    names.add(made.name)
                variants[original.name].append(made)
                same = made
            order.append(same.name)
        sections = tuple(
            one for section in self.score.sections for one in variants.get(section.name, ())
        )
        dropped = [one.span for one in self.score.sections if one.name not in variants]
        if self.score.play or order != [one.name for one in sections]:
            play = tuple(PlayItem(name, len(list(group))) for name, group in groupby(order))
        else:
            play = ()
        return self._built(
            replace(
                self.score,
                sections=sections,
                items=(),
                play=play,
                play_span=self._span_for_play(),
                comments=tuple(
                    one
                    for one in self.score.comments
                    if not any(_contains(span, one.span) for span in dropped)
                ),
            )
        )

    def _span_for_play(self) -> Span:
        if self.score.play_span.line:
            return self.score.play_span
        line = self.score.text.count("\n") + 2
        return Span(self.score.file, line, 1, line, 1)

    def _without_sections(self) -> _Built:
        made = FrozenPass(self, self.passes[0], 0, self.score.items, None)
        items = made.items()
        return self._built(replace(self.score, items=items, end=made.end_position(self.score.end)))

    def _built(self, score: Score) -> _Built:
        """Return the score with everything that it uses in its own text."""
        lets = (*(_let_at(use, one) for use in score.uses for one in use.lets), *score.lets)
        scenes = (
            *(_scene_at(use, one) for use in score.uses for one in use.scenes),
            *score.scenes,
        )
        if score.uses:
            self.notes.append("the scenes and variables that it uses are in the score itself")
        return _Built(
            score=replace(score, uses=(), lets=_once(lets), scenes=_once(scenes)),
            placed=self.placed,
            notes=self.notes,
        )


def _prompts_by_span(
    resolved: Resolved,
) -> dict[tuple[str | None, Span], tuple[ResolvedPrompt, ...]]:
    """Return the prompts of each cue and rule, with the texts between which a choice is made."""
    found: dict[tuple[str | None, Span], tuple[ResolvedPrompt, ...]] = {}
    for block in resolved.blocks:
        nodes: list[tuple[Span, tuple[object, ...]]] = [
            *((one.span, one.acts) for one in block.cues),
            *((one.span, one.acts) for one in block.rules),
        ]
        for span, acts in nodes:
            found[block.name, span] = tuple(act for act in acts if isinstance(act, ResolvedPrompt))
    return found


def _nodes_by_span(score: Score) -> dict[Span, Item]:
    every = (score.items, *(section.items for section in score.sections))
    return {item.span: item for items in every for item in items}


def _with_inherited(section: Section, sections: Mapping[str, Section]) -> Section:
    """Return a section with everything that it has from the one that it is like."""
    if section.like is None:
        return section
    chain = find_ancestors(section, sections)
    items = tuple(item for one in reversed(chain) for item in one.items)
    return replace(with_inherited_head(chain), items=items, like=None, like_span=NO_SPAN)


def _let_at(use: Use, let: Let) -> Let:
    """Return a variable of a used file as if it were written where the file is used."""
    return replace(let, text=replace(let.text, span=NO_SPAN), span=use.span)


def _scene_at(use: Use, scene: Scene) -> Scene:
    """Return a scene of a used file as if it were written where the file is used."""
    base, follow = (
        None if text is None else replace(text, span=NO_SPAN) for text in (scene.base, scene.follow)
    )
    return replace(scene, base=base, follow=follow, span=use.span)


def _free_name(name: str, taken: Iterable[str]) -> str:
    names = set(taken)
    number = 2
    while f"{name}-{number}" in names:
        number += 1
    return f"{name}-{number}"


def _once(values: Iterable[Named]) -> tuple[Named, ...]:
    """Return values without repetitions, in their order."""
    found: list[Named] = []
    for value in values:
        if value not in found:
            found.append(value)
    return tuple(found)


def _contains(whole: Span, part: Span) -> bool:
    start = part.line, part.column
    return (whole.line, whole.column) <= start < (whole.end_line, whole.end_column)


# ---- what moved ----------------------------------------------------------------------------------


def _moves(placed: Iterable[FrozenCue], frozen: Schedule, played: Played) -> Iterator[str]:
    """Yield how far each cue of the frozen score is from where it landed in the run."""
    count = 0
    for one in placed:
        stretch = frozen.stretches[one.number]
        chunk = frozen.grid.snap(stretch.start + one.seconds, one.snap)
        if chunk == one.landed:
            continue
        count += 1
        if count > MAX_MOVES:
            continue
        seconds = float(frozen.grid.boundary(chunk) - frozen.grid.boundary(one.landed))
        yield (
            f"{one.label}: chunk {chunk} at the score's own tempo, chunk {one.landed} in the run "
            f"({seconds:+.1f} s)"
        )
    if count > MAX_MOVES:
        yield f"and {count - MAX_MOVES} more cues"
