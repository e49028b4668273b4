"""The settings of a session with vLLM-Omni: its address, its key, size and time limits."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from urllib.parse import SplitResult, urlsplit, urlunsplit

from sequencer.core.errors import UsageError
from sequencer.core.secrets import Secret

KEY_VARIABLE = "VLLM_API_KEY"
"""The variable with the key, where the server was started with one; vLLM's server reads it too."""
PATH = "/v1/realtime/video"
"""The WebSocket of generated video."""
EXAMPLE = "ws://127.0.0.1:8091"
DEFAULT_WIDTH, DEFAULT_HEIGHT = 640, 384
"""The size that Helios was trained for, in pixels."""
FIRST_CHUNK_SECONDS = 300.0
"""How long the first chunk of a take may take: a server that was just started compiles first."""
STALL_SECONDS = 60.0
"""How long any other chunk may take. The server's own limit without pings is the same."""


def address_of(url: str | None, *, has_key: bool = False) -> str:
    """Return the address of the WebSocket that `--url` names.

    Args:
        url: What the user wrote. A path may be omitted.
        has_key: Whether a key is sent there.

    Raises:
        UsageError: It is missing or not valid, or the key would be sent unencrypted over a network.
    """
    if url is None:
        raise UsageError(
            "--stage vllm-omni needs the address of your server", f"write --url {EXAMPLE}"
        )
    parts = _parts(url)
    if parts is None:
        raise UsageError(
            f"{url!r} is not the address of a WebSocket", f"write for example --url {EXAMPLE}"
        )
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "an address must not contain a name or a password",
            f"the key goes into {KEY_VARIABLE}",
        )
    if has_key and parts.scheme == "ws" and not _is_here(parts.hostname or ""):
        raise UsageError(
            f"{url} is not encrypted: the key in {KEY_VARIABLE} would be sent for everyone to read",
            f"write wss://, or unset {KEY_VARIABLE}",
        )
    path = parts.path if parts.path.strip("/") else PATH
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def http_base_of(address: str) -> str:
    """Return the address of the server's HTTP routes, for that of its WebSocket."""
    parts = urlsplit(address)
    scheme = "https" if parts.scheme == "wss" else "http"
    return urlunsplit((scheme, parts.netloc, "", "", ""))


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_valid = (
            parts.scheme in ("ws", "wss")
            and bool(parts.hostname)
            and parts.port != 0
            and url.isprintable()
            and " " not in url
        )
    except ValueError:  # a port that is not a number, brackets around an invalid address
        return None
    return parts if is_valid else None


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find_key(environment: Mapping[str, str]) -> Secret | None:
    """Return the key of the environment, or None: most servers on one's own machine have none.

    Raises:
        UsageError: The variable does not contain a key.
    """
    text = environment.get(KEY_VARIABLE, "").strip()
    if not text:
        return None
    if not text.isascii() or any(char.isspace() or not char.isprintable() for char in text):
        raise UsageError(
            f"{KEY_VARIABLE} does not contain a key: it has spaces or invalid characters in it",
            f"correct the variable, or unset {KEY_VARIABLE}",
        )
    return Secret(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class VllmOmniSettings:
    """The settings of a run on vLLM-Omni. Times are seconds.

    Attributes:
        address: The address of the WebSocket (see `address_of`).
        key: The key, where the server needs one.
        frames_per_chunk: Frames that the model makes for each chunk.
        fps: Frames per second of the score's grid.
        width: Width of the video, in pixels.
        height: Height of the video, in pixels.
        connect_seconds: How long connecting may take.
        start_seconds: How long the server may take to answer `session.start`.
        first_chunk_seconds: How long the first chunk of a take may take.
        stall_seconds: How long any other chunk may take.
        stop_seconds: How long the server may take to end a session.
        ping_seconds: After how long without a message from the server it is asked for one.
    """

    address: str
    key: Secret | None = field(default=None, repr=False)
    frames_per_chunk: int = 33
    fps: Fraction = Fraction(24)
    width: int = DEFAULT_WIDTH
    height: int = DEFAULT_HEIGHT
    connect_seconds: float = 10.0
    start_seconds: float = 10.0
    first_chunk_seconds: float = FIRST_CHUNK_SECONDS
    stall_seconds: float = STALL_SECONDS
    stop_seconds: float = 5.0
    ping_seconds: float = 15.0

    @property
    def chunk_ns(self) -> int:
        """The nominal length of a chunk, in nanoseconds."""
        return int(self.frames_per_chunk * 1_000_000_000 / self.fps)
