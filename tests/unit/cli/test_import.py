"""The command `import`: it recognises a file, writes a score that checks, and reports the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.api.importing import import_
from sequencer.cli import main
from sequencer.core.errors import InputError, UsageError
from sequencer.language.check import check

LINK = (
    "https://example.org/film#s=i4420FFyVChILEgtUkjKTyxRSCnKTCsp1lOK1Yk20lGqANEmOkp--eUK"
    "mSUKJaVFecUKjxqmKOTnJacCFcUCAA"
)


def test_a_link_and_a_file_that_contains_it_give_the_same_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("film.txt").write_text(LINK + "\n")
    assert main(["import", LINK, "-o", "link.score"]) == 0
    assert main(["import", "film.txt", "-o", "film.yaml"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [f"{name}: kept 3, rounded 0, dropped 0" for name in ("link.score", "film.yaml")]
    for name in ("link.score", "film.yaml"):
        checked = check(tmp_path / name)
        assert checked.schedule is not None and not checked.errors
        assert [entry.chunk for entry in checked.schedule.entries] == [0, 2, 4]


def test_without_an_output_the_text_is_printed_and_the_counts_are_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", LINK]) == 0
    printed = capsys.readouterr()
    assert 'at 4c "Now it turns — once."' in printed.out
    assert printed.err.endswith("kept 3, rounded 0, dropped 0\n")


@pytest.mark.parametrize(
    ("content", "arguments", "message", "code"),
    [
        (b"", [], "is empty", 1),
        (b"nothing that anybody knows\n", [], "its format is not recognised", 1),
        (b'{"prompts": {"0": "a"', [], "a.txt:1:22: this is not JSON: expecting ',' delimiter", 1),
        (b'{"a": 1}', [], "its format is not recognised", 1),
        (b"#s=AAAA", [], "1:4: this link", 1),
        (b"#s=", [], "there is nothing after #s=", 1),
        (b"x", ["--as", "tapes"], "no such format is read", 2),
        (b"x", ["--bpm", "0"], "--bpm 0 is not from 1 to 1000", 2),
        (b"x", ["--meter", "4"], "--meter 4 is not a meter", 2),
        (b"x", ["--interpolate-time", "0"], "--interpolate-time 0", 2),
        (b"x", ["--template", "no words"], "--template has no {line}", 2),
        (b"x", ["--encoding", "klingon"], "not a text encoding", 2),
    ],
)
def test_what_cannot_be_imported_is_an_error(
    content: bytes,
    arguments: list[str],
    message: str,
    code: int,
    *,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    out = tmp_path / "out.score"
    assert main(["import", str(tmp_path / "a.txt"), *arguments, "-o", str(out)]) == code
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_python_gives_the_score_and_its_counts(tmp_path: Path) -> None:
    reported: list[str] = []
    score = import_(LINK, warn=reported.append)
    assert len(score.items) == 3
    assert reported == [f"{LINK}: kept 3, rounded 0, dropped 0"]
    with pytest.raises(InputError):
        import_(tmp_path / "missing.txt")
    with pytest.raises(UsageError):
        import_(LINK, kind="tapes")
    with pytest.raises(TypeError):
        import_(3)  # type: ignore[arg-type]  # a wrong type on purpose
