"""Random commands at random times: the invariants of the simulated model."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sequencer.events.commands import (
    Pause,
    Reset,
    Resume,
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
    Paused,
    ResetDone,
    StateReported,
    UnknownMessage,
)
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.helios import HeliosModel
from sequencer.stages.simulated.helios_state import (
    Acknowledged,
    ChunkBegun,
    ChunkMade,
    Message,
    Output,
    UploadedImage,
)
from sequencer.stages.wire.helios.commands import HeliosCommand, SetPrompt
from sequencer.stages.wire.helios.model_messages import Dialect, HeliosReader

CHUNK = 1_375_000_000
prompts = st.sampled_from(["a", "b", "c", "d", ""])
images = st.sampled_from(["img", "other", "song", "nothing"])


class ModelMachine(RuleBasedStateMachine):
    """Answers are immediate and prompts encode at once here, so that the test knows what was
    accepted for a chunk.
    """

    @initialize(
        dialect=st.sampled_from(["current", "2026-early", "1.x"]),
        frames=st.sampled_from(["total", "chunk"]),
        warmup=st.integers(0, 2),
        jitter=st.sampled_from([0, 40_000_000]),
        seed=st.integers(0, 5),
    )
    def connect(self, dialect: Dialect, frames: str, warmup: int, jitter: int, seed: int) -> None:
        faults = Faults.model_validate(
            {
                "dialect": dialect,
                "frames_emitted": frames,
                "warmup": warmup,
                "jitter": jitter,
                "seed": seed,
                "delays": {"answer": 0, "image": 0},
            }
        )
        self.faults = faults
        self.model, self.twin = HeliosModel(faults), HeliosModel(faults)
        self.reader = HeliosReader()
        self.now = 0
        self.plan: dict[int, str] = {}
        self.active: str | None = None
        self.making: int | None = None
        self.last_chunk = -1
        self.total = 0
        self.last_at = 0
        self.resetting = False
        for model in (self.model, self.twin):
            model.uploaded("img", UploadedImage(8, 6))
            model.uploaded("other", UploadedImage(8, 6))
            model.uploaded("song", UploadedImage(0, 0, "not an image"))
        self.take_in(self.model.connect(0))
        self.twin.connect(0)

    def take_in(self, outputs: tuple[Output, ...]) -> list[object]:
        """Check that every event that the model reports is consistent with the state so far."""
        events: list[object] = []
        for output in outputs:
            assert self.last_at <= output.at <= self.now
            self.last_at = output.at
            match output:
                case ChunkBegun():
                    assert self.making is None
                    assert output.look.chunk == self.last_chunk + 1
                    self.making = output.look.chunk
                    for chunk in sorted(self.plan):
                        if chunk <= self.making:
                            self.active = self.plan.pop(chunk)
                    assert output.look.prompt == self.active
                case ChunkMade():
                    assert output.look.chunk == self.making
                    self.making = None
                case Message():
                    (event,) = self.reader.read(output.type, output.data, output.at)
                    events.append(event)
                    self.follow(event, output)
                case Acknowledged():
                    raise AssertionError("nobody asked")
        return events

    def follow(self, event: object, message: Message) -> None:
        match event:
            case ChunkDone():
                assert event.chunk == self.last_chunk + 1
                self.last_chunk = event.chunk
                self.total += 0 if event.chunk < self.faults.warmup else 33
                assert event.frames == self.total
                assert event.prompt == self.active
            case ResetDone():
                self.plan, self.active, self.last_chunk, self.total, self.resetting = (
                    {},
                    None,
                    -1,
                    0,
                    False,
                )
            case StateReported():
                assert event.frame == self.total
                assert event.chunk == self.last_chunk + 1
                assert event.scheduled == tuple(sorted(self.plan.items()))
                assert not (event.running and event.paused)
            case Paused():
                assert self.making is None
            case UnknownMessage():
                assert message.name == "seed_set"
            case _:
                pass  # the other events do not affect the tracked state

    def do(self, command: HeliosCommand) -> bool:
        """Send a command, and return whether it was accepted. A refused command has no effect."""
        before = self.model.advance(self.now)
        self.take_in(before)
        outputs = self.model.command(command, self.now)
        refused = [
            one
            for one in outputs
            if isinstance(one, Message) and one.name in ("command_error", "error")
        ]
        if not refused:
            self.expect(command)
        else:
            assert len(outputs) == 2  # the refusal and a state
        events = self.take_in(outputs)
        assert len([one for one in events if isinstance(one, CommandRefused)]) == len(refused)
        assert self.twin.command(command, self.now) == before + outputs
        return not refused

    def expect(self, command: HeliosCommand) -> None:
        following = self.last_chunk + 1 + (self.making is not None)
        match command:
            case SetPrompt() | SetConditioning():
                self.plan[following] = command.prompt
            case SchedulePrompt():
                self.plan[command.chunk] = command.prompt
            case Reset():
                self.resetting = True
            case _:
                pass

    @rule(prompt=prompts)
    def set_prompt(self, prompt: str) -> None:
        assert self.do(SetPrompt(prompt)) == bool(prompt)

    @rule(prompt=prompts, chunk=st.integers(-1, 8))
    def schedule(self, prompt: str, chunk: int) -> None:
        self.do(SchedulePrompt(prompt, chunk))

    @rule(prompt=prompts, image=images)
    def condition(self, prompt: str, image: str) -> None:
        assert self.do(SetConditioning(prompt, image)) == (
            bool(prompt) and image in ("img", "other")
        )

    @rule(image=images)
    def queue_image(self, image: str) -> None:
        assert self.do(SetImage(image)) == (image in ("img", "other"))

    @rule(
        strength=st.floats(-1, 2),
        scale=st.sampled_from(["off", "2x", "4x"]),
        seed=st.integers(-2, 9),
    )
    def set(self, strength: float, scale: str, seed: int) -> None:
        assert self.do(SetImageStrength(strength)) == (0 <= strength <= 1)
        assert self.do(SetSrScale(scale))  # type: ignore[arg-type]  # one of the three scales
        assert self.do(SetSeed(seed)) == (seed >= -1)

    @rule()
    def start(self) -> None:
        ready = 0 in self.plan
        fresh = self.making is None and self.last_chunk == -1 and self.active is None
        assert self.do(Start()) == (ready and fresh)

    @rule(command=st.sampled_from([Pause(), Resume(), Reset()]))
    def steer(self, command: HeliosCommand) -> None:
        self.do(command)

    @rule(ns=st.integers(0, 3 * CHUNK) | st.sampled_from([CHUNK - 1, 1, CHUNK]))
    def wait(self, ns: int) -> None:
        self.now += ns
        outputs = self.model.advance(self.now)
        self.take_in(outputs)
        assert self.twin.advance(self.now) == outputs

    @invariant()
    def a_chunk_in_the_making_has_a_deadline(self) -> None:
        if hasattr(self, "model") and self.model.is_making:
            assert self.model.deadline is not None
            assert self.model.deadline > self.now


TestModelMachine = ModelMachine.TestCase
TestModelMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
