"""The address and the key of a vLLM-Omni server."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.errors import UsageError
from sequencer.stages.vllm_omni.settings import (
    VllmOmniSettings,
    address_of,
    find_key,
    http_base_of,
)

HERE = "ws://127.0.0.1:8091"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (HERE, f"{HERE}/v1/realtime/video"),
        (f"{HERE}/", f"{HERE}/v1/realtime/video"),
        ("wss://gpu.example/mine?x=1", "wss://gpu.example/mine?x=1"),
        ("ws://[::1]:8091", "ws://[::1]:8091/v1/realtime/video"),
    ],
)
def test_the_path_may_be_omitted(url: str, address: str) -> None:
    assert address_of(url) == address


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://127.0.0.1:8091",
        "ws://",
        "ws://a:b:c",
        "ws://a:99999",
        "ws://a b",
        "ws://[x]",
    ],
)
def test_what_is_not_an_address(url: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        address_of(url)
    assert caught.value.hint is not None
    assert HERE in caught.value.hint


def test_a_name_or_a_password_is_refused() -> None:
    with pytest.raises(UsageError, match="must not contain a name or a password"):
        address_of("ws://me:secret@127.0.0.1:8091")


@pytest.mark.parametrize("host", ["10.0.0.7", "gpu.example"])
def test_a_key_is_not_sent_unencrypted_over_a_network(host: str) -> None:
    assert address_of(f"ws://{host}:8091").startswith(f"ws://{host}")
    with pytest.raises(UsageError, match="is not encrypted"):
        address_of(f"ws://{host}:8091", has_key=True)
    assert address_of(f"wss://{host}", has_key=True).startswith("wss://")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "gpu.localhost"])
def test_on_this_machine_it_may_be(host: str) -> None:
    assert address_of(f"ws://{host}:8091", has_key=True).startswith(f"ws://{host}")


def test_the_routes_of_http_are_beside_it() -> None:
    assert http_base_of(address_of(HERE)) == "http://127.0.0.1:8091"
    assert http_base_of("wss://gpu.example/v1/realtime/video") == "https://gpu.example"


def test_a_key_is_optional_and_never_printed() -> None:
    assert find_key({}) is None
    assert find_key({"VLLM_API_KEY": "  "}) is None
    key = find_key({"VLLM_API_KEY": "s3cret\n"})
    assert key is not None
    assert key.reveal() == "s3cret"
    assert "s3cret" not in repr(VllmOmniSettings(address=HERE, key=key)) + repr(key)
    with pytest.raises(UsageError, match="VLLM_API_KEY") as caught:
        find_key({"VLLM_API_KEY": "s3 cret"})
    assert "s3 cret" not in str(caught.value)


def test_the_length_of_a_chunk() -> None:
    settings = VllmOmniSettings(address=HERE, frames_per_chunk=33, fps=Fraction(24))
    assert settings.chunk_ns == 1_375_000_000
