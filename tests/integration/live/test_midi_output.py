"""`perform --midi-out`: the MIDI messages of cues and rules arrive at another program on time.

Real time, short.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from mido import sockets  # type: ignore[import-untyped]  # mido has no type annotations

from sequencer.cli import main
from sequencer.engine.replay import replay

LIGHTS = """score "Lights"
clock 240 bpm, 4/4
seed 3
section a 4 bars {
  at 1 "A paper boat drifts along a gutter. Grey light. Low close shot, fixed.", midi program 5 ch 2
  every 1 beat midi note C1 ch 10
  at 3 midi cc 20 99
  on go flash -> midi note C5 for 100ms
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


def test_another_process_receives_the_midi_output(tmp_path: Path) -> None:
    number = free()
    score = tmp_path / "lights.score"
    score.write_text(LIGHTS, encoding="utf-8")
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
        [
            *command,
            "-q",
            "--midi-out",
            f"tcp-listen://127.0.0.1:{number}",
            "--event",
            "go flash@2s",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    received: list[tuple[float, Any]] = []
    with reach(number) as port:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline and running.poll() is None:
            received += [(time.monotonic(), message) for message in port.iter_pending()]
            time.sleep(0.001)
        received += [(time.monotonic(), message) for message in port.iter_pending()]
    printed, _ = running.communicate(timeout=30)
    assert running.returncode == 0, printed
    kicks = [at for at, message in received if message.type == "note_on" and message.note == 36]
    assert len(kicks) == 16
    off = [abs((at - kicks[0]) - beat / 4) for beat, at in enumerate(kicks)]
    assert median(off) < 0.05
    assert [(one.program, one.channel) for _, one in received if one.type == "program_change"] == [
        (4, 1)
    ]
    assert [(one.control, one.value) for _, one in received if one.type == "control_change"] == [
        (20, 99)
    ]
    assert sum(1 for _, one in received if one.type == "note_on" and one.note == 84) == 1
    ended = [
        one.note
        for _, one in received
        if one.type == "note_off" or (one.type == "note_on" and not one.velocity)
    ]
    assert sorted(ended) == [36] * 16 + [84]
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    assert report["summary"]["sends"] == 19
    assert replay(tmp_path / "run").is_equal


@pytest.mark.slow
def test_without_a_port_it_is_reported_and_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = tmp_path / "lights.score"
    score.write_text(
        LIGHTS.replace("4 bars", "1 bar").replace("  at 3 midi cc 20 99\n", ""), encoding="utf-8"
    )
    assert (
        main(["perform", str(score), "--stage", "simulated", "--out", str(tmp_path / "run")]) == 0
    )
    shown = capsys.readouterr()
    assert "no --midi-out PORT is given" in shown.err
    assert "5 messages to MIDI devices" in shown.out


@pytest.mark.slow
def test_for_osc_messages_there_is_a_report_of_how_to_send_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = tmp_path / "osc.score"
    score.write_text('at 0c "A."\non osc "/drop" -> "B."\nend 1c\n', encoding="utf-8")
    assert (
        main(["perform", str(score), "--stage", "simulated", "--out", str(tmp_path / "run")]) == 0
    )
    shown = capsys.readouterr()
    assert "no --osc-in PORT is given" in shown.err
    assert "sequencer tell RUN osc /drop 1" in shown.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", "2 OSC messages were due but not sent: no --osc-out was given"),
        ("on go x -> osc /never\n", "2 OSC messages were due but not sent"),
    ],
)
def test_without_an_osc_output_the_report_counts_what_was_due(
    lines: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = tmp_path / "osc.score"
    score.write_text(f'at 0c "A.", osc "/a" 1, osc "/b"\n{lines}end 1c\n', encoding="utf-8")
    assert (
        main(["perform", str(score), "--stage", "simulated", "--out", str(tmp_path / "run")]) == 0
    )
    shown = capsys.readouterr()
    assert "no --osc-out HOST:PORT is given" in shown.err
    assert expected in shown.out
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    assert any(expected in note for note in report["notes"])
    assert [send["what"] for send in report["sends"]] == ["osc /a 1, osc /b"]
