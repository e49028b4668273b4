"""`sequencer beats`: what it writes and what it states."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import sequencer
from sequencer.cli import main
from sequencer.core.errors import UsageError
from sequencer.language.beat_file import read_beat_file
from tests.support.requirements import require
from tests.support.song_fixtures import drifting_beats, even_beats, write_song


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require(
        importlib.util.find_spec("librosa") is not None, "librosa is not installed: .ci/setup-audio"
    )
    folder = tmp_path_factory.mktemp("songs")
    write_song(folder / "even.wav", even_beats(120, 24), 24)
    write_song(folder / "waltz.wav", even_beats(150, 24), 24, 3)
    write_song(folder / "drift.wav", drifting_beats(100, 116, 30), 30)
    return folder


def test_beat_by_beat(songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "drift.beats"
    assert main(["beats", str(songs / "drift.wav"), "-o", str(output)]) == 0
    shown = capsys.readouterr().out
    assert "beats: certain; " in shown and "beat by beat: from " in shown
    assert "tempi that fit:" in shown and shown.count("--bpm ") == 2
    assert "first downbeat: 0.49" in shown and "certain: its bass is" in shown
    assert 'write clock file "drift.beats"' in shown
    found = read_beat_file(output.read_bytes())
    wanted = drifting_beats(100, 116, 30)
    assert max(min(abs(float(one) - time) for one in found.beats) for time in wanted[1:-1]) < 0.01
    assert found.downbeats[:3] == (0, 4, 8)


def test_one_tempo_by_least_squares(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "even.beats"
    assert main(["beats", str(songs / "even.wav"), "--constant", "-o", str(output)]) == 0
    found = read_beat_file(output.read_bytes())
    assert len(found.song_time.tempos) == 1
    assert abs(float(found.song_time.tempos[0][1]) - 120) < 0.02
    wanted = even_beats(120, 24)
    assert max(min(abs(float(one) - time) for one in found.beats) for time in wanted) < 0.01
    assert "one tempo: a beat is at most" in capsys.readouterr().out
    document = json.loads(output.read_text(encoding="utf-8"))
    assert document["sound"] == "even.wav" and document["tempo"]["constant"] is True
    assert document["tempo"]["downbeat_phase_uncertain"] is False


def test_one_tempo_that_does_not_fit_is_stated(
    songs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["beats", str(songs / "drift.wav"), "--constant"]) == 0
    shown = capsys.readouterr()
    assert "the song does not have one tempo" in shown.err
    assert read_beat_file(shown.out.encode()).beats


def test_a_meter_is_given(songs: Path, tmp_path: Path) -> None:
    output = tmp_path / "waltz.json"
    arguments = ["beats", str(songs / "waltz.wav"), "--meter", "3/4", "--bpm", "150", "-q"]
    assert main([*arguments, "-o", str(output)]) == 0
    found = read_beat_file(output.read_bytes())
    assert str(found.meter) == "3/4" and found.downbeats[1] - found.downbeats[0] == 3


def test_uncertain_bars_are_stated_in_words_and_in_the_file(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["beats", str(songs / "even.wav"), "--meter", "7/4"]) == 0
    shown = capsys.readouterr()
    assert "uncertain: its bass is only" in shown.err and "--clicks" in shown.err
    assert json.loads(shown.out)["tempo"]["downbeat_phase_uncertain"] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bpm", "5"], "--bpm 5 is not from 20 to 400"),
        (["--bpm", "x"], "'x' is not a number"),
        (["--meter", "4/5"], "4/5"),
        (["-o", "song.txt"], "must end in .beats or .json"),
    ],
)
def test_wrong_options_are_reported(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["beats", str(tmp_path / "song.wav"), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_an_existing_file_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "a.beats"
    output.write_text("mine")
    assert main(["beats", "song.wav", "-o", str(output)]) == 2
    assert "already exists" in capsys.readouterr().err and output.read_text() == "mine"


def test_without_librosa_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    output = tmp_path / "a.beats"
    song = Path(__file__).parents[3] / "scores" / "ferry.flac"
    assert main(["beats", str(song), "-o", str(output)]) == 2
    assert 'pip install "helios-sequencer[audio]"' in capsys.readouterr().err
    assert not output.exists()


def test_a_file_that_is_not_a_sound_is_an_error(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert songs.is_dir()
    (tmp_path / "song.wav").write_text("hello")
    assert main(["beats", str(tmp_path / "song.wav")]) == 1
    assert "is not a sound file" in capsys.readouterr().err


def test_python_finds_what_the_command_finds(songs: Path, tmp_path: Path) -> None:
    song, output = songs / "waltz.wav", tmp_path / "waltz.beats"
    assert (
        main(["beats", str(song), "--meter", "3/4", "--bpm", "150", "-o", str(output), "-q"]) == 0
    )
    seen: list[tuple[float, str]] = []
    again = tmp_path / "again.json"
    found = sequencer.beats(
        str(song), output=again, bpm=150, meter="3/4", progress=lambda *one: seen.append(one)
    )
    assert found.text == again.read_text() == output.read_text()
    assert found.is_certain and seen
    assert found.lines[-1].startswith("first downbeat: ")
    assert not [line for line in found.lines if "--" in line], "options are named as in Python"
    with pytest.raises(UsageError, match="already exists") as raised:
        sequencer.beats(song, output=again)
    assert "force=True" in str(raised.value)


@pytest.mark.parametrize(
    ("song", "given", "message"),
    [
        (42, {}, "beats() expects the path (str or Path) of a sound file, not int"),
        ("a.wav", {"bpm": []}, "beats(): bpm must be a number or None, not list"),
        ("a.wav", {"meter": 3}, "beats(): meter must be a str or None, not int"),
        ("a.wav", {"constant": 1}, "beats(): constant must be True or False, not int"),
        ("a.wav", {"progress": "x"}, "beats(): progress must be a function or None, not str"),
    ],
)
def test_python_refuses_other_types(song: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        sequencer.beats(song, **given)
    assert str(raised.value) == message
