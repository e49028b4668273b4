"""The MIDI system of this machine and its ports. MIDO_BACKEND selects any of mido's backends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sequencer.midi.addresses import MidiError

CHOSEN_BY = "MIDO_BACKEND"
JACK = "mido.backends.rtmidi/UNIX_JACK"
ALSA_DEVICE = Path("/dev/snd/seq")
HINT = (
    "load ALSA's sequencer (modprobe snd-seq), or start JACK and set "
    "MIDO_BACKEND=mido.backends.rtmidi/UNIX_JACK, "
    "or receive MIDI through a socket: tcp://HOST:PORT"
)
BUILD = (
    "pip install python-rtmidi (from Python 3.13 on this compiles it, which needs a C++ compiler "
    "and ALSA's headers, "
    "libasound2-dev), or receive MIDI through a socket: tcp://HOST:PORT"
)


@dataclass(frozen=True, slots=True)
class Ports:
    """The names of all ports, as the MIDI system `system` lists them."""

    system: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Backend:
    """One of mido's backends; its errors become MidiError."""

    def __init__(self, name: str | None) -> None:
        try:
            import mido  # type: ignore[import-untyped]  # mido has no types
        except ImportError as error:
            raise MidiError("mido is not installed", "pip install mido python-rtmidi") from error
        self._backend: Any = mido.Backend(name) if name else mido.Backend()
        self._message: Any = mido.Message
        self.name: str = str(self._backend.name) + (
            f"/{self._backend.api}" if self._backend.api else ""
        )
        try:
            self._backend.load()
        except (ImportError, ValueError, AttributeError) as error:
            if isinstance(error, ModuleNotFoundError) and error.name == "rtmidi":
                raise MidiError(
                    "python-rtmidi, which opens MIDI ports, is not installed", BUILD
                ) from error
            raise MidiError(
                f"MIDI backend {self.name} cannot be used: {error}",
                f"see {CHOSEN_BY} in mido's docs",
            ) from error

    def ports(self) -> Ports:
        """Return all current ports."""
        inputs = self._asked("list its inputs", self._backend.get_input_names)
        outputs = self._asked("list its outputs", self._backend.get_output_names)
        return Ports(self.name, tuple(inputs), tuple(outputs))

    def open_input(self, name: str, virtual: bool, handle: Callable[[bytes], None]) -> Any:
        """Open an input; `handle` gets complete messages in the backend's own thread."""

        def callback(message: Any) -> None:
            handle(bytes(message.bytes()))

        return self._asked(
            f"open {name!r}",
            lambda: self._backend.open_input(name, callback=callback, **self._own(name, virtual)),
            BUSY,
        )

    def open_output(self, name: str, virtual: bool) -> Any:
        """Open an output and return mido's port."""
        return self._asked(
            f"open {name!r}",
            lambda: self._backend.open_output(name, **self._own(name, virtual)),
            BUSY,
        )

    def send(self, port: Any, data: bytes) -> None:
        """Send one complete message. Raises OSError if the port no longer exists."""
        port.send(self._message.from_bytes(data))

    def _own(self, name: str, virtual: bool) -> dict[str, Any]:
        return {"virtual": True, "client_name": name} if virtual else {}

    def _asked(self, what: str, ask: Callable[[], Any], hint: str = HINT) -> Any:
        try:
            return ask()
        except (
            OSError,
            RuntimeError,
            SystemError,
            NotImplementedError,
            ValueError,
            TypeError,
        ) as error:
            # Each of mido's backends fails in its own way; a backend without virtual ports raises
            # TypeError.
            raise MidiError(
                f"the MIDI system ({self.name}) could not {what}: {error}", hint
            ) from error


BUSY = "another program may hold it: close that one, or choose another port (sequencer midi ports)"


def backend() -> Backend:
    """Return this machine's backend: from MIDO_BACKEND, else the system's, else JACK.

    JACK is used if the system has no ALSA.

    Raises MidiError, with a hint, if this machine has no MIDI at all.
    """
    if os.environ.get(CHOSEN_BY) or not sys.platform.startswith("linux") or ALSA_DEVICE.exists():
        return Backend(None)
    if _jack_runs():
        return Backend(JACK)
    raise MidiError(
        "this machine has no MIDI: the kernel has no ALSA sequencer, and no JACK server runs", HINT
    )


def _jack_runs() -> bool:
    """Return whether a JACK server (or PipeWire, which can replace it) runs here.

    JACK itself would print errors if asked.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    server = os.environ.get("JACK_DEFAULT_SERVER", "default")
    folders = [Path("/dev/shm"), Path("/tmp")]  # noqa: S108  # where JACK keeps its sockets; nothing is written
    if any(any(folder.glob(f"jack_{server}_{user}*")) for folder in folders):
        return True
    return any(Path(f"/run/user/{user}").glob("pipewire-[0-9]"))


def ports() -> Ports:
    """Return all MIDI ports of this machine. Raises MidiError if there is no MIDI."""
    return backend().ports()
