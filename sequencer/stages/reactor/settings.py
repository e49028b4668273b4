"""Where the platform is, how to connect, where the API key comes from, and the status.

The status is that of the connection.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from sequencer.core.errors import InputError, StageError, UsageError
from sequencer.core.secrets import Secret
from sequencer.events.codec import Event
from sequencer.models.catalog import DEFAULT
from sequencer.stages.wire.messages import Reference

KEY_VARIABLE = "REACTOR_API_KEY"
"""The environment variable that holds the API key."""

PRODUCTION = "https://api.reactor.inc"
LOCAL = "http://localhost:8080"
MAX_KEY_FILE_BYTES = 4096

REHEARSE = (
    "to rehearse without a key: `sequencer rehearse SCORE`, or `sequencer serve` and `sequencer "
    "perform SCORE --local`"
)


def find_key(
    environment: Mapping[str, str], file: Path | None = None, key: Secret | None = None
) -> Secret:
    """Return the API key: `key` if given, or from `file` if given, otherwise from the environment.

    Args:
        environment: The environment variables.
        file: A file that holds the key and nothing else.
        key: The key that a program gives.

    Raises:
        InputError: The file cannot be read, or does not hold a key.
        UsageError: The variable does not hold a key. The message explains where the key goes.
    """
    if key is not None:
        text, where = key.reveal().strip(), "the argument key"
    elif file is not None:
        try:
            with file.open(encoding="utf-8") as opened:
                text = opened.read(MAX_KEY_FILE_BYTES).strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise InputError(
                f"the key file {file} cannot be read: {reason}",
                "give a file that contains only the key",
            ) from None
        where = f"the key file {file}"
    else:
        text, where = environment.get(KEY_VARIABLE, "").strip(), KEY_VARIABLE
    fault = UsageError if file is None else InputError
    if not text:
        raise fault(
            f"there is no API key: {where} is empty or not set",
            (
                f"put your Reactor key (rk_…) into the variable {KEY_VARIABLE}, or into a file for "
                f"--key-file; {REHEARSE}"
            ),
        )
    if not text.isascii() or any(char.isspace() or not char.isprintable() for char in text):
        raise fault(
            f"{where} does not contain a key: it has spaces or invalid characters in it",
            "a key looks like rk_…",
        )
    return Secret(text)


def is_loopback(url: str) -> bool:
    """Whether an address stays on this machine."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:  # brackets around an invalid address
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(url: str) -> SplitResult | None:
    """Return the parts of an HTTP address; None if it is not valid.

    An address with brackets around an invalid address is not valid.
    """
    try:
        parts = urlsplit(url)
        whole = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and url.isprintable()
        )
    except ValueError:
        return None
    return parts if whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactorSettings:
    """The settings of a session. Times are seconds."""

    url: str = PRODUCTION
    """In local mode, the platform's address is replaced by a local runtime's usual address."""
    local: bool = False
    """Whether the session routes of a local runtime are used, which need no key."""
    key: Secret | None = field(default=None, repr=False)
    spec: str = DEFAULT
    """The model, by the name of its spec."""
    model: str = "helios"
    """The name with which a session of the model is requested."""
    wire: Literal["auto", "v0", "v1"] = "auto"
    """`auto` uses v1, and v0 if v1 is not understood."""
    frames_per_chunk: int = 33
    first_frames: int | None = None
    """The frames of the first chunk of a take, if it has fewer."""
    session_seconds: int = 1200
    """The longest that the session may last: requested with the token, and warned of in advance."""
    adopt: str | None = None
    """The session of an interrupted run, to be adopted instead of making a new one."""
    uploaded: Mapping[str, Reference] = field(default_factory=dict)
    """Uploads that an adopted session holds, by SHA-256."""
    received_events: Sequence[Event] = field(default=(), repr=False)
    """The events that the interrupted run received in an adopted session.

    They state which chunks were reported and shown, and when.
    """
    clears: bool = False
    """Whether an adopted session is reset first, because it was left by another run."""
    made_at: int | None = None
    """When an adopted session was made, in nanoseconds of the run's clock, if that is known."""
    kept_at: int | None = None
    """When the run ended that has left an adopted session, in nanoseconds of the run's clock."""
    waiting_seconds: float = 300.0
    """How long to wait for a GPU."""
    connect_seconds: float = 20.0
    """How long one attempt to connect may take."""
    settle_seconds: float | None = None
    """How long to wait after connecting before the first command; None:

    1 s at the platform, 0 s locally.
    """
    grace_seconds: float = 24.0
    """How long reconnecting is attempted after a loss.

    The platform keeps a session without a client for 30 s from the loss, which is detected here up
    to `silence_seconds` later; the rest is for the last attempt.
    """
    ping_seconds: float = 5.0
    silence_seconds: float = 4.0
    """If nothing at all is received for this long, the connection is lost.

    An answer must have been requested.
    """
    gathering_seconds: float = 1.0
    """How long a STUN or TURN server may take to answer before it is left out."""
    answer_seconds: float = 10.0
    """A command of wire v1 that is not answered for this long is reported."""

    def base(self) -> str:
        """Return the address without a trailing slash.

        Raises UsageError if it is not valid or would expose the key.
        """
        url = (LOCAL if self.local and self.url == PRODUCTION else self.url).rstrip("/")
        parts = _parts(url)
        if parts is None:
            raise UsageError(
                f"{url!r} is not an address", "write for example --url http://127.0.0.1:8080"
            )
        if parts.username is not None or parts.password is not None:
            raise UsageError(
                "an address must not contain a name or a password",
                f"the key goes into {KEY_VARIABLE}",
            )
        if parts.scheme == "http" and not self.local and not is_loopback(url):
            raise UsageError(
                f"{url} is not encrypted: the key would be sent for everyone to read",
                "use https://",
            )
        return url

    def checked_key(self) -> Secret:
        """Return the key. Raises StageError if the settings have none."""
        if self.key is None:
            raise StageError(
                "there is no API key, but a live Helios needs one",
                (
                    f"put your Reactor key (rk_…) into the environment variable {KEY_VARIABLE}; "
                    f"{REHEARSE}"
                ),
            )
        return self.key


StatusName = Literal["disconnected", "connecting", "waiting", "ready"]


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """The connection's status: one of four names, since when, and details.

    The time is in nanoseconds of the run's clock.
    """

    name: StatusName
    since: int
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStats:
    """The measurements so far.

    Times are nanoseconds; `billed` counts from the creation of the session to its end.
    """

    frames: int
    fps: float
    lag: int
    billed: int
    losses: int
    latencies: tuple[int, ...]
    """From commands to their answers, the latest last (wire v1 only)."""
    wire: str
