"""Every command on both wires: refusals name the command, keep-alives keep the connection, and
which hosts get the key.
"""

from __future__ import annotations

import asyncio

import httpx
import pytest

from sequencer.core.errors import StageError
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
from sequencer.events.events import CommandRefused, ConnectionLost, PromptAccepted, Uploaded
from sequencer.stages.reactor.http import ApiClient
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.sync.run_clock import RealClock
from tests.support.reactor_fixtures import KEY, faults, image_file, local_server, settings_for

IMAGE, DATA = image_file()

COMMANDS: tuple[ModelCommand, ...] = (
    SetSeed(7),
    SetSrScale("4x"),
    SetImageStrength(0.5),
    SetConditioning("a red field", IMAGE.sha256),
    SetImage(IMAGE.sha256),
    SchedulePrompt("a blue sea", 3),
    Start(),
    Pause(),
    Resume(),
    Reset(),
)


@pytest.mark.parametrize("wire", ["v0", "v1"])
def test_every_command_can_be_refused_and_is_reported_by_its_name(wire: str) -> None:
    refusals = "".join(f"  - command: {one.kind}\n    reason: no {one.kind}\n" for one in COMMANDS)

    async def go() -> list[CommandRefused]:
        events: list[Event] = []
        news = asyncio.Event()

        def deliver(event: Event) -> None:
            events.append(event)
            news.set()

        async with local_server(faults=faults(f"refuse:\n{refusals}")) as server:
            stage = ReactorStage(
                RealClock(), settings_for(server.url, wire=wire), images={IMAGE.sha256: DATA}
            )
            await stage.open(deliver)
            await stage.send([Upload(IMAGE)])
            async with asyncio.timeout(30):
                while not any(isinstance(one, Uploaded) for one in events):
                    news.clear()
                    await news.wait()
                await stage.send(COMMANDS)
                while len([one for one in events if isinstance(one, CommandRefused)]) < len(
                    COMMANDS
                ):
                    news.clear()
                    await news.wait()
            await stage.close()
        return [one for one in events if isinstance(one, CommandRefused)]

    refused = asyncio.run(go())
    assert sorted((one.command, one.reason) for one in refused) == sorted(
        (one.kind, f"no {one.kind}") for one in COMMANDS
    )


def test_what_is_too_long_for_the_channel_is_refused_and_nothing_breaks() -> None:
    async def go() -> list[Event]:
        events: list[Event] = []
        async with local_server() as server:
            stage = ReactorStage(RealClock(), settings_for(server.url))
            await stage.open(events.append)
            await stage.send([SchedulePrompt("x" * 300_000, 5), SchedulePrompt("a blue sea", 3)])
            async with asyncio.timeout(30):
                while not any(isinstance(one, PromptAccepted) for one in events):  # noqa: ASYNC110  there is no event to wait for
                    await asyncio.sleep(0.05)
            await stage.close()
            assert server.session is not None
            assert [data for _, data in server.session.show.received_commands] == [
                {"prompt": "a blue sea", "chunk": 3}
            ]
        return events

    (refused,) = [one for one in asyncio.run(go()) if isinstance(one, CommandRefused)]
    assert refused.command == "schedule_prompt"
    assert "cannot be sent" in refused.reason


@pytest.mark.slow
@pytest.mark.parametrize(("ping", "lost"), [(0.3, False), (60.0, True)])
def test_keepalives_keep_the_connection(ping: float, lost: bool) -> None:
    """The platform drops silent clients; here after a second and a half."""

    async def go() -> list[Event]:
        events: list[Event] = []
        async with local_server(silence_seconds=1.5) as server:
            stage = ReactorStage(
                RealClock(),
                settings_for(
                    server.url, ping_seconds=ping, silence_seconds=1.0 if not lost else 60.0
                ),
            )
            await stage.open(events.append)
            await asyncio.sleep(3.5)
            await stage.close()
        return events

    assert any(isinstance(one, ConnectionLost) for one in asyncio.run(go())) == lost


def test_proof_is_sent_to_the_platform_only() -> None:
    seen: dict[str, str | None] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        seen[request.url.host] = request.headers.get("Authorization")
        return httpx.Response(200, content=b"piece")

    async def go() -> None:
        asked = ApiClient("https://reactor.test", transport=httpx.MockTransport(answer))
        for url in (
            "https://reactor.test/clips",
            "https://store.test/piece?X-Signature=1",
            "https://reactor.test.evil/x",
        ):
            assert await asked.fetch(
                "fetching the clip", url, {"Authorization": f"Bearer {KEY}"}
            ) == (200, b"piece", None)
        await asked.close()
        with pytest.raises(StageError, match="the run is over"):
            await asked.fetch("fetching the clip", "https://reactor.test/clips")

    asyncio.run(go())
    assert seen == {"reactor.test": f"Bearer {KEY}", "store.test": None, "reactor.test.evil": None}


def test_a_machine_without_a_network_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        async with local_server() as server:
            stage = ReactorStage(RealClock(), settings_for(server.url))
            monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: [])
            with pytest.raises(StageError, match="no network address") as raised:
                await stage.open(lambda _: None)
            assert "connect to a network" in str(raised.value.hint)
            await stage.close()
            assert server.session is not None
            assert server.session.ended is not None

    asyncio.run(go())
