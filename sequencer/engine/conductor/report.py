"""What became of every cue: the report of a run, made from the conductor's lines."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.engine.conductor.deliveries import ActKind, Delivery, Status
from sequencer.engine.conductor.midi_output import SentMidi
from sequencer.engine.conductor.run_actions import RunAction
from sequencer.engine.conductor.stalls import Stall
from sequencer.schedule.model import CueAct

AROUND = 4
"""How many chunks before and behind the one on which a cue landed are looked at for a nearer one."""

GOOD = frozenset({Status.LANDED, Status.OVERTAKEN, Status.SKIPPED})


@dataclass(frozen=True, slots=True)
class CueReport:
    """One cue, or one firing of a rule.

    `planned` and `landed` are score chunks, `error_ms` the signed snap error in milliseconds (None for a rule, and for what a
    jump of the clock brought), `lead_ms` how long before its chunk began its first command left (None where it was not sent
    or the chunk never began), `waited_ms` how long a firing waited for its chunk to begin. In a following run `shown_off_ms`
    is how far behind its place it was really seen, and `beyond_ms` how much further off than the nearest chunk that was seen.
    `shown` is the score chunk with which it was first shown: the one on which it landed, or a later one where the frames of
    that one never came. None where it has not landed, was not shown, or the run does not know (`Report.knows_shown`).
    """

    number: int
    section: str | None
    place: str
    line: int
    what: str
    planned: int | None
    landed: int | None
    status: Status
    reason: str
    error_ms: float | None
    lead_ms: float | None
    waited_ms: float | None
    entry: int | None
    rule: int | None
    shown_off_ms: float | None = None
    beyond_ms: float | None = None
    shown: int | None = None
    occurrence: int = 1
    """Which pass of its section it belongs to, as the cue sheet numbers them."""
    acts: tuple[CueAct, ...] = ()
    """What it does, in full; `what` names only the kinds."""


@dataclass(frozen=True, slots=True)
class RunActionReport:
    """One firing that moved the run itself: `what` is `pause`, `resume`, `goto SECTION` or `exit`.

    `chunk` is the score chunk behind which the model rested, from which on it went on, or with which what follows began, and
    `waited_ms` how long that took. Both are None where it did not come about; then `status` and `reason` tell.
    """

    section: str | None
    place: str
    line: int
    what: str
    chunk: int | None
    status: Status
    reason: str
    waited_ms: float | None
    occurrence: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """The whole run: every cue, how it ended, and whether all that should have landed did."""

    cues: tuple[CueReport, ...]
    ended: str
    takes: int
    chunks: int
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    ended_well: bool = False
    """Whether the score was played to its end."""
    sends: tuple[SentMidi, ...] = ()
    """What gear was told, in the order in which it was."""
    moves: tuple[RunActionReport, ...] = ()
    """What rules and exits did to the run itself, in the order in which they fired."""
    knows_shown: bool = False
    """Whether the run noted which chunks were shown; the conductor's first revision did not."""

    @property
    def landed_and_shown(self) -> int:
        """How many cues landed and were shown."""
        return sum(1 for cue in self.cues if cue.status is Status.LANDED and cue.shown is not None)

    @property
    def landed_but_not_shown(self) -> int:
        """How many cues landed and were never shown: their frames did not come before the run was over."""
        landed = sum(1 for cue in self.cues if cue.status is Status.LANDED)
        return landed - self.landed_and_shown if self.knows_shown else 0

    stalls: tuple[Stall, ...] = ()
    """When no chunk was reported for much longer than one takes."""
    chunks_beyond: int = 0
    """How many chunks the model made that the score has not: after its end, or after a cut was due."""
    stopped: bool = False
    """Whether an operator ended it before the score was over: a normal end, after which no cue is missing that was not due."""

    @property
    def ended_normally(self) -> bool:
        """Whether the score was played to its end, or until an operator ended it."""
        return self.ended_well or self.stopped

    @property
    def all_landed(self) -> bool:
        """Whether no cue was lost, late cues that landed elsewhere included as landed."""
        return all(cue.status in GOOD for cue in self.cues)

    @property
    def went_as_written(self) -> bool:
        """Whether the run came to a normal end, all that was due landed, and nothing stalled it or made it longer."""
        return self.ended_normally and self.all_landed and not self.stalls and not self.chunks_beyond


def cue_report(line: Delivery, grid: ChunkGrid, shown: Mapping[int, int]) -> CueReport:
    """The report of one line. `shown` says when score chunks were seen, in a following run."""
    off = None if line.shown is None or line.beat is None else line.shown - line.beat
    error: Fraction | None = None
    if line.has_place and line.planned is not None:
        error = grid.snap_error(line.time, line.planned)
    lead = None if line.sent is None or line.boundary is None else (line.boundary - line.sent) / 1e6
    waited = None if line.fired is None or line.boundary is None else (line.boundary - line.fired) / 1e6
    return CueReport(
        number=line.number,
        section=line.section,
        place=line.place,
        line=line.origin.line,
        what=", ".join(str(act.kind) for act in line.acts),
        planned=line.planned,
        landed=line.landed,
        status=line.status,
        reason=line.reason,
        error_ms=round(line.off / 1e6, 3) if line.off is not None else None if error is None else round(float(error * 1000), 3),
        lead_ms=None if lead is None else round(lead, 3),
        waited_ms=None if waited is None else round(waited, 3),
        entry=line.entry,
        rule=line.rule,
        shown_off_ms=None if off is None else round(off / 1e6, 3),
        beyond_ms=None if off is None else _beyond(line, off, shown),
        occurrence=line.occurrence,
        acts=line.acts,
    )


def with_shown(
    cues: Iterable[CueReport], lines: Iterable[Delivery], shown: Mapping[int, int], end: int
) -> tuple[CueReport, ...]:
    """The cues with the chunks at which they were first shown.

    A cue is in force until another one of its kind lands, so it was shown where any chunk until then was. `end` is the number
    of score chunks: what the model reported late may be said to have landed after the last one.
    """
    chunks = sorted(shown)
    landings: dict[ActKind, list[int]] = {}
    pairs = list(zip(cues, lines, strict=True))
    for cue, line in pairs:
        if cue.status is Status.LANDED and cue.landed is not None:
            for kind in line.kinds:
                landings.setdefault(kind, []).append(cue.landed)
    for found in landings.values():
        found.sort()
    return tuple(_with_shown(cue, line, chunks, landings, end) for cue, line in pairs)


def _with_shown(
    cue: CueReport, line: Delivery, chunks: list[int], landings: Mapping[ActKind, list[int]], end: int
) -> CueReport:
    if cue.status is not Status.LANDED or cue.landed is None:
        return cue
    index = bisect_left(chunks, min(cue.landed, end - 1))
    if index == len(chunks):
        return cue
    over = [_after(landings[kind], cue.landed, end) for kind in line.kinds]
    return replace(cue, shown=chunks[index]) if chunks[index] < max(over, default=end) else cue


def _after(landings: list[int], chunk: int, end: int) -> int:
    """The first of ascending landings after a chunk, or the end."""
    index = bisect_right(landings, chunk)
    return landings[index] if index < len(landings) else end


def move_report(move: RunAction) -> RunActionReport:
    """The report of one move."""
    waited = None if move.came is None else round((move.came - move.fired) / 1e6, 3)
    return RunActionReport(
        move.section, move.place, move.line, move.what, move.chunk, move.status, move.reason, waited, move.occurrence
    )


def _beyond(line: Delivery, off: float, shown: Mapping[int, int]) -> float | None:
    """How much further from its place a cue was seen than it had to be, in milliseconds: against the nearest chunk seen."""
    if line.snap is not Snap.NEAREST or line.landed is None or line.beat is None:
        return None
    around = (shown[chunk] for chunk in range(line.landed - AROUND, line.landed + AROUND + 1) if chunk in shown)
    best = min((abs(one - line.beat) for one in around), default=abs(off))
    return round((abs(off) - best) / 1e6, 3)
