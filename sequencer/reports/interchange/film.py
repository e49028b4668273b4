"""What is exported: the cues of a score on their planned chunks, or of a run where they landed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from sequencer.core.display import counted
from sequencer.core.timebase import ChunkGrid, Meter
from sequencer.schedule.describe import count_messages, milliseconds, number
from sequencer.schedule.document import digest
from sequencer.schedule.model import Entry, Schedule
from sequencer.schedule.takes import takes_of

if TYPE_CHECKING:
    from sequencer.engine.conductor.machine import Conductor
    from sequencer.reports.timeline.plot import Band

Part = Literal["cuts", "seeds", "images", "strengths", "sr", "sections", "marks"]
"""What a format may or may not contain."""
EVERYTHING: tuple[Part, ...] = ("cuts", "images", "strengths", "sr", "sections", "marks")
"""What formats contain whose notes have space for all of it; none of them has seeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmCue:
    """Everything that acts on one chunk.

    `place` is the position of the first cue there as it was written, `error` its snap error in
    seconds (None: unknown), `line` its line in the score. `seed` is that of the take that the cut
    opens.
    """

    chunk: int
    place: str
    section: str | None
    error: Fraction | None
    line: int
    is_cut: bool = False
    seed: int | None = None
    prompt: str | None = None
    image: str | None = None
    strength: Fraction | None = None
    sr: str | None = None

    def details(self) -> list[str]:
        """Return what it does besides its prompt, in words: `cut seed 9`, `image boat.png`."""
        found = []
        if self.is_cut:
            found.append("cut" if self.seed is None else f"cut seed {self.seed}")
        if self.image is not None:
            found.append(f"image {self.image}")
        if self.strength is not None:
            found.append(f"strength {number(self.strength)}")
        if self.sr is not None:
            found.append(f"sr {self.sr}")
        return found

    @property
    def shown_error(self) -> str:
        """The snap error in milliseconds, `+125 ms`; empty if it is zero or unknown."""
        return "" if not self.error else f"{milliseconds(self.error, 0)} ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmSection:
    """One pass of a section, from `start` to `end` in chunks (exact), at least one chunk long."""

    name: str
    start: Fraction
    end: Fraction

    @property
    def chunks(self) -> tuple[int, int]:
        """The chunks of its first and of its last frame, the second exclusive."""
        start = -(-(2 * self.start - 1) // 2)
        return int(start), max(int(start) + 1, int(-(-(2 * self.end - 1) // 2)))


@dataclass(frozen=True, slots=True)
class FilmMark:
    """A named position, in chunks (exact)."""

    name: str
    at: Fraction


@dataclass(frozen=True, slots=True)
class FilmPause:
    """A pause of a run after a chunk, in seconds of the wall clock: it has no frames."""

    chunk: int
    seconds: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """The cues of a score or a run by chunk, with its sections and marks.

    `clock` is the tempo and the meter if both are constant, else None. `sound` is the path of the
    sound track, and the second in it at which the film begins. `is_run` is true if the
    chunks are those on which the cues landed. `warnings` name what no format contains.
    """

    title: str
    grid: ChunkGrid
    end: int
    seed: int
    sr: str
    cues: tuple[FilmCue, ...]
    sections: tuple[FilmSection, ...] = ()
    marks: tuple[FilmMark, ...] = ()
    pauses: tuple[FilmPause, ...] = ()
    clock: tuple[Fraction, Meter] | None = None
    digest: str = ""
    sound: tuple[str, Fraction] | None = None
    is_run: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def prompts(self) -> tuple[FilmCue, ...]:
        """The cues with a prompt."""
        return tuple(cue for cue in self.cues if cue.prompt is not None)

    def seconds(self, chunk: int | Fraction) -> Fraction:
        """Return when a chunk begins, in seconds."""
        return self.grid.seconds_of(Fraction(chunk))

    def frame(self, chunk: int | Fraction) -> int:
        """Return the frame nearest to a position in chunks."""
        return round(self.seconds(chunk) * self.grid.fps)

    def shots(self) -> Iterator[tuple[FilmCue, int]]:
        """Yield each cue with a prompt and the chunk of the next one or of the end."""
        prompts = self.prompts
        for cue, following in zip(prompts, [*prompts[1:], None], strict=True):
            yield cue, self.end if following is None else following.chunk

    def takes(self) -> list[tuple[int, int, list[FilmCue]]]:
        """Return the first chunk, the end and the prompts of each take."""
        starts = [0, *(cue.chunk for cue in self.cues if cue.is_cut and cue.chunk > 0)]
        return [
            (start, end, [cue for cue in self.prompts if start <= cue.chunk < end])
            for start, end in zip(starts, [*starts[1:], self.end], strict=True)
        ]

    def losses(self, *contained: Part) -> tuple[str, ...]:
        """Return warnings about what a format does not contain, and those of the film itself."""
        counts: dict[Part, int] = {
            "cuts": sum(cue.is_cut and cue.chunk > 0 for cue in self.cues),
            "images": sum(cue.image is not None for cue in self.cues),
            "strengths": sum(cue.strength is not None for cue in self.cues),
            "sections": len(self.sections),
            "marks": len(self.marks),
        }
        words = {
            "cuts": "cut",
            "images": "image",
            "strengths": "strength",
            "sections": "section",
            "marks": "mark",
        }
        lost = [
            counted(count, words[part])
            for part, count in counts.items()
            if count and part not in contained
        ]
        if "seeds" not in contained:
            seeds = [self.seed, *(cue.seed for cue in self.cues if cue.seed is not None)]
            if len(seeds) == 1:
                lost.append(f"the seed {seeds[0]}")
            else:
                lost.append(f"the seeds {', '.join(map(str, dict.fromkeys(seeds)))}")
        if "sr" not in contained and any(cue.sr is not None for cue in self.cues):
            lost.append(f"super-resolution ({self.sr} at the start)")
        if self.sound is not None and "sound" not in contained:
            lost.append(f"the sound {self.sound[0]}")
        if not lost:
            return self.warnings
        return (*self.warnings, f"this format does not contain {', '.join(lost)}")


def film_of_schedule(schedule: Schedule) -> Film:
    """Return what a score plans, with every live section at its max."""
    from sequencer.reports.timeline.from_schedule import plot_schedule

    warnings = []
    for stretch in schedule.stretches:
        if stretch.is_live:
            length = f"{float(stretch.seconds):.1f} s"
            warnings.append(
                f"the section {stretch.section} is live: its max, {length}, is exported, and what "
                "follows comes earlier if it is left earlier"
            )
    rules = {(rule.origin, rule.trigger) for one in schedule.stretches for rule in one.rules}
    if rules:
        warnings.append(
            f"{counted(len(rules), 'rule')} left out: only a run shows what a rule does"
        )
    sections = {stretch.index: stretch.section for stretch in schedule.stretches}
    errors: dict[int, Fraction | None] = {}
    places: dict[int, str | None] = {}
    is_open = False
    for stretch in schedule.stretches:
        for entry in stretch.entries:
            errors[entry.id] = None if is_open else entry.error
            places[entry.id] = sections[stretch.index]
        is_open = is_open or stretch.is_live
    return _film(
        schedule,
        schedule.entries,
        plot_schedule(schedule).bands,
        schedule.end,
        errors=errors,
        sections=places,
        warnings=warnings,
        is_run=False,
        opening_seed=schedule.seed,
    )


def film_of_run(conductor: Conductor) -> Film:
    """Return what a run showed, each cue on the chunk where it landed."""
    from sequencer.reports.timeline.from_run import landed_entries, plot_run

    view = conductor.view
    lines = view.deliveries
    plot = plot_run(conductor)
    lost = sum(line.landed is None for line in lines)
    warnings = []
    if lost:
        warnings.append(f"{counted(lost, 'cue')} of {len(lines)} did not land, and are left out")
    sections = {line.number: line.section for line in lines}
    errors = {
        line.number: None
        if line.landed is None
        else Fraction(round(line.off), 1_000_000_000)
        if line.off is not None
        else None
        if line.fired is not None
        else view.grid.snap_error(line.time, line.landed)
        for line in lines
    }
    pauses = []
    rested: int | None = None
    for action in view.run_actions:
        if action.kind == "pause" and action.came is not None:
            rested = action.came
        elif action.kind == "resume" and action.came is not None and rested is not None:
            pauses.append(
                FilmPause(
                    max(0, (action.chunk or 0) - view.first_chunk),
                    Fraction(action.came - rested, 1_000_000_000),
                )
            )
            rested = None
    return _film(
        view.schedule,
        landed_entries(lines),
        plot.bands,
        plot.end,
        errors=errors,
        sections=sections,
        warnings=warnings,
        is_run=True,
        pauses=tuple(pauses),
        opening_seed=view.opening_seed,
        first=view.first_chunk,
        grid=view.grid,
    )


def _film(
    schedule: Schedule,
    entries: Sequence[Entry],
    bands: Sequence[Band],
    end: int,
    *,
    errors: dict[int, Fraction | None],
    sections: dict[int, str | None],
    warnings: list[str],
    is_run: bool,
    pauses: tuple[FilmPause, ...] = (),
    opening_seed: int,
    first: int = 0,
    grid: ChunkGrid | None = None,
) -> Film:
    """Return a film that begins with the chunk `first`, which is its chunk 0.

    `grid` has the takes of a run, if they may be others than those of the score.
    """
    grid = grid or schedule.grid
    by_id = {entry.id: entry for entry in entries}
    cues: list[FilmCue] = []
    seed = opening_seed
    takes = takes_of(entries, opening_seed, schedule.sr, first)
    for take in takes:
        for bundle in take.bundles:
            earliest = by_id[bundle.entries[0]]
            opens = bundle.chunk == take.start and take.index > 0
            if bundle.chunk == take.start and take.index == 0:
                seed = take.opening.seed
            cues.append(
                FilmCue(
                    chunk=bundle.chunk - first,
                    place=earliest.place,
                    section=sections.get(earliest.id),
                    error=errors.get(earliest.id),
                    line=earliest.origin.line,
                    is_cut=opens,
                    seed=take.opening.seed if opens and take.opening.seed != seed else None,
                    prompt=bundle.prompt,
                    image=None if bundle.image is None else bundle.image.path,
                    strength=bundle.strength,
                    sr=bundle.sr,
                )
            )
            seed = take.opening.seed
    if schedule.has_timed_sends:
        acts = [act for one in schedule.stretches for send in one.sends for act in send.acts]
        warnings.append(" and ".join(count_messages(acts)) + " left out")
    marks = [
        FilmMark(mark.name, grid.chunks_at(grid.seconds_of(band.start) + mark.offset) - first)
        for band in bands
        for mark in band.stretch.marks
    ]
    return Film(
        title=schedule.title or "Untitled",
        grid=grid.counted_from(first),
        end=max(end - first, 1),
        seed=takes[0].opening.seed,
        sr=schedule.sr,
        cues=tuple(cues),
        sections=tuple(
            FilmSection(
                name=band.name, start=max(band.start - first, Fraction(0)), end=band.end - first
            )
            for band in bands
            if band.stretch.section is not None and band.end > first
        ),
        marks=tuple(mark for mark in marks if 0 <= mark.at < end - first),
        pauses=pauses,
        clock=_constant_clock(schedule),
        digest=digest(schedule),
        sound=None
        if schedule.sound is None
        else (schedule.sound.path, schedule.sound.start + grid.opening_time(first)),
        is_run=is_run,
        warnings=tuple(warnings),
    )


def _constant_clock(schedule: Schedule) -> tuple[Fraction, Meter] | None:
    """Return the tempo and the meter if they never change."""
    bpm = schedule.clock.bpm
    if bpm is None or schedule.clock.is_external:
        return None
    for stretch in schedule.stretches:
        if stretch.tempo is None or stretch.meters is None:
            return None
        constant = stretch.tempo.seconds_at(Fraction(1)) * bpm == 60
        length = stretch.quarters if stretch.quarters is not None else Fraction(1)
        constant = constant and stretch.tempo.seconds_at(length) * bpm == 60 * length
        if not constant or {meter for _, meter in stretch.meters.changes} != {schedule.clock.meter}:
            return None
    return bpm, schedule.clock.meter
