"""Replay a run: pass a journal's events to a new conductor and compare its commands.

This needs no special mode and no stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sequencer.core.display import summary_repr
from sequencer.core.errors import JournalError
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import Report
from sequencer.engine.ensemble import Ensemble, StageCommand
from sequencer.engine.journal import Journal, Record, read_journal
from sequencer.events.codec import Event
from sequencer.events.commands import Command, SchedulePrompt, SetConditioning
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.model import PromptAct


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """The first point at which a journal and the conductor differ, with what each has there.

    Attributes:
        line: The line of the journal.
        after: The event that the commands answer.
        journaled: The command in the journal, or None.
        conducted: The command that the conductor returns now, or None.
        cue: The cue, and its line in the score, that the command belongs to, if that can be
            determined.
    """

    line: int
    after: str
    journaled: Command | None
    conducted: Command | None
    cue: str | None
    journaled_stage: str | None = None
    """The stage of `journaled`, in a run on several."""
    conducted_stage: str | None = None
    """The stage of `conducted`, in a run on several."""

    def __str__(self) -> str:
        there = _named(self.journaled_stage, self.journaled)
        now = _named(self.conducted_stage, self.conducted)
        cue = "" if self.cue is None else f"\ncue: {self.cue}"
        return (
            f"journal line {self.line}, after {self.after}:\n  the journal has {there}\n  now "
            f"there is {now}{cue}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The result of a replay. `divergence` is None if every command was the same."""

    events: int
    commands: int
    divergence: Divergence | None
    cut_off: bool
    is_whole: bool
    report: Report
    reports: Mapping[str, Report] = field(default_factory=dict)
    """The report of each stage, if the run is on several; `report` is that of the first."""

    @property
    def is_equal(self) -> bool:
        """Whether the conductor returned the commands that the journal contains."""
        return self.divergence is None

    def __repr__(self) -> str:
        found = "equal" if self.is_equal else "different"
        return summary_repr(
            self,
            None,
            found,
            f"{self.events:,} events",
            f"{self.commands:,} commands",
            self._extent(),
        )

    def _extent(self) -> str:
        return "cut off" if self.cut_off else "" if self.is_whole else "not whole"


def replay(run: Path | str | Journal) -> Replay:
    """Replay a run.

    >>> import sequencer
    >>> score = sequencer.reads('at 0c "A paper boat."\\nend 2c\\n')
    >>> rehearsed = sequencer.rehearse(score, video=False, out="boat-replayed")
    >>> sequencer.replay("boat-replayed").is_equal
    True

    Args:
        run: A run's folder, a journal file, or a journal that was read.

    Returns:
        The result, with the first divergence if there is one.

    Raises:
        JournalError: The journal cannot be read.
    """
    journal = run if isinstance(run, Journal) else read_journal(Path(run))
    player = _player_of(journal)
    events = commands = 0
    pending: tuple[StageCommand, ...] = ()
    answered = 0
    after: Event | None = None
    divergence: Divergence | None = None
    last = journal.records[-1].line if journal.records else 1
    for record in journal.records:
        owed = pending[answered] if answered < len(pending) else None
        if record.command is not None:
            commands += 1
            answered += 1
            journaled = (record.stage, record.command)
            if owed != journaled:
                divergence = _divergence(record.line, after, journaled, owed, player)
                break
            continue
        if owed is not None:
            divergence = _divergence(record.line, after, None, owed, player)
            break
        answer = player.follow(record)
        if record.event is not None:
            events += 1
            after = record.event
            pending, answered = answer, 0
    # Commands that answer the very last event may be missing if the journal was cut off after it.
    if divergence is None and answered < len(pending) and journal.is_whole:
        divergence = _divergence(last, after, None, pending[answered], player)
    return Replay(
        events=events,
        commands=commands,
        divergence=divergence,
        cut_off=journal.cut_off,
        is_whole=journal.is_whole,
        report=player.conductor(None).report(),
        reports=player.reports(),
    )


class _Player(Protocol):
    """What a journal is replayed with: a conductor, or those of several stages."""

    def follow(self, record: Record) -> tuple[StageCommand, ...]:
        """Receive what a record holds; return the commands, each with its stage."""
        ...

    def conductor(self, stage: str | None) -> Conductor:
        """Return the conductor of a stage; that of the first one for None."""
        ...

    def reports(self) -> dict[str, Report]:
        """Return the report of each of several stages."""
        ...


class _SinglePlayer:
    """The conductor of a run on one stage."""

    def __init__(self, journal: Journal) -> None:
        self._conductor = Conductor.of_journal(journal)

    def follow(self, record: Record) -> tuple[StageCommand, ...]:
        return tuple((None, command) for command in follow_record(self._conductor, record))

    def conductor(self, stage: str | None) -> Conductor:
        return self._conductor

    def reports(self) -> dict[str, Report]:
        return {}


class _EnsemblePlayer:
    """The conductors of a run on several stages."""

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble

    def follow(self, record: Record) -> tuple[StageCommand, ...]:
        if record.event is None:
            return ()
        return self._ensemble.receive(record.stage, record.event)

    def conductor(self, stage: str | None) -> Conductor:
        named = self._ensemble.schedule.reference_name if stage is None else stage
        return self._ensemble.conductors[named]

    def reports(self) -> dict[str, Report]:
        conductors = self._ensemble.conductors
        return {name: conductor.report() for name, conductor in conductors.items()}


def _player_of(journal: Journal) -> _Player:
    if journal.ensemble is None:
        return _SinglePlayer(journal)
    return _EnsemblePlayer(ensemble_of(journal, journal.ensemble))


def ensemble_of(journal: Journal, schedule: EnsembleSchedule) -> Ensemble:
    """Return the ensemble of a run on several stages, before its first event."""
    return Ensemble(schedule, journal.following, journal.revision, played=journal.played)


def _divergence(
    line: int,
    after: Event | None,
    journaled: StageCommand | None,
    conducted: StageCommand | None,
    player: _Player,
) -> Divergence:
    there_stage, there = (None, None) if journaled is None else journaled
    now_stage, now = (None, None) if conducted is None else conducted
    conductor = player.conductor(there_stage if now_stage is None else now_stage)
    return Divergence(
        line=line,
        after=_name(after),
        journaled=there,
        conducted=now,
        cue=cue_of_command(conductor, there, now),
        journaled_stage=there_stage,
        conducted_stage=now_stage,
    )


def follow_record(conductor: Conductor, record: Record) -> tuple[Command, ...]:
    """Let a conductor receive what a record of a journal holds; return the commands.

    The conductor is that of the journal (`Conductor.of_journal`), and the records come in order.
    """
    if record.score is not None:
        conductor.learn(record.score.schedule)
    return () if record.event is None else conductor.receive(record.event)


def replayed(journal: Journal) -> Conductor:
    """Return the conductor of a run at the end of its journal."""
    conductor = Conductor.of_journal(journal)
    for record in journal.records:
        follow_record(conductor, record)
    return conductor


def resume_from_journal(journal: Journal) -> tuple[Conductor, tuple[Command, ...]]:
    """Restore the conductor of a run that was killed.

    Args:
        journal: The journal of the run.

    Returns:
        The conductor where the journal ends, and the commands of the last event that were not sent
            yet.

    Raises:
        JournalError: This version would have acted differently, or the run came to its end.
    """
    again = replay(journal)
    if again.divergence is not None:
        raise JournalError(
            f"cannot resume this run: this version behaves differently\n{again.divergence}",
            again.divergence.line,
            "resume it with the version that began it",
        )
    conductor = Conductor.of_journal(journal)
    owed: tuple[Command, ...] = ()
    for record in journal.records:
        answer = follow_record(conductor, record)
        if record.event is not None:
            owed = answer
        elif record.command is not None:
            owed = owed[1:]
    if conductor.is_finished:
        raise JournalError("this run was completed", hint="perform the score again")
    return conductor, owed


def _named(stage: str | None, command: Command | None) -> str:
    """Describe a command, with its stage if it has one."""
    if command is None:
        return "nothing"
    return str(command) if stage is None else f"{command} for {stage}"


def _name(event: Event | None) -> str:
    return "the start" if event is None else f"{event.kind} at {event.at / 1e9:.3f} s"


def cue_of_command(
    conductor: Conductor, journaled: Command | None, conducted: Command | None
) -> str | None:
    """Return the cue that a command belongs to: the one whose prompt or chunk it carries."""
    for command in (conducted, journaled):
        match command:
            case SchedulePrompt(prompt=prompt):
                chunk: int | None = conductor.base + command.chunk
            case SetConditioning(prompt=prompt):
                chunk = None
            case _:
                continue  # it carries no prompt
        for line in conductor.view.deliveries:
            has_prompt = any(isinstance(act, PromptAct) and act.text == prompt for act in line.acts)
            if has_prompt and (chunk is None or line.chunk in (None, chunk)):
                where = f"{line.origin}" if line.origin.line else "a rule"
                return f"{line.section or 'score'} {line.place} ({where})"
    return None
