"""Derive from the conductor where a run is, what comes next and what it is waiting for.

The result is for display. No I/O.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.deliveries import Delivery
from sequencer.engine.conductor.expected_input import list_triggers
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.plan_building import UNPLACED
from sequencer.runtime.output.action_excerpt import brief_action, elided
from sequencer.schedule.describe import describe_act, describe_fade, describe_pass, firing_by_name
from sequencer.schedule.model import CueAct, PromptAct
from sequencer.schedule.prompt_actions import actions_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCue:
    """The next cue: its position with section and pass, what it does, and in how many seconds.

    The seconds are given if they are known.

    `at_latest` is set if it comes sooner when a live section is left before its maximum. `line` is
    its line in the score.
    """

    place: str
    what: str
    seconds: float | None
    at_latest: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What the current section is waiting for: the triggers that end it, then those of its rules.

    `seconds` is the time until the section ends by itself, or is left because its exit has fired
    (`leaves`); None if it is not known.
    """

    exits: tuple[str, ...]
    rules: tuple[str, ...]
    leaves: bool
    seconds: float | None


class Coming:
    """Answers questions about one conductor's plan.

    `into` is the elapsed part of the current chunk, from 0 to 1.
    """

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor
        self._version = 0
        self._read_version()

    def _read_version(self) -> None:
        """Read what the newest version of the score has, unless it is known."""
        run = self._conductor.view
        if run.version != self._version:
            self._version = run.version
            self._passes = Counter(stretch.section for stretch in run.schedule.stretches)
            self._actions = actions_of(run.schedule)

    def name(self, section: str | None, occurrence: int) -> str:
        """Return a section's name, with its pass number if needed; empty for no section.

        The pass number is included if the section has several passes.
        """
        self._read_version()
        return "" if section is None else describe_pass(section, occurrence, self._passes[section])

    def action(self, before: str | None, prompt: str, space: int) -> str:
        """Return the part of a prompt that changes, in at most `space` characters."""
        self._read_version()
        return brief_action(self._actions, before, prompt, space)

    def chunks(self) -> tuple[int | None, bool]:
        """Return the number of score chunks (None if unknown), and whether it is a maximum."""
        run = self._conductor.view
        end = run.end_chunk
        current = run.pass_at(run.chunk)
        return (None if end >= UNPLACED else end), any(
            _is_open(one) for one in run.passes[current.number :]
        )

    def waiting(self, now: int, into: float, chunk_seconds: float) -> Waiting | None:
        """Return what the current pass is waiting for, or None."""
        run = self._conductor.view
        current = run.pass_at(run.chunk)
        middle = run.schedule.middle
        until = current.stretch.until
        rules = tuple(
            firing_by_name(one, middle)
            for one in list_triggers(current.stretch)
            if one not in until
        )
        leaves = current.stretch.is_live and not _is_open(current)
        if not until and not rules:
            return None
        exits = () if leaves else tuple(firing_by_name(one, middle) for one in until)
        return Waiting(
            exits=exits,
            rules=rules,
            leaves=leaves,
            seconds=self._left(current, now, into, chunk_seconds) if until else None,
        )

    def _left(self, current: Pass, now: int, into: float, chunk_seconds: float) -> float | None:
        """Return how many seconds the current pass still lasts, according to the present plan."""
        run = self._conductor.view
        if run.clock is not None:
            time = run.clock.time_of(float(current.end_quarter), float(current.end))
            return None if time is None else max(0.0, (time - now) / SECOND)
        chunks = float(run.grid.chunks_at(current.end)) - run.chunk - into
        return max(0.0, chunks * chunk_seconds)

    def next_cue(
        self, now: int, into: float, chunk_seconds: float, shown: str | None, space: int
    ) -> NextCue | None:
        """Return the next cue that is not in effect yet, in at most `space` characters.

        `shown` is the prompt in force.
        """
        run = self._conductor.view
        making = run.chunk
        ahead = [line for line in run.deliveries if not line.is_final and _at(line) > making]
        if not ahead or run.take == 0:
            return None
        line = min(ahead, key=lambda one: (_at(one), one.time, one.number))
        position = f"{self.name(line.section, line.occurrence)} {line.place}".strip()
        together = [one for one in ahead if _at(one) == _at(line) and one.time == line.time]
        what = elided(
            ", ".join(self._deed(act, shown, space - 2) for one in together for act in one.acts),
            space,
        )
        current = run.pass_at(making)
        between = run.passes[current.number : line.pass_number]
        return NextCue(
            place=position,
            what=what,
            seconds=self._until(line, now, into, chunk_seconds),
            at_latest=any(_is_open(one) for one in between),
            line=line.origin.line,
        )

    def _deed(self, act: CueAct, shown: str | None, space: int) -> str:
        return (
            f"{describe_fade(act.fade)}“{self.action(shown, act.text, space)}”"
            if isinstance(act, PromptAct)
            else describe_act(act)
        )

    def _until(self, line: Delivery, now: int, into: float, chunk_seconds: float) -> float | None:
        chunk = _at(line)
        if chunk < UNPLACED:
            return max(0.0, (chunk - self._conductor.making - into) * chunk_seconds)
        time = self._conductor.view.time_of(line)
        return None if time is None else max(0.0, (time - now) / SECOND)


def _is_open(current: Pass) -> bool:
    """Return whether a pass is live and nothing has ended it yet."""
    return current.stretch.is_live and current.end - current.start == current.stretch.seconds


def _at(line: Delivery) -> int:
    return line.chunk if line.chunk is not None else line.nominal
