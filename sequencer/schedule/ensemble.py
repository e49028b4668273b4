"""The schedule of a score that several stages play together.

Each stage has an ordinary schedule, its part. All parts share one time base: sections, lengths,
tempi, meters and exits are equal, and only what is shown differs. A JSON document holds all parts,
and one digest is computed over them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, TypeGuard

from sequencer.core.display import counted, summary_repr
from sequencer.core.errors import ScheduleError, UsageError
from sequencer.core.gc_pause import paused_collection
from sequencer.core.lazy_dataclass import dataclass
from sequencer.schedule import document as schedule_document
from sequencer.schedule.model import GotoAct, PauseAct, ResumeAct, Schedule, Stretch

ENSEMBLE_FORMAT = 1
"""The number of the format of its JSON document."""
MAX_STAGES = 32
"""The most stages of one score."""
MAX_REALIGN_CHUNKS = 10_000
"""The most chunks between two positions at which all stages wait for each other."""

MAX_ACCOUNT_SESSIONS = 5
"""How many sessions a Reactor account can run at once, and so how many stages with one key."""

_MARK = "helios-ensemble"


@dataclass(frozen=True, slots=True)
class EnsembleSchedule:
    """One schedule for each stage, over one time base.

    Attributes:
        parts: The name of each stage and its schedule, in the order of the score's header.
        realign: After how many chunks all stages pause until the last one is ready, and resume
            together. None: they start together, and are not aligned again.

    Raises:
        ScheduleError: There are too few or too many parts, two have one name, or their time bases
            differ.
    """

    parts: tuple[tuple[str, Schedule], ...]
    realign: int | None = None

    def __post_init__(self) -> None:
        fault = next(_faults(self), None)
        if fault is not None:
            raise ScheduleError(
                f"these schedules cannot be played together: {fault}", "compile the score again"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the stages, in order."""
        return tuple(name for name, _ in self.parts)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The schedules of the stages, in order."""
        return tuple(schedule for _, schedule in self.parts)

    @property
    def reference_name(self) -> str:
        """The name of the reference stage."""
        return self.parts[0][0]

    @property
    def reference(self) -> Schedule:
        """The schedule of the reference stage, the first one.

        What is decided once for all stages is decided by it.
        """
        return self.parts[0][1]

    def part(self, name: str) -> Schedule:
        """Return the schedule of a stage.

        Args:
            name: The name of the stage.

        Returns:
            Its schedule.

        Raises:
            ScheduleError: There is no stage of this name.
        """
        for known, schedule in self.parts:
            if known == name:
                return schedule
        raise ScheduleError(f"there is no stage {name}", f"the stages are: {', '.join(self.names)}")

    def digest(self) -> str:
        """Return the SHA-256 (hexadecimal) of what is performed on all stages."""
        performed = {
            "parts": [[name, schedule_document.digest(schedule)] for name, schedule in self.parts],
            "realign": self.realign,
        }
        return hashlib.sha256(schedule_document.canonical(performed).encode()).hexdigest()

    def to_document(self) -> dict[str, Any]:
        """Return the parts as an object for JSON, with its format number and digest."""
        return {
            _MARK: ENSEMBLE_FORMAT,
            "digest": self.digest(),
            "realign": self.realign,
            "parts": [
                {"stage": name, **schedule_document.to_document(schedule)}
                for name, schedule in self.parts
            ],
        }

    @classmethod
    def from_document(cls, document: object) -> EnsembleSchedule:
        """Return the parts of a JSON object.

        Args:
            document: The object, as `to_document` returns it.

        Returns:
            The parts.

        Raises:
            ScheduleError: The object does not hold the schedules of several stages, is newer than
                this reader, was altered, or exceeds the bounds.
        """
        if not is_ensemble_document(document):
            raise ScheduleError(
                "these are not the compiled schedules of several stages",
                "make them with: sequencer compile SCORE -o FILE",
            )
        if document[_MARK] > ENSEMBLE_FORMAT:
            raise ScheduleError(
                f"these schedules have format {document[_MARK]}, and this version reads up to "
                f"{ENSEMBLE_FORMAT}",
                "update the sequencer",
            )
        realign, parts = document.get("realign"), document.get("parts")
        if not (realign is None or type(realign) is int) or not isinstance(parts, list):
            raise ScheduleError(
                "these schedules cannot be read: their parts are missing", "compile the score again"
            )
        if len(parts) > MAX_STAGES:
            raise ScheduleError(
                f"these schedules cannot be read: there are {len(parts)} parts, and at most "
                f"{MAX_STAGES} can play together",
                "compile the score again",
            )
        ensemble = cls(tuple(_read_part(one) for one in parts), realign)
        if document.get("digest") != ensemble.digest():
            raise ScheduleError(
                "these schedules were altered: their digest does not match",
                "compile the score again",
            )
        return ensemble

    def to_json(self) -> str:
        """Return the document as text, one key per line, ending in a newline."""
        with paused_collection():
            return json.dumps(self.to_document(), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> EnsembleSchedule:
        """Return the parts of a document's text. Raises ScheduleError."""
        return cls.from_document(_load(text))

    def __repr__(self) -> str:
        first = self.reference
        return summary_repr(
            self,
            first.title,
            counted(len(self.parts), "stage"),
            f"{counted(first.end, 'chunk')} ({float(first.grid.boundary(first.end)):.1f} s)",
        )


def choose_part(ensemble: EnsembleSchedule, part: str | None) -> Schedule:
    """Return the schedule of one stage.

    Args:
        ensemble: The schedules of all stages.
        part: The name of the stage.

    Returns:
        Its schedule.

    Raises:
        UsageError: No stage is named, or it does not exist.
    """
    names = ", ".join(ensemble.names)
    if part is None:
        first = ensemble.reference_name
        raise UsageError(
            f"this score is for several stages ({names}), and this is about one of them",
            f"choose one: --part {first} (Python: compile_score(score, {first!r}))",
        )
    if part not in ensemble.names:
        raise UsageError(f"this score has no stage {part}", f"its stages are: {names}")
    return ensemble.part(part)


def refuse_part(part: str | None) -> None:
    """Raise UsageError if a stage is named where a score has none."""
    if part is not None:
        raise UsageError(
            f"this score names no stages, so it has no part {part}", "leave the part out"
        )


def is_ensemble_document(document: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON object holds the schedules of several stages, in any format."""
    return isinstance(document, dict) and type(document.get(_MARK)) is int


def schedule_from_json(text: str) -> Schedule | EnsembleSchedule:
    """Return the schedule, or the schedules of several stages, of a document's text.

    Args:
        text: The text, as `to_json` of either returns it.

    Returns:
        A schedule, or the parts of several stages.

    Raises:
        ScheduleError: The text is neither.
    """
    document = _load(text)
    if is_ensemble_document(document):
        return EnsembleSchedule.from_document(document)
    return schedule_document.from_document(document)


def _load(text: str) -> Any:
    try:
        with paused_collection():
            return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScheduleError(
            f"this is not JSON: {error}", "make a schedule with: sequencer compile SCORE -o FILE"
        ) from None


def _read_part(document: object) -> tuple[str, Schedule]:
    if not isinstance(document, dict) or not isinstance(document.get("stage"), str):
        raise ScheduleError(
            "these schedules cannot be read: a part has no stage", "compile the score again"
        )
    return document["stage"], schedule_document.from_document(document)


# ---- what all parts have in common ---------------------------------------------------------------


def _faults(ensemble: EnsembleSchedule) -> Iterator[str]:
    """Yield what is wrong with the parts, in a few words each."""
    if not 1 <= len(ensemble.parts) <= MAX_STAGES:
        yield f"there are {len(ensemble.parts)} parts, not 1 to {MAX_STAGES}"
        return
    for name in ensemble.names:
        try:
            name.encode()
        except UnicodeEncodeError:
            yield "the name of a stage contains half a character"
            return
        if not name:
            yield "a stage has no name"
    if len(set(ensemble.names)) < len(ensemble.parts):
        yield "two stages have the same name"
    realign = ensemble.realign
    if realign is not None and not 1 <= realign <= MAX_REALIGN_CHUNKS:
        yield f"they are aligned every {realign} chunks, not every 1 to {MAX_REALIGN_CHUNKS:,}"
    first_name, first = ensemble.parts[0]
    common = dict(time_base(first))
    for name, schedule in ensemble.parts[1:]:
        for what, value in time_base(schedule):
            if common.get(what) != value:
                yield f"the stages {first_name} and {name} differ in {what}"


def time_base(schedule: Schedule) -> Iterator[tuple[str, object]]:
    """Yield what all stages of a score have in common, each with its name."""
    grid = schedule.grid
    yield "their grid", (grid.frames, grid.fps, grid.first)
    yield "their clock", schedule.clock
    yield "their snap mode", schedule.snap
    yield "their lead", schedule.lead
    yield "what late cues do", schedule.late
    yield "their model", schedule.model
    yield "their sound", schedule.sound
    yield "their length", schedule.end
    yield "their sections", [_section(stretch) for stretch in schedule.stretches]
    yield "where their rules go", [_moves(stretch) for stretch in schedule.stretches]


def _section(stretch: Stretch) -> tuple[object, ...]:
    return (
        stretch.section,
        stretch.occurrence,
        stretch.start,
        stretch.seconds,
        stretch.quarters,
        stretch.tempo,
        stretch.meters,
        stretch.until,
        stretch.soonest,
        stretch.earliest,
        stretch.latest,
    )


def _moves(stretch: Stretch) -> list[object]:
    """Return the rules of a section that change the position, with what they do."""
    found: list[object] = []
    for rule in stretch.rules:
        acts = tuple(act for act in rule.acts if isinstance(act, GotoAct | PauseAct | ResumeAct))
        if acts:
            found.append((rule.trigger, acts))
    return found
