"""The options of the Python API are those of the command line: the same names, defaults, checks and
classes of errors.
"""

from __future__ import annotations

import argparse
import inspect
from pathlib import Path
from typing import Any

import pytest

import sequencer
from sequencer.api.options import _BOOLEAN_OPTIONS, in_python
from sequencer.api.performing import PerformOptions
from sequencer.cli import main, parser

RENAMED = {
    "event": "events", "no_video": "video", "no_pictures": "pictures", "no_transport": "transport", "score": "source",
    "renderer_option": "renderer_options",
    "folder": "run",
}  # fmt: skip
PRINTING = {"quiet", "json", "help"}
"""Options about printing: a function prints nothing."""
OF_THE_COMMAND = {
    "rehearse": {"clean", "part"},
    "render": {"part"},
    "perform": {"further", "auto_next", "warm", "warm_minutes", "part", "addresses"},
}
"""`--clean` is `caption=()`; a program plays a set list by calling `perform` for each score, and one
of several stages with `compile_score(score, part)`. `--url`, of which the command takes several, is
`url`.
"""
OF_PYTHON = {
    "rehearse": {"sources", "folder", "save", "progress", "warn", "images", "typed", "loading"},
    "render": {"progress", "warn", "loading"},
    "perform": {"key", "interactive", "warn", "url"},
    "timeline": {"kind", "warn"},
    "sheet": {"width", "warn"},
    "import": {"warn"},
    "export": {"warn"},
    "freeze": {"warn"},
    "beats": {"progress"},
}
"""Arguments that only Python has: callbacks, values, and what the command takes from the terminal."""


def actions(command: str) -> dict[str, argparse.Action]:
    group = next(
        one for one in parser(command)._actions if isinstance(one, argparse._SubParsersAction)
    )
    return {
        action.dest: action
        for action in group.choices[command]._actions
        if action.dest not in PRINTING
    }


COMMANDS = (
    *("rehearse", "render", "perform", "timeline", "sheet", "diff", "freeze", "import", "export"),
    *("beats", "evolve"),
)
"""The commands that are functions too."""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_an_argument_with_the_same_default(command: str) -> None:
    function = getattr(sequencer, "import_" if command == "import" else command)
    parameters = dict(inspect.signature(function).parameters)
    found = actions(command)
    names = {RENAMED.get(name, name) for name in found} - OF_THE_COMMAND.get(command, set())
    assert names == set(parameters) - OF_PYTHON.get(command, set())
    for name, action in found.items():
        if not action.option_strings or name in OF_THE_COMMAND.get(command, set()):
            continue
        parameter = parameters[RENAMED.get(name, name)]
        assert parameter.kind is parameter.KEYWORD_ONLY, name
        if name == "faults":
            assert parameter.default is None  # the command takes several, one for each stage
            continue
        default = (
            not action.default
            if name.startswith("no_")
            else ()
            if action.default == []
            else action.default
        )
        assert parameter.default == default, name


def test_every_option_that_is_on_or_off_is_named_so_in_messages() -> None:
    found = {
        action.option_strings[-1].removeprefix("--")
        for command in COMMANDS
        for action in actions(command).values()
        if isinstance(action, argparse._StoreTrueAction)
        and not action.dest.startswith("no_")
        and action.dest not in OF_THE_COMMAND.get(command, set())
    }
    assert found == _BOOLEAN_OPTIONS


@pytest.mark.parametrize("name", ["perform", "evolve"])
def test_both_forms_of_a_function_have_the_same_arguments(name: str) -> None:
    both = getattr(sequencer, name), getattr(sequencer, f"{name}_async")
    assert inspect.signature(both[0]) == inspect.signature(both[1])


def test_the_options_of_perform_are_those_that_the_command_fills_in() -> None:
    of_programs = {"key", "keys", "signals", "warn", "nominal_clock"}
    filled = set(PerformOptions.__dataclass_fields__) - of_programs
    assert filled == set(actions("perform")) - OF_THE_COMMAND["perform"] | {"quiet", "url", "urls"}


SCORE = 'grid 3 frames @ 24 fps\nat 0c "A boat."\nend 2c\n'
BEATS = 'clock 120 bpm, 4/4\nat 1 "A boat."\nend 3\n'

INVALID: tuple[tuple[str, list[str], dict[str, Any]], ...] = (
    (
        "rehearse",
        ["--no-video", "--video-size", "640x384"],
        {"video": False, "video_size": (640, 384)},
    ),
    ("rehearse", ["--no-video", "--caption", "title"], {"video": False, "caption": ["title"]}),
    ("rehearse", ["--event", "go exit"], {"events": ["go exit"]}),
    ("rehearse", ["--event", "go exit@nowhere 3"], {"events": ["go exit@nowhere 3"]}),
    ("rehearse", ["--event", "jump@3c"], {"events": ["jump@3c"]}),
    ("rehearse", ["--faults", "missing.yaml"], {"faults": "missing.yaml"}),
    ("rehearse", ["--out", "there"], {"out": "there"}),
    ("perform", ["--debounce", "-1"], {"debounce": -1}),
    ("perform", ["--debounce-keys", "5001"], {"debounce_keys": 5001}),
    ("perform", ["--stage", "simulated", "--local"], {"stage": "simulated", "local": True}),
    ("perform", ["--stage", "simulated", "--price", "3"], {"stage": "simulated", "price": 3}),
    ("perform", ["--stage", "simulated", "--wire", "v0"], {"stage": "simulated", "wire": "v0"}),
    (
        "perform",
        ["--stage", "simulated", "--url", "http://x"],
        {"stage": "simulated", "url": "http://x"},
    ),
    ("perform", ["--faults", "f.yaml"], {"faults": "f.yaml"}),
    ("perform", ["--offset", "99999"], {"offset": 99999}),
    ("perform", ["--stage", "simulated", "--offset", "40"], {"stage": "simulated", "offset": 40}),
    ("perform", ["--local", "--key-file", "k"], {"local": True, "key_file": "k"}),
    (
        "perform",
        ["--stage", "simulated", "--video-size", "64x64"],
        {"stage": "simulated", "video_size": "64x64"},
    ),
    (
        "perform",
        ["--stage", "simulated", "--send-clock"],
        {"stage": "simulated", "send_clock": True},
    ),
    (
        "perform",
        ["--stage", "simulated", "--no-transport"],
        {"stage": "simulated", "transport": False},
    ),
    (
        "perform",
        ["--stage", "simulated", "--event", "go"],
        {"stage": "simulated", "events": ["go"]},
    ),
    ("perform", ["--stage", "simulated", "--out", "there"], {"stage": "simulated", "out": "there"}),
    ("perform", ["--key-file", "missing"], {"key_file": "missing"}),
    ("perform", ["--url", "http://example.org"], {"url": "http://example.org"}),
    ("perform", ["--url", "nonsense"], {"url": "nonsense"}),
    ("perform", [], {}),
    ("timeline", ["-o", "a.png"], {"output": "a.png"}),
    ("timeline", ["-o", "there"], {"output": "there"}),
    ("sheet", ["-o", "a.pdf"], {"output": "a.pdf"}),
    ("sheet", ["-o", "a.csv", "--as", "json"], {"output": "a.csv", "kind": "json"}),
    ("sheet", ["-o", "boat.score"], {"output": "boat.score"}),
    ("import", ["--encoding", "klingon"], {"encoding": "klingon"}),
    ("import", ["-o", "a.txt"], {"output": "a.txt"}),
    ("export", ["-o", "a.pdf"], {"output": "a.pdf"}),
    ("export", ["-o", "a.csv"], {"output": "a.csv"}),
    ("export", ["--as", "edl", "--start-tc", "x"], {"kind": "edl", "start_tc": "x"}),
    ("export", [], {}),
    ("freeze", ["-o", "a.txt"], {"output": "a.txt"}),
    ("freeze", [], {}),
)


def written(value: object) -> str:
    return (" ".join(value) or "no options") if isinstance(value, list) else ""


@pytest.mark.parametrize(("command", "line", "options"), INVALID, ids=written)
def test_what_the_command_refuses_python_refuses_in_the_same_words(
    command: str,
    line: list[str],
    options: dict[str, Any],
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REACTOR_API_KEY", raising=False)
    if "--url" in line:
        monkeypatch.setenv("REACTOR_API_KEY", "rk_test")
    Path("boat.score").write_text(SCORE)
    Path("there").mkdir()
    code = main([command, "boat.score", *line])
    printed = capsys.readouterr().err
    function: Any = getattr(sequencer, "import_" if command == "import" else command)
    with pytest.raises(sequencer.SequencerError) as raised:
        function("boat.score", **options)
    assert code == raised.value.exit_code != 0
    assert in_python(printed).removeprefix("sequencer: ").rstrip("\n") == str(raised.value)
    assert "--" not in str(raised.value).replace("sequencer perform SCORE --local", "")
    assert sorted(path.name for path in tmp_path.iterdir()) in (
        ["boat.score", "there"],
        ["boat.score", "runs", "there"],
    )


VALUES: tuple[tuple[str, str, str, Any], ...] = (
    ("rehearse", "--video-size", "7x7", (7, 7)),
    ("rehearse", "--video-size", "640x385", (640, 385)),
    ("rehearse", "--video-size", "huge", "huge"),
    ("rehearse", "--caption", "mood", ["mood"]),
    ("rehearse", "--caption", "title,", "title,"),
    ("perform", "--price", "-1", -1),
    ("perform", "--max-minutes", "nan", float("nan")),
    ("perform", "--max-minutes", "100001", 100001),
    ("perform", "--price", "dear", "dear"),
)


@pytest.mark.parametrize(("command", "option", "text", "value"), VALUES)
def test_a_value_that_is_not_valid_is_refused_for_the_same_reason(
    command: str, option: str, text: str, value: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    name = option[2:].replace("-", "_")
    assert main([command, "boat.score", option, text]) == 2
    reason = (
        capsys.readouterr().err.split("\n", 1)[0].removeprefix(f"sequencer: argument {option}: ")
    )
    function: Any = getattr(sequencer, command)
    with pytest.raises(sequencer.UsageError) as raised:
        function("boat.score", **{name: value})
    assert raised.value.message == f"{name}: {reason}"
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(("option", "value"), [("stage", "moon"), ("wire", "v2")])
def test_a_choice_that_does_not_exist_is_refused(option: str, value: Any) -> None:
    assert main(["perform", "boat.score", f"--{option}", value]) == 2
    with pytest.raises(sequencer.UsageError, match=f"{option} '{value}' is not one of"):
        sequencer.perform("boat.score", **{option: value})


def test_numbers_are_exact() -> None:
    from sequencer.api.options import Arguments

    given = Arguments("perform")
    assert given.amount("price", 0.1) == given.amount("price", "1/10")
    assert given.video_size([640, 384]) == given.video_size("640×384") == (640, 384)
    assert given.caption("none") == given.caption(()) == frozenset()


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("add --record, or omit --video-size", "add record=True, or omit video_size"),
        ("write to another file with -o", "write to another file with output"),
        ("to end it: sequencer tell runs/x --now", "to end it: sequencer tell runs/x --now"),
        ("`sequencer import` cannot write it", "import_() cannot write it"),
        ("add --stage simulated", 'add stage="simulated"'),
        ("a hyphen-ated word -- and a dash", "a hyphen-ated word -- and a dash"),
    ],
)
def test_options_in_messages_are_named_as_python_does(text: str, python: str) -> None:
    assert in_python(text) == python
