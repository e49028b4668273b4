"""The simulator on a virtual clock: its events, its faults, and its reproducibility."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from PIL import Image

from sequencer.core.errors import StageError
from sequencer.core.images import ImageFile
from sequencer.core.timers import Timer
from sequencer.events.codec import Event
from sequencer.events.commands import (
    ModelCommand,
    Reset,
    SchedulePrompt,
    SetConditioning,
    SetImage,
    SetSeed,
    SetSrScale,
    Start,
    Upload,
)
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    CommandRefused,
    ConnectionLost,
    ConnectionRestored,
    FramesRendered,
    ImageAccepted,
    PromptAccepted,
    Ready,
    ResetDone,
    SessionEnded,
    StateReported,
    Uploaded,
    UploadFailed,
)
from sequencer.stages.protocol import ChunkFrames, Stage
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import ImageBytes, SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock

Wanted = TypeVar("Wanted")

SECOND = 10**9
CHUNK = 1_375_000_000

OPENING = (SetSeed(7), SchedulePrompt("a paper boat", 0), SchedulePrompt("rain", 2), Start())


def png(colour: tuple[int, int, int] = (200, 40, 40)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return file.getvalue()


def image_file(data: bytes, path: str = "refs/tram.png", mime: str = "image/png") -> ImageFile:
    return ImageFile(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        mime_type=mime,
        width=40,
        height=30,
        size=len(data),
    )


class Run:
    """A stage and a virtual clock, driven step by step."""

    def __init__(
        self,
        faults: dict[str, Any] | None = None,
        *,
        with_frames: bool = False,
        images: ImageBytes | None = None,
        start: int = 0,
    ) -> None:
        self.clock = VirtualClock(start)
        self.events: list[Event] = []
        self.frames_shown: list[ChunkFrames] = []
        settings = SimulatedSettings(faults=Faults.model_validate(faults or {}))
        sink = self.frames_shown.append if with_frames else None
        self.stage = SimulatedStage(self.clock, settings=settings, frame_sink=sink, images=images)
        self._awake = asyncio.Event()

    async def open(self) -> Run:
        await self.stage.open(self.events.append)
        await self.until(lambda: self.got(Ready))
        return self

    async def send(self, *commands: Upload | ModelCommand) -> Run:
        await self.stage.send(commands)
        return self

    async def until(self, done: Callable[[], object], most: int = 5000) -> Run:
        for _ in range(most):
            if done():
                return self
            assert await self.clock.idle(self._awake), "nothing more happens"
        raise AssertionError("it never happened")

    async def chunks(self, count: int) -> Run:
        return await self.until(lambda: len(self.got(ChunkDone)) >= count)

    async def idle(self, most: int = 200) -> Run:
        """Let everything under way arrive."""
        for _ in range(most):
            if not await self.clock.idle(self._awake):
                break
        return self

    def got(self, kind: type[Wanted]) -> list[Wanted]:
        return [one for one in self.events if isinstance(one, kind)]


def play(scenario: Callable[[], Any]) -> None:
    asyncio.run(scenario())


async def performed(
    faults: dict[str, Any] | None = None,
    chunks: int = 4,
    commands: Sequence[Upload | ModelCommand] = OPENING,
) -> Run:
    run = await Run(faults).open()
    await run.send(*commands)
    await run.chunks(chunks)
    await run.stage.close()
    return run


def test_it_is_a_stage() -> None:
    stage: Stage = SimulatedStage(VirtualClock())
    assert {"open", "send", "close"} <= set(dir(stage))


def test_a_short_performance_event_by_event() -> None:
    async def scenario() -> None:
        run = await performed(chunks=3)
        assert run.events[0] == Ready(300_000_000, "simulated", fades=True)
        assert isinstance(run.events[1], StateReported)
        begun = 300_000_000
        assert run.got(ChunkDone) == [
            ChunkDone(begun + CHUNK, 0, 33, "a paper boat"),
            ChunkDone(begun + 2 * CHUNK, 1, 66, "a paper boat"),
            ChunkDone(begun + 3 * CHUNK, 2, 99, "rain"),
        ]
        assert run.got(ChunkShown)[0] == ChunkShown(begun + CHUNK + 1_300_000_000, 0, take=1)
        assert [one.prompt for one in run.got(PromptAccepted)] == ["a paper boat", "rain"]
        times = [one.at for one in run.events]
        assert times == sorted(times)

    play(scenario)


def test_the_same_twice_and_on_a_clock_that_began_elsewhere() -> None:
    faults = {
        "seed": 3,
        "jitter": "50ms",
        "delays": {"jitter": "30ms", "shown_jitter": "40ms"},
        "fps": "21",
    }

    async def scenario() -> None:
        one, two = await performed(faults), await performed(faults)
        assert one.events == two.events
        other = await performed({**faults, "seed": 4})
        assert other.events != one.events
        late = await Run(faults, start=12345).open()
        await (await late.send(*OPENING)).chunks(4)
        assert [event.at - 12345 for event in late.events] == [event.at for event in one.events]

    play(scenario)


def test_chunks_are_shown_in_order_however_unevenly() -> None:
    async def scenario() -> None:
        run = await performed(
            {"fps": "120", "delays": {"shown": "1s", "shown_jitter": "2s"}}, chunks=20
        )
        shown = run.got(ChunkShown)
        assert [one.chunk for one in shown] == list(range(len(shown)))
        assert len(shown) > 2

    play(scenario)


def test_nothing_is_delivered_after_close_and_closing_twice_is_harmless() -> None:
    async def scenario() -> None:
        run = await performed()
        await run.stage.close()
        before = len(run.events)
        await run.send(SetSrScale("4x"))
        await run.idle()
        assert len(run.events) == before
        with pytest.raises(StageError):
            await run.stage.open(run.events.append)
        await SimulatedStage(VirtualClock()).close()

    play(scenario)


def test_sending_before_open_is_an_error_and_before_ready_goes_ignored() -> None:
    async def scenario() -> None:
        run = Run()
        with pytest.raises(StageError):
            await run.send(Start())
        await run.stage.open(run.events.append)
        await run.send(*OPENING)
        await run.idle()
        assert not run.got(ChunkDone)

    play(scenario)


# ---- uploads


def test_uploads_take_their_time_and_are_what_commands_name() -> None:
    image = image_file(png())

    async def scenario() -> None:
        run = await Run().open()
        await run.send(SetImage(image.sha256), Upload(image))
        await run.until(lambda: run.got(Uploaded))
        assert run.got(CommandRefused)[0].reason == "image was not uploaded"
        assert run.got(Uploaded) == [Uploaded(600_000_000, image.sha256)]
        await run.send(SetConditioning("a", image.sha256), Start())
        await run.chunks(1)
        assert run.got(ImageAccepted) == [ImageAccepted(780_000_000, 40, 30)]

    play(scenario)


@pytest.mark.parametrize(
    ("data", "mime", "loaded", "reason"),
    [
        (b"not an image", "image/png", True, "not an image"),
        (png()[:60], "image/png", True, "image cannot be decoded"),
        (b"RIFF", "audio/wav", False, "audio/wav is not an image type"),
    ],
)
def test_what_is_no_image_uploads_and_is_refused_by_the_command(
    data: bytes, mime: str, loaded: bool, reason: str
) -> None:
    image = image_file(data, mime=mime)

    async def scenario() -> None:
        run = await Run(images={image.sha256: data} if loaded else None).open()
        await run.send(Upload(image))
        await run.until(lambda: run.got(Uploaded))
        await run.send(SetConditioning("a", image.sha256))
        await run.until(lambda: run.got(CommandRefused))
        assert run.got(CommandRefused)[0].reason.startswith(reason)

    play(scenario)


def test_scripted_and_real_upload_failures() -> None:
    first, second, gone, changed = (
        image_file(png((n, n, n)), f"refs/{n}.png") for n in (1, 2, 3, 4)
    )
    source = {
        first.sha256: png((1, 1, 1)),
        second.sha256: png((2, 2, 2)),
        changed.sha256: b"other bytes",
    }

    async def scenario() -> None:
        run = await Run({"uploads": [{"nth": 1, "reason": "no space"}]}, images=source).open()
        await run.send(*(Upload(one) for one in (first, second, gone, changed)))
        await run.idle()
        failed = {one.sha256: one.reason for one in run.got(UploadFailed)}
        assert failed[first.sha256] == "no space"
        assert "refs/3.png: the bytes cannot be read" in failed[gone.sha256]
        assert "has changed" in failed[changed.sha256]
        assert [one.sha256 for one in run.got(Uploaded)] == [second.sha256]

    play(scenario)


# ---- faults in transit


@pytest.mark.parametrize(
    ("mishap", "seen"),
    [
        ({"do": "lose", "type": "chunk_complete", "nth": 2}, [0, 2, 3, 4]),
        ({"do": "lose", "type": "chunk_complete"}, []),
        ({"do": "repeat", "type": "chunk_complete", "nth": 2, "by": "2s"}, [0, 1, 2, 1, 3, 4]),
        ({"do": "delay", "type": "chunk_complete", "nth": 2, "by": "2s"}, [0, 2, 1, 3, 4]),
    ],
)
def test_messages_are_lost_repeated_and_late(mishap: dict[str, Any], seen: list[int]) -> None:
    async def scenario() -> None:
        run = await Run({"messages": [mishap]}).open()
        await run.send(*OPENING)
        await run.until(lambda: any(one.frame >= 165 for one in run.got(StateReported)))
        assert [one.chunk for one in run.got(ChunkDone)] == seen

    play(scenario)


def test_swapped_messages_arrive_in_the_other_order() -> None:
    async def scenario() -> None:
        plain = await performed()
        run = await performed({"messages": [{"do": "swap", "type": "chunk_complete", "nth": 2}]})
        kinds = [event.kind for event in plain.events]
        first = kinds.index("chunk_done", kinds.index("chunk_done") + 1)
        kinds[first], kinds[first + 1] = kinds[first + 1], kinds[first]
        assert [event.kind for event in run.events] == kinds

    play(scenario)


def test_a_dropped_connection_loses_both_ways_and_the_model_goes_on() -> None:
    async def scenario() -> None:
        run = await Run({"drops": [{"chunk": 2, "for": "3s"}]}).open()
        await run.send(*OPENING)
        await run.until(lambda: run.got(ConnectionLost))
        await run.send(SchedulePrompt("never received", 6))
        await run.until(lambda: run.got(ConnectionRestored))
        after = run.events.index(run.got(ConnectionRestored)[0])
        state = run.events[after + 1]
        assert isinstance(state, StateReported)
        assert state.chunk == 4
        await run.chunks(5)
        assert [one.chunk for one in run.got(ChunkDone)] == [0, 1, 4, 5, 6]
        assert {one.prompt for one in run.got(ChunkDone)} == {"a paper boat", "rain"}
        lost, back = run.got(ConnectionLost)[0].at, run.got(ConnectionRestored)[0].at
        assert back - lost == 3 * SECOND
        assert not [one for one in run.events if lost < one.at < back]

    play(scenario)


def test_a_drop_at_a_time_fails_the_upload_under_way() -> None:
    image = image_file(png())

    async def scenario() -> None:
        run = await Run({"drops": [{"at": "400ms", "for": "1s"}]}).open()
        await run.send(Upload(image))
        await run.until(lambda: run.got(ConnectionRestored))
        assert [one.reason for one in run.got(UploadFailed)] == [
            "the connection broke during the upload"
        ]

    play(scenario)


@pytest.mark.parametrize("end", [{"chunk": 2}, {"at": "3s"}])
def test_after_the_sessions_end_nothing_comes(end: dict[str, Any]) -> None:
    async def scenario() -> None:
        run = await Run({"end": {**end, "reason": "out of credits"}}).open()
        await run.send(*OPENING)
        await run.until(lambda: run.got(SessionEnded))
        await run.send(SetSrScale("off"))
        await run.idle()
        assert isinstance(run.events[-1], SessionEnded)
        assert run.events[-1].reason == "out of credits"

    play(scenario)


def test_stale_states_after_a_reset() -> None:
    async def scenario() -> None:
        run = await performed({"stale_states": 2}, chunks=3)
        assert run.events
        run = await Run({"stale_states": 2}).open()
        await (await run.send(*OPENING)).chunks(3)
        await run.send(Reset())
        await run.until(lambda: run.got(ResetDone))
        after = run.events[run.events.index(run.got(ResetDone)[0]) + 1 :]
        await run.idle()
        after = run.events[run.events.index(run.got(ResetDone)[0]) + 1 :]
        assert [one.frame for one in after if isinstance(one, StateReported)] == [99, 132, 0]

    play(scenario)


def test_both_dialects_describe_the_same_events() -> None:
    async def scenario() -> None:
        current = await performed()
        early = await performed(
            {"dialect": "2026-early", "frames_emitted": "chunk", "scheduled_prompts": "list"}
        )
        for kind in (ChunkDone, StateReported, ChunkShown):
            assert current.got(kind) == early.got(kind)

    play(scenario)


# ---- frames


def test_frames_come_before_their_chunk_is_reported_with_their_digest() -> None:
    image = image_file(png())

    async def scenario() -> list[FramesRendered]:
        run = await Run({"warmup": 1}, with_frames=True, images={image.sha256: png()}).open()
        await run.send(Upload(image))
        await run.until(lambda: run.got(Uploaded))
        await run.send(SetConditioning("a paper boat", image.sha256), Start())
        await run.chunks(3)
        await run.stage.close()
        assert [(one.chunk, one.frames.shape) for one in run.frames_shown] == [
            (0, (0, 384, 640, 3)),
            (1, (33, 384, 640, 3)),
            (2, (33, 384, 640, 3)),
        ]
        for made, shown in zip(run.got(FramesRendered), run.frames_shown, strict=True):
            assert made.sha256 == hashlib.sha256(shown.frames.tobytes()).hexdigest()
            assert run.events.index(made) < run.events.index(run.got(ChunkDone)[made.chunk])
        assert [one.chunk for one in run.got(ChunkShown)] == [1]
        return run.got(FramesRendered)

    assert asyncio.run(scenario()) == asyncio.run(scenario())


def test_frames_without_the_images_bytes_fail_the_upload() -> None:
    async def scenario() -> None:
        run = await Run(with_frames=True).open()
        await run.send(Upload(image_file(png())))
        await run.until(lambda: run.got(UploadFailed))
        assert "frames need the images' bytes" in run.got(UploadFailed)[0].reason
        await run.stage.close()

    play(scenario)


def test_closing_in_the_middle_of_a_chunk_with_frames() -> None:
    async def scenario() -> None:
        run = await Run(with_frames=True).open()
        await (await run.send(*OPENING)).chunks(1)
        await run.stage.close()
        assert not await run.clock.idle(asyncio.Event())
        assert len(run.frames_shown) == 1

    play(scenario)


class StoppableClock(VirtualClock):
    """A clock that can advance while nothing runs, as for a process that was stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.missed = 0

    def now(self) -> int:
        return super().now() + self.missed

    def call_at(self, due: int, action: Callable[[], None]) -> Timer:
        return super().call_at(due - self.missed, action)


@pytest.mark.parametrize("is_reported", [False, True], ids=["woken", "something reported first"])
@pytest.mark.parametrize("seconds", [5, 20, 600])
def test_a_stage_whose_process_was_stopped_makes_up_for_nothing(
    seconds: int, is_reported: bool
) -> None:
    async def scenario() -> None:
        run = Run()
        run.clock = clock = StoppableClock()
        run.stage = SimulatedStage(clock)
        await run.open()
        await run.send(*OPENING)
        await run.chunks(3)
        before = run.got(ChunkDone)[-1].at
        clock.missed += seconds * SECOND
        if is_reported:
            await run.send(SchedulePrompt("snow", 6))
        await run.chunks(8)
        times = [one.at for one in run.got(ChunkDone)]
        assert times[3] - before >= seconds * SECOND
        assert [later - earlier for earlier, later in pairwise(times[3:])] == [CHUNK] * 4, (
            "no burst"
        )
        shown = [one.at for one in run.got(ChunkShown)]
        assert all(one <= two for one, two in pairwise(shown))
        assert all(
            show - done < 2 * SECOND for done, show in zip(times[3:], shown[3:], strict=False)
        )
        await run.stage.close()

    play(scenario)
