"""What a score, a schedule or a run from somebody else can make this machine do, and what it can
display.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sys
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pydantic import TypeAdapter

import sequencer
from sequencer.cli import main
from sequencer.core.diagnostics import escape_control
from sequencer.core.errors import JournalError
from sequencer.engine.journal import read_journal
from sequencer.midi.addresses import Socket
from sequencer.reports.cue_sheet.export import as_csv
from sequencer.reports.cue_sheet.rows import sheet_of
from sequencer.schedule.document import digest, to_document
from tests.fuzz.documents import chained

KEY = "rk_test_0123456789abcdef"
TRICKS = ("\x1b]0;owned\x07", "\x1b[2J", "\x9b31m", "\x08\x08", "\u202e", "\r", "\x7f", "\u2028")


def run_of(folder: Path, change: Any) -> Path:
    """Return a run's journal whose header or events are changed, with matching digests."""
    schedule = sequencer.compile_score(
        sequencer.reads('score "TITLE"\nseed 1\nat 0c "PROMPT"\nend 3c\n')
    )
    sequencer.rehearse(schedule, video=False, out=folder / "made", events=["go WORD@1c"])
    lines = (folder / "made" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    header = json.loads(lines[0])
    change(header)
    lines[0] = json.dumps(header)
    path = folder / "run.jsonl"
    path.write_bytes(chained("\n".join(lines).encode() + b"\n"))
    return path


@pytest.mark.parametrize("stamp", [-1, 2**63, 10**400])
@pytest.mark.parametrize("both", [True, False])
def test_a_stamp_that_is_none_is_refused(stamp: int, both: bool, tmp_path: Path) -> None:
    path = run_of(tmp_path, lambda header: None)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    number = next(number for number, line in enumerate(lines) if "event" in line)
    lines[number]["event"]["at"] = stamp
    if both:
        lines[number]["at"] = stamp
    path.write_bytes(chained("\n".join(map(json.dumps, lines)).encode() + b"\n"))
    with pytest.raises(JournalError, match="stamp") as caught:
        read_journal(path)
    assert caught.value.line == number + 1


# ---- connections that it opens -------------------------------------------------------------------


@pytest.mark.parametrize(
    "port", ["tcp://192.0.2.1:9", "tcp-listen://0.0.0.0:9900", "tcp://router.test:80"]
)
def test_a_score_opens_no_connection_to_a_network(
    port: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = tmp_path / "a.score"
    score.write_text(
        f'clock midi "{port}", nominal 120 bpm\nseed 1\nat 1 "A boat."\nend 2\n', encoding="utf-8"
    )
    assert (
        main(["perform", str(score), "--stage", "simulated", "--out", str(tmp_path / "run")]) == 2
    )
    printed = capsys.readouterr().err
    assert "cannot open a network connection" in printed or "not a TCP address" in printed
    assert not (tmp_path / "run").exists()


def test_sockets_on_this_machine_are_no_network() -> None:
    assert Socket("127.0.0.1", 9, False).is_here
    assert Socket("localhost", 9, True).is_here
    for host in ("0.0.0.0", "192.0.2.1", "router", "127.evil.test"):  # noqa: S104  not bound to
        assert not Socket(host, 9, False).is_here


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test",
        "http://192.0.2.1",
        "https://api.reactor.inc.evil.test",
        5,
        ["x"],
        {"a": 1},
    ],
)
def test_a_resumed_run_does_not_decide_where_the_key_is_sent(
    url: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stranger(header: dict[str, Any]) -> None:
        header["settings"] = {"stage": "reactor", "local": False, "url": url}

    folder = tmp_path / ".x.partial"
    folder.mkdir()
    (folder / "journal.jsonl").write_bytes(run_of(tmp_path, stranger).read_bytes())
    (folder / "session.json").write_text('{"session": "s", "uploads": {}}', encoding="utf-8")
    monkeypatch.setenv("REACTOR_API_KEY", KEY)

    async def nobody(*_: object, **__: object) -> object:
        raise AssertionError("somebody was called")

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", nobody)
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", nobody)
    assert main(["perform", "--resume", str(tmp_path / "x")]) == 1
    printed = capsys.readouterr().err
    assert "where your key would be sent" in printed
    assert KEY not in printed


# ---- what it displays ----------------------------------------------------------------------------


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("trick", TRICKS)
def test_nothing_of_a_run_steers_the_terminal(
    trick: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stranger(header: dict[str, Any]) -> None:
        header["title"] = header["schedule"]["schedule"]["title"] = f"T{trick}"
        header["mode"] = f"fixed{trick}"
        header["settings"] = {f"name{trick}": f"value{trick}"}
        header["versions"] = {"python": f"3{trick}", "helios-sequencer": f"0{trick}"}
        header["sources"] = [
            {"file": f"a{trick}.score", "text": f"text{trick}"},
            {"file": "b", "text": trick},
        ]
        for stretch in header["schedule"]["schedule"]["stretches"]:
            for entry in stretch["entries"]:
                entry["place"] = f"0c{trick}"
                entry["acts"][0]["text"] = f"PROMPT{trick}"

    path = run_of(tmp_path, stranger)
    (tmp_path / "other").mkdir()
    other = run_of(tmp_path / "other", lambda header: None)
    schedule = tmp_path / "a.json"
    schedule.write_text(json.dumps(read_journal(path).header["schedule"]), encoding="utf-8")
    shown = 0
    for words in (
        ["show", str(path)],
        ["show", "--score", str(path)],
        ["show", "--events", str(path)],
        ["diff", str(path), str(other)],
        ["replay", str(path)],
        ["freeze", str(path)],
        ["rerun", str(path), "--no-video", "--out", str(tmp_path / "rerun")],
        ["rehearse", str(schedule), "--no-video", "--out", str(tmp_path / "rehearsed")],
        ["sheet", str(schedule)],
    ):
        out, err = _Terminal(), _Terminal()
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        main(words)
        printed = err.getvalue()  # a status line contains control characters of its own
        assert "Traceback" not in printed, words
        assert not any(
            f"{word}{trick}" in printed for word in ("T", "PROMPT", "0c", "fixed", "value")
        ), (words, printed)
        shown += "\ufffd" in out.getvalue()
        assert not any(_steers(char) for char in out.getvalue()), (words, out.getvalue())
    assert shown > 2, "nothing of it was shown at all: this would prove nothing"


def _steers(char: str) -> bool:
    return (
        char not in "\n\t" and unicodedata.category(char) in ("Cc", "Zl", "Zp")
    ) or char in "\u202a\u202b\u202c\u202d\u202e"


def test_what_is_made_visible_stays_readable() -> None:
    assert escape_control("a\n\tb é 夜 👩\u200d🚀") == "a\n\tb é 夜 👩\u200d🚀"
    assert escape_control("a\x1b[2J\x9b\u202eb\r") == "a\ufffd[2J\ufffd\ufffdb\ufffd"


@pytest.mark.parametrize("name", ["settings", "versions"])
@pytest.mark.parametrize("value", [[], "x", 5, None])
def test_a_header_of_other_kinds_is_refused(name: str, value: object, tmp_path: Path) -> None:
    path = run_of(tmp_path, lambda header: header.update({name: value}))
    with pytest.raises(JournalError, match=name):
        read_journal(path)


@pytest.mark.parametrize("formula", ["=HYPERLINK(1)", "+1+cmd", "-2", "@SUM(1)", "\t=1", "\r=1"])
def test_a_table_of_cues_holds_no_formulas(formula: str) -> None:
    schedule = sequencer.compile_score(
        sequencer.reads('seed 1\nsection a 3c {\n  at 0c "A boat."\n}\n')
    )
    (stretch,) = schedule.stretches
    entry = replace(
        stretch.entries[0], place=formula, origin=replace(stretch.entries[0].origin, file=formula)
    )
    table = as_csv(
        sheet_of(
            replace(schedule, stretches=(replace(stretch, section=formula, entries=(entry,)),))
        )
    )
    assert formula.replace("\r", "\n") in table
    for row in csv.reader(io.StringIO(table, newline="")):
        for cell in row:
            assert cell[:1] not in tuple("=+@\t\r"), cell
            assert cell[:1] != "-" or (cell[1:2].isdigit() and cell != formula)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.found.update(name for name, _ in attrs if name.startswith("on") or name == "evil")


def test_no_text_of_a_run_is_markup_in_the_pages_made_from_it(tmp_path: Path) -> None:
    """All texts of a schedule can be arbitrary: positions, sections, marks, files, names of rules,
    go-cue names.
    """
    evil = (
        "\"'><evil evil=1 "
        "onload=alert(1)></style></script><script>alert(2)</script>]]>&lt;\x08\x1b\ufffe"
    )
    score = (
        'score "T"\nclock 120 bpm, 4/4\nseed 1\nsection a until go on, max 2 bars '
        '{\n  at 1 "A."\n  at 1.2 mark here\n'
        '  on go word -> "B."\n}\nsection b 2 bars {\n  at 1 "C."\n}\nplay a b\n'
    )
    document = to_document(sequencer.compile_score(sequencer.reads(score)))
    changed = 0

    def spoil(value: Any) -> Any:
        nonlocal changed
        if isinstance(value, dict):
            for key, inside in value.items():
                if isinstance(inside, str) and key in (
                    "title",
                    "place",
                    "section",
                    "text",
                    "file",
                    "key",
                    "name",
                    "port",
                ):
                    value[key] = f"{inside}{evil}"
                    changed += 1
                else:
                    spoil(inside)
        elif isinstance(value, list):
            for inside in value:
                spoil(inside)
        return value

    spoil(document["schedule"])
    assert changed > 12
    document["digest"] = digest(
        TypeAdapter(sequencer.Schedule).validate_python(document["schedule"])
    )
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert main(["sheet", str(path), "-o", str(tmp_path / "sheet.html")]) == 0
    assert main(["timeline", str(path), "-o", str(tmp_path / "plan.html")]) == 0
    assert main(["timeline", str(path), "-o", str(tmp_path / "plan.svg")]) == 0
    main(
        [
            "rehearse",
            str(path),
            "--no-video",
            "--out",
            str(tmp_path / "run"),
            "--event",
            f"go on{evil}@2c",
        ]
    )
    pages = [
        *tmp_path.glob("*.html"),
        *tmp_path.glob("*.svg"),
        *(tmp_path / "run").glob("*.html"),
        *(tmp_path / "run").glob("*.svg"),
    ]
    assert len(pages) == 5
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "alert(" in text, f"{page} shows nothing of it: this would prove nothing"
        parser = _Elements()
        parser.feed(text)
        assert parser.found.isdisjoint({"evil", "onload"}), page
        assert "<script>alert" not in text, page
        assert "</style></script>" not in text, page
        if page.suffix == ".svg":
            ElementTree.fromstring(text)  # noqa: S314  our own file, without entities
