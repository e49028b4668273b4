"""A score for several stages as a user performs it: several sessions at once on `sequencer serve`,
over WebRTC, and on simulators in real time.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

from sequencer.cli import main
from sequencer.engine.journal import read_journal
from sequencer.engine.replay import replay

ROOT = Path(__file__).parents[3]
HEAD = "seed 3\nstages {names}\ntogether realign 3c\n"
BODY = 'at 0c "A red door."\nat 2c on left "It opens."\nat 4c "A blue door."\nend 6c\n'


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """Return the address of a server of small, simple frames, because a busy machine must not lose
    any.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "sequencer", "serve", "--port", "0", "--plain"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found is not None:
            yield found[0]
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)


def perform(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `sequencer perform` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "sequencer", "perform", *arguments],
        cwd=ROOT,
        env={**os.environ, "REACTOR_API_KEY": "rk_rehearsal"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def score_for(names: tuple[str, ...], folder: Path) -> Path:
    """Write a score for these stages."""
    path = folder / "show.score"
    path.write_text(HEAD.format(names=", ".join(names)) + BODY, encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("names", [("left", "right"), ("left", "middle", "right")], ids=len)
def test_sessions_over_webrtc_play_one_score(
    names: tuple[str, ...], served: str, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    played = perform(
        score_for(names, tmp_path), "--url", served, "--record", "--out", out, "--json"
    )
    assert played.returncode == 0, played.stderr
    report = json.loads(played.stdout)
    assert report["went_as_written"]
    assert f"{len(names)} sessions play at once: ${6 * len(names):.2f} an hour" in played.stderr
    assert [cue["chunk"] for cue in report["cues"]] == [0, 2, 4]
    assert all(cue["missing"] == [] for cue in report["cues"])
    assert report["spread_ms"]["median"] < 687, "less than half a chunk, on a busy machine too"
    assert [one["chunk"] for one in report["alignments"]] == [0, 3]
    for name in names:
        assert report["stages"][name]["measured"]["stage"] == "reactor"
        with av.open(str(out / name / "video.mp4")) as video:
            assert sum(1 for _ in video.decode(video=0)) > 150
    assert replay(out).is_equal
    assert read_journal(out).stages == names
    print(f"{len(names)} sessions: spread {report['spread_ms']}, freeze {report['freeze_ms']}")  # noqa: T201  `pytest -rP` shows what was measured


@pytest.mark.slow
def test_a_screen_that_cannot_be_reached_is_lost_and_the_other_plays(
    served: str, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    score = score_for(("left", "right"), tmp_path)
    addresses = ("--url", f"left={served}", "--url", "right=http://127.0.0.1:9")
    played = perform(score, *addresses, "--out", out, "--json")
    assert played.returncode == 1
    report = json.loads(played.stdout)
    assert report["lost"] == ["right"]
    assert report["stages"]["left"]["ended_well"]
    assert "the stage right is lost, and the others go on" in played.stderr


@pytest.mark.slow
def test_the_simulator_in_real_time(tmp_path: Path) -> None:
    out = tmp_path / "run"
    score = score_for(("left", "right"), tmp_path)
    played = perform(score, "--stage", "simulated", "--out", out, "--json")
    assert played.returncode == 0, played.stderr
    report = json.loads(played.stdout)
    assert report["spread_ms"]["worst"] < 500
    assert replay(out).is_equal


@pytest.fixture
def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Return a function that runs a `perform` which is refused, and returns its message."""
    monkeypatch.setenv("REACTOR_API_KEY", "rk_rehearsal")

    def run(*arguments: str | Path) -> str:
        assert main(["perform", *map(str, arguments)]) != 0
        return capsys.readouterr().err

    return run


def test_an_account_runs_five_sessions(refused: Callable[..., str], tmp_path: Path) -> None:
    names = tuple(f"s{number}" for number in range(6))
    message = refused(score_for(("left", *names), tmp_path), "--out", tmp_path / "run")
    assert "plays on 7 sessions at once, and an account can run 5" in message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--url", "up=http://127.0.0.1:9"), "--url up=… is for no stage of this score"),
        (("--clip", "4"), "--clip is for runs on one stage, and this score has 2: left, right"),
        (("--local", "--url", "left=http://127.0.0.1:9"), "no address is given for right"),
        (("--stage", "simulated", "--url", "left=http://x"), "plays in this process"),
        (("--part", "up"), "this score has no stage up"),
    ],
    ids=str,
)
def test_options_that_have_no_meaning(
    options: tuple[str, ...], message: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    score = score_for(("left", "right"), tmp_path)
    assert message in refused(score, "--out", tmp_path / "run", *options)
    assert not (tmp_path / "run").exists()


def test_a_set_list_plays_one_part(refused: Callable[..., str], tmp_path: Path) -> None:
    score = score_for(("left", "right"), tmp_path)
    simulated = ("--stage", "simulated")
    assert "--part left" in refused(score, score, *simulated)
    assert "this score has no stage up" in refused(score, score, "--part", "up", *simulated)
