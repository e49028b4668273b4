"""Where OSC is received and sent, as it is typed."""

from __future__ import annotations

import pytest

from sequencer.core.errors import UsageError
from sequencer.runtime.osc.endpoints import Endpoint, parse_input, parse_target


@pytest.mark.parametrize(
    ("text", "host", "port", "is_here", "shown"),
    [
        ("9000", "127.0.0.1", 9000, True, "127.0.0.1:9000"),
        (" 9000 ", "127.0.0.1", 9000, True, "127.0.0.1:9000"),
        ("192.0.2.7:9000", "192.0.2.7", 9000, False, "192.0.2.7:9000"),
        ("[::1]:9000", "::1", 9000, True, "[::1]:9000"),
        ("localhost:1", "localhost", 1, True, "localhost:1"),
        ("lights.local:65535", "lights.local", 65535, False, "lights.local:65535"),
    ],
)
def test_inputs_and_targets(text: str, host: str, port: int, is_here: bool, shown: str) -> None:
    assert parse_input(text) == Endpoint(host, port)
    assert parse_input(text).is_here is is_here
    assert str(parse_input(text)) == shown
    if ":" in text:
        assert parse_target(text) == Endpoint(host, port)


@pytest.mark.parametrize(
    "text", ["", "x", "0", "65536", ":9000", "a b:9", "::1:9000", "1.2.3.4:", "9000:x", "-1"]
)
def test_anything_else_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_input(text)
    assert caught.value.hint == "write a port, such as 9000, or HOST:PORT"


def test_a_target_needs_a_host() -> None:
    with pytest.raises(UsageError) as caught:
        parse_target("9001")
    assert caught.value.hint == "write HOST:PORT, such as 127.0.0.1:9001"
