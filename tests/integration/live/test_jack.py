"""Live over JACK on a dummy sound card: follows clocks of other programs at steady tempo and
through ramps, stops and jumps.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from sequencer.core.timebase import TempoMap
from sequencer.events.codec import Event
from sequencer.events.events import (
    ClockFitted,
    ControlChanged,
    NoteReceived,
    TransportChanged,
    TransportLocated,
)
from sequencer.midi import inputs
from sequencer.midi.addresses import MidiError
from sequencer.midi.backends import ports
from sequencer.midi.clock_generator import ClockSection
from sequencer.midi.outputs import open_output
from sequencer.midi.scheduler import MessageScheduler
from sequencer.sync.estimator.follower import PPQN, ClockFollower
from sequencer.sync.midi_clock import MidiFeed
from sequencer.sync.midi_port import MidiPortClock
from tests.support.requirements import require

MS = 1_000_000
S = 1_000_000_000
JACK = "mido.backends.rtmidi/UNIX_JACK"
RATE = 48000


def wait_for(condition: Callable[[], object], what: str, seconds: float = 10.0) -> None:
    """Wait for something that other programs do."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)


@dataclass
class Jack:
    """A running server. `start` runs a program on it until the test ends."""

    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        require(shutil.which(command[0]), f"{command[0]} is not installed")
        with (self.folder / f"{command[0]}-{len(self.running)}.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        self.running.append(process)
        return process

    def output(self, number: int) -> str:
        """Return the output so far of the program that was started as `number`."""
        (log,) = self.folder.glob(f"*-{number}.log")
        return log.read_text(errors="replace")

    def end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        process.wait(5)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run one server for the module. JACK's own environment variable directs all clients to it."""
    require(shutil.which("jackd"), "jackd is not installed (Debian: jackd2)")
    folder = tmp_path_factory.mktemp("jack")
    name = f"sequencer-test-{os.getpid()}"
    before = dict(os.environ)
    os.environ.update(JACK_DEFAULT_SERVER=name, MIDO_BACKEND=JACK, JACK_NO_START_SERVER="1")
    with (folder / "jackd.log").open("wb") as log:
        command = ["jackd", "-r", "-n", name, "-d", "dummy", "-r", str(RATE), "-p", "512"]
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
        try:
            shared_memory = Path("/dev/shm")  # noqa: S108  where JACK keeps its sockets
            wait_for(
                lambda: process.poll() is not None or any(shared_memory.glob(f"jack_{name}_*")),
                "jackd",
            )
            require(
                process.poll() is None,
                (
                    "jackd does not run here: "
                    f"{(folder / 'jackd.log').read_text(errors='replace')[-500:]}"
                ),
            )
            time.sleep(0.3)
            yield folder
        finally:
            process.terminate()
            process.wait(10)
            os.environ.clear()
            os.environ.update(before)


@pytest.fixture
def jack(server: Path, tmp_path: Path) -> Iterator[Jack]:
    """Return the server for one test, and end the programs that the test started."""
    require(
        find_spec("rtmidi"),
        "python-rtmidi is not installed (from Python 3.13 on it is the optional extra `ports`)",
    )
    programs = Jack(tmp_path)
    yield programs
    for process in programs.running:
        if process.poll() is None:
            programs.end(process)


@pytest.fixture
def transport(jack: Jack) -> Iterator[Any]:
    """Return a JACK client that controls the transport, which is stopped at 0."""
    require(find_spec("jack"), "JACK-Client is not installed")
    client = import_module("jack").Client("transport")
    client.transport_stop()
    client.transport_frame = 0
    yield client
    client.transport_stop()
    client.close()


class Captured:
    """What a port sends, timed by JACK's sample clock: (nanosecond, bytes)."""

    def __init__(self, client: Any, source: str) -> None:
        self.messages: list[tuple[int, bytes]] = []
        self._frames = 0
        self._port = client.midi_inports.register("ear")
        client.set_process_callback(self._process)
        client.activate()
        client.connect(source, self._port)

    def _process(self, frames: int) -> None:
        for offset, data in self._port.incoming_midi_events():
            self.messages.append(((self._frames + offset) * S // RATE, bytes(data)))
        self._frames += frames

    @property
    def seconds(self) -> float:
        return self._frames / RATE


def freewheel(client: Any, received: Captured, seconds: float) -> None:
    """Let JACK run as fast as it can for a number of seconds of its own time."""
    client.transport_start()
    end = received.seconds + seconds
    client.set_freewheel(True)
    try:
        wait_for(lambda: received.seconds >= end, "JACK's freewheeling", 60)
    finally:
        client.set_freewheel(False)
        client.transport_stop()


class PortRecorder:
    """`MidiPortClock` in an event loop, with what it delivered."""

    def __init__(self, port: str) -> None:
        self.events: list[Event] = []
        self.sentences: list[str] = []
        self.feed = MidiFeed(100.0)
        self.live = MidiPortClock(port, self.feed, self.events.append, self.sentences.append)

    async def until(
        self, condition: Callable[[], object], what: str, seconds: float = 10.0
    ) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, (
                f"waited for {what}: {self.events[-5:]}, {self.sentences}"
            )
            await asyncio.sleep(0.02)

    def moves(self) -> list[str]:
        return [event.what for event in self.events if isinstance(event, TransportChanged)]

    def fits(self) -> list[ClockFitted]:
        return [event for event in self.events if isinstance(event, ClockFitted)]


def test_a_strangers_clock_is_followed_live(jack: Jack, transport: Any) -> None:
    jack.start("jack_midi_clock", "-B", "-b", "128")
    wait_for(lambda: any("jack_midi_clock" in name for name in ports().inputs), "jack_midi_clock")

    async def scene() -> PortRecorder:
        recorder = PortRecorder("midi_clock")
        recorder.live.open()
        try:
            transport.transport_start()
            await recorder.until(
                lambda: len(recorder.fits()) > 30 and recorder.fits()[-1].quality == "locked",
                "a lock",
            )
            await recorder.until(lambda: abs(recorder.feed.follower.bpm - 128) < 1.5, "the tempo")
            transport.transport_stop()
            await recorder.until(lambda: "stop" in recorder.moves(), "the stop")
            held = recorder.feed.follower.beat_at(time.monotonic_ns())
            await asyncio.sleep(0.3)
            transport.transport_start()
            await recorder.until(lambda: recorder.moves()[-1] == "continue", "going on")
            count = len(recorder.fits())
            await recorder.until(lambda: len(recorder.fits()) > count + 4, "ticks after it")
            assert abs(recorder.fits()[count].quarter - held) < 0.3
        finally:
            recorder.live.close()
        return recorder

    assert asyncio.run(scene()).moves() == ["start", "stop", "continue"]


def test_a_clock_that_is_gone_runs_free_and_locks_again(
    jack: Jack, transport: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "RETRY_INTERVAL_S", 0.2)
    device = jack.start("jack_midi_clock", "-B", "-b", "140")
    wait_for(lambda: any("jack_midi_clock" in name for name in ports().inputs), "jack_midi_clock")

    async def scene() -> None:
        recorder = PortRecorder("midi_clock")
        recorder.live.open()
        try:
            transport.transport_start()
            await recorder.until(
                lambda: len(recorder.fits()) > 25 and recorder.fits()[-1].quality == "locked",
                "a lock",
            )
            jack.end(device)
            await recorder.until(lambda: recorder.fits()[-1].quality == "free", "running free")
            await recorder.until(lambda: recorder.sentences, "the news that it is gone")
            assert "disconnected" in recorder.sentences[0]
            before = recorder.feed.follower.beat_at(time.monotonic_ns())
            jack.start("jack_midi_clock", "-B", "-b", "140")
            await recorder.until(lambda: len(recorder.sentences) > 1, "the news that it is back")
            assert "connected again" in recorder.sentences[1]
            await recorder.until(lambda: recorder.fits()[-1].quality == "locked", "the lock again")
            await recorder.until(lambda: abs(recorder.feed.follower.bpm - 140) < 2, "the tempo")
            assert recorder.feed.follower.beat_at(time.monotonic_ns()) > before
        finally:
            recorder.live.close()

    asyncio.run(scene())


def test_a_strangers_song_position(jack: Jack, transport: Any, tmp_path: Path) -> None:
    """klick is the tempo master; jack_midi_clock sends the position and, a second later, Continue."""
    tempo = tmp_path / "map.txt"
    tempo.write_text("64 4/4 120\n", encoding="utf-8")
    jack.start("klick", "-T", "-n", "klick", "-f", str(tempo))
    jack.start("jack_midi_clock", "-d", "1")
    wait_for(lambda: any("jack_midi_clock" in name for name in ports().inputs), "jack_midi_clock")
    wait_for(lambda: transport.get_ports("klick"), "klick")

    async def scene() -> None:
        recorder = PortRecorder("midi_clock")
        recorder.live.open()
        try:
            transport.transport_frame = 8 * RATE
            await asyncio.sleep(0.3)
            transport.transport_start()
            await recorder.until(
                lambda: "continue" in recorder.moves(), "going on at the new position"
            )
            located = [event for event in recorder.events if isinstance(event, TransportLocated)]
            assert located
            assert located[-1].quarter >= 16, "8 s at 120"
            await recorder.until(lambda: len(recorder.fits()) > 8, "fits")
            now = time.monotonic_ns()
            there = transport.transport_frame / RATE * 2
            assert abs(recorder.feed.follower.beat_at(now) - there) < 1
        finally:
            recorder.live.close()

    asyncio.run(scene())


def test_steps_ramps_and_bars_of_three_freewheeled(
    jack: Jack, transport: Any, tmp_path: Path
) -> None:
    """The follower follows another program's tempo map by the sample clock: no tick is miscounted,
    and times are predicted.
    """
    tempo = tmp_path / "map.txt"
    tempo.write_text("8 4/4 120\n4 3/4 120\n8 4/4 90\n8 4/4 90-150\n16 4/4 150\n", encoding="utf-8")
    jack.start("klick", "-T", "-n", "klick", "-f", str(tempo))
    jack.start("jack_midi_clock")
    wait_for(lambda: transport.get_ports("jack_midi_clock"), "jack_midi_clock")
    wait_for(lambda: transport.get_ports("klick"), "klick")
    received = Captured(transport, "jack_midi_clock:mclk_out")
    time.sleep(0.2)
    freewheel(transport, received, 75)
    follower, times = ClockFollower(), list[int]()
    for at, data in received.messages:
        if data == b"\xfa":
            follower.start(at)
        elif data == b"\xf8":
            times.append(at)
    assert len(times) > 100 * PPQN
    errors, mean = list[float](), list[float]()
    for number, at in enumerate(times):
        follower.tick(at)
        if 2 * PPQN <= number < len(times) - PPQN:
            assert abs(follower.beat_at(at) * PPQN - number) < 0.5, f"tick {number} miscounted"
            there = times[number + PPQN]
            errors.append(abs(follower.time_of((number + PPQN) / PPQN) - there))
            mean.append(abs(at + (at - times[number - PPQN]) - there))
    tempi = {
        round(60 * S / PPQN / (after - before) / 10)
        for before, after in pairwise(times)
        if after > before
    }
    assert {9, 12, 15} <= tempi, "the tempo master was received"
    assert median(errors) <= 0.5 * median(mean) + 20_000


def test_notes_and_controllers_live_through_a_port_of_our_own(jack: Jack) -> None:
    async def scene() -> None:
        recorder = PortRecorder("virtual:show in")
        recorder.live.open()
        try:
            wait_for(lambda: any("show in" in name for name in ports().outputs), "our port")
            out = open_output("show in", recorder.sentences.append)
            await asyncio.sleep(0.1)
            out.send(bytes((0x99, 60, 100)))
            out.send(bytes((0x90, 61, 0)))
            out.send(bytes((0xB0, 20, 65)))
            await recorder.until(lambda: len(recorder.events) == 3, "notes and a controller")
            out.close()
        finally:
            recorder.live.close()
        note, release, control = recorder.events
        assert isinstance(note, NoteReceived)
        assert isinstance(release, NoteReceived)
        assert (release.note, release.velocity) == (61, 0)
        assert isinstance(control, ControlChanged)
        assert (note.note, note.channel, control.control, control.value) == (60, 10, 20, 65)
        assert 0 <= time.monotonic_ns() - note.at < 5 * S

    asyncio.run(scene())


def test_a_port_that_is_not_there(jack: Jack) -> None:
    with pytest.raises(MidiError, match="no MIDI input is called 'nothing'"):
        inputs.open_input("nothing", lambda _message, _at: None, lambda _there, _at, _text: None)


@pytest.mark.slow
def test_our_clock_is_read_by_a_stranger(jack: Jack) -> None:
    """jack_mclk_dump, an independent delay-locked loop, reads tempo, Start, Stop and positions from
    what we send.
    """
    jack.start("jack_mclk_dump", "-n")
    wait_for(lambda: any("mclk" in name for name in ports().outputs), "jack_mclk_dump")
    sender = MessageScheduler(open_output("mclk", lambda _: None))
    sender.begin_clock([ClockSection(Fraction(0), Fraction(0), TempoMap.constant(Fraction(150)))])
    sender.anchor(time.monotonic_ns(), Fraction(0))
    time.sleep(5.5)
    sender.stop(time.monotonic_ns())
    time.sleep(0.2)
    sender.anchor(time.monotonic_ns(), Fraction(64))
    time.sleep(1.2)
    sender.close()
    time.sleep(0.3)
    printed = jack.output(0)
    tempi = [float(found) for found in re.findall(r"flt: *([0-9.]+)", printed)]
    positions = [tuple(map(int, found)) for found in re.findall(r"(\d+)\|(\d+)\|(\d+)", printed)]
    assert re.search("start.*stop.*continue.*stop", printed, re.DOTALL | re.IGNORECASE), printed[
        -600:
    ]
    assert any(abs(tempo - 150) < 6 for tempo in tempi[100:]), tempi[-20:]
    quarters = (5.5 * 150 / 60, (64 + 1.2) * 150 / 60)
    read = [(bar - 1) * 4 + beat - 1 for bar, beat, _ in positions]
    assert any(abs(one - quarters[0]) <= 1 for one in read), positions[-5:]
    assert abs(read[-1] - quarters[1]) <= 1.5, positions[-5:]
