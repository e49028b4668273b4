"""`perform --resume` accepts only the options that the run was started with, and finds a killed run
by its name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sequencer.api.resume_options import RESTORED, SETTLED, remembered, resume_options
from sequencer.cli import main, parser
from sequencer.core.errors import InputError, SequencerError, UsageError
from sequencer.engine.journal import Journal, JournalWriter, find_run, header_of, read_journal
from sequencer.events.events import Ready
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.output.run_folder import RunFolder

SCORE = (
    'clock 120 bpm, 4/4\nat 1 "A tram stop."\non go night -> "The tram stop at night."\nend 99\n'
)
STARTED = [
    *(
        "--local",
        "--url",
        "http://127.0.0.1:8080",
        "--record",
        "--video-size",
        "640x384",
        "--midi-in",
        "keys",
    ),
    *(
        "--midi-out",
        "lamps",
        "--send-clock",
        "--osc-in",
        "9000",
        "--osc-out",
        "127.0.0.1:9001",
        "--osc-out",
        "[::1]:9002",
        "--watch",
        "9000",
        "--clip",
        "20",
        "--max-minutes",
        "12.5",
        "--price",
        "3",
    ),
    *(
        "--bundle",
        "--debounce",
        "0",
        "--debounce-keys",
        "250",
        "--event",
        "go night@3c",
        "--event",
        "pause@9s",
        "--follow",
        "--offset",
        "-40",
        "--wire",
        "v0",
    ),
]


def parsed(*arguments: str) -> Any:
    args = parser("perform").parse_args(["perform", *arguments])
    args.url = dict(args.addresses).get(None)  # as the command passes it on
    return args


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tram.score").write_text(SCORE)
    return tmp_path


def killed(
    out: str = "runs/tonight", started: list[str] | None = None
) -> tuple[RunFolder, Journal]:
    """Return the folder and the journal of a run that was started with these options and killed."""
    args = parsed("tram.score", *(STARTED if started is None else started))
    folder = RunFolder(Path(out))
    schedule = compile_score(reads(SCORE))
    options = remembered(args)
    settings = {
        "stage": args.stage or "reactor",
        "local": args.local,
        "wire": args.wire or "auto",
        "record": args.record,
        "url": args.url,
        **({"options": options} if options else {}),
    }
    header = header_of(schedule, {"tram.score": SCORE}, settings, True if args.follow else None)
    writer = JournalWriter(folder.path / "journal.jsonl", header)
    writer.event(Ready(5, "reactor"))
    writer.close()
    return folder, read_journal(folder.path)


def resumed(folder: RunFolder, journal: Journal, *more: str) -> Any:
    args = parsed("--resume", str(folder.final), *more)
    resume_options(args, folder, journal)
    return args


KEPT = (
    "local",
    "record",
    "video_size",
    "midi_in",
    "midi_out",
    "send_clock",
    "watch",
    "clip",
    "max_minutes",
    "price",
    "bundle",
    "debounce",
    "debounce_keys",
)


@pytest.mark.parametrize(
    "again",
    [[], STARTED, ["tram.score", "--out", "runs/tonight", *STARTED]],
    ids=("none", "all", "score"),
)
def test_a_run_goes_on_with_the_options_that_it_was_started_with(again: list[str]) -> None:
    args, first = resumed(*killed(), *again), parsed("tram.score", *STARTED)
    for name in (*KEPT, "event", "follow", "wire"):
        assert getattr(args, name) == getattr(first, name), name
    assert args.offset == 0, "what an operator has made of it since is in force"
    assert args.stage == "reactor"


HANDLED_SEPARATELY = {
    "stage": "taken from the journal", "wire": "taken from the journal unless it is given",
    "url": "taken from the journal, after a check", "addresses": "what `url` is made of",
    "part": "chooses which schedule of the score is compared with that of the run",
    "from_": "taken from the journal", "to": "taken from the journal",
    "follow": "taken from the journal", "offset": "in force already", "faults": "only a simulated run has faults",
    "further": "a set list is not resumed, but one of its runs", "auto_next": "is about a set list",
    "warm": "is about a set list", "warm_minutes": "is about a set list",
    "score": "the journal contains it", "resume": "is the run", "out": "is the run", "key_file": "a secret is not recorded",
}  # fmt: skip
"""Options that are neither in `RESTORED` nor in `SETTLED`, and why."""


def test_what_happens_to_each_option_on_resume_is_decided() -> None:
    options = {
        name
        for name in vars(parsed("tram.score"))
        if name not in ("command", "version", "quiet", "json", "run")
    }
    assert options == {*RESTORED, *SETTLED, *HANDLED_SEPARATELY}
    assert len(options) == len(RESTORED) + len(SETTLED) + len(HANDLED_SEPARATELY), (
        "each is decided once"
    )


def test_what_may_change_is_taken_from_the_command_line() -> None:
    args = resumed(
        *killed(),
        "--midi-in",
        "pads",
        "--max-minutes",
        "20",
        "--offset",
        "-80",
        "--event",
        "go night@20c",
    )
    assert (args.midi_in, args.midi_out, args.max_minutes, args.offset) == (
        "pads",
        "lamps",
        20,
        -80,
    )
    assert args.event == ["go night@20c"]


@pytest.mark.parametrize(
    ("option", "how"),
    [
        (["--record"], "without it"),
        (["--local"], "without it"),
        (["--no-transport"], "without it"),
        (["--follow"], "without it"),
        (["--stage", "simulated"], "with --stage reactor"),
        (["--out", "other"], "as runs/tonight"),
        (["--faults", "faults.yaml"], "on a live model"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_what_contradicts_the_run_is_refused(option: list[str], how: str) -> None:
    with pytest.raises(UsageError) as raised:
        resumed(*killed(started=[]), *option)
    shown = " ".join(option) if option[0] in ("--stage", "--out") else option[0]
    assert (
        raised.value.message
        == f"{shown} contradicts the run in runs/tonight, which was started {how}"
    )


def test_a_score_that_was_changed_is_refused(here: Path) -> None:
    folder, journal = killed()
    (here / "tram.score").write_text(SCORE.replace("night", "noon"))
    with pytest.raises(
        UsageError,
        match="is not the score that the run in runs/tonight plays, or has changed since",
    ):
        resumed(folder, journal, "tram.score")


@pytest.mark.parametrize("port", ["tcp://192.0.2.7:9000", "tcp-listen://0.0.0.0:9000"])
def test_a_journal_alone_opens_no_connection_to_a_network(port: str) -> None:
    folder, journal = killed(started=["--midi-out", port])
    with pytest.raises(InputError, match="opens a network connection"):
        resumed(folder, journal)
    assert resumed(folder, journal, "--midi-out", port).midi_out == port


@pytest.mark.parametrize(
    ("option", "target"), [("--osc-in", "192.0.2.7:9000"), ("--osc-out", "lights.example:9000")]
)
def test_nor_an_osc_port(option: str, target: str) -> None:
    folder, journal = killed(started=[option, target])
    with pytest.raises(InputError, match="opens a network connection"):
        resumed(folder, journal)
    again, _ = resumed(folder, journal, option, target), None
    assert target in (str(again.osc_in), *map(str, again.osc_out))


@pytest.mark.parametrize(
    "options",
    [
        {"osc_in": 5},
        {"osc_in": "x"},
        {"osc_out": "127.0.0.1:9"},
        {"osc_out": [9]},
        5,
        {"clip": "x"},
        {"debounce": True},
        {"debounce_keys": "x"},
        {"event": 3},
        {"max_minutes": "-1"},
        {"video_size": [1, 2, 3]},
        {"bundle": "yes"},
        {"price": []},
    ],
    ids=str,
)
def test_a_journal_with_odd_options_is_refused_in_words(options: object) -> None:
    folder, journal = killed(started=[])
    journal.header["settings"]["options"] = options
    with pytest.raises(SequencerError):
        resumed(folder, journal)


def test_the_simulator_has_ended_with_its_process() -> None:
    folder, journal = killed(started=["--stage", "simulated"])
    with pytest.raises(InputError, match="played on the simulator"):
        resumed(folder, journal)


# ---- names of killed runs ------------------------------------------------------------------------


def test_a_killed_run_is_found_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = killed()
    assert find_run(folder.final) == folder.path
    for name in ("runs/tonight", "runs/.tonight.partial", "tonight"):
        assert RunFolder.adopt(Path(name)).final == Path("runs/tonight")
    for line in (
        ["show", "runs/tonight"],
        ["replay", "runs/tonight"],
        ["timeline", "runs/tonight", "-o", "a.svg"],
    ):
        assert main(line) == 0, capsys.readouterr().err
    assert main(["diff", "runs/tonight", "runs/tonight"]) == 0


def test_a_name_that_is_none_lists_the_runs_that_were_broken_off(
    capsys: pytest.CaptureFixture[str],
) -> None:
    killed("runs/tonight")
    killed("runs/yesterday")
    assert main(["perform", "--resume", "runs/tonigt"]) == 1
    err = capsys.readouterr().err
    assert "there is no interrupted run in runs/tonigt" in err
    assert (
        "these runs were interrupted: " in err and "runs/tonight" in err and "runs/yesterday" in err
    )


def test_a_whole_run_goes_before_a_broken_off_one_of_its_name(here: Path) -> None:
    folder, _ = killed()
    (here / "runs" / "tonight").mkdir()
    assert find_run(folder.final) == folder.final
