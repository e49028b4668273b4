"""`perform` with MIDI in and out over sockets: it follows another program's clock and sends its
own. Real time, short.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido  # type: ignore[import-untyped]  # mido has no type annotations
import pytest
from mido import sockets

from sequencer.cli import main
from sequencer.engine.journal import read_journal
from sequencer.engine.replay import replay
from sequencer.events.events import NoteReceived

EXTERNAL = """score "Outer"
clock midi "PORT", 4/4, nominal 240 bpm
seed 3
section a 6 bars {
  at 1 "A paper boat drifts along a gutter. Grey light. Low close shot, fixed."
  at 4 "The paper boat drifts on. Now it turns once. Grey light. Low close shot, fixed."
  on note C3 -> sr 4x
}
"""
OWN = """score "Own"
clock 240 bpm, 4/4
seed 3
section a 4 bars {
  at 1 "A paper boat drifts along a gutter. Grey light. Low close shot, fixed."
}
"""


def free() -> int:
    """Return a free TCP port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def reach(number: int) -> Any:
    """Return mido's socket, connected as soon as the other side listens."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return sockets.connect("127.0.0.1", number)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def send_clock(number: int) -> None:
    """Send Start, 240 bpm for a while, and a note on the way.

    It ends when the other side disconnects.
    """
    try:
        port = reach(number)
        time.sleep(1.0)
        port.send(mido.Message("start"))
        begin = time.monotonic()
        for tick in range(24 * 60):
            time.sleep(max(0.0, begin + tick / 96 - time.monotonic()))
            port.send(mido.Message("clock"))
            if tick == 48:
                port.send(mido.Message("note_on", note=60, velocity=80))
    except OSError:
        return


def beside(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


@pytest.mark.slow
def test_a_strangers_clock_and_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    number = free()
    score = tmp_path / "external.score"
    score.write_text(EXTERNAL.replace("PORT", f"tcp-listen://127.0.0.1:{number}"), encoding="utf-8")
    playing = beside(lambda: send_clock(number))
    code = main(
        ["perform", str(score), "--stage", "simulated", "--out", str(tmp_path / "run"), "--json"]
    )
    playing.join()
    report = json.loads(capsys.readouterr().out)
    assert code == 0, report
    journal = (tmp_path / "run" / "journal.jsonl").read_text(encoding="utf-8")
    assert '"kind":"clock_fit"' in journal.replace(": ", ":")
    assert '"kind":"note"' in journal.replace(": ", ":")
    assert replay(tmp_path / "run").is_equal
    assert len(report["cues"]) == 3


def test_our_clock_is_read_at_the_other_end(tmp_path: Path) -> None:
    number = free()
    score = tmp_path / "own.score"
    score.write_text(OWN, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "sequencer",
        "perform",
        str(score),
        "--stage",
        "simulated",
        "--out",
        str(tmp_path / "run"),
    ]
    running = subprocess.Popen(
        [*command, "-q", "--midi-out", f"tcp-listen://127.0.0.1:{number}", "--send-clock"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with reach(number) as port:
        received: list[tuple[float, str]] = []
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline and not (received and received[-1][1] == "stop"):
            received += [(time.monotonic(), message.type) for message in port.iter_pending()]
            time.sleep(0.001)
    printed, _ = running.communicate(timeout=30)
    assert running.returncode == 0, printed
    kinds = [kind for _, kind in received]
    assert kinds[0] == "start", printed
    assert kinds[-1] == "stop"
    ticks = [at for at, kind in received if kind == "clock"]
    assert len(ticks) > 24 * 8
    assert (ticks[-1] - ticks[0]) / (len(ticks) - 1) == pytest.approx(1 / 96, rel=0.05)


def test_a_missing_port_opens_no_session(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = tmp_path / "own.score"
    score.write_text(OWN, encoding="utf-8")
    flags = [
        "--stage",
        "simulated",
        "--out",
        str(tmp_path / "run"),
        "--midi-out",
        f"tcp://127.0.0.1:{free()}",
        "--send-clock",
    ]
    assert main(["perform", str(score), *flags]) == 1
    assert "cannot be reached" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


PADS = """score "Pads"
clock 240 bpm, 4/4
grid 3 frames @ 24 fps
section first until note D3, max 200 bars {
  at 1 "A paper boat drifts along a gutter. Grey light. Low close shot, fixed."
}
section second until note D3, max 200 bars {
  at 1 "The paper boat turns. Grey light. Low close shot, fixed."
}
section last 1 bar {
  at 1 "The paper boat rests. Grey light. Low close shot, fixed."
}
"""


@pytest.mark.parametrize(("options", "received"), [((), 2), (("--debounce", "0"), 3)])
def test_a_pad_that_bounces_leaves_one_section(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    received: int,
) -> None:
    (tmp_path / "pads.score").write_text(PADS, encoding="utf-8")
    number = free()

    def play() -> None:
        port = reach(number)
        time.sleep(1.0)
        for _ in range(received):
            port.send(mido.Message("note_on", note=62, velocity=80))
        time.sleep(0.5)  # longer than a bounce, and than three chunks
        try:
            port.send(mido.Message("note_on", note=62, velocity=80))
        except OSError:
            return  # without debouncing, the first hit has ended the run

    pad = beside(play)
    arguments = ["perform", str(tmp_path / "pads.score"), "--stage", "simulated", "--quiet"]
    arguments += ["--midi-in", f"tcp-listen://127.0.0.1:{number}", *options]
    assert main([*arguments, "--out", str(tmp_path / "run")]) == 0
    pad.join()
    journal = read_journal(tmp_path / "run")
    notes = [one.event for one in journal.records if isinstance(one.event, NoteReceived)]
    assert len(notes) >= received
    assert ("note D3 ignored" in capsys.readouterr().err) == (not options)
    assert replay(journal).is_equal
    gap = notes[1].at - notes[0].at
    assert (gap > 400_000_000) == (not options), "the second hit, or the bounce"
