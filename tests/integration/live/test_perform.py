"""`sequencer perform` as a user runs it, against `sequencer serve` over WebRTC: controlled,
interrupted, killed, resumed.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

import sequencer
from sequencer.engine.conductor.take_setup import NO_FADES
from sequencer.engine.journal import read_journal
from sequencer.events.events import ChunkShown
from tests.support.requirements import require

ROOT = Path(__file__).parents[3]
KEY = "rk_rehearsal"
FAST = "48"
"""Frames per second: twice the usual rate, so that a chunk lasts two thirds of a second."""

SCORE = """score "Fast"
grid 33 frames @ 48 fps
seed 7
at 0c "A red door in a white wall."
at 3c "The red door opens."
at 6c cut seed 9, "A blue door in a white wall."
on go night -> "The door at night."
at 10c "The blue door opens."
end 14c
"""


ENDING = [
    pytest.param(number, marks=[] if name == "SIGINT" else [pytest.mark.slow])
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if (number := getattr(signal, name, None)) is not None
]


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "sequencer", *map(str, arguments)]


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """Return the address of a local server for the tests of this module."""
    process = subprocess.Popen(
        command("serve", "--port", "0", "--fps", FAST),
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


@pytest.fixture
def score(tmp_path: Path) -> Path:
    path = tmp_path / "fast.score"
    path.write_text(SCORE)
    return path


def environment() -> dict[str, str]:
    return {**os.environ, "REACTOR_API_KEY": KEY}


def started(folder: Path, process: subprocess.Popen[str], chunks: int) -> None:
    """Wait until a run has made this many chunks.

    It is another process, so only its journal shows the progress.
    """
    journal = folder.with_name(f".{folder.name}.partial") / "journal.jsonl"
    deadline = time.monotonic() + 60
    while not journal.exists() or journal.read_text().count('"chunk_done"') < chunks:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def begun(score: Path, out: Path, url: str, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("perform", score, "--url", url, "--out", out, *more),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_score_is_performed_and_everything_lands_where_it_should(
    served: str, score: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = begun(score, out, served, "--event", "go night@7c", "--json")
    printed, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    report = json.loads(printed)
    cues = [cue for cue in report["cues"] if cue["rule"] is None]
    assert [cue["landed"] for cue in cues] == [0, 3, 6, 10]
    (night,) = [cue for cue in report["cues"] if cue["rule"] is not None]
    assert night["status"] == "landed"
    assert report["takes"] == 2
    assert report["measured"]["frames_received"] > 100
    assert report["measured"]["lag_ms"] > 0
    assert sequencer.replay(out).is_equal
    assert sorted(path.name for path in out.iterdir()) == [
        "journal.jsonl",
        "report.json",
        "timeline.html",
        "timeline.svg",
    ]


@pytest.mark.slow
def test_a_model_without_fades_gets_the_prompts_alone_and_the_operator_is_informed(
    served: str, tmp_path: Path
) -> None:
    score, out = tmp_path / "fading.score", tmp_path / "run"
    score.write_text(
        'grid 33 frames @ 48 fps\nat 0c "A red door."\nat 3c "A blue door.", fade 2c\nend 5c\n'
    )
    process = begun(score, out, served, "--json")
    printed, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    report = json.loads(printed)
    assert [cue["landed"] for cue in report["cues"]] == [0, 3]
    assert errors.count(NO_FADES) == 1
    assert report["notes"].count(NO_FADES) == 1
    lines = (out / "journal.jsonl").read_text().splitlines()
    sent = [line for line in lines if '"schedule_prompt"' in line]
    assert sent and not any('"fade"' in line for line in sent)
    assert sequencer.replay(out).is_equal


def test_no_key_no_token_and_no_address_of_a_store_reaches_what_is_written(
    served: str, score: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = begun(score, out, served, "--max-minutes", "0.05")
    printed, errors = process.communicate(timeout=90)
    written = printed + errors + "".join(path.read_text(errors="replace") for path in out.iterdir())
    assert KEY not in written
    assert "eyJ" not in written, "a JWT begins like this"
    assert "X-Amz" not in written
    assert "--max-minutes" in written
    assert process.returncode == 1


@pytest.mark.slow
def test_a_run_receives_commands_from_another_shell(
    served: str, score: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = begun(score, out, served)
    started(out, process, 3)
    answered = subprocess.run(
        command("tell", out, "go", "night"), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answered.returncode == 0, answered.stderr
    nonsense = subprocess.run(
        command("tell", out, "do", "something"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert nonsense.returncode == 2
    assert "is not an operator command" in nonsense.stderr
    finished = subprocess.run(
        command("tell", out, "finish"), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    kinds = [record.event.kind for record in read_journal(out).records if record.event is not None]
    assert "go" in kinds
    assert "closing" in kinds
    over = subprocess.run(
        command("tell", out, "go", "night"), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert over.returncode == 1
    assert "no run is in progress" in over.stderr


@pytest.mark.parametrize("number", ENDING)
def test_an_interrupted_run_closes_its_session(
    number: signal.Signals, served: str, score: Path, tmp_path: Path
) -> None:
    require(os.name == "posix", "signals are sent like this on Unix")
    out = tmp_path / "run"
    process = begun(score, out, served)
    started(out, process, 2)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "the session was closed" in errors
    assert "Traceback" not in errors
    replayed = sequencer.replay(out)
    assert replayed.is_equal
    assert replayed.is_whole


@pytest.mark.slow
def test_a_killed_run_is_gone_on_with_in_its_session(
    served: str, score: Path, tmp_path: Path
) -> None:
    require(os.name == "posix", "kill -9 is a Unix matter")
    out = tmp_path / "run"
    score.write_text(SCORE.replace("10c", "54c").replace("14c", "56c"))
    options = ["--max-minutes", "9", "--event", "go night@1c", "--event", "go night@44c"]
    process = begun(score, out, served, *options)
    started(out, process, 2)
    early = subprocess.run(
        command("perform", "--resume", out),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (early.returncode, "is still in progress" in early.stderr) == (1, True)
    process.kill()
    process.communicate(timeout=20)
    assert not out.exists()
    looked = subprocess.run(
        command("show", out), cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (looked.returncode, "this run was not completed" in looked.stdout) == (0, True), (
        looked.stderr
    )
    resumed = subprocess.run(
        command(
            "perform", score, "--url", served, "--out", out, *options, "--resume", out, "--json"
        ),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert resumed.returncode in (0, 1), resumed.stderr
    assert "Traceback" not in resumed.stderr
    report = json.loads(resumed.stdout)
    assert report["ended"] == "the score is over"
    (last,) = [cue for cue in report["cues"] if cue["place"] == "54c"]
    assert (last["landed"], last["status"]) == (54, "landed")
    assert all(cue["status"] in ("landed", "overtaken") or cue["reason"] for cue in report["cues"])
    journal = read_journal(out)
    assert sequencer.replay(journal).is_equal
    kinds = [record.event.kind for record in journal.records if record.event is not None]
    assert kinds.count("ready") == 1, "one session"
    assert kinds.count("go") == 2, "what had come in does not come in again, what had not does"
    first = next(
        record.at
        for record in journal.records
        if record.event is not None and record.event.kind == "ready"
    )
    assert report["measured"]["billed_seconds"] >= (journal.records[-1].at - first) / 1e9 - 2, (
        "the whole session is billed"
    )
    assert "restored" in kinds
    shown = [
        record.event.chunk
        for record in journal.records
        if isinstance(record.event, ChunkShown) and record.event.take == 2
    ]
    assert shown == sorted(set(shown)), "no chunk is shown twice"
    after = kinds[kinds.index("restored") :]
    assert abs(after.count("chunk_done") - after.count("chunk_shown")) <= 4, (
        "the count goes on where the model is"
    )
    assert report["measured"]["lag_ms"] < 2500
    again = subprocess.run(
        command("perform", "--resume", out, "--url", served),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert "it was completed" in again.stderr


def test_without_a_key_the_message_names_where_one_goes(score: Path, tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if name != "REACTOR_API_KEY"}
    ran = subprocess.run(
        command("perform", score, "--out", tmp_path / "run"),
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "REACTOR_API_KEY" in ran.stderr
    assert "sequencer rehearse" in ran.stderr
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / ".run.partial").exists()


def test_the_simulator_in_real_time(score: Path, tmp_path: Path) -> None:
    score.write_text('seed 7\nat 0c "A red door."\nend 3c\n')
    ran = subprocess.run(
        command(
            "perform",
            score,
            "--stage",
            "simulated",
            "--record",
            "--video-size",
            "320x192",
            "--out",
            tmp_path / "run",
            "-q",
        ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "run" / "video.mp4").stat().st_size > 10_000


def test_the_timelines_of_a_performance_show_its_images(tmp_path: Path) -> None:
    score, out = tmp_path / "door.score", tmp_path / "run"
    copyfile(ROOT / "scores" / "images" / "harbour.png", tmp_path / "harbour.png")
    score.write_text(
        'grid 1 frames @ 24 fps\nat 0c image "harbour.png", "A harbour at dusk."\nend 8c\n',
        encoding="utf-8",
    )
    done = subprocess.run(
        command("perform", score, "--stage", "simulated", "--out", out),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in ("timeline.svg", "timeline.html"):
        assert "data:image/jpeg" in (out / name).read_text(encoding="utf-8"), name
