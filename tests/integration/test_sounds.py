"""A score with a sound, from the command line to the files of its runs."""

from __future__ import annotations

import hashlib
import json
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import sequencer
from sequencer.cli import main
from sequencer.media.sound_files import SoundFileError, decode_sound, format_of_sound
from tests.support.sound_fixtures import click_track, onsets, write_wav

CHUNK = Fraction(33, 24)
CUTS = """score "Clicks"
sound "music/clicks.wav"{start}
at 0c "A tram waits."
at 2c cut seed 5, "A boat drifts."
at 3c cut, "A hill."
end 5c
"""
FRAME = 1 / 24


@pytest.fixture
def show(tmp_path: Path) -> Path:
    (tmp_path / "music").mkdir()
    clicks = [Fraction(1) + number * CHUNK for number in range(8)]
    write_wav(tmp_path / "music" / "clicks.wav", click_track(12, clicks), channels=2)
    return tmp_path


def chunks_of_clicks(video: Path) -> list[float]:
    """Return where the clicks of a video are, in chunks."""
    samples = np.concatenate(list(decode_sound(video, channels=1)), axis=1)[0]
    return [at / float(CHUNK) for at in onsets(samples, format_of_sound(video).rate)]


def run(*args: str | Path) -> int:
    return main([str(arg) for arg in args])


SMALL = ("--video-size", "64x64")


def test_each_click_is_on_its_chunk_over_several_takes(show: Path) -> None:
    score = show / "a.score"
    score.write_text(CUTS.format(start=" from 1s"))
    assert run("rehearse", score, "--out", show / "run", *SMALL) == 0
    assert chunks_of_clicks(show / "run" / "video.mp4") == pytest.approx([0, 1, 2, 3, 4], abs=0.001)
    score.write_text(CUTS.format(start=""))
    assert run("rehearse", score, "--out", show / "later", *SMALL) == 0
    later = [number + float(1 / CHUNK) for number in range(5)]
    assert chunks_of_clicks(show / "later" / "video.mp4")[:4] == pytest.approx(later[:4], abs=0.001)


def test_a_part_of_a_score_has_the_sound_of_that_part(show: Path) -> None:
    score = show / "a.score"
    score.write_text(CUTS.format(start=" from 0.5s"))
    expected = [number + float(Fraction(1, 2) / CHUNK) for number in range(3)]
    for part in ("1c", "2c"):  # within a take, and with a cut at its beginning
        out = show / f"from-{part}"
        assert run("rehearse", score, "--from", part, "--to", "5c", "--out", out, *SMALL) == 0
        found = chunks_of_clicks(out / "video.mp4")
        assert found[:3] == pytest.approx(expected, abs=0.001)
        assert len(found) == 5 - int(part[0])


@pytest.mark.slow
def test_a_live_recording_has_the_sound(show: Path) -> None:
    score = show / "a.score"
    score.write_text(CUTS.format(start=" from 1s").replace("end 5c", "end 4c"))
    options = ("--stage", "simulated", "--record", "--quiet")
    assert run("perform", score, *options, "--out", show / "run", *SMALL) == 0
    assert chunks_of_clicks(show / "run" / "video.mp4") == pytest.approx([0, 1, 2, 3], abs=0.001)


def test_the_journal_and_the_report_record_the_file(show: Path) -> None:
    score = show / "a.score"
    score.write_text(CUTS.format(start=" from 1s"))
    assert run("rehearse", score, "--out", show / "run", "--no-video") == 0
    header = json.loads((show / "run" / "journal.jsonl").read_text().splitlines()[0])
    data = (show / "music" / "clicks.wav").read_bytes()
    expected = {
        "file": "music/clicks.wav",
        "from": "1",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "seconds": 12.0,
    }
    assert header["sound"] == expected
    assert json.loads((show / "run" / "report.json").read_text())["sound"] == expected
    assert run("replay", show / "run") == 0
    plain = score.with_name("plain.score")
    plain.write_text(score.read_text().replace('sound "music/clicks.wav" from 1s\n', ""))
    assert run("rehearse", plain, "--out", show / "plain", "--no-video") == 0
    other = json.loads((show / "plain" / "journal.jsonl").read_text().splitlines()[0])
    assert "sound" not in other and "sound" not in other["schedule"]["schedule"]
    assert other["schedule_digest"] == header["schedule_digest"]


def test_the_sound_is_never_sent(show: Path) -> None:
    score = show / "a.score"
    score.write_text(CUTS.format(start=""))
    rehearsed = sequencer.rehearse(score, out=show / "run", video=False)
    assert rehearsed.folder is not None
    lines = (rehearsed.folder / "journal.jsonl").read_text().splitlines()[1:]
    assert not [line for line in lines if "clicks" in line or "sound" in line]


def test_a_bundle_holds_the_sound_and_is_performed_with_it(
    show: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = show / "a.score"
    score.write_text(CUTS.format(start=" from 1s"))
    assert run("rehearse", score, "--out", show / "run", "--bundle", "--no-video") == 0
    bundle = (show / "run" / "bundle.zip").rename(show / "bundle.zip")
    data = (show / "music" / "clicks.wav").read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        assert archive.read(f"sounds/{hashlib.sha256(data).hexdigest()}") == data
    assert run("replay", bundle) == 0
    (show / "music" / "clicks.wav").unlink()
    assert run("rerun", bundle, "--out", show / "again", *SMALL) == 0
    assert chunks_of_clicks(show / "again" / "video.mp4") == pytest.approx(
        [0, 1, 2, 3, 4], abs=0.001
    )
    capsys.readouterr()
    assert run("rerun", show / "run", "--out", show / "x", *SMALL) == 1
    assert "there is no sound file music/clicks.wav" in capsys.readouterr().err


def test_the_timeline_of_a_bundle_has_the_sound_and_the_images_in_it(
    show: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    score = show / "a.score"
    Image.new("RGB", (64, 64), "red").save(show / "door.png")
    text = CUTS.format(start=" from 1s").replace("at 0c ", 'at 0c image "door.png", ')
    score.write_text(text)
    assert run("rehearse", score, "--out", show / "run", "--bundle", "--no-video") == 0
    drawn = (show / "run" / "timeline.svg").read_text()
    bundle = (show / "run" / "bundle.zip").rename(show / "bundle.zip")
    for file in (show / "music" / "clicks.wav", show / "door.png"):
        file.unlink()
    capsys.readouterr()
    assert run("timeline", bundle, "-o", show / "again.svg") == 0
    assert (show / "again.svg").read_text() == drawn
    assert "<title>sound music/clicks.wav from 1 s" in drawn and "data:image/jpeg" in drawn
    assert capsys.readouterr().err == ""
    assert run("timeline", show / "run", "-o", show / "without.svg") == 0
    assert "the sound is left out: " in capsys.readouterr().err
    assert "there is no sound file" not in (show / "without.svg").read_text()


def test_a_timeline_does_not_draw_another_sound_than_the_run_had(
    show: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = show / "a.score"
    score.write_text(CUTS.format(start=""))
    assert run("rehearse", score, "--out", show / "run", "--no-video") == 0
    write_wav(show / "music" / "clicks.wav", click_track(12, [Fraction(2)]))
    capsys.readouterr()
    assert run("timeline", show / "run", "-o", show / "again.svg") == 0
    assert "not the file that was played with this run" in capsys.readouterr().err
    assert "<title>sound music/clicks.wav" not in (show / "again.svg").read_text()


def rewritten(bundle: Path, target: Path, change: dict[str, bytes | None]) -> Path:
    """Write a copy of a bundle with other contents of its sound."""
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            part = name.split("/")[0]
            content = change.get(part, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def test_bundles_with_another_sound_are_refused(
    show: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = show / "a.score"
    score.write_text(CUTS.format(start=""))
    assert run("rehearse", score, "--out", show / "run", "--bundle", "--no-video") == 0
    bundle = show / "run" / "bundle.zip"
    for content, message in ((b"other", "the sound in"), (None, "does not contain sounds/")):
        capsys.readouterr()
        other = rewritten(bundle, show / "other.zip", {"sounds": content})
        assert run("rerun", other, "--out", show / "x", "--no-video") == 1
        assert message in capsys.readouterr().err
        assert not (show / "x").exists()


def test_a_run_is_not_played_again_with_another_file(
    show: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = show / "a.score"
    score.write_text(CUTS.format(start=""))
    assert run("rehearse", score, "--out", show / "run", "--no-video") == 0
    write_wav(show / "music" / "clicks.wav", click_track(12, [0]))
    capsys.readouterr()
    assert run("rerun", show / "run", "--out", show / "x", "--no-video") == 1
    assert "is not the file that was played with this run" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["rehearse", "perform"])
def test_a_bad_sound_ends_a_run_before_it_begins(
    show: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    options = () if command == "rehearse" else ("--stage", "simulated")
    score = show / "a.score"
    (show / "music" / "text.wav").write_text("La la la. " * 50)
    for line, message in (
        ('"music/text.wav"', "a.score:1:1: text.wav is not a sound file"),
        ('"music/clicks.wav" from 12s', "lasts 12.000 s, but the score begins at 12.000 s"),
        ('"music/none.wav"', "error[E540]"),
    ):
        score.write_text(f'sound {line}\nat 0c "A tram."\nend 2c\n')
        capsys.readouterr()
        assert run(command, score, "--out", show / "run", *options) == 1
        assert message in capsys.readouterr().err
        assert sorted(path.name for path in show.iterdir()) == ["a.score", "music"]


@pytest.mark.slow
def test_a_run_in_real_time_explains_how_to_play_it(
    show: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = show / "a.score"
    score.write_text('sound "music/clicks.wav" from 1s\nat 0c "A tram."\nend 1c\n')
    assert run("rehearse", score, "--out", show / "run", "--realtime", "--no-video") == 0
    assert "start music/clicks.wav at 1 s in a player" in capsys.readouterr().err
    options = ("--stage", "simulated", "--quiet", "--out", show / "live")
    assert run("perform", score, *options) == 0
    assert "start music/clicks.wav at 1 s in a player" in capsys.readouterr().err


def test_python_programs_get_an_exception(show: Path) -> None:
    (show / "music" / "clicks.wav").write_text("no sound")
    score = sequencer.reads('sound "music/clicks.wav"\nat 0c "A tram."\nend 2c\n', folder=show)
    with pytest.raises(SoundFileError, match="not a sound file"):
        sequencer.rehearse(score, folder=show, out=show / "run", video=False)
    assert sequencer.rehearse(score, save=False, video=False).went_well


def test_a_frozen_run_keeps_the_sound(show: Path) -> None:
    score = show / "a.score"
    score.write_text(CUTS.format(start=" from 1s"))
    rehearsed = sequencer.rehearse(score, out=show / "run", video=False)
    frozen = sequencer.freeze(rehearsed)
    assert frozen.header.sound is not None
    assert (frozen.header.sound.path, frozen.header.sound.start) == (
        "music/clicks.wav",
        Fraction(1),
    )
