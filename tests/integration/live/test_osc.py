"""`perform --osc-in --osc-out` with programs of others: liblo's oscsend and oscdump.

Real time, short.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.engine.journal import read_journal
from sequencer.engine.replay import replay
from sequencer.events.events import NoteReceived, OperatorGo, OperatorPause, OscReceived
from tests.support.requirements import require

SCORE = """score "Lights"
clock 240 bpm, 4/4
seed 3
section a until go out, max 40 bars {
  at 1 "A paper boat drifts along a gutter. Grey light. Low close shot, fixed."
  on osc "/drop" -> osc "/flash" 0.5 "now" true
  on note 60 -> osc "/note"
}
section b 2 bars {
  at 1 "The paper boat rests. Grey light. Low close shot, fixed."
}
play a b
"""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_run_is_played_from_an_osc_sender(tmp_path: Path) -> None:
    require(shutil.which("oscsend") and shutil.which("oscdump"), "liblo-tools are not installed")
    (tmp_path / "lights.score").write_text(SCORE, encoding="utf-8")
    port, target = free_port(), free_port()

    def send(*message: str) -> None:
        subprocess.run(["oscsend", "127.0.0.1", str(port), *message], check=True, timeout=10)

    dump = subprocess.Popen(
        ["stdbuf", "-oL", "oscdump", "-L", str(target)], stdout=subprocess.PIPE, text=True
    )
    run = subprocess.Popen(
        [
            *(sys.executable, "-m", "sequencer", "perform", "lights.score"),
            *("--stage", "simulated", "--quiet", "--out", "run", "--reload"),
            *("--osc-in", str(port), "--osc-out", f"127.0.0.1:{target}"),
        ],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: list[str] = []

    def read_until(text: str) -> None:
        assert dump.stdout is not None
        for line in dump.stdout:  # ends with the test's own time limit if the line never comes
            lines.append(line)
            if text in line:
                return
        raise AssertionError(f"{text} did not arrive: {lines}")

    try:
        read_until('/sequencer/status s "playing"')
        read_until("/sequencer/cue")
        send("/sequencer/pause", "f", "0.0")  # a release
        send("/sequencer/note", "iii", "60", "90", "1")
        send("/sequencer/note", "s", "C3")
        read_until("its arguments are not valid")
        send("/drop", "i", "0")
        send("/drop", "i", "1")
        read_until("/flash")
        (tmp_path / "lights.score").write_text(SCORE.replace("rests", "sinks"), encoding="utf-8")
        send("/sequencer/reload", "i", "1")
        read_until("version 2 of the score takes over at ")
        read_until("/sequencer/bar")
        send("/sequencer/go", "T")
        read_until('/sequencer/section si "b" 1')
        read_until('/sequencer/status s "ended"')
        _, problems = run.communicate(timeout=60)
    finally:
        run.kill()
        dump.kill()
        dump.communicate()
    assert run.returncode == 0, problems
    (flash,) = [line for line in lines if "/flash" in line]
    assert flash.split(maxsplit=1)[1].strip() == '/flash fsT 0.500000 "now" #T'
    events = [one.event for one in read_journal(tmp_path / "run").records if one.event is not None]
    assert [one.arguments for one in events if isinstance(one, OscReceived)] == [(0,), (1,)]
    assert [one.name for one in events if isinstance(one, OperatorGo)] == ["out"]
    assert [one.note for one in events if isinstance(one, NoteReceived)] == [60]
    assert not any(isinstance(one, OperatorPause) for one in events)
    assert any("boat sinks" in line for line in lines if "/sequencer/prompt" in line)
    assert replay(read_journal(tmp_path / "run")).is_equal
    assert "OSC /sequencer/note: its arguments are not valid" in problems


def test_a_port_that_is_taken_ends_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = tmp_path / "lights.score"
    score.write_text(SCORE, encoding="utf-8")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        line = ["perform", str(score), "--stage", "simulated", "--out", str(tmp_path / "run")]
        assert main([*line, "--osc-in", str(taken.getsockname()[1])]) == 1
    assert "OSC cannot be received at 127.0.0.1:" in capsys.readouterr().err
    assert not (tmp_path / "run").exists(), "nothing is left behind"


def test_beyond_this_machine_there_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = tmp_path / "short.score"
    score.write_text('grid 3 frames @ 24 fps\nat 0c "A paper boat."\nend 2c\n', encoding="utf-8")
    line = [
        "perform",
        str(score),
        "--stage",
        "simulated",
        "--quiet",
        "--out",
        str(tmp_path / "run"),
    ]
    assert main([*line, "--osc-in", f"0.0.0.0:{free_port()}"]) == 0
    assert "takes commands from every machine that reaches it" in capsys.readouterr().err
