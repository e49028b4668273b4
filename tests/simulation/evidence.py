"""The evidence of a show: what the report states, what the journal contains, and what the model
really made.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.report import CueReport
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.journal import Journal, parse_journal
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Upload
from sequencer.events.events import (
    ChunkDone,
    ConnectionLost,
    OperatorPause,
    Paused,
    StateReported,
    UploadFailed,
)
from sequencer.schedule.model import PromptAct
from sequencer.stages.simulated.helios_state import ChunkBegun, ChunkInputs, ChunkMade
from sequencer.stages.wire.helios.commands import write_command
from tests.simulation.clock_device import duration
from tests.simulation.playing import SECOND, ReceivedCommand, Show

FAILED = frozenset({Status.MISSED, Status.REFUSED, Status.STUCK, Status.DROPPED})
"""The statuses in the report of a cue that did not act as written."""
COUNTED = 7
"""By how many frames a chunk may be found too late or too early if frames have no metadata or a
take begins.
"""
SETTINGS = ("set_sr_scale", "set_image_strength")
LIVE_COMMANDS = ("set_conditioning", "set_image", *SETTINGS)
LOOSE = ("messages", "refuse", "drops", "end", "uploads", "uploads_last", "unheard", "warmup")
"""Faults that make a show not calm."""


@dataclass(slots=True)
class Made:
    """A chunk that the model really made, with its number in the score."""

    chunk: int
    take: int
    look: ChunkInputs


class Evidence:
    """A show from the side of the model as well as from that of the report."""

    def __init__(self, show: Show) -> None:
        self.show = show
        if show.outcome is None or show.conductor is None:
            raise ValueError("a show that fell over has no evidence")
        self.report = show.outcome.report
        self.lines: dict[int, Delivery] = {
            line.number: line for line in show.conductor.view.deliveries
        }
        self.cues: dict[int, CueReport] = {cue.number: cue for cue in self.report.cues}

    @cached_property
    def calm(self) -> bool:
        """Whether nothing was lost, refused, corrupted or ended by the operator."""
        return self._is_calm_with(self.show.script.faults)

    def _is_calm_with(self, faults: Mapping[str, Any]) -> bool:
        return not (
            any(key in faults for key in LOOSE)
            or "prompt" in faults.get("delays", {})
            or self.raced
            or self.is_slow
            or self._was_interrupted
        )

    @cached_property
    def nothing_lost(self) -> bool:
        """Whether nothing was lost, refused or corrupted, though something may have come late."""
        faults = self.show.script.faults
        return not (any(key in faults for key in LOOSE) or self._was_interrupted)

    @cached_property
    def _was_interrupted(self) -> bool:
        """Whether a connection was lost, an upload failed, or the operator ended the run."""
        return any(
            isinstance(event, ConnectionLost | UploadFailed) for event in self.events
        ) or any("finish@" in hand for hand in self.show.script.operator_events)

    @cached_property
    def calm_but_for_resets(self) -> bool:
        """Whether a show is calm except that resets may be reported again, which must have no
        effect.
        """
        faults = dict(self.show.script.faults)
        mishaps = faults.pop("messages", [])
        others = any(one["type"] != "generation_reset" or one["do"] != "repeat" for one in mishaps)
        return not others and self._is_calm_with(faults)

    @cached_property
    def is_slow(self) -> bool:
        """Whether commands take so long to arrive that those sent in time may be too late."""
        return self._delay_of_commands > self._shortest_chunk / 8

    @cached_property
    def is_chunks_late(self) -> bool:
        """Whether commands take so long to arrive that chunks are made in the meantime."""
        return self._delay_of_commands > self._shortest_chunk

    @property
    def _delay_of_commands(self) -> int:
        """How many nanoseconds a command may take, its answers included."""
        latency = duration(str(self.show.script.stage.get("reactor", {}).get("latency", "0s")))
        return self.show.sending + 3 * latency

    @property
    def _shortest_chunk(self) -> Fraction:
        """The length of a chunk in nanoseconds."""
        grid = self.show.schedule.grid
        return Fraction(grid.frames) / (self.show.faults.fps or grid.fps) * SECOND

    @cached_property
    def jitter_on_the_way(self) -> int:
        """By how many nanoseconds the delays of two frames from Reactor may differ (see
        `SimulatedReactor`).
        """
        return duration(str(self.show.script.stage.get("reactor", {}).get("latency", "0s"))) // 4

    @cached_property
    def counted_loosely(self) -> int:
        """By how many nanoseconds the stage may be wrong about when a chunk is shown.

        At Reactor frames have no numbers, so the stage counts them.
        """
        reactor = self.show.script.stage.get("reactor")
        if reactor is None:
            return 0
        if reactor.get("metadata"):
            return 1
        frame = SECOND / (self.show.faults.fps or self.show.schedule.grid.fps)
        return int(COUNTED * frame) + duration(str(reactor.get("latency", "0s")))

    @cached_property
    def raced(self) -> bool:
        """Whether an image was sent so close to a boundary (as a rule may do) that it cannot be
        encoded in time for it, or that it arrives after it.

        The same for a setting that arrives after a boundary, or on its very nanosecond, which had
        not been reported when it was sent.
        """
        encoding = self.show.faults.delays.image
        sent: dict[int, int] = {}
        for one in self.show.model:
            if (
                isinstance(one, ReceivedCommand)
                and one.name == "set_conditioning"
                and one.following > 0
            ):
                sent[one.take] = one.at
            elif isinstance(one, ChunkBegun) and one.at - sent.pop(one.take, -encoding) < encoding:
                return True
        return bool(self.set_on_a_boundary) or bool(self.live_after_a_boundary)

    @cached_property
    def live_after_a_boundary(self) -> set[tuple[int, str]]:
        """Score chunks that began while a live command for them was on its way; with its name.

        Nobody knows how long a send takes, so one just before a boundary may come too late for it.
        """
        found: set[tuple[int, str]] = set()
        left: dict[tuple[str, str], deque[int]] = defaultdict(deque)
        for at, _, command in self.show.sent:
            if not isinstance(command, Upload):
                name, data = write_command(command)
                left[name, repr(dict(data))].append(at)
        began: list[ChunkBegun] = []
        for one in self.show.model:
            if isinstance(one, ChunkBegun):
                began.append(one)
            elif isinstance(one, ReceivedCommand):
                times = left[one.name, repr(dict(one.data))]
                sent_at = times.popleft() if times else one.at
                if one.name not in LIVE_COMMANDS or not began or began[-1].take != one.take:
                    continue
                if sent_at < began[-1].at < one.at:
                    found.add((one.base + began[-1].look.chunk, one.name))
        return found

    @cached_property
    def set_on_a_boundary(self) -> set[tuple[int, str]]:
        """Score chunks that began on the nanosecond at which a setting arrived, before that was
        known, or before it arrived; with its name.
        """
        found = {one for one in self.live_after_a_boundary if one[1] in SETTINGS}
        arrived: list[ReceivedCommand] = []
        for one in self.show.model:
            if isinstance(one, ReceivedCommand) and one.name in SETTINGS and one.following > 0:
                arrived.append(one)
            elif isinstance(one, ChunkBegun):
                found |= {
                    (received.making + 1, received.name)
                    for received in arrived
                    if (received.at, received.take) == (one.at, one.take)
                }
                arrived.clear()
        return found

    @cached_property
    def answers_late(self) -> bool:
        """Whether answers may come after the boundary that they refer to: then nobody knows where
        an image landed.
        """
        delays = self.show.script.faults.get("delays", {})
        return any(key in delays for key in ("answer", "jitter", "at_chunk", "image"))

    @cached_property
    def simple(self) -> bool:
        """Whether a show is calm, its chunks are known in advance, and it does not follow a clock."""
        return self.calm and self.show.schedule.is_fixed and not self.show.following

    @cached_property
    def lead(self) -> int:
        """The lead of the score; the least one if it was edited."""
        conductor = self.show.conductor
        versions = () if conductor is None else conductor.view.versions
        return min([self.show.schedule.lead, *(one.lead for one in versions)])

    @cached_property
    def was_paused(self) -> bool:
        """Whether anybody requested a pause."""
        asked = any(isinstance(step.event, OperatorPause | Paused) for step in self.show.steps)
        return asked or any(one.name == "pause" for one in self.received)

    @cached_property
    def received(self) -> list[ReceivedCommand]:
        """Every command that reached the model."""
        return [one for one in self.show.model if isinstance(one, ReceivedCommand)]

    @cached_property
    def events(self) -> list[Event]:
        """Every event."""
        return [step.event for step in self.show.steps]

    @cached_property
    def commands(self) -> list[Command]:
        """Every command."""
        return [command for step in self.show.steps for command in step.commands]

    @cached_property
    def bases(self) -> dict[int, int]:
        """The score chunk at which each of the model's takes began, according to the conductor that
        started it.
        """
        return {one.take: one.base for one in self.received if one.name == "start"}

    @cached_property
    def made(self) -> list[Made]:
        """Every chunk that was made, in order, except those that a late reset lets a take make
        beyond the next take's start.
        """
        found = []
        takes = sorted(self.bases)
        for one in self.show.model:
            if isinstance(one, ChunkMade) and one.take in self.bases:
                chunk = self.bases[one.take] + one.look.chunk
                later = [self.bases[take] for take in takes if take > one.take]
                if not later or chunk < later[0]:
                    found.append(Made(chunk, one.take, one.look))
        return found

    @cached_property
    def shown(self) -> dict[int, list[ChunkInputs]]:
        """What was really shown, by score chunk."""
        found: dict[int, list[ChunkInputs]] = defaultdict(list)
        for one in self.made:
            found[one.chunk].append(one.look)
        return found

    @cached_property
    def journal(self) -> Journal:
        """The journal, read back."""
        return parse_journal(self.show.journal)

    @cached_property
    def reported_chunks(self) -> set[int]:
        """The score chunks whose report arrived; not those that the model made while its last chunk
        was being shown.
        """
        reported = {
            step.base + step.event.chunk
            for step in self.show.steps
            if isinstance(step.event, ChunkDone)
        }
        return {chunk for chunk in reported if chunk < self.report.chunks}

    @cached_property
    def stated_chunks(self) -> set[int]:
        """The score chunks of which a state reported that they were being made."""
        return {
            step.base + step.event.chunk
            for step in self.show.steps
            if isinstance(step.event, StateReported)
            and step.event.running
            and step.phase is Phase.PLAYING
        }

    @cached_property
    def begun_after_a_rest(self) -> set[int]:
        """The score chunks that did not begin when the chunk before them was made."""
        found: set[int] = set()
        made: dict[int, int] = {}
        for one in self.show.model:
            if isinstance(one, ChunkMade):
                made[one.take] = one.at
            elif isinstance(one, ChunkBegun) and one.at != made.get(one.take, one.at):
                found.add(self.bases[one.take] + one.look.chunk)
        return found

    @cached_property
    def last_reported(self) -> int:
        """The last score chunk that the model reported and the conductor accepted."""
        return self.report.chunks - 1

    def name(self, number: int) -> str:
        """Return the name of a cue for messages."""
        cue = self.cues[number]
        return f"the cue {cue.section or 'score'} {cue.place} ({cue.what})"


def prompt_of(line: Delivery) -> str | None:
    """Return the text that a delivery shows, if it shows one."""
    found = [act.text for act in line.acts if isinstance(act, PromptAct)]
    return found[-1].strip() if found else None
