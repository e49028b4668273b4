from __future__ import annotations

from pathlib import Path

import pytest

import sequencer
from sequencer.core.diagnostics import Diagnostic
from sequencer.language.check import check_text
from sequencer.language.loader import LoadLimits, load
from sequencer.schedule.document import digest, from_document, to_document
from tests.support.sound_fixtures import click_track, write_wav

CUE = 'at 0c "A tram."\nend 4c\n'


def only(folder: Path, path: str, limits: LoadLimits | None = None) -> Diagnostic:
    score = folder / "a.score"
    score.write_text(f'sound "{path}"\n{CUE}', encoding="utf-8")
    (found,) = load(score, limits=limits).diagnostics
    return found


def test_a_sound_file_is_found_but_not_decoded(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "song.wav").write_text("not a sound")
    score = tmp_path / "a.score"
    score.write_text(f'sound "music/song.wav"\n{CUE}')
    assert load(score).diagnostics == ()


def test_paths_that_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "show"
    folder.mkdir()
    write_wav(folder / "song.wav", click_track(1, [0]))
    write_wav(tmp_path / "other.wav", click_track(1, [0]))
    (folder / "loop.wav").symlink_to("loop.wav")
    (folder / "out.wav").symlink_to(tmp_path / "other.wav")
    (folder / "empty.wav").touch()
    (folder / "music").mkdir()
    for path, code, hint in (
        ("song.wva", "E540", "did you mean song.wav?"),
        ("music/x.wav", "E540", "paths are relative to the score's folder"),
        ("music", "E540", "name a sound file"),
        ("", "E540", 'write, for example: sound "song.wav"'),
        ("../other.wav", "E541", "copy it into the score's folder or a subfolder"),
        (str(tmp_path / "other.wav"), "E541", "copy it into the score's folder or a subfolder"),
        ("out.wav", "E541", "copy it into the score's folder or a subfolder"),
        (r"music\\x.wav", "E543", "use / between them: music/x.wav"),
        ("loop.wav", "E544", "check its name and permissions"),
        ("n" * 300, "E544", "check its name and permissions"),
        ("empty.wav", "E542", "save or export it again"),
    ):
        found = only(folder, path)
        assert (found.code, found.hint) == (code, hint), path
        assert found.span.line == 1


def test_limits_can_be_changed(tmp_path: Path) -> None:
    folder = tmp_path / "show"
    folder.mkdir()
    size = write_wav(tmp_path / "song.wav", click_track(1, [0])).stat().st_size
    write_wav(folder / "song.wav", click_track(1, [0]))
    found = only(folder, "song.wav", LoadLimits(sound_bytes=size - 1))
    assert (
        found.code == "E542" and f"has {size:,} bytes; the maximum is {size - 1:,}" in found.message
    )
    (folder / "b.score").write_text(f'sound "../song.wav"\n{CUE}')
    assert load(folder / "b.score", limits=LoadLimits(outside=True)).score is not None


def test_a_sound_is_in_the_schedule_but_not_in_its_digest() -> None:
    plain = sequencer.compile_score(sequencer.reads(CUE))
    with_sound = sequencer.compile_score(sequencer.reads(f'sound "song.wav" from 2.5s\n{CUE}'))
    assert digest(plain) == digest(with_sound)
    assert "sound" not in to_document(plain)["schedule"]
    assert plain.sound is None and with_sound.sound is not None
    again = from_document(to_document(with_sound))
    assert again == with_sound and again.sound == with_sound.sound
    document = to_document(with_sound)
    document["schedule"]["sound"]["start"] = "-1"
    with pytest.raises(sequencer.ScheduleError, match="no score has a start of its sound"):
        from_document(document)


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ('clock 120 bpm\n{}section a 4 bars {{\n  at 1 "A."\n}}\n', None),
        ('clock 120 bpm\n{}section a until go x, max 4 bars {{\n  at 1 "A."\n}}\n', "section `a`"),
        ('clock midi, nominal 120 bpm\n{}section a 4 bars {{\n  at 1 "A."\n}}\n', "external clock"),
        ('clock mtc 25\n{}at 0s "A."\nend 10s\n', "external clock"),
        ('clock 120 bpm\n{}section a 4 bars {{\n  at 1 "A."\n  on go x -> "B."\n}}\n', None),
    ],
)
def test_a_sound_that_does_not_wait_is_a_warning(text: str, warned: str | None) -> None:
    codes = {one.code: one for one in check_text(text.format('sound "a.wav"\n')).warnings}
    assert ("W540" in codes) == (warned is not None)
    if warned is not None:
        assert warned in codes["W540"].message and codes["W540"].span.line == 2
    codes = {one.code: one for one in check_text(text.format("")).warnings}
    assert "W540" not in codes
