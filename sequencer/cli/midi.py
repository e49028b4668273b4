"""List MIDI ports, or listen to one.

While listening, print the messages that arrive, the tempo that is followed, and whether it is
locked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import deque
from fractions import Fraction
from typing import TYPE_CHECKING

from sequencer.core.errors import UsageError
from sequencer.core.midi_notes import MiddleC

if TYPE_CHECKING:
    from collections.abc import Callable

    from sequencer.midi.backends import Ports
    from sequencer.sync.midi_clock import MidiFeed

EPILOG = """\
A port is given by its name, a part of it, its number in the list, tcp://HOST:PORT (connects), \
tcp-listen://HOST:PORT (waits for
a connection), or virtual:NAME (creates a port for others to connect to). MIDO_BACKEND chooses \
another of mido's backends."""
TICK = b"\xf8"
SENSING = 0xFE
QUARTER_FRAME = 0xF1
SHOWN_EACH = 0.125
"""Seconds between two updates of the clock on a terminal, and …"""
PRINTED_EACH = 1.0
"""… between two lines without a terminal, where a line cannot be redrawn."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.epilog = EPILOG
    parts = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    ports = parts.add_parser(
        "ports",
        help="list the ports",
        description="List all MIDI inputs and outputs with their numbers.",
    )
    ports.add_argument("--json", action="store_true", help="print them as JSON")
    listen = parts.add_parser(
        "listen",
        help="show what arrives",
        description=(
            "Show what arrives: notes with names and numbers, controllers, programs, transport; "
            "and the clock."
        ),
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    listen.add_argument("port", nargs="?", help="the input; optional if there is only one")
    listen.add_argument(
        "--middle", choices=("C3", "C4"), default="C3", help="the name of note 60 (default C3)"
    )
    listen.add_argument("--meter", default="4/4", help="the meter for bar numbers (default 4/4)")
    listen.add_argument(
        "--nominal",
        type=float,
        default=120.0,
        metavar="BPM",
        help="the tempo assumed until clock messages arrive",
    )
    listen.add_argument(
        "--seconds", type=float, metavar="S", help="stop after this time (default: until Ctrl-C)"
    )


def run(args: argparse.Namespace) -> int:
    """List ports or listen to one."""
    if args.what == "ports":
        return _ports(args.json)
    if not 1 <= args.nominal <= 1000:
        raise UsageError(
            f"--nominal {args.nominal:g} is not a tempo",
            "write beats per minute, for example --nominal 120",
        )
    if args.seconds is not None and not 0 < args.seconds < 1e6:
        raise UsageError(
            f"--seconds {args.seconds:g} is not a valid duration", "write for example --seconds 30"
        )
    return asyncio.run(
        _listen(args.port, args.nominal, _beats(args.meter), args.middle, args.seconds)
    )


def _ports(as_json: bool) -> int:
    from sequencer.midi.backends import ports

    found = ports()
    if as_json:
        print(
            json.dumps(
                {"system": found.system, "inputs": found.inputs, "outputs": found.outputs},
                ensure_ascii=False,
            )
        )
        return 0
    print(f"MIDI system: {found.system}")
    for what, names in (("inputs", found.inputs), ("outputs", found.outputs)):
        print(f"{what}:" if names else f"{what}: none")
        for number, name in enumerate(names, 1):
            print(f"  {number}  {name}")
    return 0


def _beats(meter: str) -> Fraction:
    """Parse a meter; return the quarters in a bar."""
    above, slash, below = meter.partition("/")
    if not (
        slash
        and above.isdecimal()
        and below in ("1", "2", "4", "8", "16", "32")
        and 1 <= int(above) <= 64
    ):
        raise UsageError(f"--meter {meter} is not a meter", "write for example --meter 3/4")
    return Fraction(4 * int(above), int(below))


def _only_input(found: Ports) -> str:
    if len(found.inputs) == 1:
        return found.inputs[0]
    if not found.inputs:
        raise UsageError(
            "there is no MIDI input to listen to",
            "connect a MIDI device, or listen at tcp-listen://:9900",
        )
    names = ", ".join(repr(name) for name in found.inputs)
    raise UsageError(
        f"there are several MIDI inputs: {names}", "choose one: sequencer midi listen NAME"
    )


async def _listen(
    port: str | None, nominal: float, bar: Fraction, middle: MiddleC, seconds: float | None
) -> int:
    from sequencer.midi.backends import ports
    from sequencer.sync.midi_clock import MidiFeed
    from sequencer.sync.midi_port import MidiPortClock

    view = _View(MidiFeed(nominal), bar, middle)
    live = MidiPortClock(
        _only_input(ports()) if port is None else port,
        view.feed,
        lambda _: None,
        view.print_line,
        view.handle,
    )
    live.open()
    view.print_line(f"listening to {live.name}; Ctrl-C ends it")
    try:
        async with asyncio.timeout(seconds):
            await view.show()
    except TimeoutError:
        return 0
    finally:
        view.end()
        live.close()
    return 0


class _View:
    """The display of `listen`: messages as lines, and the clock as one line that is redrawn."""

    def __init__(self, feed: MidiFeed, bar: Fraction, middle: MiddleC) -> None:
        from sequencer.sync.timecode import TimecodeFollower

        self.feed = feed
        self._timecode = TimecodeFollower()
        self._is_timecode = False
        """Whether the latest clock message was time code."""
        self._bar = bar
        self._middle = middle
        self._redraws = sys.stdout.isatty()
        self._errors: deque[float] = deque(maxlen=24)
        self._ticks = 0
        self._width = 0

    def handle(self, message: bytes, at: int) -> None:
        """Handle a message before the feed does."""
        if message == TICK:
            self._ticks += 1
            self._is_timecode = False
            self._errors.append(self.feed.follower.phase_error / 1e6)
        elif message[0] == QUARTER_FRAME and len(message) == 2:
            self._is_timecode = True
            self._timecode.quarter_frame(message[1], at)
        elif message[0] != SENSING:
            from sequencer.sync.timecode import full_frame

            located = full_frame(message)
            if located is not None:
                self._is_timecode = True
                self._timecode.located(located)
            self.print_line(f"{at / 1e9:.3f} s  {describe(message, self._middle)}")

    def print_line(self, sentence: str) -> None:
        """Print a line that stays."""
        self._clear()
        print(sentence, flush=True)

    async def show(self) -> None:
        """Keep showing the clock."""
        while True:
            await asyncio.sleep(SHOWN_EACH if self._redraws else PRINTED_EACH)
            shows = self._ticks or self._is_timecode
            line = (
                (self._time() if self._is_timecode else self._clock())
                if shows
                else "no clock messages yet"
            )
            self._clear()
            if self._redraws:
                self._width = len(line)
                print(line, end="", flush=True)
            elif shows:
                print(line, flush=True)

    def end(self) -> None:
        """Restore the terminal."""
        self._clear()

    def _clock(self) -> str:
        import time

        now = time.monotonic_ns()
        follower = self.feed.follower
        state = follower.state_at(now)
        beat = follower.beat_at(now)
        number, within = divmod(beat, float(self._bar))
        spread = (sum(error * error for error in self._errors) / len(self._errors)) ** 0.5
        waits = "  (Start received: waiting for the first tick)" if self.feed.awaits_ticks else ""
        return (
            f"{STATES[state]:<13} {follower.bpm:7.2f} bpm  bar {int(number) + 1}.{int(within) + 1} "
            f" quarter {beat:8.2f}  "
            f"last tick {follower.phase_error / 1e6:+.2f} ms, spread {spread:.2f} ms{waits}"
        )

    def _time(self) -> str:
        """Describe the position of the time code."""
        import time

        from sequencer.sync.timecode import Timecode

        now, follower = time.monotonic_ns(), self._timecode
        follower.silence(now)
        shown = Timecode.at(follower.seconds_at(now), follower.rate)
        return (
            f"{STATES[follower.state]:<13} time code {shown}  {follower.rate.name} frames per "
            "second"
        )

    def _clear(self) -> None:
        if self._width:
            print("\r" + " " * self._width + "\r", end="", flush=True)
            self._width = 0


STATES: dict[str, str] = {
    "searching": "searching",
    "locked": "LOCKED",
    "free": "FREE-WHEELING",
    "stopped": "stopped",
}


def describe(message: bytes, middle: MiddleC = "C3") -> str:
    """Describe a message: `note on D3 (62) velocity 100, channel 10`."""
    from sequencer.core.midi_notes import note_name
    from sequencer.sync.timecode import full_frame

    status, data = message[0], message[1:]
    if status >= 0xF0:
        name = {
            0xFA: "Start",
            0xFB: "Continue",
            0xFC: "Stop",
            0xF8: "clock",
            0xFE: "active sensing",
            0xFF: "reset",
        }.get(status)
        if status == 0xF2:
            sixteenths = data[0] | data[1] << 7
            return f"song position {sixteenths} sixteenths (quarter {sixteenths / 4:g})"
        if status == QUARTER_FRAME:
            return f"MTC quarter frame {data[0] >> 4}: {data[0] & 15}"
        if (located := full_frame(message)) is not None:
            return f"time code {located}, {located.rate.name} frames per second (full frame)"
        return name or f"system message {message.hex(' ')}"
    where = f", channel {(status & 15) + 1}"
    texts: dict[int, Callable[[], str]] = {
        0x80: lambda: f"note off {note_name(data[0], middle)} ({data[0]})",
        0x90: lambda: (
            f"note {'on' if data[1] else 'off'} {note_name(data[0], middle)} ({data[0]}) "
            f"velocity {data[1]}"
        ),
        0xA0: lambda: f"aftertouch {note_name(data[0], middle)} ({data[0]}) {data[1]}",
        0xB0: lambda: f"cc {data[0]} = {data[1]}",
        0xC0: lambda: f"program {data[0] + 1}",
        0xD0: lambda: f"channel pressure {data[0]}",
        0xE0: lambda: f"pitch bend {(data[0] | data[1] << 7) - 8192}",
    }
    return texts[status & 0xF0]() + where
