"""Operator control of a real-time run: keys in a real terminal, `tell` from another shell, a stop,
a terminal that closes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sequencer
from sequencer.engine.bundle import images_in
from sequencer.engine.journal import read_journal
from sequencer.runtime.signals import closing_on_signals, ending_signals
from tests.support.image_fixtures import make_image, saved
from tests.support.requirements import require

ROOT = Path(__file__).parents[3]
SCORE = """score "Fast"
clock 240 bpm, 4/4
grid 33 frames @ 48 fps
seed 7
section intro 4 bars {
  at 1 "A red door in a white wall. Grey light."
}
section jam until go out, max 60 bars {
  at 1 "The red door in a white wall. It opens. Grey light."
  on note C1 -> "The red door in a white wall. Light falls out. Grey light."
}
section coda 60 bars {
  at 1 "The red door in a white wall. It closes. Grey light."
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty working folder that contains the score."""
    require(os.name == "posix", "terminals and signals are Unix ones here")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fast.score").write_text(SCORE)
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sequencer", *arguments]


def made(out: str) -> int:
    """Return how many chunks a run has made, according to its journal."""
    journal = Path(f".{out}.partial/journal.jsonl")
    return journal.read_text().count('"chunk_done"') if journal.exists() else 0


class Terminal:
    """A command in its own controlling terminal: closing it sends SIGHUP, as a lost SSH connection
    does.
    """

    def __init__(self, *arguments: str) -> None:
        import fcntl
        import pty
        import termios

        self._pid, self._end = pty.fork()
        if not self._pid:
            os.execvp(sys.executable, command(*arguments))  # noqa: S606  our own command, in the terminal created for it
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 140, 0, 0))
        self._seen = b""
        self.code: int | None = None

    @property
    def seen(self) -> str:
        """Return all text shown so far, without the sequences that move the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._seen.decode(errors="replace")).replace(
            "\r", "\n"
        )

    def type(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def until(self, reached: Callable[[], bool], seconds: float = 60.0) -> None:
        """Read the output until a condition holds or the command has ended."""
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, self.seen[-2000:]
            if select.select([self._end], [], [], 0.05)[0]:
                try:
                    self._seen += os.read(self._end, 65536)
                except OSError:  # the other end is closed: the command has ended
                    time.sleep(0.05)
            self._look()

    def _look(self) -> None:
        if self.code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)

    def end(self) -> int:
        """Wait until the command has ended, and return its exit code."""
        self.until(lambda: self.code is not None)
        assert self.code is not None
        return self.code

    def hang_up(self) -> int:
        """Close the terminal, wait until the command has ended, and return its exit code."""
        os.close(self._end)
        deadline = time.monotonic() + 60
        while self.code is None:
            assert time.monotonic() < deadline, "it does not end"
            time.sleep(0.05)
            self._look()
        return self.code


PERFORM = ("perform", "fast.score", "--stage", "simulated", "--out", "run")
REALTIME = [
    PERFORM,
    pytest.param(
        ("rehearse", "fast.score", "--realtime", "--no-video", "--out", "run"),
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize("arguments", REALTIME, ids=["perform", "rehearse"])
def test_keys_in_a_real_terminal(arguments: tuple[str, ...]) -> None:
    terminal = Terminal(*arguments)
    terminal.until(lambda: made("run") >= 1)
    terminal.type("goot\r")
    terminal.until(
        lambda: (
            "nothing waits for go oot; did you mean go out? Section intro waits for: nothing"
            in terminal.seen
        )
    )
    terminal.type(":note D1\r")
    terminal.until(lambda: "nothing waits for note D1" in terminal.seen)
    terminal.type("x\x1b[A")
    terminal.until(lambda: "keys: space pause/resume" in terminal.seen)
    terminal.until(lambda: made("run") >= 7)
    terminal.type("gout\r")
    terminal.until(lambda: '"kind":"go"' in Path(".run.partial/journal.jsonl").read_text())
    terminal.type("qq")
    assert terminal.end() == 0, terminal.seen
    table = terminal.seen
    assert re.search(r"\nintro 1\.1 .* landed", table)
    assert re.search(r"\njam 1\.1 .*“… It opens\. …”", table)
    assert re.search(r"\ncoda 1\.1 .*“… It closes\. …” +skipped: the operator ended the run", table)
    assert "finished by hand: " in table
    assert "differs from the score" not in table
    assert sequencer.replay("run").is_equal


@pytest.mark.slow
def test_the_status_line_in_a_real_terminal() -> None:
    terminal = Terminal(*PERFORM, "--event", "go out@jam 8")
    terminal.until(lambda: "waits for go out" in terminal.seen)
    terminal.until(lambda: "continues in" in terminal.seen)
    terminal.type("qq")
    assert terminal.end() == 0
    assert re.search(
        r"playing 0:0\d · take 1 chunk \d+/≤\d+ frame \d+ · intro \d\.\d", terminal.seen
    )
    assert "next “… It opens. …” at jam 1.1 in " in terminal.seen
    assert "rules: note C1" in terminal.seen
    assert not re.search(r"ready 0:\d\d · take", terminal.seen)


@pytest.mark.slow
def test_space_resumes_what_a_rule_has_paused() -> None:
    Path("fast.score").write_text(
        SCORE.replace("section coda", "on go rest -> pause\nsection coda")
    )
    terminal = Terminal(*PERFORM, "--event", "go rest@2c")
    terminal.until(lambda: "paused 0:0" in terminal.seen)
    terminal.type(" ")
    terminal.until(lambda: made("run") >= 5)
    terminal.type("qq")
    assert terminal.end() == 0


@pytest.mark.parametrize("arguments", REALTIME, ids=["perform", "rehearse"])
def test_a_terminal_that_is_closed_ends_the_run_properly(arguments: tuple[str, ...]) -> None:
    terminal = Terminal(*arguments)
    terminal.until(lambda: made("run") >= 2)
    assert terminal.hang_up() != 0
    report = json.loads(Path("run/report.json").read_text())
    assert report["ended"].startswith("interrupted (SIGHUP")
    assert read_journal("run").is_whole
    assert not Path(".run.partial").exists()


# ---- from another shell --------------------------------------------------------------------------


def run_tell(*words: str) -> tuple[int, str]:
    ran = subprocess.run(
        command("tell", "run", *words), capture_output=True, text=True, check=False, timeout=60
    )
    return ran.returncode, (ran.stdout + ran.stderr).strip()


def wait(process: subprocess.Popen[str], chunks: int) -> None:
    deadline = time.monotonic() + 60
    while made("run") < chunks:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def begun() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start commands that never outlive the test."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, nohup: bool = False) -> subprocess.Popen[str]:
        program = command(*arguments)
        if nohup:
            program = ["nohup", *program]
        processes.append(
            subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return processes[-1]

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("arguments", REALTIME, ids=["perform", "rehearse"])
def test_a_tell_command_reaches_a_run_and_is_answered(
    arguments: tuple[str, ...], begun: Callable[..., subprocess.Popen[str]]
) -> None:
    process = begun(*arguments)
    wait(process, 7)
    assert run_tell("go", "oot") == (
        1,
        (
            "sequencer: nothing waits for go oot\nhint: did you mean go out? Section jam waits "
            "for: go out, note C1"
        ),
    )
    assert run_tell("note", "C1") == (0, "sent: note C1")
    assert run_tell("cc", "20=5")[0] == 1
    assert run_tell("offset", "-40ms")[0] == 1, "nothing that an offset would move"
    code, printed = run_tell("clip", "3s")
    assert (code, "the simulator makes no clips" in printed) == (1, True)
    assert run_tell("resume") == (0, "resume: the model is not paused")
    assert run_tell("go") == (0, "sent: go"), "the section's own go-cue"
    assert run_tell("finish") == (0, "sent: finish")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "finished by hand" in out
    kinds = [
        record.event.kind for record in read_journal("run").records if record.event is not None
    ]
    assert kinds.count("go") == 1, "what nothing waited for was never sent"
    code, printed = run_tell("go", "out")
    assert (code, "no run is in progress" in printed) == (1, True)
    assert not Path("run/desk.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("arguments", REALTIME, ids=["perform", "rehearse"])
def test_what_is_improvised_reaches_a_run(
    arguments: tuple[str, ...], begun: Callable[..., subprocess.Popen[str]]
) -> None:
    data = saved(make_image(), "PNG")
    Path("blue.png").write_bytes(data)
    Path("broken.png").write_text("no image")
    process = begun(*arguments, "--bundle")
    wait(process, 2)
    blue = "A blue door in white stone. Grey light."
    assert run_tell("prompt", blue) == (0, f"sent: prompt {blue}")
    assert run_tell("image", "blue.png") == (0, "sent: image blue.png")
    assert run_tell("image", "broken.png") == (
        2,
        "sequencer: broken.png is not an image\nhint: PNG, JPEG and WebP are supported",
    )
    assert run_tell("image", "bule.png") == (
        2,
        "sequencer: there is no image bule.png\nhint: did you mean blue.png?",
    )
    assert run_tell("image", "../blue.png")[0] == 2
    assert run_tell("goto", "jem") == (
        1,
        (
            "sequencer: this score plays no section jem\nhint: did you mean jam? The sections that "
            "it plays are intro, jam and coda"
        ),
    )
    assert run_tell("prompt", "x" * 20_001)[0] == 2
    assert run_tell("sr", "4x") == (0, "sent: sr 4x")
    assert run_tell("goto", "coda") == (0, "sent: goto coda")
    wait(process, made("run") + 4)
    assert run_tell("finish")[0] == 0
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    report = json.loads(Path("run/report.json").read_text())
    assert [
        (cue["what"], cue["status"]) for cue in report["cues"] if cue["place"] == "improvised"
    ] == [("prompt", "landed"), ("image", "landed"), ("sr", "landed")]
    assert [(move["what"], move["status"]) for move in report["moves"]] == [("goto coda", "landed")]
    assert sequencer.replay("run").is_equal
    assert sequencer.replay("run/bundle.zip").is_equal
    digest = hashlib.sha256(data).hexdigest()
    assert images_in(Path("run/bundle.zip")) == (digest,), "what replays needs is in the bundle"
    assert "data:image/jpeg" in Path("run/timeline.html").read_text()
    assert blue in sequencer.print_score(sequencer.freeze("run"))


# ---- signals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", REALTIME, ids=["perform", "rehearse"])
def test_sighup_ends_a_run_as_sigterm_does(
    arguments: tuple[str, ...], begun: Callable[..., subprocess.Popen[str]]
) -> None:
    process = begun(*arguments)
    wait(process, 2)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert read_journal("run").is_whole


@pytest.mark.slow
def test_nohup_is_respected(begun: Callable[..., subprocess.Popen[str]]) -> None:
    process = begun(*PERFORM, nohup=True)
    wait(process, 1)
    process.send_signal(signal.SIGHUP)
    wait(process, made("run") + 2)
    assert run_tell("finish")[0] == 0
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_sighup_ends_a_server(begun: Callable[..., subprocess.Popen[str]]) -> None:
    process = begun("serve", "--port", "0")
    assert process.stdout is not None
    assert "http://" in process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, "shutting down" in out, "Traceback" in err) == (0, True, False)


async def signalled(*numbers: signal.Signals) -> tuple[list[str], bool]:
    """Return the reasons a run is given to close when these signals arrive, and whether
    KeyboardInterrupt was raised.
    """
    printed: list[str] = []
    try:
        with closing_on_signals(printed.append):
            for number in numbers:
                signal.raise_signal(number)
    except KeyboardInterrupt:
        return printed, True
    return printed, False


@pytest.mark.parametrize(
    ("numbers", "insisted"),
    [
        ((signal.SIGTERM,), False),
        ((signal.SIGINT, signal.SIGINT), True),
        ((signal.SIGINT, signal.SIGTERM), True),
        ((signal.SIGHUP, signal.SIGHUP), False),
        ((signal.SIGHUP, signal.SIGTERM), False),
        ((signal.SIGTERM, signal.SIGHUP), False),
        ((signal.SIGHUP, signal.SIGTERM, signal.SIGTERM), True),
    ],
    ids=lambda value: "-".join(one.name for one in value) if isinstance(value, tuple) else None,
)
def test_only_an_impatient_person_insists(
    numbers: tuple[signal.Signals, ...], insisted: bool
) -> None:
    printed, did = asyncio.run(signalled(*numbers))
    assert did is insisted
    assert len(printed) == 1


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert signal.SIGHUP not in ending_signals()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert signal.SIGHUP in ending_signals()
