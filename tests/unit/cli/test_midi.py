"""`sequencer midi`: lists ports, shows messages, and reports an error where MIDI is not available."""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import mido  # type: ignore[import-untyped]  # mido has no type annotations
import pytest
from mido import sockets

from sequencer.cli import main
from sequencer.cli.midi import describe
from sequencer.midi import backends


@pytest.fixture
def no_midi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Simulate a Linux machine without ALSA and JACK."""
    monkeypatch.delenv("MIDO_BACKEND", raising=False)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    monkeypatch.setattr(backends, "ALSA_DEVICE", tmp_path / "none")
    monkeypatch.setattr(backends, "_jack_runs", lambda: False)
    monkeypatch.setattr(sys, "platform", "linux")


class FakeBackend:
    """A mido backend with two inputs, the second of which another program has opened."""

    name, api = "fake", None
    opened: list[str]

    def load(self) -> None:
        self.opened = []

    def get_input_names(self) -> list[str]:
        return ["Digitakt 24:0", "Keys"]

    def get_output_names(self) -> list[str]:
        return []

    def open_input(self, name: str, **_: object) -> object:
        raise OSError("device busy")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDO_BACKEND", "fake")
    monkeypatch.setattr(mido, "Backend", lambda *_: FakeBackend())


@pytest.mark.parametrize("command", [["ports"], ["listen"], ["listen", "Digitakt"]])
def test_no_midi_at_all_is_reported_with_a_hint(
    no_midi: None, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["midi", *command]) == 1
    printed = capsys.readouterr().err
    assert "no MIDI" in printed
    assert "JACK" in printed
    assert "tcp://" in printed
    assert "Traceback" not in printed


def test_a_backend_that_does_not_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIDO_BACKEND", "mido.backends.nothing")
    assert main(["midi", "ports"]) == 1
    assert "cannot be used" in capsys.readouterr().err


def test_ports_are_listed_with_numbers(fake: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["midi", "ports"]) == 0
    assert (
        capsys.readouterr().out
        == "MIDI system: fake\ninputs:\n  1  Digitakt 24:0\n  2  Keys\noutputs: none\n"
    )
    assert main(["midi", "ports", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["inputs"] == ["Digitakt 24:0", "Keys"]


def test_a_busy_port_is_reported_with_a_hint(
    fake: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["midi", "listen", "keys"]) == 1
    printed = capsys.readouterr().err
    assert "device busy" in printed
    assert "another program" in printed


def test_which_port_has_to_be_named(fake: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["midi", "listen"]) == 2
    assert "Digitakt" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags", [["--nominal", "0"], ["--meter", "4"], ["--meter", "4/5"], ["--seconds", "-1"]]
)
def test_flags_that_make_no_sense(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["midi", "listen", "x", *flags]) == 2
    assert "hint" in capsys.readouterr().err


def reach(number: int) -> Any:
    """Return mido's socket, connected as soon as the other side listens."""
    deadline = time.monotonic() + 5
    while True:
        try:
            return sockets.connect("127.0.0.1", number)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_listening_shows_names_numbers_and_the_clock(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = int(server.getsockname()[1])

    def play() -> None:
        port = reach(free)
        port.send(mido.Message("note_on", note=62, velocity=90, channel=9))
        port.send(mido.Message("start"))
        begin = time.monotonic()
        for number in range(60):
            time.sleep(max(0.0, begin + number / 48 - time.monotonic()))
            port.send(mido.Message("clock"))
        port.close()

    player = threading.Thread(target=play)
    player.start()
    assert main(["midi", "listen", f"tcp-listen://127.0.0.1:{free}", "--seconds", "2.2"]) == 0
    player.join()
    out = capsys.readouterr().out
    assert "note on D3 (62) velocity 90, channel 10" in out
    assert "Start" in out
    assert "bpm" in out
    assert "LOCKED" in out or "FREE-WHEELING" in out
    assert "the other side disconnected" in out


def test_listening_shows_time_code(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = int(server.getsockname()[1])

    def play() -> None:
        port = reach(free)
        port.send(mido.Message("sysex", data=(0x7F, 0x7F, 1, 1, 1 << 5 | 1, 0, 8, 12)))
        time.sleep(1.2)
        begin = time.monotonic()
        for number in range(160):
            time.sleep(max(0.0, begin + number / 100 - time.monotonic()))
            frames = number // 8 * 2
            whole = (frames % 25, frames // 25, 2, 1 << 5 | 1)
            piece = number % 8
            port.send(
                mido.Message(
                    "quarter_frame",
                    frame_type=piece,
                    frame_value=whole[piece // 2] >> 4 * (piece % 2) & 15,
                )
            )
        port.close()

    player = threading.Thread(target=play)
    player.start()
    assert main(["midi", "listen", f"tcp-listen://127.0.0.1:{free}", "--seconds", "3.2"]) == 0
    player.join()
    out = capsys.readouterr().out
    assert "time code 01:00:08:12, 25 frames per second (full frame)" in out
    assert "stopped       time code 01:00:08:12  25 frames per second" in out
    assert re.search(
        r"(LOCKED|FREE-WHEELING) +time code 01:02:0[01]:\d\d  25 frames per second", out
    ), out
    assert "quarter frame" not in out


def test_messages_in_words() -> None:
    assert describe(bytes((0x90, 60, 1)), "C4") == "note on C4 (60) velocity 1, channel 1"
    assert describe(bytes((0x90, 61, 0))) == "note off C#3 (61) velocity 0, channel 1"
    assert describe(bytes((0xBF, 20, 65))) == "cc 20 = 65, channel 16"
    assert describe(bytes((0xC0, 4))) == "program 5, channel 1"
    assert describe(bytes((0xF2, 16, 1))) == "song position 144 sixteenths (quarter 36)"
    assert describe(bytes((0xE0, 0, 64))) == "pitch bend 0, channel 1"
    assert describe(b"\xf6") == "system message f6"
    full_frame = bytes((0xF0, 0x7F, 0x7F, 1, 1, 2 << 5, 1, 2, 3, 0xF7))
    assert (
        describe(full_frame) == "time code 00:01:02;03, 29.97 drop frames per second (full frame)"
    )
    assert describe(bytes((0xF1, 0x23))) == "MTC quarter frame 2: 3"


def test_a_python_without_wheels_for_ports_gets_instructions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [
        name
        for name in sys.modules
        if name.partition(".")[0] == "rtmidi" or name == "mido.backends.rtmidi"
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    monkeypatch.setenv("MIDO_BACKEND", "mido.backends.rtmidi")
    assert main(["midi", "ports"]) != 0
    printed = capsys.readouterr().err
    assert "python-rtmidi, which opens MIDI ports, is not installed" in printed
    assert "pip install python-rtmidi" in printed
    assert "tcp://HOST:PORT" in printed
