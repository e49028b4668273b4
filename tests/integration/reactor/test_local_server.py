"""Complete performances over real WebRTC: our stage on our local server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sequencer.engine.conductor.deliveries import Status
from sequencer.events.commands import SchedulePrompt, SetConditioning
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    CommandRefused,
    ConnectionLost,
    ConnectionRestored,
    PromptAccepted,
    Ready,
    ResetDone,
    SessionEnded,
    UnknownMessage,
    UploadFailed,
)
from sequencer.language.score import UseImage
from sequencer.server.session import Session
from sequencer.stages.wire.codec import Wire
from tests.support.builders import at_chunk
from tests.support.reactor_fixtures import (
    FRAMES,
    SHOW_LANDS,
    Run,
    faults,
    local_server,
    perform,
    schedule,
    whole_show,
)


def _play(
    plan: Any = None, server: dict[str, Any] | None = None, **changes: Any
) -> tuple[Run, Session]:
    async def play() -> tuple[Run, Session]:
        async with local_server(**(server or {})) as served:
            run = await perform(served.url, plan or whole_show(), **changes)
            session = served.session
            assert session is not None
            return run, session

    return asyncio.run(play())


@pytest.mark.parametrize(
    ("changes", "server", "wire"),
    [
        pytest.param({}, {}, Wire.V1, id="local-v1"),
        pytest.param({"local": False}, {}, Wire.V1, id="production-v1"),
        pytest.param({"wire": "v0"}, {}, Wire.V0, id="local-v0", marks=pytest.mark.slow),
    ],
)
def test_a_whole_show_lands_cue_for_cue(
    changes: dict[str, Any], server: dict[str, Any], wire: Wire
) -> None:
    run, session = _play(server=server, **changes)
    assert run.landings == SHOW_LANDS
    assert run.outcome.report.all_landed
    assert run.measures.wire == wire
    assert run.trouble is None
    assert session.ended is not None, "the session was not ended"
    commands = [name for name, _ in session.show.received_commands]
    sent = [one.kind for one in run.commands if one.kind not in ("upload", "wake_at", "finish")]
    assert commands == sent, "what left is not what arrived"
    bright = [one for one in run.frames if not one.is_dark]
    assert len(bright) >= session.show.screen.shown - 2 * FRAMES
    assert bright[0].image.width == 160
    if wire is Wire.V1:
        assert len(run.measures.latencies) >= len(sent), "commands were not answered"


@pytest.mark.slow
def test_a_runtime_that_knows_wire_v0_only_is_fallen_back_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sequencer.stages.reactor.connector.UNDERSTOOD_SECONDS", 1.0)
    run, _ = _play(
        schedule(at_chunk(0, "a red field"), at_chunk(2, "a blue sea"), end=3), {"wires": "v0"}
    )
    assert run.outcome.report.all_landed
    assert run.measures.wire == Wire.V0


@pytest.mark.slow
def test_the_chunk_that_is_shown_trails_the_one_that_is_reported() -> None:
    run, _ = _play(schedule(at_chunk(0, "a red field"), at_chunk(4, "a blue sea"), end=8))
    done = {one.chunk: one.at for one in run.events if isinstance(one, ChunkDone)}
    shown = {one.chunk: one.at for one in run.events if isinstance(one, ChunkShown)}
    assert list(shown) == sorted(shown)
    assert set(shown) >= {0, 1, 2, 3, 4, 5}
    lags = [shown[chunk] - done[chunk] for chunk in shown if chunk in done]
    assert all(60_000_000 < lag < 3_000_000_000 for lag in lags), lags
    assert 60_000_000 < run.measures.lag < 3_000_000_000


@pytest.mark.parametrize(
    "dialect",
    ["current", *(pytest.param(one, marks=pytest.mark.slow) for one in ("2026-early", "1.x"))],
)
def test_every_dialect_and_every_way_of_counting(dialect: str) -> None:
    bad = faults(
        f"dialect: {dialect}\nscheduled_prompts: list\nframes_emitted: "
        "chunk\ngeneration_started: each\nstale_states: 2\n"
    )
    run, _ = _play(server={"faults": bad})
    assert run.landings == SHOW_LANDS
    assert [one.frames for one in run.events if isinstance(one, ChunkDone)][:3] == [
        FRAMES,
        2 * FRAMES,
        3 * FRAMES,
    ]


@pytest.mark.slow
def test_a_message_that_answers_a_command_and_goes_to_everybody_is_one_event() -> None:
    """A model from 1.x sends both; if both counted, a prompt would seem to land twice."""
    run, session = _play(server={"faults": faults("dialect: 1.x\n")})
    assert run.landings == SHOW_LANDS
    sent = [one for one in run.commands if isinstance(one, SchedulePrompt | SetConditioning)]
    accepted = [one.prompt for one in run.events if isinstance(one, PromptAccepted)]
    assert sorted(accepted) == sorted(one.prompt for one in sent)
    assert len([one for one in run.events if isinstance(one, ResetDone)]) == 1
    assert not [one for one in run.events if isinstance(one, UnknownMessage)]
    assert not session._asks, "a command was never answered"


def test_refusals_come_back_as_events_and_what_can_be_shifted_is() -> None:
    bad = faults("refuse:\n  - command: schedule_prompt\n    nth: 2\n    reason: not today\n")
    run, _ = _play(
        schedule(at_chunk(0, "a red field"), at_chunk(3, "a blue sea"), end=7), {"faults": bad}
    )
    refused = [one for one in run.events if isinstance(one, CommandRefused)]
    assert [(one.command, one.reason) for one in refused] == [("schedule_prompt", "not today")]
    assert run.outcome.report.cues[1].status is Status.LANDED


@pytest.mark.slow
def test_messages_that_are_lost_late_repeated_or_swapped_are_borne() -> None:
    text = """messages:
  - {do: lose, type: chunk_complete, nth: 2}
  - {do: repeat, type: chunk_complete, nth: 4, by: 100ms}
  - {do: delay, type: prompt_accepted, by: 500ms}
  - {do: swap, type: state, nth: 3}
stale_states: 3
"""
    run, _ = _play(server={"faults": faults(text)})
    assert run.landings == SHOW_LANDS
    first_take = [one.chunk for one in run.events if isinstance(one, ChunkDone)][:5]
    assert first_take == [0, 2, 3, 3, 4]


def test_a_connection_that_is_killed_is_made_anew_and_the_show_goes_on() -> None:
    plan = schedule(*(at_chunk(chunk, f"prompt {chunk}") for chunk in (0, 4, 16, 18)), end=20)
    run, session = _play(plan, {"drop_after": (0.8,)}, silence_seconds=1.0)
    kinds = [
        type(one) for one in run.events if isinstance(one, ConnectionLost | ConnectionRestored)
    ]
    assert kinds == [ConnectionLost, ConnectionRestored]
    assert run.measures.losses == 1
    assert run.landings[2:] == [("16c", 16), ("18c", 18)]
    assert session.show.received_commands.count(("start", {})) == 1
    restored = next(
        index for index, one in enumerate(run.events) if isinstance(one, ConnectionRestored)
    )
    shown = [one.chunk for one in run.events[restored:] if isinstance(one, ChunkShown)]
    assert shown, "nothing was shown after the connection was made again"
    done = [one.chunk for one in run.events if isinstance(one, ChunkDone)]
    assert abs(shown[-1] - done[-1]) <= 2


def test_a_session_that_the_platform_ends_ends_the_run() -> None:
    run, session = _play(server={"faults": faults("end: {chunk: 4, reason: out of order}\n")})
    assert [one.reason for one in run.events if isinstance(one, SessionEnded)] == ["out of order"]
    assert not run.outcome.report.all_landed
    assert session.ended == "out of order"


def test_moderation_warns_and_ends() -> None:
    warned, _ = _play(schedule(at_chunk(0, "a forbidden garden"), end=3))
    assert warned.outcome.report.all_landed
    assert [one.message for one in warned.events if isinstance(one, UnknownMessage)] == [
        "moderation"
    ]
    assert "forbidden" not in " ".join(warned.notices)
    assert any("moderation warns" in one for one in warned.notices)
    ended, _ = _play(schedule(at_chunk(0, "an abomination"), end=3))
    (over,) = [one for one in ended.events if isinstance(one, SessionEnded)]
    assert "moderation" in over.reason


def test_what_is_no_image_is_found_out_before_a_byte_leaves() -> None:
    run, session = _play(bytes_of={})
    (failed,) = [one for one in run.events if isinstance(one, UploadFailed)]
    assert "shape.png" in failed.reason
    assert not [one for one in session.events if one["event"] == "uploaded"]
    assert [name for name, _ in session.show.received_commands] == []


def test_an_upload_that_fails_at_the_platform_is_tried_again() -> None:
    bad = faults("uploads:\n  - nth: 1\n    reason: the store hiccups\n")
    run, _ = _play(
        schedule(at_chunk(0, "a red field", UseImage("images/shape.png")), end=3), {"faults": bad}
    )
    assert run.outcome.report.all_landed
    assert not [one for one in run.events if isinstance(one, UploadFailed)]


def test_ready_comes_first_whatever_the_model_sent_before() -> None:
    run, _ = _play(schedule(at_chunk(0, "a red field"), end=2))
    assert isinstance(run.events[0], Ready)
    assert run.events[0].stage == "reactor v1 local"
