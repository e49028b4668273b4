"""`sequencer check`: for people, for tools (--json), while a score is edited (--watch), and
strictly (--strict).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sequencer.cli import main
from sequencer.cli.check import _watched, add_arguments
from sequencer.cli.file_watcher import changes
from sequencer.core.file_stamps import stamp
from sequencer.media.sound_files import decode_sound
from tests.support.sound_fixtures import click_track, onsets, write_wav

GOOD = 'at 0c "A paper boat drifts along a gutter. Soft grey light. Low close shot, 35mm."\n'
WRONG = 'seed -1\nat 0c "A paper boat drifts. {ligt}"\nlet light = "Grey light."\n'


@pytest.fixture
def score(tmp_path: Path) -> Path:
    path = tmp_path / "boat.score"
    path.write_text(GOOD, encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["check", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def documents(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code, out, err = run(capsys, "--json", *arguments)
    assert err == ""
    return code, json.loads(out)


# ---- people --------------------------------------------------------------------------------------


def test_a_valid_score_gets_one_line(score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, str(score))
    assert (code, err) == (0, "")
    assert out.startswith(f"{score}: ") and out.count("\n") == 1
    assert run(capsys, str(score), "--quiet") == (0, "", "")


def test_errors_go_to_standard_error_with_the_way_to_read_more(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score.write_text(WRONG, encoding="utf-8")
    code, out, err = run(capsys, str(score))
    assert (code, out) == (1, "")
    assert f"{score}:1:6: error[E245]" in err
    assert "to read more: sequencer explain E245" in err


def test_strict_makes_warnings_count(score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    score.write_text('at 0c "A boat without a sail. Grey light. Close shot."\n', encoding="utf-8")
    code, out, err = run(capsys, str(score))
    assert code == 0 and "warning[W609]" in err and out != ""
    code, out, err = run(capsys, str(score), "--strict")
    assert code == 1 and "warning[W609]" in err and out == "" and "explain W609" in err


def test_an_allowed_warning_is_not_reported(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score.write_text('at 0c "A boat without a sail. Grey light. Close shot."\n', encoding="utf-8")
    code, out, err = run(capsys, str(score), "--strict", "--allow", "w609")
    assert (code, err) == (0, "") and out != ""
    assert run(capsys, str(score), "--strict", "--allow", "W601")[0] == 1
    for wrong in ("E204", "W999", "camera"):
        code, out, err = run(capsys, str(score), "--allow", wrong)
        assert code == 2 and f"{wrong} is not the code of a warning" in err


def test_one_bad_score_of_two_fails_the_check(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = score.with_name("bad.score")
    bad.write_text("seed\n", encoding="utf-8")
    code, out, _ = run(capsys, str(bad), str(score))
    assert code == 1 and out.startswith(f"{score}: ")


def test_a_file_that_is_not_there_is_a_fault_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, str(tmp_path / "none.score"))
    assert code == 1 and "error[E501]" in err


# ---- tools ---------------------------------------------------------------------------------------


def test_the_document_has_its_whole_shape(score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    score.write_text(WRONG, encoding="utf-8")
    code, found = documents(capsys, str(score))
    assert code == 1
    assert set(found) == {"format", "well", "scores"}
    assert (found["format"], found["well"]) == (1, False)
    (one,) = found["scores"]
    assert set(one) == {"file", "well", "summary", "diagnostics"}
    assert (one["file"], one["well"], one["summary"]) == (str(score), False, None)
    diagnostic, seen_by_the_compiler = one["diagnostics"]
    assert seen_by_the_compiler["code"] == "E307"
    assert set(diagnostic) == {
        "code",
        "severity",
        "message",
        "hint",
        "title",
        "span",
        "fixes",
        "related",
    }
    assert (diagnostic["code"], diagnostic["severity"], diagnostic["title"]) == (
        "E245",
        "error",
        "a seed of −1",
    )
    assert diagnostic["span"] == {
        "file": str(score),
        "line": 1,
        "column": 6,
        "end_line": 1,
        "end_column": 8,
    }
    assert diagnostic["fixes"] == [{"span": diagnostic["span"], "text": "1"}]
    assert diagnostic["related"] == []


def test_related_positions_are_reported(score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    score.write_text("seed 1\nseed 2\n" + GOOD, encoding="utf-8")
    _, found = documents(capsys, str(score))
    (diagnostic,) = found["scores"][0]["diagnostics"]
    (related,) = diagnostic["related"]
    assert related["message"] and related["span"]["line"] == 1


def test_what_has_no_position_has_no_span(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = documents(capsys, str(tmp_path / "none.score"))
    assert code == 1
    assert found["scores"][0]["diagnostics"][0]["span"] is None


def test_a_good_score_and_a_strict_one(score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = documents(capsys, str(score))
    assert code == 0 and found["well"] and found["scores"][0]["summary"].startswith("4 chunks")
    score.write_text('at 0c "A boat without a sail. Grey light. Close shot."\n', encoding="utf-8")
    code, found = documents(capsys, str(score), "--strict")
    assert (code, found["well"], found["scores"][0]["well"]) == (1, False, False)
    assert [one["severity"] for one in found["scores"][0]["diagnostics"]] == ["warning"]


def test_the_page_on_errors_names_every_key(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sequencer.core.catalog.pages import ERRORS_HEAD

    score.write_text("seed 1\nseed 2\n" + GOOD, encoding="utf-8")
    _, found = documents(capsys, str(score))

    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
            for inner in value.values():
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    assert [
        key for key in sorted(set(keys(found))) if f"`{key}`" not in ERRORS_HEAD and key != "text"
    ] == []


# ---- while a score is edited ---------------------------------------------------------------------


class Author:
    """Saves one version after another whenever the watcher sleeps, then interrupts it."""

    def __init__(self, *saves: Callable[[], object]) -> None:
        self.saves = list(saves)

    def __call__(self) -> None:
        if not self.saves:
            raise KeyboardInterrupt
        self.saves.pop(0)()


def watch(path: Path, author: Author, *flags: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return _watched(parser.parse_args([str(path), "--watch", *flags]), author)


def test_each_save_is_checked_once(score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    author = Author(
        lambda: None,  # nothing was saved: nothing is printed
        lambda: score.write_text("seed -1\n" + GOOD, encoding="utf-8"),
        lambda: None,
        lambda: score.write_text("seed 11\n" + GOOD, encoding="utf-8"),
    )
    assert watch(score, author) == 0
    out, err = capsys.readouterr()
    assert out.count("chunks") == 2 and out.count("checked again") == 2
    assert err.count("error[E245]") == 1


def test_the_code_is_that_of_the_last_check(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert watch(score, Author(lambda: score.write_text("seed -1\n", encoding="utf-8"))) == 1
    assert "E245" in capsys.readouterr().err


def test_used_files_and_images_are_watched_too(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sequencer.core.catalog.computed import png

    folder = score.parent / "refs"
    folder.mkdir()
    used = folder / "lights.score"
    image = folder / "tram.png"
    score.write_text(
        'use "refs/lights.score"\nat 0c image "refs/tram.png", "A tram waits. {light}"\n',
        encoding="utf-8",
    )
    author = Author(
        lambda: used.write_text('let light = "Grey light. Close shot."\n', encoding="utf-8"),
        lambda: image.write_bytes(b"no image"),
        lambda: image.write_bytes(png(8, 8)),
        lambda: used.write_text('let night = "Grey light. Close shot."\n', encoding="utf-8"),
    )
    assert watch(score, author) == 1
    out, err = capsys.readouterr()
    assert out.count("checked again") == 4
    assert [code for code in ("E501", "E520", "E523", "E307") if code not in err] == []


def test_with_json_each_check_is_one_line(score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watch(score, Author(lambda: score.write_text("seed -1\n", encoding="utf-8")), "--json")
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["well"] for line in lines] == [True, False]


def test_a_score_that_is_deleted_and_comes_back(
    score: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    author = Author(score.unlink, lambda: score.write_text(GOOD, encoding="utf-8"))
    assert watch(score, author) == 0
    assert "E501" in capsys.readouterr().err


def test_a_change_while_the_files_are_read_is_not_lost(score: Path) -> None:
    def pause() -> None:
        raise AssertionError("the change was lost")

    seen = 0
    for _ in changes(lambda: [score], pause):
        seen += 1
        if seen == 2:
            break
        score.write_text("# saved in the middle\n" + GOOD, encoding="utf-8")
    assert seen == 2


def test_a_stamp_records_what_is_missing(tmp_path: Path) -> None:
    ((name, changed, size),) = stamp([tmp_path / "none"])
    assert (Path(name).name, changed, size) == ("none", -1, -1)


def test_clicks_are_written_over_the_sound_of_the_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wav(tmp_path / "song.wav", click_track(4, [1.5]))
    path = tmp_path / "a.score"
    path.write_text(
        'clock 120 bpm\nsound "song.wav" from 1s\nat 1 "A tram."\nat 2.2 "It turns."\nend 3\n'
    )
    output = tmp_path / "clicks.wav"
    assert main(["check", str(path), "--allow", "W606", "--clicks", str(output)]) == 0
    shown = capsys.readouterr().out
    assert "song.wav with clicks, " in shown
    assert "high: 8 beats in 2 bars; low: 2 chunks with cues" in shown
    samples = np.concatenate(list(decode_sound(output, channels=1)), axis=1)[0]
    assert any(abs(at - 0.5) < 0.01 for at in onsets(samples, 48_000))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.score", "b.score", "--clicks", "x.wav"], "--clicks writes the clicks of one score"),
        (["a.score", "--watch", "--clicks", "x.wav"], "--clicks writes the clicks of one score"),
        (["a.score", "--clicks", "x.mp3"], "must end in .wav"),
    ],
)
def test_clicks_that_cannot_be_written(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_score_with_errors_gets_no_clicks(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text("nonsense\n")
    assert main(["check", str(path), "--clicks", str(tmp_path / "x.wav")]) == 1
    assert not (tmp_path / "x.wav").exists()
