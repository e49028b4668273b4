"""The signalling requests: what is requested, how often, and until when."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from sequencer.core.errors import StageError
from sequencer.stages.reactor import signalling as module
from sequencer.stages.reactor.http import SIGNALLING
from sequencer.stages.reactor.session import CLIENT
from sequencer.stages.reactor.signalling import IceServer, Signalling, normalise_sdp

PATH = "/sessions/s1/transport/webrtc"


class _Session:
    """Gives one answer after the other and repeats the last one, on a clock that only advances by
    waiting.
    """

    path = "/sessions/s1"

    def __init__(self, patch: pytest.MonkeyPatch, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[object, ...]] = []
        self.waits: list[float] = []
        self.now = 100.0
        patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))
        patch.setattr(module, "asyncio", SimpleNamespace(sleep=self._sleep))

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    async def ask(
        self,
        what: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Any = None,
        *,
        retry_safe: bool | None = None,
    ) -> Any:
        self.asked.append((what, method, path, body, headers, retry_safe))
        return SimpleNamespace(
            body=self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        )


def calls(session: _Session, local: bool = False) -> Signalling:
    fake: Any = session
    return Signalling(fake, local)


def test_servers_are_asked_for_at_the_platform_only(monkeypatch: pytest.MonkeyPatch) -> None:
    session = _Session(monkeypatch, {"ice_servers": [{"uris": ["stun:a"]}]})
    assert asyncio.run(calls(session, local=True).ice_servers()) == ()
    assert session.asked == []
    assert asyncio.run(calls(session).ice_servers()) == (IceServer(("stun:a",)),)
    assert session.asked == [
        ("requesting ICE servers", "GET", f"{PATH}/ice_servers", None, SIGNALLING, None)
    ]
    assert SIGNALLING == {"Reactor-WebRTC-Version": "1.0"}


def test_a_connection_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    session = _Session(monkeypatch, {"connection_id": 7}, {"connection_id": "7"})
    assert asyncio.run(calls(session).register()) == 7
    assert session.asked == [
        ("registering a connection", "POST", f"{PATH}/connections", {}, SIGNALLING, True)
    ]
    with pytest.raises(
        StageError, match="registering a connection: the answer has no number"
    ) as raised:
        asyncio.run(calls(session).register())
    assert raised.value.hint == "is --url the platform's address?"


@pytest.mark.parametrize("local", [False, True])
def test_an_offer_is_sent_once_and_its_answer_fetched(
    monkeypatch: pytest.MonkeyPatch, local: bool
) -> None:
    session = _Session(
        monkeypatch, {}, {}, {"sdp_answer": ""}, {"sdp_answer": 7}, {"sdp_answer": "the answer"}
    )
    mapping: list[dict[str, object]] = [{"mid": "0"}]
    assert (
        asyncio.run(calls(session, local).exchange(7, "the offer", mapping, 20.0)) == "the answer"
    )
    path = f"{PATH}/connections/7/sdp_params"
    body = {"sdp_offer": "the offer", "track_mapping": [{"mid": "0"}], "client_info": CLIENT}
    sent = {**body, "ice_servers": []} if local else body
    assert session.asked == [
        ("sending the offer", "POST", path, sent, SIGNALLING, False),
        *[("fetching the answer", "GET", path, None, SIGNALLING, False)] * 4,
    ]
    assert session.waits == pytest.approx([0.05, 0.08, 0.128] if local else [0.2, 0.32, 0.512])


def test_an_answer_is_waited_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    session = _Session(monkeypatch, {})
    with pytest.raises(
        StageError, match="the platform did not answer the offer within 4 s"
    ) as raised:
        asyncio.run(calls(session).exchange(7, "the offer", [], 4.0))
    assert raised.value.hint == "try again"
    assert session.waits == pytest.approx([0.2, 0.32, 0.512, 0.8192, 1.0, 1.0, 1.0])
    with pytest.raises(StageError, match="within 0 s"):
        asyncio.run(calls(session).exchange(7, "the offer", [], 0.0))
    assert len(session.waits) == 7, "the time is over from the beginning"


def test_only_what_is_missing_is_added_to_an_answer() -> None:
    own = (
        "v=0\nm=video 9\na=candidate:1\na=rtcp-mux\nm=audio "
        "9\na=candidate:2\na=rtcp-mux\nm=application 9\na=x\n"
    )
    assert normalise_sdp(own).split("\r\n") == [
        "v=0", "m=video 9", "a=candidate:1", "a=rtcp-mux", "m=audio 9", "a=candidate:2", "a=rtcp-mux",
        "m=application 9", "a=x", "a=candidate:1", "",
    ]  # fmt: skip


def test_what_the_first_media_section_omits_is_not_added() -> None:
    answer = "v=0\nm=video 9\na=rtcp-mux-only\nm=audio 9\na=rtcp-mux\n"
    assert normalise_sdp(answer) == answer.replace("\n", "\r\n")
    assert normalise_sdp("m=video 9\n") == "m=video 9\n", "it has no section"


def test_candidates_and_their_end_are_those_of_the_first_section() -> None:
    answer = (
        "v=0\r\nm=video 9\r\na=candidate:1\r\na=end-of-candidates\r\na=rtcp-mux\r\nm=audio "
        "9\r\nm=video 9\r\n\r\n"
    )
    shared = ["a=candidate:1", "a=end-of-candidates", "a=rtcp-mux"]
    assert normalise_sdp(answer).split("\r\n") == [
        "v=0",
        "m=video 9",
        *shared,
        "m=audio 9",
        *shared,
        "m=video 9",
        *shared,
        "",
    ]
