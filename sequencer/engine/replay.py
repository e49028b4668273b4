"""Replay a run: pass a journal's events to a new conductor and compare its commands.

This needs no special mode and no stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sequencer.core.errors import JournalError
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import Report
from sequencer.engine.journal import Journal, read_journal
from sequencer.events.codec import Event
from sequencer.events.commands import Command


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first point at which a journal and the conductor differ: what the journal has there, and what is returned now.

    Attributes:
        line: The line of the journal.
        after: The event that the commands answer.
        journaled: The command in the journal, or None.
        conducted: The command that the conductor returns now, or None.
        cue: The cue, and its line in the score, that the command belongs to, if that can be determined.
    """

    line: int
    after: str
    journaled: Command | None
    conducted: Command | None
    cue: str | None

    def __str__(self) -> str:
        there = "nothing" if self.journaled is None else str(self.journaled)
        now = "nothing" if self.conducted is None else str(self.conducted)
        cue = "" if self.cue is None else f"\ncue: {self.cue}"
        return f"journal line {self.line}, after {self.after}:\n  the journal has {there}\n  now there is {now}{cue}"


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay. `divergence` is None if every command was the same."""

    events: int
    commands: int
    divergence: Divergence | None
    cut_off: bool
    is_whole: bool
    report: Report

    @property
    def is_equal(self) -> bool:
        """Whether the conductor returned the commands that the journal contains."""
        return self.divergence is None


def replay(run: Path | str | Journal) -> Replay:
    """Replay a run.

    Args:
        run: A run's folder, a journal file, or a journal that was read.

    Returns:
        The result, with the first divergence if there is one.

    Raises:
        JournalError: The journal cannot be read.
    """
    journal = run if isinstance(run, Journal) else read_journal(Path(run))
    conductor = Conductor(journal.schedule, journal.following, journal.revision)
    events = commands = 0
    pending: tuple[Command, ...] = ()
    answered = 0
    after: Event | None = None
    divergence: Divergence | None = None
    last = journal.records[-1].line if journal.records else 1
    for record in journal.records:
        owed = pending[answered] if answered < len(pending) else None
        if record.command is not None:
            commands += 1
            answered += 1
            if owed != record.command:
                cue = cue_of_command(conductor, record.command, owed)
                divergence = Divergence(record.line, _name(after), record.command, owed, cue)
                break
            continue
        if owed is not None:
            divergence = Divergence(record.line, _name(after), None, owed, cue_of_command(conductor, None, owed))
            break
        if record.event is not None:
            events += 1
            after = record.event
            pending, answered = conductor.receive(after), 0
    # Commands that answer the very last event may be missing if the journal was cut off after it.
    if divergence is None and answered < len(pending) and journal.is_whole:
        owed = pending[answered]
        divergence = Divergence(last, _name(after), None, owed, cue_of_command(conductor, None, owed))
    return Replay(events, commands, divergence, journal.cut_off, journal.is_whole, conductor.report())


def resume_from_journal(journal: Journal) -> tuple[Conductor, tuple[Command, ...]]:
    """Restore the conductor of a run that was killed.

    Args:
        journal: The journal of the run.

    Returns:
        The conductor where the journal ends, and the commands of the last event that were not sent yet.

    Raises:
        JournalError: This version would have acted differently, or the run came to its end.
    """
    replayed = replay(journal)
    if replayed.divergence is not None:
        raise JournalError(
            f"this run cannot be gone on with: this version acts otherwise\n{replayed.divergence}",
            replayed.divergence.line,
            "go on with the version that began it",
        )
    conductor = Conductor(journal.schedule, journal.following, journal.revision)
    owed: tuple[Command, ...] = ()
    for record in journal.records:
        if record.event is not None:
            owed = conductor.receive(record.event)
        elif record.command is not None:
            owed = owed[1:]
    if conductor.is_finished:
        raise JournalError("this run came to its end", hint="perform the score anew")
    return conductor, owed


def _name(event: Event | None) -> str:
    return "the start" if event is None else f"{event.kind} at {event.at / 1e9:.3f} s"


def cue_of_command(conductor: Conductor, journaled: Command | None, conducted: Command | None) -> str | None:
    """Return the cue that a command belongs to: the one whose prompt or chunk it carries."""
    for command in (conducted, journaled):
        chunk = getattr(command, "chunk", None)
        prompt = getattr(command, "prompt", None)
        for line in conductor.run.plan.lines:
            texts = {getattr(act, "text", None) for act in line.acts}
            same_chunk = chunk is None or line.chunk is None or line.chunk == conductor.base + chunk
            if prompt is not None and prompt in texts and same_chunk:
                where = f"{line.origin}" if line.origin.line else "a rule"
                return f"{line.section or 'score'} {line.place} ({where})"
    return None
