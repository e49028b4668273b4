"""How a stand-in plays, and how badly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sequencer.core.timebase import ChunkGrid
from sequencer.stages.simulated.faults import NO_FAULTS, Faults

LOCAL_SESSION = "00000000-0000-0000-0000-000000000000"
"""The id of a local runtime's only session."""

MODEL = "helios"
"""The only model that is played here."""

CLUSTER = "stand-in"
SERVER_VERSION = "3.2.3-stand-in"

TRACK = "main_video"
"""Its only track."""


def model_name(name: str) -> str:
    """A model's name without the account: `helios` of `reactor/helios`, and of `helios` itself."""
    return name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class BadNetwork:
    """What a relay between the peers does to every datagram, each way. Times are milliseconds, `loss` is 0…1."""

    latency: int = 0
    jitter: int = 0
    loss: float = 0.0
    seed: int = 0
    """Where jitter and loss come from, so that two runs are alike as far as a network can be."""

    @property
    def is_good(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.latency or self.jitter or self.loss)


@dataclass(frozen=True, slots=True)
class StandInSettings:
    """A stand-in server, as `sequencer serve` makes it. The defaults are a runtime of the newer kind that behaves."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0 takes a free one."""
    grid: ChunkGrid = field(default_factory=ChunkGrid)
    faults: Faults = NO_FAULTS
    wires: Literal["both", "v0"] = "both"
    """`v0`: a runtime of the older kind, which understands nothing else and keeps silent at it."""
    native_size: bool = False
    """Whether pictures come in the size that super-resolution gives them; else always 640×384."""
    plain: bool = False
    """Whether pictures are small and simple, which costs next to nothing. Clips still show the whole ones."""
    network: BadNetwork = BadNetwork()
    drop_after: tuple[float, ...] = ()
    """Seconds after the first chunk began at which every connection is killed without a word."""
    doubles: bool = True
    """Whether whole numbers travel as doubles in v0 too, as newer runtimes send them."""
    token_seconds: int = 3600
    session_seconds: int = 1200
    """The platform's own limit of a session."""
    requests_a_second: float = 100.0
    """From one address, in the long run; a busy client makes about 20."""
    requests_at_once: int = 500
    """From one address, in a burst."""
    body_seconds: float = 60.0
    """How long a request's body may take to come."""
    most_sessions: int = 5
    """At once; one more is a 429."""
    silence_seconds: float = 20.0
    """A client that sends nothing for so long, from the moment that it is connected, is dropped."""
    orphan_seconds: float = 30.0
    """A session without a client ends after so long (the grace period that the vendor documents)."""
    request_seconds: float = 10.0
    """How long a TCP connection may take to send a whole request head, the first as well as any later one."""
    idle_seconds: float = 60.0
    """How long a TCP connection may stay open between two requests."""
    url_seconds: float = 900.0
    """How long an upload's address is good for."""
    moderated: tuple[str, ...] = ("forbidden", "verboten")
    """Words in prompts that the platform warns of."""
    terminated: tuple[str, ...] = ("abomination",)
    """Words in prompts that end the session."""
    stun: tuple[str, ...] = ()
    """STUN servers that clients are told to use (`stun:host:port`)."""
    moods: tuple[tuple[str, str, int, int], ...] = ()
    """Answers of another kind: (method, beginning of the path, status, how many times), for trying a client's nerves."""
