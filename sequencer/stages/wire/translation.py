"""Translate between Helios' commands and messages, which the conductor knows, and a model's own.

Everything here follows from the model's spec. `ModelClient` is the client's side; the simulated
model's side is in `sequencer.stages.simulated.modelled`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sequencer.events.codec import Event
from sequencer.events.commands import (
    ModelCommand,
    SchedulePrompt,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Start,
)
from sequencer.events.events import (
    ChunkDone,
    CommandRefused,
    ConditionsReady,
    PromptAccepted,
    ResetDone,
    Started,
)
from sequencer.stages.wire.fields import Data
from sequencer.stages.wire.helios.commands import write_command
from sequencer.stages.wire.helios.model_messages import HeliosReader

if TYPE_CHECKING:
    from sequencer.models.spec import ModelSpec, Value

Written = tuple[str, Data]
"""A command as it is sent: its name and its data. An `image` in it is a SHA-256."""


@dataclass(slots=True)
class Exchange:
    """What follows from a command or a message: commands to send now, and events to deliver."""

    send: list[Written] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class Client(Protocol):
    """The client's side of one session: writes commands, and reads messages."""

    def write(self, command: ModelCommand, at: int) -> Exchange:
        """Return what is sent for a command at nanosecond `at`."""
        ...

    def read(self, name: str, data: Mapping[str, object], at: int) -> Exchange:
        """Return what follows from a message that arrived at nanosecond `at`."""
        ...


def client_of(spec: ModelSpec, frames_per_chunk: int) -> Client:
    """Return the client for the dialect of a spec.

    Args:
        spec: The model.
        frames_per_chunk: Frames that the model makes for each chunk.
    """
    if spec.dialect == "helios":
        return HeliosClient(frames_per_chunk)
    return ModelClient(spec, frames_per_chunk)


class HeliosClient:
    """The client of a model that speaks as the conductor does."""

    def __init__(self, frames_per_chunk: int) -> None:
        self._reader = HeliosReader(frames_per_chunk)

    def write(self, command: ModelCommand, at: int) -> Exchange:
        """Return what is sent for a command."""
        return Exchange(send=[write_command(command)])

    def read(self, name: str, data: Mapping[str, object], at: int) -> Exchange:
        """Return the events of a message that arrived at nanosecond `at`."""
        return Exchange(events=list(self._reader.read(name, data, at)))


class ModelClient:
    """A `Client` that translates by a model's spec.

    Args:
        spec: The model.
        frames_per_chunk: Frames that the model makes for each chunk.
    """

    def __init__(self, spec: ModelSpec, frames_per_chunk: int) -> None:
        self._spec = spec
        self._reader = HeliosReader(frames_per_chunk)
        self._frames = frames_per_chunk
        self._session = 0
        """The chunk of the session with which the take began, or the next one will."""
        self._frames_before = 0
        """The frames of the session before the take."""
        self._session_frames = 0
        self._begin_take()

    def _begin_take(self) -> None:
        self._has_started = False
        self._making = 0
        self._held: dict[int, str] = {}
        self._shown: list[tuple[int, str]] = []
        """The chunks from which prompts are shown, as far as it follows from what was sent."""
        self._early: dict[int, str] = {}
        """Prompts for later chunks of a take that has not started: with which chunk of the session
        it begins is known only then."""
        self._asked: list[tuple[str, int | None, bool]] = []
        """Prompts that were sent and not accepted yet: with their chunk, and whether it is known
        already that they are kept."""

    # ---- commands

    def write(self, command: ModelCommand, at: int) -> Exchange:
        """Return what is sent for a command at nanosecond `at`."""
        spec, found = self._spec, Exchange()
        match command:
            case SchedulePrompt():
                self._prompt(command, at, found)
            case SetConditioning() if spec.image is not None and spec.image.with_prompt is None:
                found.send.append((spec.image.command, {spec.image.parameter: command.image}))
                self._prompt(SchedulePrompt(command.prompt, self._next), at, found)
            case SetConditioning() if spec.image is not None:
                self._note(command.prompt, self._next)
                found.send.append(
                    (
                        str(spec.image.with_prompt),
                        {
                            spec.prompt.parameter: command.prompt,
                            spec.image.parameter: command.image,
                        },
                    )
                )
            case SetImage() if spec.image is not None:
                found.send.append((spec.image.command, {spec.image.parameter: command.image}))
            case SetConditioning() | SetImage():
                reason = f"{spec.title} shows no images"
                found.events.append(CommandRefused(at, command.kind, reason))
            case SetSeed():
                self._value(spec.seed, command.seed, found)
            case SetSrScale():
                self._value(spec.sr, command.scale, found)
            case SetImageStrength():
                self._value(spec.strength, command.strength, found)
            case _:
                found.send.append(write_command(command))
        if isinstance(command, Start):
            self._has_started = True
        return found

    @property
    def _next(self) -> int:
        """The first chunk on which a command that is sent now can act."""
        return self._making + 1 if self._has_started else 0

    def _value(self, value: Value | None, given: object, found: Exchange) -> None:
        """Send a value, or nothing to a model that has none."""
        if value is not None:
            found.send.append((value.command, {value.parameter: given}))

    def _prompt(self, command: SchedulePrompt, at: int, found: Exchange) -> None:
        prompt = self._spec.prompt
        if command.chunk <= self._next:
            self._note(command.prompt, self._next)
            self._asked.append((command.prompt, command.chunk, False))
            found.send.append((prompt.command, {prompt.parameter: command.prompt}))
        elif prompt.scheduled is not None and (self._has_started or prompt.counts == "take"):
            self._schedule(command.prompt, command.chunk, found)
            self._asked.append((command.prompt, command.chunk, False))
        else:
            kept = self._held if prompt.scheduled is None else self._early
            kept[command.chunk] = command.prompt
            found.events.append(PromptAccepted(at, command.prompt, command.chunk))

    def _schedule(self, text: str, chunk: int, found: Exchange) -> None:
        prompt = self._spec.prompt
        base = self._session if prompt.counts == "session" else 0
        self._note(text, chunk)
        found.send.append(
            (str(prompt.scheduled), {prompt.parameter: text, prompt.chunk: base + chunk})
        )

    def _note(self, prompt: str, chunk: int) -> None:
        self._shown = [one for one in self._shown if one[0] != chunk]
        self._shown.append((chunk, prompt))
        self._shown.sort(key=lambda one: one[0])

    def _send_early(self, found: Exchange) -> None:
        """Schedule what was kept until the take started."""
        for chunk, text in sorted(self._early.items()):
            self._schedule(text, chunk, found)
            self._asked.append((text, chunk, True))
        self._early = {}

    def _send_held(self, found: Exchange) -> None:
        """Send the prompt that is due with the next chunk: of several, the last."""
        due = [chunk for chunk in self._held if chunk <= self._next]
        if not due:
            return
        text = self._held[max(due)]
        for chunk in due:
            del self._held[chunk]
        self._note(text, self._next)
        self._asked.append((text, self._next, True))
        prompt = self._spec.prompt
        found.send.append((prompt.command, {prompt.parameter: text}))

    # ---- messages

    def read(self, name: str, data: Mapping[str, object], at: int) -> Exchange:
        """Return what follows from a message that arrived at nanosecond `at`."""
        found = Exchange()
        for event in self._reader.read(*self._as_helios(name, data), at):
            self._read(event, found)
        return found

    def _as_helios(self, name: str, data: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
        """Return a message with Helios' names, chunks of the take and frames of the take."""
        messages = self._spec.messages
        chunk = messages.chunk
        if name == chunk.type:
            return "chunk_complete", self._chunk(data)
        if name == "state" and isinstance(data, Mapping):
            state = dict(data)
            if chunk.session is not None:
                self._follow_session(state.get(chunk.session), state.get("current_chunk"))
            if messages.scheduled is not None:
                planned = state.pop(messages.scheduled, {})
                state["scheduled_prompts"] = self._scheduled(planned)
            return name, state
        names = {
            messages.prompt_accepted: "prompt_accepted",
            messages.image_accepted: "image_accepted",
            messages.conditions_ready: "conditions_ready",
            messages.generation_started: "generation_started",
        }
        return names.get(name, name), data

    def _chunk(self, data: Mapping[str, object]) -> Data:
        chunk = self._spec.messages.chunk
        index = data.get(chunk.index)
        if chunk.session is not None and isinstance(data.get(chunk.session), int):
            # counted in the scene, a chunk begins again at a scene cut; in the session it does not
            index = int(str(data[chunk.session])) - self._session
        written: Data = {"chunk_index": index}
        emitted = data.get("frames_emitted")
        if chunk.counts is not None and isinstance(emitted, int):
            if chunk.counts == "session":
                self._session_frames = emitted
                emitted -= self._frames_before
            written["frames_emitted"] = emitted
        elif isinstance(index, int):  # the model does not count them: they follow from the grid
            made = max(0, index - self._spec.warmup + 1)
            first = self._spec.grid.first or self._frames
            written["frames_emitted"] = first + (made - 1) * self._frames if made else 0
        if chunk.prompt is not None and chunk.prompt in data:
            written["active_prompt"] = data[chunk.prompt]
        elif isinstance(index, int):
            written["active_prompt"] = self._prompt_at(index)
        return written

    def _prompt_at(self, chunk: int) -> str | None:
        shown = [prompt for since, prompt in self._shown if since <= chunk]
        return shown[-1] if shown else None

    def _follow_session(self, session: object, chunk: object) -> None:
        """Note with which chunk of the session a take begins that has not started yet."""
        if not self._has_started and isinstance(session, int) and chunk == 0:
            self._session = session
            self._frames_before = self._session_frames if session else 0

    def _scheduled(self, planned: object) -> object:
        """Return a schedule with chunks of the take."""
        if self._spec.prompt.counts != "session" or not isinstance(planned, Mapping):
            return planned
        return {
            str(int(chunk) - self._session): text
            for chunk, text in planned.items()
            if str(chunk).isdigit()
        }

    def _read(self, event: Event, found: Exchange) -> None:
        messages = self._spec.messages
        match event:
            case PromptAccepted():
                known = next((one for one in self._asked if one[0] == event.prompt), None)
                if known is not None:
                    self._asked.remove(known)
                if known is not None and known[2]:
                    return  # it was reported when it was kept
                chunk = event.chunk if known is None else known[1]
                found.events.append(PromptAccepted(event.at, event.prompt, chunk))
                if messages.conditions_ready is None:
                    found.events.append(ConditionsReady(event.at, True, False))
                return
            case CommandRefused() if event.command in (
                self._spec.prompt.command,
                self._spec.prompt.scheduled,
            ):
                found.events.append(CommandRefused(event.at, "schedule_prompt", event.reason))
                return
            case ChunkDone():
                self._making = event.chunk + 1
                self._send_held(found)
            case Started() if event.chunk == 0:
                self._send_early(found)
                self._send_held(found)
            case ResetDone():
                self._begin_take()
            case _:
                pass
        found.events.append(event)
