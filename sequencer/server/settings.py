"""The settings of the local server, including its faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sequencer.core.timebase import ChunkGrid
from sequencer.models.catalog import DEFAULT
from sequencer.stages.simulated.faults import NO_FAULTS, Faults

LOCAL_SESSION = "00000000-0000-0000-0000-000000000000"
"""The id of the only session of a local runtime."""

CLUSTER = "stand-in"
SERVER_VERSION = "3.2.3-stand-in"

TRACK = "main_video"
"""The model's only track."""


def model_name(name: str) -> str:
    """Return a model's name without the account: `helios` for `reactor/helios` and for `helios`."""
    return name.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadNetwork:
    """What a relay does to every datagram, in each direction.

    Times are in milliseconds, `loss` is 0…1.
    """

    latency: int = 0
    jitter: int = 0
    loss: float = 0.0
    seed: int = 0
    """The seed of jitter and loss: it makes two runs as similar as a network allows."""

    @property
    def is_good(self) -> bool:
        """Whether nothing needs to be simulated."""
        return not (self.latency or self.jitter or self.loss)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """The settings of `sequencer serve`.

    The defaults are a runtime of the newer kind without faults.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    """The port; 0 selects a free one."""
    grid: ChunkGrid = field(default_factory=ChunkGrid)
    model: str = DEFAULT
    """The simulated model, by the name of its spec."""
    faults: Faults = NO_FAULTS
    wires: Literal["both", "v0"] = "both"
    """`v0` is an older runtime, which understands only v0 and silently ignores the rest."""
    native_size: bool = False
    """Whether frames have the size of super-resolution; otherwise they are always 640×384."""
    plain: bool = False
    """Whether frames are small and simple, which needs very little computing time.

    Clips still show full frames.
    """
    network: BadNetwork = BadNetwork()
    drop_after: tuple[float, ...] = ()
    """When every connection is broken silently, in seconds after the start of the first chunk."""
    doubles: bool = True
    """Whether integers are sent as doubles in v0 too, as newer runtimes do."""
    token_seconds: int = 3600
    session_seconds: int = 1200
    """The platform's own limit of a session."""
    requests_a_second: float = 100.0
    """The most requests of an address in the long run; a busy client makes about 20."""
    requests_at_once: int = 500
    """The most requests of an address in a burst."""
    body_seconds: float = 60.0
    """How long a request's body may take to arrive."""
    most_sessions: int = 5
    """The most sessions at once; the next one is refused with 429."""
    silence_seconds: float = 20.0
    """A client that sends nothing for this time, counted from its connection, is dropped."""
    orphan_seconds: float = 30.0
    """A session without a client ends after this time.

    It is the grace period that the vendor documents.
    """
    request_seconds: float = 10.0
    """How long a TCP connection may take to send a complete request head.

    The values are for the first request and for each later one.
    """
    idle_seconds: float = 60.0
    """How long a TCP connection may stay open between two requests."""
    url_seconds: float = 900.0
    """How long the URL of an upload is valid."""
    moderated: tuple[str, ...] = ("forbidden", "verboten")
    """Words in prompts that cause a warning of the platform."""
    terminated: tuple[str, ...] = ("abomination",)
    """Words in prompts that end the session."""
    stun: tuple[str, ...] = ()
    """STUN servers that clients are asked to use (`stun:host:port`)."""
    moods: tuple[tuple[str, str, int, int], ...] = ()
    """Answers to override, for testing a client's robustness:

    (method, beginning of the path, status, how many times).
    """
