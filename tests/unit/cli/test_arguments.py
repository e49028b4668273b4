"""Arguments of the commands: files that do not exist, flags that exclude each other, outputs that
would overwrite a file.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from sequencer.cli import COMMANDS, main

GOOD = (
    'at 0c "A paper boat drifts along a gutter. Soft grey light. Low close shot, 35mm."\nend 3c\n'
)

NAMES_NO_FILE = {"schema", "explain", "osc", "language-server"}
"""Commands that read no file."""

MISSING: dict[str, list[tuple[str, ...]]] = {
    "check": [
        ("check", "missing.score"),
        ("check", "missing.score", "--json"),
        ("check", "missing.yaml", "--grid"),
    ],
    "format": [
        ("format", "missing.score"),
        ("format", "missing.yaml", "--check"),
        ("format", "boat.score", "missing.score"),
    ],
    "scenes": [("scenes", "missing.score")],
    "sheet": [("sheet", "missing.score"), ("sheet", "missing.json"), ("sheet", "missing.jsonl")],
    "compile": [("compile", "missing.score")],
    "timeline": [
        ("timeline", "missing.score", "-o", "a.svg"),
        ("timeline", "missing", "-o", "a.svg"),
    ],
    "rehearse": [
        ("rehearse", "missing.score"),
        ("rehearse", "missing.json"),
        ("rehearse", "missing.zip"),
        ("rehearse", "boat.score", "--faults", "missing.yaml"),
    ],
    "replay": [("replay", "missing"), ("replay", "missing.jsonl"), ("replay", "missing.zip")],
    "show": [("show", "missing"), ("show", "missing.zip")],
    "diff": [("diff", "missing", "missing")],
    "render": [("render", "missing.score", "--renderer", "drawn")],
    "rerun": [("rerun", "missing"), ("rerun", "missing.score"), ("rerun", "missing.zip")],
    "models": [("models", "--from-schema", "missing.json")],
    "freeze": [("freeze", "missing")],
    "evolve": [("evolve", "missing.score", "tram")],
    "sweep": [("sweep", "run", "missing.yaml", "--store", "store")],
    "studio": [("studio", "missing.score", "--port", "0")],
    "doctor": [
        ("doctor", "missing.score", "--stage", "simulated"),
        ("doctor", "missing.json", "--stage", "simulated"),
    ],
    "perform": [
        ("perform", "missing.score", "--stage", "simulated"),
        ("perform", "boat.score", "--stage", "simulated", "--faults", "missing.yaml"),
        ("perform", "boat.score", "--key-file", "missing.key"),
        ("perform", "--resume", "missing"),
    ],
    "beats": [("beats", "missing.wav")],
    "import": [("import", "missing.mid"), ("import", "missing.edl")],
    "export": [
        ("export", "missing.score", "--as", "edl"),
        ("export", "missing.jsonl", "-o", "film.srt"),
        ("export", "missing", "--as", "chapters", "-o", "film.mp4"),
    ],
    "tell": [("tell", "missing", "go", "on")],
    "serve": [("serve", "--faults", "missing.yaml", "--port", "0")],
}
"""A command line for each way in which a command reads a file."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boat.score").write_text(GOOD, encoding="utf-8")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


# ---- files that do not exist ---------------------------------------------------------------------


def test_every_command_that_reads_a_file_is_asked_for_one_that_is_not_there() -> None:
    assert set(MISSING) | NAMES_NO_FILE | {"midi"} == set(COMMANDS)


@pytest.mark.parametrize(
    "arguments", [one for lines in MISSING.values() for one in lines], ids=" ".join
)
def test_a_file_that_is_not_there_ends_with_1_and_is_named(
    arguments: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "runs").mkdir()
    before = sorted(folder.rglob("*"))
    code, out, err = run(capsys, *arguments)
    assert code == 1
    assert "missing" in out + err
    assert ":0:0" not in out + err
    assert "Traceback" not in err
    assert sorted(folder.rglob("*")) == before


def test_a_file_as_a_whole_has_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", "missing.score")[2].startswith(
        "missing.score: error[E501]: there is no file missing.score\n"
    )


# ---- standard input ------------------------------------------------------------------------------


def _types(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_check_reads_standard_input_as_format_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _types(GOOD, monkeypatch)
    assert run(capsys, "check", "-")[:2] == (
        0,
        "standard input: 3 chunks (4.1 s), 1 cue; every cue is exactly on a chunk\n",
    )
    _types("cues:\n- {at: 0c, prompt: A boat., strength: 7}\n- {at: 1c, show: x}\n", monkeypatch)
    code, out, _ = run(capsys, "check", "-", "--from", "yaml", "--json")
    (score,) = json.loads(out)["scores"]
    assert (code, score["file"], [one["code"] for one in score["diagnostics"]]) == (
        1,
        "standard input",
        ["E243", "E308"],
    )
    (folder / "boat.txt").write_text(GOOD, encoding="utf-8")
    assert run(capsys, "check", "boat.txt", "--from", "text")[0] == 0
    (folder / "library.score").write_text('let a = "A boat."\n', encoding="utf-8")
    _types('use "library.score"\nat 0c "{a}"\n', monkeypatch)
    assert run(capsys, "check", "-")[0] == 0


def test_what_cannot_use_standard_input_reports_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "sheet", "-")
    assert (code, "save it to a file" in err) == (2, True)
    code, _, err = run(capsys, "check", "--watch", "-")
    assert (code, "nothing to watch" in err) == (2, True)


# ---- outputs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [(), ("--to", "yaml")])
def test_format_writes_over_no_other_file_unless_requested(
    to: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "other.yaml").write_text("mine\n", encoding="utf-8")
    line = ("format", "boat.score", *to, "-o", "other.yaml")
    code, _, err = run(capsys, *line)
    assert (code, err.split("\n")[0]) == (2, "sequencer: other.yaml already exists")
    assert "--force" in err
    assert (folder / "other.yaml").read_text(encoding="utf-8") == "mine\n"
    assert run(capsys, *line, "--force")[0] == 0
    assert "A paper boat" in (folder / "other.yaml").read_text(encoding="utf-8")
    assert run(capsys, *line)[0] == 0  # the file already has this content
    assert run(capsys, "format", "boat.score", "-o", "boat.score")[0] == 0  # in place


# ---- flags ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "flags",
    [
        ("--stage", "simulated", "--key-file", "missing"),
        ("--stage", "simulated", "--url", "http://127.0.0.1:8080"),
        ("--stage", "simulated", "--local"),
        ("--stage", "simulated", "--wire", "v1"),
        ("--stage", "simulated", "--watch", "9000"),
        ("--stage", "simulated", "--clip", "5"),
        ("--stage", "simulated", "--price", "3"),
        ("--faults", "faults.yaml"),
        ("--local", "--key-file", "key"),
        ("--stage", "simulated", "--video-size", "640x384"),
        ("--stage", "simulated", "--send-clock"),
        ("--stage", "simulated", "--no-transport"),
        ("--stage", "simulated", "--offset", "40"),
        ("--stage", "simulated", "--follow", "--offset", "10001"),
    ],
    ids=" ".join,
)
def test_a_flag_that_means_nothing_is_refused_with_its_hint(
    flags: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "perform", "boat.score", *flags)
    assert code == 2
    assert flags[-1 if flags[-1].startswith("--") else -2] in err
    assert "hint: " in err
    assert not (folder / "runs").exists() or not list((folder / "runs").iterdir())


def test_a_video_has_no_size_where_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "rehearse", "boat.score", "--no-video", "--video-size", "640x384")
    assert (code, "omit one of the two" in err) == (2, True)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("chek", "did you mean check?"), ("reharse", "did you mean rehearse?"), ("x", "check, ")],
)
def test_a_command_that_is_none_is_reported_with_the_one_that_was_meant(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, typed, "boat.score")
    assert (code, f"there is no command {typed}" in err, meant in err) == (2, True, True)


# ---- events that never arrive --------------------------------------------------------------------


def test_an_event_after_the_end_of_the_run_is_reported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = ("go a@1c", "go b@99c", "go c@1s", "go d@99s", "go e@9999999ms")
    code, _, err = run(
        capsys,
        "rehearse",
        "boat.score",
        "--no-video",
        "--quiet",
        "--out",
        "run",
        *(f"--event={one}" for one in events),
    )
    assert code == 0
    assert [line for line in err.splitlines() if "never" in line] == [
        f"sequencer: --event '{one}' was never sent: the run was over after 3 chunks (4.1 s)"
        for one in ("go b@99c", "go d@99s", "go e@9999999ms")
    ]
    report = json.loads((folder / "run/report.json").read_text(encoding="utf-8"))
    assert report["events_never_reached"] == ["go b@99c", "go d@99s", "go e@9999999ms"]
    run(
        capsys,
        "rehearse",
        "boat.score",
        "--no-video",
        "--quiet",
        "--out",
        "other",
        "--event=go a@1c",
    )
    assert "events_never_reached" not in json.loads(
        (folder / "other/report.json").read_text(encoding="utf-8")
    )


# ---- messages that name the right cause ----------------------------------------------------------


@pytest.mark.parametrize("schedule", ["5", "null", '{"title": 3}', "{}"])
def test_a_schedule_that_cannot_be_read_is_reported_without_doubled_characters(
    schedule: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.json").write_text(
        f'{{"helios-schedule": 1, "schedule": {schedule}}}', encoding="utf-8"
    )
    code, _, err = run(capsys, "sheet", "a.json")
    assert (code, "this schedule cannot be read: " in err) == (1, True)
    assert ": :" not in err and "read: :" not in err


@pytest.mark.parametrize("host", ["300.1.1.1", "192.0.2.7"])
def test_an_invalid_host_is_not_fixed_by_another_port(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "serve", "--host", host, "--port", "0")
    assert code == 2
    assert "choose another --host" in err


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (
            ("check", "a.score", "--stage", "vllm"),
            "--stage is vllm-omni, not vllm",
            "did you mean vllm-omni?",
        ),
        (("check", "a.score", "--stage", "x"), "--stage is vllm-omni, not x", "write vllm-omni"),
        (
            ("perform", "a.score", "--stage", "simulate"),
            "--stage is reactor, simulated or vllm-omni, not simulate",
            "did you mean simulated?",
        ),
        (
            ("studio", "--port", "abc"),
            "--port abc is not a whole number",
            "write for example --port 8090",
        ),
        (
            ("doctor", "a.score", "--seconds", "x"),
            "--seconds x is not a number",
            "write for example --seconds 5.0",
        ),
        (("perform", "a.score", "--url"), "--url needs a value", "see: sequencer perform --help"),
    ],
)
def test_a_value_that_is_not_valid_is_explained(
    arguments: tuple[str, ...], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"sequencer: {message}\nhint: {hint}\n"
