"""Every `-o FILE` follows one rule: the file's ending selects the format, and any other ending is
refused with a list.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from sequencer.cli import COMMANDS, main, parser
from tests.support.requirements import require

SCORES = Path(__file__).parents[3] / "scores"
SCORE = str(SCORES / "first.score")

WRITES = {
    "sheet": (SCORE, (".html", ".htm", ".csv", ".md", ".json", ".txt")),
    "timeline": (SCORE, (".svg", ".html", ".htm")),
    "compile": (SCORE, (".json",)),
    "format": (SCORE, (".score", ".yaml", ".yml")),
    "schema": (None, (".json",)),
    "freeze": (
        str(Path(__file__).parents[2] / "data" / "journals" / "first.jsonl"),
        (".score", ".yaml", ".yml"),
    ),
    "import": (str(SCORES / "ferry.mid"), (".score", ".yaml", ".yml")),
    "beats": (str(SCORES / "ferry.flac"), (".beats", ".json")),
    "export": (SCORE, (".otio", ".edl", ".srt", ".vtt", ".jsonl")),
}


def call(command: str, *more: str) -> int:
    source = WRITES[command][0]
    if command == "beats":
        require(find_spec("librosa") is not None, "librosa is not installed (the extra `audio`)")
    return main([command, *([] if source is None else [source]), *more])


def test_every_command_with_an_output_is_tried_here(capsys: pytest.CaptureFixture[str]) -> None:
    taking = set()
    for name in COMMANDS:
        try:
            parser(name).parse_args([name, "--help"])
        except SystemExit:
            if re.search(r"^ +-o[ ,]", capsys.readouterr().out, re.MULTILINE):
                taking.add(name)
    assert taking == set(WRITES)


@pytest.mark.parametrize("command", WRITES)
@pytest.mark.parametrize("name", ["x.pdf", "x", "x.scor", "x.html.gz", "-", "x.PDF"])
def test_an_ending_without_a_format_is_refused(
    command: str,
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(command, "-o", name) == 2
    message = capsys.readouterr().err
    assert f"sequencer {command}` cannot write {name}" in message
    assert all(ending in message for ending in WRITES[command][1])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", WRITES)
def test_the_suggestion_can_be_typed(
    command: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("x.pdf", "-", f"y{WRITES[command][1][0]}.gz"):
        assert call(command, "-o", name) == 2
        suggested = capsys.readouterr().err.rsplit("-o ", 1)[1].split()[0]
        assert call(command, "-o", suggested) == 0
        assert (tmp_path / suggested).is_file()
        assert suggested.count(".") == 1


@pytest.mark.parametrize("command", WRITES)
@pytest.mark.parametrize("name", [".", "", "/", "..", "here"])
def test_a_folder_is_refused_as_one(
    command: str,
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    assert call(command, "-o", name) == 2
    message = capsys.readouterr().err
    assert "it is a folder" in message
    assert f"-o {Path(name) / command}{WRITES[command][1][0]}" in message


@pytest.mark.parametrize("command", WRITES)
def test_every_listed_ending_is_written(command: str, tmp_path: Path) -> None:
    for ending in WRITES[command][1]:
        for name in (f"x{ending}", f"y{ending.upper()}"):
            assert call(command, "-o", str(tmp_path / name)) == 0, name
            assert (tmp_path / name).stat().st_size > 0


@pytest.mark.parametrize("command", WRITES)
def test_a_device_needs_no_ending(command: str) -> None:
    assert (
        call(
            command,
            "-o",
            "/dev/null",
            *(["--force"] if command in ("format", "freeze", "import") else []),
        )
        == 0
    )


@pytest.mark.parametrize(
    "arguments",
    [("sheet", "--as", "html", "-o", "x.csv"), ("format", "--to", "yaml", "-o", "x.score")],
    ids=lambda arguments: str(arguments[0]),
)
def test_an_option_that_contradicts_the_ending_is_refused(
    arguments: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(*arguments) == 2
    assert "is that of another format" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
