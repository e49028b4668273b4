"""The simulated model of any spec: Helios' machine with the model's own commands and messages.

It is the other side of `sequencer.stages.wire.translation`: commands are translated to Helios', and
messages from Helios'; what the model cannot do is refused, and its limits are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sequencer.core.timebase import ChunkGrid
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.helios import HeliosModel
from sequencer.stages.simulated.helios_state import Output, RefusedError
from sequencer.stages.simulated.outgoing import OutgoingMessages
from sequencer.stages.wire.fields import Data
from sequencer.stages.wire.helios.commands import HeliosCommand, Problem, SnapshotCommand

if TYPE_CHECKING:
    from sequencer.models.spec import ModelSpec


def model_of(
    spec: ModelSpec, faults: Faults, grid: ChunkGrid, *, fades: bool = False
) -> HeliosModel:
    """Return the simulated model of a spec.

    Args:
        spec: The model.
        faults: What goes wrong.
        grid: The chunks.
        fades: Whether Helios' prompts can fade, as only the simulator's can.
    """
    if spec.dialect == "helios":
        return HeliosModel(faults, grid, fades=fades)
    return SpecModel(spec, faults, grid)


class SpecModel(HeliosModel):
    """The model of a spec with a dialect of its own.

    Args:
        spec: The model.
        faults: What goes wrong.
        grid: The chunks.
    """

    def __init__(self, spec: ModelSpec, faults: Faults, grid: ChunkGrid) -> None:
        self._spec = spec
        self._session_chunks = 0
        """Chunks of the session before the take. A reset does not restart the count."""
        self._session_frames = 0
        self._scene = 0
        """The chunk of the take with which the scene began."""
        self._scene_cuts: set[int] = set()
        self._is_complete = False
        planned = {"warmup": max(faults.warmup, spec.warmup)}
        super().__init__(faults.model_copy(update=planned), grid)
        self._outgoing = _TranslatedMessages(faults, self)

    # ---- commands

    def read(
        self, name: str, data: Mapping[str, object]
    ) -> HeliosCommand | SnapshotCommand | Problem:
        """Read a command of the model."""
        found = self._as_helios(name, data)
        if isinstance(found, Problem):
            return found
        read = super().read(*found)
        return Problem(name, read.reason) if isinstance(read, Problem) else read

    def _as_helios(self, name: str, data: Mapping[str, object]) -> tuple[str, Data] | Problem:
        """Return the command with Helios' names, and chunks of the take."""
        spec = self._spec
        text = _renamed(data, {spec.prompt.parameter: "prompt"})
        cut, image = spec.scene_cut, spec.image
        if name == spec.prompt.command:
            return "set_prompt", text
        if name == spec.prompt.scheduled or (cut is not None and name == cut.scheduled):
            return "schedule_prompt", {**text, **self._chunk_of(data)}
        if cut is not None and name == cut.command:
            return "schedule_prompt", {**text, "chunk": self._next}
        if image is not None and name in (image.command, image.with_prompt):
            if image.when == "start" and self._started:
                return Problem(name, "an image can only be set before the start")
            shown = _renamed(data, {image.parameter: "image"})
            return (
                ("set_image", shown)
                if name == image.command
                else ("set_conditioning", {**shown, **text})
            )
        for value, helios, parameter in (
            (spec.strength, "set_image_strength", "image_strength"),
            (spec.sr, "set_sr_scale", "sr_scale"),
            (spec.seed, "set_seed", "seed"),
        ):
            if value is not None and name == value.command:
                return helios, _renamed(data, {value.parameter: parameter})
        if name in ("start", "pause", "resume", "reset"):
            return name, {}
        return Problem(name, "unknown command")

    def _chunk_of(self, data: Mapping[str, object]) -> Data:
        chunk = data.get(self._spec.prompt.chunk, 0)
        if isinstance(chunk, int) and self._spec.prompt.counts == "session":
            chunk -= self._session_chunks
        return {"chunk": chunk}

    def receive(self, name: str, data: Mapping[str, object], at: int) -> tuple[Output, ...]:
        """Receive a command of the model."""
        before = self._note_scene(name, data, at)
        return before + super().receive(name, data, at)

    def ask(self, name: str, data: Mapping[str, object], at: int, ask: int) -> tuple[Output, ...]:
        """Receive a command that expects an answer."""
        before = self._note_scene(name, data, at)
        return before + super().ask(name, data, at, ask)

    def _note_scene(self, name: str, data: Mapping[str, object], at: int) -> tuple[Output, ...]:
        """Note the chunk with which a scene begins, if the command is a scene cut."""
        before = self.advance(at)
        cut = self._spec.scene_cut
        if cut is not None and name in (cut.command, cut.scheduled):
            chunk = self._next if name == cut.command else self._chunk_of(data)["chunk"]
            if isinstance(chunk, int) and chunk >= self._next:
                self._scene_cuts.add(chunk)
        return before

    def _start(self, at: int) -> None:
        image = self._spec.image
        if image is not None and image.required and not self._conditions.has_image(at):
            raise RefusedError("no image set")
        super()._start(at)

    def _resume(self, at: int, due: int) -> None:
        if self._is_complete:
            raise RefusedError("generation is complete: reset first")
        super()._resume(at, due)

    # ---- scenes

    def _begin(self, at: int) -> None:
        if self.chunk in self._scene_cuts:
            self._scene = self.chunk
        super()._begin(at)

    def _end(self, at: int) -> None:
        limit = self._spec.limits.chunks
        made = self.chunk + 1
        if limit is not None and made - self._scene >= limit and made not in self._scene_cuts:
            if self._spec.limits.after == "ends":
                self._is_complete = self._pausing = True
            else:
                self._scene = made
                self._complete(at)
        super()._end(at)

    def _rest(self, at: int, chunk: int) -> None:
        if self._is_complete:
            self._pausing, self._paused = False, True
            self._complete(at)
        else:
            super()._rest(at, chunk)

    def _complete(self, at: int) -> None:
        name = self._spec.messages.generation_complete
        if name is not None:
            self._outgoing.send((name, {}), at)

    def _reset(self, at_reported: int) -> None:
        self._session_chunks += self.chunk
        self._session_frames += self._frame
        self._scene, self._scene_cuts, self._is_complete = 0, set(), False
        seed = self._seed_asked
        super()._reset(at_reported)
        if "seed" in self._spec.reset_keeps:
            self._seed_asked = seed

    # ---- messages

    def translate(self, name: str, data: Data) -> tuple[str, Data] | None:
        """Return a message of Helios as the model sends it; None if it sends no such message."""
        messages = self._spec.messages
        match name:
            case "chunk_complete":
                return messages.chunk.type, self._chunk_message(data)
            case "state":
                return name, self._state_message(data)
            case "command_error":
                return name, {**data, "command": self._own_name(str(data["command"]))}
            case _:
                pass
        names = {
            "prompt_accepted": messages.prompt_accepted,
            "image_accepted": messages.image_accepted,
            "conditions_ready": messages.conditions_ready,
            "generation_started": messages.generation_started,
        }
        own = names.get(name, name)
        return None if own is None else (own, data)

    def _chunk_message(self, data: Data) -> Data:
        chunk = self._spec.messages.chunk
        index = int(str(data["chunk_index"]))
        found: Data = {chunk.index: index - self._scene}
        if chunk.session is not None:
            found[chunk.session] = self._session_chunks + index
        total = int(str(data["frames_emitted"]))
        match chunk.counts:
            case "take":
                found["frames_emitted"] = total
            case "session":
                found["frames_emitted"] = self._session_frames + total
            case "chunk":
                found["frames_emitted"] = self._last.frames if self._last is not None else 0
            case None:
                pass
        if chunk.prompt is not None:
            found[chunk.prompt] = data["active_prompt"]
        return found

    def _state_message(self, data: Data) -> Data:
        messages, found = self._spec.messages, dict(data)
        scheduled = found.pop("scheduled_prompts", {})
        if messages.scheduled is not None and isinstance(scheduled, Mapping):
            base = self._session_chunks if self._spec.prompt.counts == "session" else 0
            found[messages.scheduled] = {
                str(base + int(chunk)): text for chunk, text in scheduled.items()
            }
        if messages.chunk.session is not None:
            found[messages.chunk.session] = self._session_chunks + self.chunk
        if self._spec.image is None:
            del found["image_set"]
        if self._spec.strength is None:
            found.pop("image_strength", None)
        return found

    def _own_name(self, command: str) -> str:
        """Return the model's name of a command of Helios that was refused."""
        spec, image = self._spec, self._spec.image
        names = {
            "set_prompt": spec.prompt.command,
            "schedule_prompt": spec.prompt.scheduled or spec.prompt.command,
            "set_image": None if image is None else image.command,
            "set_conditioning": None if image is None else image.with_prompt,
        }
        for value, helios in (
            (spec.strength, "set_image_strength"),
            (spec.sr, "set_sr_scale"),
            (spec.seed, "set_seed"),
        ):
            names[helios] = None if value is None else value.command
        return names.get(command) or command


class _TranslatedMessages(OutgoingMessages):
    """The messages of a model with a dialect of its own."""

    def __init__(self, faults: Faults, model: SpecModel) -> None:
        super().__init__(faults)
        self._model = model

    def send(self, message: tuple[str, Data], at: int, answers: tuple[int, ...] = ()) -> None:
        """Send a message of Helios in the model's dialect."""
        found = self._model.translate(*message)
        if found is None:
            self.acknowledge(answers, at)
        else:
            super().send(found, at, answers)


def _renamed(data: Mapping[str, object], names: Mapping[str, str]) -> Data:
    """Return only the parameters that are named, with Helios' names."""
    return {helios: data[own] for own, helios in names.items() if own in data}
