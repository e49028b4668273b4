"""The report of a run: the outcome of every cue, built from the conductor's deliveries."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sequencer.core.display import counted, summary_repr
from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.engine.conductor.deliveries import ActKind, Delivery, Status
from sequencer.engine.conductor.message_output import SentMessages
from sequencer.engine.conductor.run_actions import RunAction
from sequencer.engine.conductor.stalls import Stall
from sequencer.schedule.model import CueAct

AROUND = 4
"""How many chunks before and after the one on which a cue landed are searched for a nearer one."""

GOOD = frozenset({Status.LANDED, Status.OVERTAKEN, Status.SKIPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class CueReport:
    """One cue, or one firing of a rule.

    Attributes:
        planned: The score chunk for which it was planned.
        landed: The score chunk on which it landed.
        error_ms: The signed snap error in milliseconds. None for a rule, and for what a jump of the
            clock brought.
        lead_ms: How long before its chunk began its first command was sent. None if nothing was
            sent or the chunk never began.
        waited_ms: How long a firing waited for its chunk to begin.
        shown_off_ms: In a run that follows a clock, how long after its position it was really
            shown.
        beyond_ms: In a run that follows a clock, how much further off that is than the nearest
            chunk that was shown.
        shown: The score chunk with which it was first shown: the one on which it landed, or a later
            one if the frames of that one never arrived. None if it has not landed, was not shown,
            or the run does not know (`Report.knows_shown`).
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
    """The number of the pass of its section, as in the cue sheet."""
    version: int = 1
    """The version of the score that it is of, and that its line counts in; 1 if none took over."""
    acts: tuple[CueAct, ...] = ()
    """What it does, in full; `what` names only the kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunActionReport:
    """One firing of a rule or exit that acted on the run itself.

    Attributes:
        what: `pause`, `resume`, `goto SECTION` or `exit`.
        chunk: The score chunk after which the model rested, from which on it continued, or with
            which the next pass began. None if this did not happen: then `status` and `reason`
            explain why.
        waited_ms: How long that took; None as for `chunk`.
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
    version: int = 1
    """The version of the score that its line counts in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report of a complete run: how every cue ended, and whether all due ones landed."""

    cues: tuple[CueReport, ...]
    ended: str
    takes: int
    chunks: int
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    ended_well: bool = False
    """Whether the score was played to its end."""
    sends: tuple[SentMessages, ...] = ()
    """The messages that were sent to external devices, in that order."""
    moves: tuple[RunActionReport, ...] = ()
    """What rules and exits did to the run itself, in the order in which they fired."""
    knows_shown: bool = False
    """Whether the run noted shown chunks; the first revision of the conductor did not."""

    @property
    def landed_and_shown(self) -> int:
        """How many cues landed and were shown."""
        return sum(1 for cue in self.cues if cue.status is Status.LANDED and cue.shown is not None)

    @property
    def landed_but_not_shown(self) -> int:
        """How many cues landed but were never shown: their frames came after the run was over."""
        landed = sum(1 for cue in self.cues if cue.status is Status.LANDED)
        return landed - self.landed_and_shown if self.knows_shown else 0

    stalls: tuple[Stall, ...] = ()
    """The periods without a reported chunk that were much longer than a chunk takes."""
    chunks_beyond: int = 0
    """How many chunks the model made outside the score: after its end, or after a cut was due."""
    first_chunk: int = 0
    """The score chunk with which the run began; `chunks` counts from there."""
    played: str | None = None
    """The range of the score that the run played, such as `from drop 9.1`; None for all of it."""
    stopped: bool = False
    """Whether an operator ended the run early: a normal end; only due cues can be missing."""

    @property
    def ended_normally(self) -> bool:
        """Whether the score was played to its end, or until an operator ended it."""
        return self.ended_well or self.stopped

    @property
    def all_landed(self) -> bool:
        """Whether no cue was lost. Late cues that landed on another chunk count as landed."""
        return all(cue.status in GOOD for cue in self.cues)

    @property
    def went_as_written(self) -> bool:
        """Whether the run ended normally, all due landed, and nothing stalled or extended it."""
        return (
            self.ended_normally and self.all_landed and not self.stalls and not self.chunks_beyond
        )

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a row for each cue and each firing of a rule, with plain values for a data frame.

        >>> import sequencer
        >>> score = sequencer.reads('at 0c "A."\\nend 2c\\n')
        >>> report = sequencer.rehearse(score, video=False, save=False).report
        >>> keys = ("place", "planned", "landed", "status")
        >>> [[row[key] for key in keys] for row in report.to_dicts()]
        [['0c', 0, 0, 'landed']]

        Returns:
            The rows, in the order of `cues`. Their columns are those of `CUE_COLUMNS` in this
                module.
        """
        return [cue_row(cue) for cue in self.cues]

    def __repr__(self) -> str:
        landed = sum(1 for cue in self.cues if cue.landed is not None)
        return summary_repr(
            self,
            None,
            self.ended,
            f"{landed} of {counted(len(self.cues), 'cue')} landed",
            counted(self.chunks, "chunk"),
        )


CUE_COLUMNS = {
    "number": "the number of the cue or firing in the run",
    "section": "the section's name, or None",
    "occurrence": "the number of the pass of the section, from 1",
    "place": "the position as the author wrote it, or the trigger of a rule",
    "line": "the line of the score, from 1; 0 if it has none",
    "version": "the version of the score that the line counts in; 1 if no edit took over",
    "what": "the kinds of what it does",
    "planned": "the score chunk for which it was planned, or None",
    "landed": "the score chunk on which it landed, or None",
    "shown": "the score chunk with which it was first shown, or None",
    "status": "`landed`, `skipped`, `overtaken`, `dropped`, `refused`, `missed` or `stuck`",
    "reason": "why it did not land, or an empty text",
    "error_ms": "the signed snap error in milliseconds, or None",
    "lead_ms": "how long before its chunk its first command was sent, in milliseconds, or None",
    "waited_ms": "how long a firing waited for its chunk, in milliseconds, or None",
    "shown_off_ms": (
        "how long after its position it was shown, in milliseconds, in a run that follows a clock, "
        "or None"
    ),
    "beyond_ms": (
        "by how much that is further off than the nearest chunk that was shown, in milliseconds, "
        "or None"
    ),
    "entry": "the id of the entry in the schedule, or None",
    "rule": "the id of the rule in the schedule, or None",
    "prompt": "the complete prompt that it shows, or None",
}
"""The columns of `Report.to_dicts`, with their meanings."""


def cue_row(cue: CueReport) -> dict[str, Any]:
    """Return a cue as a row with the columns of `CUE_COLUMNS`."""
    row: dict[str, Any] = {
        name: getattr(cue, name) for name in CUE_COLUMNS if name not in ("status", "prompt")
    }
    row["status"] = cue.status.value
    row["prompt"] = next((act.text for act in cue.acts if act.kind == "prompt"), None)
    return {name: row[name] for name in CUE_COLUMNS}


def cue_report(line: Delivery, grid: ChunkGrid, shown: Mapping[int, int]) -> CueReport:
    """Return the report of one delivery.

    `shown` contains when score chunks were shown, in a run that follows a clock.
    """
    off = None if line.shown is None or line.beat is None else line.shown - line.beat
    error: Fraction | None = None
    if line.has_position and line.planned is not None:
        error = grid.snap_error(line.time, line.planned)
    lead = None if line.sent is None or line.boundary is None else (line.boundary - line.sent) / 1e6
    waited = (
        None if line.fired is None or line.boundary is None else (line.boundary - line.fired) / 1e6
    )
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
        error_ms=round(line.off / 1e6, 3)
        if line.off is not None
        else None
        if error is None
        else round(float(error * 1000), 3),
        lead_ms=None if lead is None else round(lead, 3),
        waited_ms=None if waited is None else round(waited, 3),
        entry=line.entry,
        rule=line.rule,
        shown_off_ms=None if off is None else round(off / 1e6, 3),
        beyond_ms=None if off is None else _beyond(line, off, shown),
        occurrence=line.occurrence,
        version=line.version,
        acts=line.acts,
    )


def with_shown(
    cues: Iterable[CueReport], lines: Iterable[Delivery], shown: Mapping[int, int], end: int
) -> tuple[CueReport, ...]:
    """Return the cues with the chunks at which they were first shown.

    A cue is in force until another one of its kind lands, so it was shown if any chunk before that
    was.

    Args:
        cues: The reports of the cues.
        lines: Their deliveries, in the same order.
        shown: When each score chunk was shown, in nanoseconds.
        end: The number of score chunks. A cue that the model reported late may have a landing after
            the last one.
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
    cue: CueReport,
    line: Delivery,
    chunks: list[int],
    landings: Mapping[ActKind, list[int]],
    end: int,
) -> CueReport:
    if cue.status is not Status.LANDED or cue.landed is None:
        return cue
    index = bisect_left(chunks, min(cue.landed, end - 1))
    if index == len(chunks):
        return cue
    over = [_after(landings[kind], cue.landed, end) for kind in line.kinds]
    return replace(cue, shown=chunks[index]) if chunks[index] < max(over, default=end) else cue


def _after(landings: list[int], chunk: int, end: int) -> int:
    """Return the first of ascending landings after a chunk, or the end."""
    index = bisect_right(landings, chunk)
    return landings[index] if index < len(landings) else end


def move_report(move: RunAction) -> RunActionReport:
    """Return the report of one run action."""
    waited = None if move.came is None else round((move.came - move.fired) / 1e6, 3)
    return RunActionReport(
        section=move.section,
        place=move.place,
        line=move.line,
        what=move.what,
        chunk=move.chunk,
        status=move.status,
        reason=move.reason,
        waited_ms=waited,
        occurrence=move.occurrence,
        version=move.version,
    )


def _beyond(line: Delivery, off: float, shown: Mapping[int, int]) -> float | None:
    """Return how many ms further off its position a cue was shown than the nearest shown chunk."""
    if line.snap is not Snap.NEAREST or line.landed is None or line.beat is None:
        return None
    around = (
        shown[chunk]
        for chunk in range(line.landed - AROUND, line.landed + AROUND + 1)
        if chunk in shown
    )
    best = min((abs(one - line.beat) for one in around), default=abs(off))
    return round((abs(off) - best) / 1e6, 3)
