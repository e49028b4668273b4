"""What counts as trouble in a session, and when the server is sent a ping."""

from __future__ import annotations

from sequencer.core.timebase import SECOND
from sequencer.stages.vllm_omni.prompts import TakePrompts
from sequencer.stages.vllm_omni.session import Session
from sequencer.stages.vllm_omni.settings import VllmOmniSettings

SETTINGS = VllmOmniSettings(address="ws://127.0.0.1:8091", ping_seconds=15)


def accepted() -> Session:
    session = Session(1, 8, TakePrompts(1))
    session.is_accepted = True
    session.expect(0, 60)
    return session


def test_a_start_that_is_not_answered() -> None:
    session = Session(1, 8, TakePrompts(1))
    session.expect(0, 10)
    assert session.trouble(10 * SECOND, SETTINGS) is None
    late = session.trouble(10 * SECOND + 1, SETTINGS)
    assert late == "the server did not answer session.start within 10 s"


def test_a_chunk_that_does_not_come_although_the_server_answers() -> None:
    session = accepted()
    session.received(59 * SECOND)
    assert session.trouble(60 * SECOND, SETTINGS) is None
    assert session.trouble(61 * SECOND, SETTINGS) == "the server made no chunk within 60 s"


def test_silence() -> None:
    session = accepted()
    session.expect(0, 1000)
    assert session.trouble(60 * SECOND, SETTINGS) is None
    late = session.trouble(61 * SECOND, SETTINGS)
    assert late == "nothing was received from the server for 61 s"


def test_pings() -> None:
    session = accepted()
    assert not session.needs_ping(15 * SECOND, SETTINGS)
    assert session.needs_ping(16 * SECOND, SETTINGS)
    session.pinged_at = 16 * SECOND
    assert not session.needs_ping(17 * SECOND, SETTINGS)
    session.received(20 * SECOND)
    assert not session.needs_ping(35 * SECOND, SETTINGS)
    assert session.needs_ping(36 * SECOND, SETTINGS)
