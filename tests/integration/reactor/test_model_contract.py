"""Helios' contract, from one table, over the wire, on two models that were written independently.

The models are the simulated model of the local server, and the small test model on Reactor's own
runtimes 2.10.1 (v0) and 3.10.0 (v0 and v1). The table covers how commands are answered, and the
state of the model afterwards.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import pytest
from PIL import Image

from sequencer.core.images import ImageFile
from sequencer.events.codec import Event
from sequencer.events.commands import (
    ModelCommand,
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
    Upload,
)
from sequencer.events.events import (
    ChunkDone,
    CommandRefused,
    ConditionsReady,
    ConnectionLost,
    ImageAccepted,
    Paused,
    PromptAccepted,
    ResetDone,
    Resumed,
    SessionEnded,
    Started,
    StateReported,
    UnknownMessage,
    Uploaded,
    UploadFailed,
)
from sequencer.server.app import StageServer
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.stages.wire.messages import Reference
from sequencer.sync.run_clock import RealClock
from tests.support.reactor_fixtures import local_server, settings_for
from tests.support.vendor_runtimes import runtime_2, runtime_3


def _png(width: int, height: int, colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


def _file(name: str, data: bytes, width: int, height: int) -> ImageFile:
    return ImageFile(
        path=name,
        sha256=hashlib.sha256(data).hexdigest(),
        mime_type="image/png",
        width=width,
        height=height,
        size=len(data),
    )


WIDE_BYTES, TALL_BYTES = _png(320, 200, "orange"), _png(64, 96, "teal")
WIDE, TALL = _file("wide.png", WIDE_BYTES, 320, 200), _file("tall.png", TALL_BYTES, 64, 96)
IMAGES = {WIDE.sha256: WIDE_BYTES, TALL.sha256: TALL_BYTES}
GONE = "0" * 64
"""The digest of an image whose upload the server does not have, or no longer has."""
UPLOADED = {GONE: Reference("11111111-2222-3333-4444-555555555555", "gone.png", "image/png", 100)}

QUIET = 0.15
"""Seconds after the expected answers during which no others may come."""


def _answer(event: Event) -> str | None:
    """Return the answer that an event represents; None for events that answer nothing."""
    match event:
        case CommandRefused():
            return f"refused {event.command}"
        case PromptAccepted():
            return f"prompt {event.prompt}"
        case ImageAccepted():
            return f"image {event.width}x{event.height}"
        case ConditionsReady():
            return f"conditions{' prompt' if event.has_prompt else ''}{' image' if event.has_image else ''}"
        case Uploaded():
            return "uploaded"
        case UnknownMessage(message="mediaStats"):  # runtime 2.10.1 sends it from time to time
            return None
        case (
            Started()
            | Paused()
            | Resumed()
            | ResetDone()
            | UploadFailed()
            | ConnectionLost()
            | SessionEnded()
            | UnknownMessage()
        ):
            return event.kind
        case _:
            return None


@dataclass(kw_only=True)
class _Client:
    """A stage at `url`, and the events that it delivered."""

    url: str
    version: str
    events: list[Event] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.stage = ReactorStage(
            RealClock(), settings_for(self.url, wire=self.version, uploaded=UPLOADED), images=IMAGES
        )

    def deliver(self, event: Event) -> None:
        self.events.append(event)
        self.news.set()

    async def until(self, is_true: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(20):
                while not is_true():
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            raise AssertionError(
                f"{what}: waited in vain; the last events: {self.events[-8:]}"
            ) from None

    async def send(
        self,
        *commands: ModelCommand | Upload,
        answers: set[str],
        what: str = "",
        reach_the_model: bool = True,
    ) -> None:
        """Send commands; exactly these answers must follow, and a `state` if the commands reach the
        model.
        """
        first = len(self.events)
        what = what or str(commands)
        await self.stage.send(commands)

        def found() -> set[str]:
            return {
                answer for event in self.events[first:] if (answer := _answer(event)) is not None
            }

        await self.until(lambda: answers <= found(), f"{what} → {sorted(answers)}")
        await asyncio.sleep(QUIET)
        assert found() == answers, what
        if reach_the_model:
            assert any(isinstance(one, StateReported) for one in self.events[first:]), (
                f"{what}: no state afterwards"
            )

    async def chunk(self, number: int) -> None:
        await self.until(lambda: bool(self.chunks) and self.chunks[-1] >= number, f"chunk {number}")

    @property
    def chunks(self) -> list[int]:
        """The chunks made since the last reset."""
        resets = [index for index, one in enumerate(self.events) if isinstance(one, ResetDone)]
        return [
            one.chunk
            for one in self.events[resets[-1] if resets else 0 :]
            if isinstance(one, ChunkDone)
        ]

    @property
    def state(self) -> StateReported:
        return next(one for one in reversed(self.events) if isinstance(one, StateReported))

    def check_state(
        self, *, started: bool = False, paused: bool = False, image: bool = False, **prompts: str
    ) -> None:
        """Check the last state; `prompts` are those still scheduled, `c7="…"` for chunk 7."""
        state = self.state
        assert (state.started, state.running, state.paused) == (
            started,
            started and not paused,
            paused,
        )
        assert state.image_set == image
        assert dict(state.scheduled) == {
            int(chunk[1:]): prompt for chunk, prompt in prompts.items()
        }


async def _before_the_start(client: _Client, *, answers_all: bool) -> None:
    """`answers_all`: whether the platform answers commands that its schema forbids with a refusal
    (v1), or not at all (v0).
    """
    send, check_state = client.send, client.check_state
    await send(SetSeed(7), answers=set())
    await send(SetSrScale("4x"), answers=set())
    await send(Start(), answers={"refused start"})
    await send(Pause(), answers={"refused pause"})
    await send(Resume(), answers={"refused resume"})
    await send(SchedulePrompt("", 0), answers={"refused schedule_prompt"})
    await send(
        SetImage(WIDE.sha256),
        answers={"refused set_image"},
        what="not uploaded",
        reach_the_model=False,
    )
    forbidden: tuple[tuple[set[str], tuple[ModelCommand, ...]], ...] = (
        ({"refused set_image_strength"}, (SetImageStrength(1.5),)),
        ({"refused set_image_strength"}, (SetImageStrength(-0.5),)),
        ({"refused schedule_prompt"}, (SchedulePrompt("a red field", -1),)),
        # The server waits ten seconds for the upload first.
        (
            {"refused set_image", "refused set_conditioning"},
            (SetImage(GONE), SetConditioning("a green field", GONE)),
        ),
    )
    for refused, commands in forbidden:
        await send(*commands, answers=refused if answers_all else set(), reach_the_model=False)
    check_state()
    await send(
        SchedulePrompt("a red field", 0), answers={"prompt a red field", "conditions prompt"}
    )
    await send(SchedulePrompt("a red barn", 0), answers={"prompt a red barn", "conditions prompt"})
    check_state(c0="a red barn")
    for image in (WIDE, TALL):
        await send(Upload(image), answers={"uploaded"}, reach_the_model=False)
    await send(SetConditioning("", WIDE.sha256), answers={"refused set_conditioning"})
    check_state(c0="a red barn")
    await send(SetImageStrength(0.5), answers=set())
    await send(
        SetConditioning("a blue sea", WIDE.sha256),
        answers={"prompt a blue sea", "image 320x200", "conditions prompt image"},
    )
    assert client.state.strength == 0.5
    assert not client.chunks


async def _running(client: _Client) -> None:
    send, check_state = client.send, client.check_state
    await send(Start(), answers={"started"})
    await send(Start(), answers={"refused start"})
    await client.chunk(2)
    await send(SchedulePrompt("a dawn", 0), answers={"refused schedule_prompt"}, what="in the past")
    await send(SchedulePrompt("a dusk", 900), answers={"prompt a dusk", "conditions prompt image"})
    await send(SetImage(TALL.sha256), answers={"image 64x96", "conditions prompt image"})
    await send(Resume(), answers={"refused resume"})
    check_state(started=True, image=True, c900="a dusk")
    await send(Pause(), answers={"paused"})
    made = client.chunks
    await send(Pause(), answers={"refused pause"})
    await send(
        SchedulePrompt("a night", 901), answers={"prompt a night", "conditions prompt image"}
    )
    await asyncio.sleep(0.8)
    assert client.chunks == made, "a paused model made a chunk"
    check_state(started=True, paused=True, image=True, c900="a dusk", c901="a night")
    await send(Resume(), answers={"resumed"})
    await client.chunk(made[-1] + 2)
    assert client.chunks == list(range(len(client.chunks))), (
        "chunks follow each other through a pause"
    )
    check_state(started=True, image=True, c900="a dusk", c901="a night")
    await send(Reset(), answers={"was_reset"})
    check_state()
    assert (client.state.chunk, client.state.frame) == (0, 0)
    await send(Start(), answers={"refused start"}, what="after the reset")
    await send(
        SetImage(WIDE.sha256),
        answers={"image 320x200", "conditions image"},
        what="uploads outlive a reset",
    )
    await send(SchedulePrompt("a storm", 0), answers={"prompt a storm", "conditions prompt image"})
    await send(Start(), answers={"started"})
    await client.chunk(1)
    assert client.chunks == list(range(len(client.chunks)))


async def _keeps(server: AbstractAsyncContextManager[StageServer | str], version: str) -> None:
    async with server as where:
        client = _Client(url=where if isinstance(where, str) else where.url, version=version)
        await client.stage.open(client.deliver)
        try:
            await _before_the_start(client, answers_all=version == "v1")
            await _running(client)
            assert client.stage.measures().frames > 10
            assert client.stage.measures().wire == version
        finally:
            await client.stage.close()
        assert client.stage.closing_trouble is None


@pytest.mark.parametrize("version", ["v0", pytest.param("v1", marks=pytest.mark.slow)])
def test_the_simulated_model_keeps_the_contract(version: str) -> None:
    asyncio.run(_keeps(local_server(), version))


@pytest.mark.slow
def test_the_small_model_on_runtime_2_keeps_the_contract() -> None:
    asyncio.run(_keeps(runtime_2(), "v0"))


@pytest.mark.slow
@pytest.mark.parametrize("version", ["v0", "v1"])
def test_the_small_model_on_runtime_3_keeps_the_contract(version: str) -> None:
    asyncio.run(_keeps(runtime_3(), version))
