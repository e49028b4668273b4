"""The stage against a server of our own, written from vLLM-Omni's documentation, with its faults."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Any

import pytest

from sequencer.core.errors import StageError
from sequencer.core.images import ImageFile
from sequencer.events.codec import Event
from sequencer.events.commands import (
    Pause,
    Reset,
    SchedulePrompt,
    SetConditioning,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Start,
    Upload,
)
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    CommandRefused,
    ConditionsReady,
    PromptAccepted,
    Ready,
    ResetDone,
    SessionEnded,
    Started,
    StateReported,
    UnknownMessage,
    UploadFailed,
)
from sequencer.stages.live_frames import LiveFrame
from sequencer.stages.vllm_omni.settings import VllmOmniSettings, address_of
from sequencer.stages.vllm_omni.stage import NO_IMAGES, NO_PAUSE, VllmOmniStage
from sequencer.sync.run_clock import RealClock
from tests.support.vllm_omni_server import ServerFaults, VllmOmniServer

FRAMES = 3
WAIT = 20.0


class Run:
    """A stage that plays on a server, and what it delivered."""

    def __init__(self, server: VllmOmniServer, chunks: int = 6, **settings: Any) -> None:
        self.server = server
        self.events: list[Event] = []
        self.frames: list[LiveFrame] = []
        self.notices: list[str] = []
        self.needs_more = False
        self._changed = asyncio.Event()
        given = {"width": 64, "height": 48, "fps": Fraction(100), **settings}
        self.stage = VllmOmniStage(
            RealClock(),
            VllmOmniSettings(address=address_of(server.url), frames_per_chunk=FRAMES, **given),
            chunks_of_take=lambda: chunks,
            needs_more=lambda: self.needs_more,
            sink=self._sink,
            notice=self._notice,
        )

    def _sink(self, frame: LiveFrame) -> None:
        self.frames.append(frame)
        self._changed.set()

    def _notice(self, text: str) -> None:
        self.notices.append(text)
        self._changed.set()

    def _deliver(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    async def open(self) -> None:
        await self.stage.open(self._deliver)

    async def start(self, *prompts: SchedulePrompt, seed: int = 7) -> None:
        opening = prompts or (SchedulePrompt("opening", 0),)
        await self.stage.send([SetSeed(seed), SetSrScale("2x"), *opening, Start()])

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, is_there: Callable[[], object]) -> None:
        """Wait until something is there."""
        async with asyncio.timeout(WAIT):
            while not is_there():
                self._changed.clear()
                await self._changed.wait()

    async def chunks(self, count: int) -> list[ChunkDone]:
        await self.until(lambda: len(self.of(ChunkDone)) >= count)
        return self.of(ChunkDone)

    async def ended(self) -> str:
        await self.until(lambda: self.of(SessionEnded))
        return str(self.of(SessionEnded)[0].reason)


def play(server: VllmOmniServer, script: Callable[[Run], Awaitable[object]], **given: Any) -> Run:
    """Open a stage on a server, run a script, and close the stage."""

    async def run() -> Run:
        async with server.running():
            made = Run(server, **given)
            try:
                await made.open()
                await script(made)
            finally:
                await made.stage.close()
                await made.stage.close()
            return made

    return asyncio.run(run())


def test_a_take_from_its_start_to_its_end() -> None:
    server = VllmOmniServer()

    async def script(run: Run) -> None:
        await run.start(
            SchedulePrompt("opening", 0),
            SchedulePrompt("two", 2),
            SchedulePrompt("four", 4, fade=2),
        )
        await run.until(lambda: len(run.frames) == 6 * FRAMES)

    run = play(server, script)
    assert [type(event) for event in run.events[:4]] == [
        Ready,
        PromptAccepted,
        ConditionsReady,
        Started,
    ]
    ready = run.of(Ready)[0]
    assert (ready.stage, ready.fades) == ("vllm-omni BestWishYsh/Helios-Distilled", True)
    assert [(one.chunk, one.frames, one.prompt) for one in run.of(ChunkDone)] == [
        (0, 3, "opening"), (1, 6, "opening"), (2, 9, "two"),
        (3, 12, "two"), (4, 15, "four"), (5, 18, "four"),
    ]  # fmt: skip
    assert [(one.prompt, one.chunk) for one in run.of(PromptAccepted)[1:]] == [
        ("two", 2),
        ("four", 4),
    ]
    (session,) = server.sessions
    assert session.start["num_frames"] == 18
    assert (session.start["seed"], session.start["model"]) == (7, ready.stage.split()[1])
    assert [(chunk, one["transition_chunks"]) for chunk, one in session.interactions] == [
        (1, 0),
        (3, 2),
    ]
    assert [one.chunk for one in run.of(ChunkShown)] == [0, 1, 2, 3, 4, 5]
    assert [one.of.chunk for one in run.frames if one.of is not None] == [
        number // 3 for number in range(18)
    ]
    assert run.notices == []
    assert run.stage.facts()["prompts_on_another_chunk"] == 0


def test_a_cut_is_another_session() -> None:
    server = VllmOmniServer()

    async def script(run: Run) -> None:
        await run.start()
        await run.chunks(2)
        await run.stage.send([Reset()])
        await run.until(lambda: run.of(ResetDone))
        await run.start(SchedulePrompt("next", 0), seed=9)
        await run.until(lambda: len(run.of(Started)) == 2)
        await run.chunks(len(run.of(ChunkDone)) + 6)
        await run.until(lambda: run.frames[-1].of is not None and run.frames[-1].of.chunk == 5)

    run = play(server, script, chunks=6)
    first, second = server.sessions
    assert first.was_stopped
    assert not second.was_stopped
    assert (second.start["prompt"], second.start["seed"]) == ("next", 9)
    before = run.events[: run.events.index(run.of(ResetDone)[0])]
    assert [one.chunk for one in before if isinstance(one, ChunkDone)] == [0, 1, 2]
    takes = [one.of.take for one in run.frames if one.of is not None]
    assert takes == sorted(takes)
    assert takes[-1] == 2


def test_a_reset_between_metadata_and_video_waits_for_the_next_chunk() -> None:
    async def script(run: Run) -> None:
        await run.start()
        await run.chunks(2)
        await run.stage.send([Reset()])
        await run.until(lambda: run.of(ResetDone))

    run = play(VllmOmniServer(ServerFaults(video_after=0.05)), script)
    assert [one.chunk for one in run.of(ChunkDone)] == [0, 1, 2]


def test_a_cut_at_the_length_of_the_session_waits_for_its_own_end() -> None:
    server = VllmOmniServer()

    async def script(run: Run) -> None:
        await run.start()
        await run.chunks(2)
        await run.stage.send([Reset()])
        await run.until(lambda: run.of(ResetDone))

    run = play(server, script, chunks=3)
    assert not server.sessions[0].was_stopped
    assert len(run.of(ChunkDone)) == 3
    assert run.of(SessionEnded) == []


def test_a_reset_after_the_end_and_one_without_a_session() -> None:
    async def script(run: Run) -> None:
        await run.stage.send([Reset()])
        assert len(run.of(ResetDone)) == 1
        await run.start()
        await run.chunks(2)
        await asyncio.sleep(0.2)  # the session is over, and the run has not ended
        await run.stage.send([Reset()])
        await run.until(lambda: len(run.of(ResetDone)) == 2)

    run = play(VllmOmniServer(), script, chunks=2)
    assert run.of(SessionEnded) == []


def test_a_start_that_comes_before_the_reset_is_done() -> None:
    server = VllmOmniServer(chunk_seconds=0.05)

    async def script(run: Run) -> None:
        await run.start()
        await run.chunks(1)
        await run.stage.send([Reset(), Reset()])
        await run.start(SchedulePrompt("next", 0))
        await run.until(lambda: len(run.of(Started)) == 2)

    run = play(server, script)
    assert len(run.of(ResetDone)) == 1
    assert [one.start["prompt"] for one in server.sessions] == ["opening", "next"]


def test_a_start_that_is_repeated() -> None:
    server = VllmOmniServer(ServerFaults(start_after=0.1), chunk_seconds=0.05)

    async def script(run: Run) -> None:
        await run.start()
        await run.stage.send([Start()])
        await run.chunks(1)
        await run.stage.send([Start()])
        await run.until(lambda: run.of(ChunkShown))

    run = play(server, script)
    assert len(server.sessions) == len(run.of(Started)) == 1
    (state,) = run.of(StateReported)
    assert (state.started, state.paused, state.prompt) == (True, False, "opening")
    assert run.of(ChunkShown)[-1].take == 3


def test_more_chunks_than_the_session_has() -> None:
    async def script(run: Run) -> None:
        run.needs_more = True
        await run.start()
        assert "all 2 chunks were made that the session was started with" in await run.ended()

    play(VllmOmniServer(), script, chunks=2)


def test_what_it_cannot_do_is_refused_with_a_reason() -> None:
    image = ImageFile(
        path="a.png", sha256="0" * 64, mime_type="image/png", width=8, height=8, size=80
    )

    async def script(run: Run) -> None:
        await run.stage.send([SetImageStrength(0.5), SetSrScale("2x")])  # a take opens with these
        assert run.of(CommandRefused) == []
        await run.start()
        await run.chunks(1)
        await run.stage.send(
            [
                Upload(image),
                SetConditioning("a", "0" * 64),
                Pause(),
                SetImageStrength(0.5),
                SetSrScale("4x"),
            ]
        )
        await run.chunks(3)

    run = play(VllmOmniServer(), script)
    assert [one.reason for one in run.of(UploadFailed)] == [NO_IMAGES]
    assert [one.command for one in run.of(CommandRefused)] == [
        "set_conditioning", "pause", "set_image_strength", "set_sr_scale",
    ]  # fmt: skip
    assert NO_PAUSE in run.notices
    assert len(run.of(StateReported)) == 1  # the status line shows a refusal until then


def test_it_is_opened_once_and_sends_nothing_before() -> None:
    async def script(run: Run) -> None:
        with pytest.raises(StageError, match="already been opened"):
            await run.open()
        fresh = Run(run.server)
        with pytest.raises(StageError, match="not open"):
            await fresh.stage.send([Start()])

    play(VllmOmniServer(), script)


# ---- faults --------------------------------------------------------------------------------------


def end_with(faults: ServerFaults, *, chunks: int = 6, **settings: Any) -> tuple[str, Run]:
    """Return why a run ends on a server with faults."""
    reasons: list[str] = []

    async def script(run: Run) -> None:
        await run.start(SchedulePrompt("opening", 0), SchedulePrompt("two", 2))
        reasons.append(await run.ended())

    run = play(VllmOmniServer(faults), script, chunks=chunks, **settings)
    return reasons[0], run


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (ServerFaults(malformed_at=2), "a message that is not valid: it is not JSON"),
        (ServerFaults(malformed_at=0, malformed='{"type": 1}'), "it has no type"),
        (ServerFaults(malformed_at=2, malformed=" " * (1 << 21)), "has more than"),
        (ServerFaults(no_binary_at=1), "metadata is not followed by its video"),
        (ServerFaults(wrong_length_at=1), "but its metadata announced"),
        (ServerFaults(wrong_index_at=1), "generation_chunk_index is 77 where 1 is expected"),
        (ServerFaults(close_at=3), "the server closed the connection"),
        (
            ServerFaults(error_at=3),
            "the server closed the connection (code 1000): CUDA out of memory",
        ),
        (ServerFaults(done_at=4), "the server ended the session after 4 of 6 chunks"),
    ],
)
def test_what_ends_a_run(faults: ServerFaults, reason: str) -> None:
    found, run = end_with(faults)
    assert reason in found
    assert run.stage.status == "disconnected"


def test_a_stall_ends_a_run() -> None:
    found, run = end_with(ServerFaults(stall_at=2), stall_seconds=0.3, ping_seconds=0.1)
    assert found == "the server made no chunk within 0.3 s"
    assert run.server.sessions[0].pings >= 1


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (
            ServerFaults(refuse_start="Model mismatch"),
            "the server does not start a session: Model mismatch",
        ),
        (ServerFaults(is_silent_at_start=True), "did not answer session.start within 0.2 s"),
    ],
)
def test_a_start_that_fails_is_a_refusal_and_can_be_tried_again(
    faults: ServerFaults, reason: str
) -> None:
    server = VllmOmniServer(ServerFaults(**{**vars(faults), "session": 1}))

    async def script(run: Run) -> None:
        await run.start()
        await run.until(lambda: run.of(CommandRefused))
        await run.start()
        await run.chunks(2)

    run = play(server, script, start_seconds=0.2)
    (refused,) = run.of(CommandRefused)
    assert refused.command == "start"
    assert reason in refused.reason
    assert len(run.of(Started)) == 1


def test_a_late_start_is_waited_for() -> None:
    async def script(run: Run) -> None:
        await run.start()
        await run.chunks(6)

    run = play(VllmOmniServer(ServerFaults(start_after=0.3)), script)
    assert run.of(CommandRefused) == []


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (ServerFaults(fails=(1,)), "interaction_failed: Failed to apply interaction"),
        (ServerFaults(conflicts=(1,)), "event_id_conflict: event_id_conflict"),
    ],
)
def test_a_refused_prompt_is_reported_and_the_video_goes_on(
    faults: ServerFaults, code: str
) -> None:
    async def script(run: Run) -> None:
        await run.start(SchedulePrompt("opening", 0), SchedulePrompt("two", 2))
        await run.chunks(6)

    run = play(VllmOmniServer(faults), script)
    (refused,) = run.of(CommandRefused)
    assert (refused.command, refused.reason) == ("schedule_prompt", code)
    assert {one.prompt for one in run.of(ChunkDone)} == {"opening"}
    assert run.notices == [f"the server refused the prompt of chunk 2: {code}"]
    assert run.stage.facts()["prompts_refused"] == 1


def test_a_prompt_that_acts_a_chunk_late_is_reported_where_it_acted() -> None:
    async def script(run: Run) -> None:
        await run.start(SchedulePrompt("opening", 0), SchedulePrompt("two", 2))
        await run.chunks(6)

    run = play(VllmOmniServer(ServerFaults(later=1)), script)
    shown = [one.prompt for one in run.of(ChunkDone)]
    assert shown == ["opening"] * 3 + ["two"] * 3
    assert run.stage.facts()["prompts_on_another_chunk"] == 1


def test_a_prompt_that_is_never_queued_did_not_land() -> None:
    async def script(run: Run) -> None:
        await run.start(SchedulePrompt("opening", 0), SchedulePrompt("two", 2))
        await run.chunks(6)

    run = play(VllmOmniServer(ServerFaults(is_never_queued=True)), script)
    assert {one.prompt for one in run.of(ChunkDone)} == {"opening"}
    assert len(run.of(PromptAccepted)) == 1


def test_chunks_with_fewer_frames_are_reported() -> None:
    async def script(run: Run) -> None:
        await run.start()
        await run.chunks(6)
        await run.until(lambda: len(run.frames) == 17)

    run = play(VllmOmniServer(ServerFaults(fewer_frames_at=1)), script)
    assert [one.frames for one in run.of(ChunkDone)] == [3, 5, 8, 11, 14, 17]
    assert run.notices == [
        "chunk 1 has 2 frames, but the score counts 3 for each: its times are not those of the video"
    ]
    assert [one.of.chunk for one in run.frames if one.of is not None][3:6] == [1, 1, 2]


def test_two_chunks_in_one_piece() -> None:
    async def script(run: Run) -> None:
        await run.start()
        await run.chunks(6)
        await run.until(lambda: len(run.frames) == 18)

    run = play(VllmOmniServer(ServerFaults(skip_metadata_at=2)), script)
    assert [(one.chunk, one.prompt) for one in run.of(ChunkDone)] == [
        (0, "opening"), (1, "opening"), (2, None), (3, "opening"), (4, "opening"), (5, "opening"),
    ]  # fmt: skip
    assert run.notices == []


def test_frames_of_another_size_are_shown() -> None:
    async def script(run: Run) -> None:
        await run.start()
        await run.until(lambda: run.frames)

    run = play(VllmOmniServer(ServerFaults(size=(32, 32))), script)
    assert (run.frames[0].image.width, run.frames[0].image.height) == (32, 32)


def test_what_is_not_a_video_is_reported_and_the_run_goes_on() -> None:
    async def script(run: Run) -> None:
        await run.start()
        await run.chunks(6)
        await run.until(lambda: run.notices)

    run = play(VllmOmniServer(ServerFaults(not_video_at=0)), script)
    assert run.notices[0].startswith("the video cannot be decoded, so it is neither shown")


def test_a_server_that_does_not_stop_is_left() -> None:
    server = VllmOmniServer(ServerFaults(is_deaf_to_stop=True, session=1), chunk_seconds=0.1)

    async def script(run: Run) -> None:
        await run.start()
        await run.chunks(1)
        await run.stage.send([Reset()])
        await run.until(lambda: run.of(ResetDone))

    run = play(server, script, chunks=50, stop_seconds=0.1)
    assert run.notices == [
        "the server did not end the session within 0.1 s; the connection was closed"
    ]


def test_a_message_of_another_kind_is_kept_for_the_journal() -> None:
    async def script(run: Run) -> None:
        await run.start()
        await run.chunks(6)

    run = play(
        VllmOmniServer(ServerFaults(malformed_at=1, malformed='{"type": "new.thing"}')), script
    )
    (unknown,) = run.of(UnknownMessage)
    assert (unknown.message, unknown.data) == ("new.thing", '{"type": "new.thing"}')
