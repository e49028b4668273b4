"""Connecting: answers with missing fields, servers that do not answer, and the timeouts of both."""

from __future__ import annotations

import asyncio
import time

import pytest

from sequencer.core.errors import StageError
from sequencer.stages.reactor.signalling import IceServer, normalise_sdp, reachable, read_servers
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.sync.run_clock import RealClock
from tests.support.builders import at_chunk
from tests.support.reactor_fixtures import local_server, perform, schedule, settings_for

ANSWER = "\r\n".join(
    [
        "v=0",
        "a=group:BUNDLE 0 1 2",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=mid:0",
        "a=rtcp-mux",
        "a=candidate:1 1 udp 100 192.0.2.7 5000 typ host",
        "a=end-of-candidates",
        "m=audio 9 UDP/TLS/RTP/SAVPF 97",
        "a=mid:1",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "a=mid:2",
        "",
    ]
)


def test_candidates_and_multiplexing_are_in_every_section() -> None:
    sections = normalise_sdp(ANSWER).split("m=")[1:]
    assert [one.count("a=candidate:1 1 udp") for one in sections] == [1, 1, 1]
    assert [one.count("a=rtcp-mux") for one in sections] == [1, 1, 0]
    assert normalise_sdp(ANSWER).startswith("v=0\r\na=group:BUNDLE 0 1 2\r\nm=video")


def test_what_is_whole_stays_as_it_is() -> None:
    assert normalise_sdp(normalise_sdp(ANSWER)) == normalise_sdp(ANSWER)
    assert normalise_sdp("v=0\r\n") == "v=0\r\n"


def test_servers_are_read_with_care() -> None:
    listed = [
        {"uris": ["stun:a.example:3478"]},
        {"uris": ["turn:b.example"], "credentials": {"username": "u", "password": "p"}},
        {"uris": []},
        {"uris": "stun:c.example"},
        {"uris": [3]},
        "nonsense",
    ]
    assert read_servers(listed) == (
        IceServer(("stun:a.example:3478",)),
        IceServer(("turn:b.example",), "u", "p"),
    )
    assert read_servers(None) == read_servers({}) == ()


def test_servers_that_do_not_answer_are_left_out_within_the_time() -> None:
    class Stun(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            self._transport.sendto(b"\x01\x01\x00\x00" + data[4:20], addr)  # type: ignore[attr-defined]  # a datagram transport

    async def go() -> tuple[IceServer, ...]:
        loop = asyncio.get_running_loop()
        answering, _ = await loop.create_datagram_endpoint(Stun, local_addr=("127.0.0.1", 0))
        silent, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
        )
        good, bad = answering.get_extra_info("sockname")[1], silent.get_extra_info("sockname")[1]
        servers = [
            IceServer((f"stun:127.0.0.1:{bad}", f"stun:127.0.0.1:{good}")),
            IceServer((f"turn:127.0.0.1:{bad}",), "u", "p"),
            IceServer(("turns:127.0.0.1:9", "stun:no.such.host.invalid", "nonsense", "http://x")),
        ]
        before = time.monotonic()
        found = await reachable(servers, 0.4)
        assert time.monotonic() - before < 2.0
        answering.close()
        silent.close()
        assert found == (IceServer((f"stun:127.0.0.1:{good}",)),)
        return found

    asyncio.run(go())


def test_a_stun_server_that_is_not_there_does_not_hold_up_the_connection() -> None:
    async def go() -> float:
        async with local_server(stun=("stun:127.0.0.1:9",)) as server:
            run = await perform(
                server.url,
                schedule(at_chunk(0, "a red field"), end=1),
                local=False,
                gathering_seconds=0.5,
            )
            assert run.outcome.report.all_landed
            return run.events[0].at / 1e9

    before = time.monotonic()
    assert asyncio.run(go()) - before < 4.0


def test_an_offer_that_nobody_answers_has_a_deadline() -> None:
    """The platform answers “not yet” without end to an offer that it does not understand."""

    async def go() -> None:
        async with local_server() as server:
            from sequencer.server.session import Session

            stage = ReactorStage(RealClock(), settings_for(server.url, connect_seconds=0.4))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Session, "take_answer", lambda *_: None)
                with pytest.raises(StageError, match="did not answer the offer"):
                    await stage.open(lambda _: None)
            await stage.close()
            assert server.session is not None
            assert server.session.ended is not None

    asyncio.run(go())


def test_an_answer_whose_way_back_broke_is_not_waited_for() -> None:
    """The answer is given only once: the next attempt makes a new connection, with a new number."""

    async def go() -> None:
        async with local_server() as server:
            from sequencer.server.session import Session

            taken = Session.take_answer
            lost: list[int] = []

            def lose(self: Session, number: int) -> str | None:
                answer = taken(self, number)
                if answer is not None and not lost:
                    lost.append(number)
                    return None
                return answer

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Session, "take_answer", lose)
                stage = ReactorStage(RealClock(), settings_for(server.url, connect_seconds=1.0))
                await stage.open(lambda _: None)
            assert stage.status.name == "ready"
            assert server.session is not None
            assert lost
            assert lost[0] not in [
                number for number, peer in server.session.peers.items() if peer.wire is not None
            ]
            await stage.close()

    asyncio.run(go())
