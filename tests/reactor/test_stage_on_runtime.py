"""Our client against Reactor's own runtime (wire v0), with a small model of ours on it that keeps Helios' contract."""

from __future__ import annotations

import asyncio

import httpx
from reactor_parts import SHOW_LANDS, Run, perform, settings_for, whole_show
from reactor_runtimes import runtime_2

from sequencer.clocks import RealClock
from sequencer.events import ChunkDone, Event, Refused, Restored, SchedulePrompt, Start, StateReported
from sequencer.stages.reactor import ReactorStage
from sequencer.wire.codec import Wire


async def _found_again(url: str) -> None:
    """On a second session the plug is pulled: the connection is made anew, and the model goes on where it was."""
    events: list[Event] = []
    news = asyncio.Event()

    def deliver(event: Event) -> None:
        events.append(event)
        news.set()

    async def until(kind: type[Event], count: int = 1) -> None:
        async with asyncio.timeout(40):
            while sum(isinstance(one, kind) for one in events) < count:
                news.clear()
                await news.wait()

    stage = ReactorStage(RealClock(), settings_for(url))
    await stage.open(deliver)
    await stage.send([SchedulePrompt("a red field", 0), SchedulePrompt("a blue sea", 60), Start()])
    await until(ChunkDone)
    connection = stage._meeting.connection
    assert connection is not None
    stage._broken(connection, "the plug was pulled")
    await until(Restored)
    done, frames = sum(isinstance(one, ChunkDone) for one in events), stage.measures().frames
    await until(ChunkDone, done + 3)
    assert stage.measures().frames > frames, "tracks were not resumed"
    states = [one for one in events if isinstance(one, StateReported)]
    assert dict(states[-1].scheduled) == {60: "a blue sea"}
    assert states[-1].started
    await stage.close()


async def _play() -> tuple[Run, str]:
    async with runtime_2() as url:
        run = await perform(url, whole_show())
        await _found_again(url)
        async with httpx.AsyncClient(trust_env=False) as client:
            state = (await client.get(f"{url}/health")).json()["state"]
        return run, state


def test_a_whole_show_on_the_vendors_own_runtime() -> None:
    run, state = asyncio.run(_play())
    assert run.measures.wire == Wire.V0
    assert run.landings == SHOW_LANDS
    assert run.outcome.report.all_landed
    assert not [one for one in run.events if isinstance(one, Refused)]
    states = [one for one in run.events if isinstance(one, StateReported)]
    assert any(one.image_set for one in states)
    assert run.measures.frames > 10  # a busy machine makes the runtime drop some
    assert run.of("chunk_shown")
    assert run.trouble is None
    assert state == "READY", "the session was not ended"
