from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from sequencer.core.diagnostics import Span
from sequencer.core.sounds import SoundTrack
from sequencer.media import score_sounds
from sequencer.media.score_sounds import explain_silence, read_score_sound
from sequencer.media.sound_files import SoundFileError
from tests.support.sound_fixtures import click_track, write_wav

LINE = Span("show.score", 3, 1, 3, 18)


def track(path: str = "song.wav", start: Fraction | int = 0, origin: Span = LINE) -> SoundTrack:
    return SoundTrack(path=path, start=Fraction(start), origin=origin)


def test_a_sound_is_read_with_what_a_journal_records(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "song.wav", click_track(3, [0]))
    found = read_score_sound(track(start=Fraction(5, 2)), tmp_path)
    assert found.file == path
    assert found.as_json() == {
        "file": "song.wav",
        "from": "5/2",
        "sha256": found.sound.sha256,
        "bytes": path.stat().st_size,
        "seconds": 3.0,
    }


def test_what_cannot_be_played_is_reported_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wav(tmp_path / "song.wav", click_track(3, [0]))
    (tmp_path / "notes.wav").write_text("La la la. " * 100)
    for one, message, hint in (
        (track("none.wav"), "there is no sound file none.wav", str(tmp_path)),
        (track("."), "there is no sound file .", str(tmp_path)),
        (track("a\0b"), "a\0b cannot be read: ", ""),
        (track("notes.wav"), "notes.wav is not a sound file", "usual formats"),
        (track(start=3), "song.wav lasts 3.000 s, but the score begins at 3.000 s", "earlier"),
    ):
        with pytest.raises(SoundFileError) as caught:
            read_score_sound(one, tmp_path)
        shown = caught.value.message
        assert shown.startswith("show.score:3:1: ")
        # Before Python 3.13 a null character makes a path one that does not exist.
        assert message in shown or "there is no sound file a\0b" in shown
        assert hint in (caught.value.hint or "")
    monkeypatch.setattr(score_sounds, "MAX_SOUND_BYTES", 1000)
    with pytest.raises(SoundFileError, match=r"the maximum is 1,000"):
        read_score_sound(track(), tmp_path)


def test_without_a_line_there_is_no_position(tmp_path: Path) -> None:
    from sequencer.core.diagnostics import NO_SPAN

    with pytest.raises(SoundFileError) as caught:
        read_score_sound(track(origin=NO_SPAN), tmp_path)
    assert caught.value.message == "there is no sound file song.wav"


def test_the_operator_learns_how_to_play_it(tmp_path: Path) -> None:
    write_wav(tmp_path / "song.wav", click_track(3, [0]))
    plain = read_score_sound(track(), tmp_path)
    assert explain_silence(plain, is_recorded=False) == (
        "no sound is played during a run: start song.wav in a player when the score starts"
    )
    later = read_score_sound(track(start=Fraction(5, 2)), tmp_path)
    shown = explain_silence(later, is_recorded=True)
    assert "start song.wav at 2.5 s in a player" in shown and "video.mp4" in shown
