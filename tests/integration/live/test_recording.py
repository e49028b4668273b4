"""`perform --record` against `serve`: the recording contains every frame of the score's chunks, and
no others. Real time.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sequencer.media.sound_files import decode_sound, format_of_sound
from tests.support.sound_fixtures import click_track, onsets, write_wav

ROOT = Path(__file__).parents[3]
PLAIN = 'seed 3\nat 0c "A red door."\nat 3c "The red door opens."\nend 4c\n'
CUT = 'seed 3\nat 0c "A red door."\nat 2c "It opens."\nat 3c cut seed 9, "A blue door."\nend 5c\n'


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "more", "chunks", "last"),
    [(PLAIN, (), 4, 3), (PLAIN, ("--clip", "2"), 4, 3), (CUT, (), 5, 3)],
    ids=str,
)
def test_it_holds_the_frames_of_the_scores_chunks(
    text: str, more: tuple[str, ...], chunks: int, *, last: int, served: str, tmp_path: Path
) -> None:
    score, out = tmp_path / "show.score", tmp_path / "run"
    score.write_text(text, encoding="utf-8")
    played = subprocess.run(
        [
            sys.executable,
            "-m",
            "sequencer",
            "perform",
            score,
            "--url",
            served,
            "--record",
            "--out",
            out,
            "--json",
            *more,
        ],
        cwd=ROOT,
        env={**os.environ, "REACTOR_API_KEY": "rk_rehearsal"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert played.returncode == 0, played.stderr
    report = json.loads(played.stdout)
    assert [cue["shown"] for cue in report["cues"]] == [cue["landed"] for cue in report["cues"]]
    assert report["cues"][-1]["shown"] == last
    assert report["summary"]["landed_but_not_shown"] == 0
    assert report["notes"] == []
    with av.open(str(out / "video.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 33 * chunks
    assert (out / "clip-1.mp4").exists() == bool(more)


@pytest.mark.slow
def test_a_clip_has_the_sound_of_the_score(served: str, tmp_path: Path) -> None:
    """Each click, at the beginning of a chunk, is with the first frame of that chunk."""
    clicks = [Fraction(1) + chunk * Fraction(33, 24) for chunk in range(4)]
    write_wav(tmp_path / "clicks.wav", click_track(10, clicks))
    score, out = tmp_path / "show.score", tmp_path / "run"
    score.write_text('sound "clicks.wav" from 1s\n' + CUT, encoding="utf-8")
    played = subprocess.run(
        [
            *(sys.executable, "-m", "sequencer", "perform", score, "--url", served),
            *("--clip", "4", "--out", out),
        ],
        cwd=ROOT,
        env={**os.environ, "REACTOR_API_KEY": "rk_rehearsal"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert played.returncode == 0, played.stderr
    assert "has no sound" not in played.stderr
    clip = out / "clip-1.mp4"
    with av.open(str(clip)) as video:
        frames = [frame.to_ndarray(format="gray").astype(int) for frame in video.decode(video=0)]
    changes = [
        index / 24
        for index in range(1, len(frames))
        if np.abs(frames[index] - frames[index - 1]).mean() > 8
    ]
    samples = np.concatenate(list(decode_sound(clip, channels=1)), axis=1)[0]
    found = onsets(samples, format_of_sound(clip).rate)
    assert changes, "the cut shows another image"
    assert min(abs(click - changes[-1]) for click in found) < 0.001
    assert np.diff(found) == pytest.approx(33 / 24, abs=0.001)
