"""Journals of any length are read in little memory, and what a run repeats is written only once."""

from __future__ import annotations

import codecs
import hashlib
import io
import json
import tracemalloc
from pathlib import Path

import pytest

import sequencer
from sequencer.cli import main
from sequencer.core.errors import JournalError, OutputError
from sequencer.engine.bundle import write_bundle
from sequencer.engine.journal import (
    FORMAT,
    Journal,
    JournalWriter,
    header_of,
    parse_journal,
    read_journal,
)
from sequencer.engine.journal_texts import MIN_TEXT_LENGTH, TextsWritten
from sequencer.engine.replay import replay
from sequencer.events.commands import SchedulePrompt
from sequencer.events.events import ChunkDone, Ready, StateReported
from sequencer.schedule.model import Schedule

JOURNALS = Path(__file__).parents[2] / "data" / "journals"
TEXTS = [
    f"A tram stop at night, number {number}. " + ("Neon light. Locked-off shot. " * 30).strip()
    for number in range(40)
]


def schedule_of(cues: int, each: int = 6) -> Schedule:
    lines = "".join(
        f'at {number * each}c "{TEXTS[number % len(TEXTS)]}"\n' for number in range(cues)
    )
    return sequencer.compile_score(sequencer.reads(f"seed 1\n{lines}end {cues * each}c\n"))


def write(path: Path, states: int, texts: list[str], format_: int = FORMAT) -> None:
    """Write a journal in which each state lists all texts, as the states of the model do."""
    header = {**header_of(schedule_of(1), {}, {}), "helios-journal": format_}
    writer = JournalWriter(path, header)
    if format_ == 1:
        writer._texts = None
    writer.event(Ready(0))
    for number in range(states):
        # new strings each time, as a stage delivers them
        scheduled = tuple(
            (number + index, "".join((text[:9], text[9:]))) for index, text in enumerate(texts)
        )
        writer.event(
            StateReported(number, True, True, False, 33 * number, number, texts[0], scheduled)
        )
    writer.end(states, "the score is over")
    writer.close()


def test_a_prompt_is_written_once_however_often_it_is_reported(tmp_path: Path) -> None:
    run = sequencer.rehearse(schedule_of(200), video=False, out=tmp_path / "run")
    assert run.report.all_landed
    records = (tmp_path / "run" / "journal.jsonl").read_text(encoding="utf-8").split("\n", 1)[1]
    assert [records.count(text) for text in TEXTS] == [1] * len(TEXTS)
    assert len(records) < 400 * records.count("\n")
    journal = read_journal(tmp_path / "run")
    prompts = [
        one.command.prompt for one in journal.records if isinstance(one.command, SchedulePrompt)
    ]
    assert prompts == [TEXTS[number % len(TEXTS)] for number in range(200)]
    assert replay(journal).is_equal


@pytest.mark.parametrize("format_", [1, 2])
def test_what_is_read_takes_little_memory(format_: int, tmp_path: Path) -> None:
    write(tmp_path / "journal.jsonl", 1200, TEXTS, format_)
    size = (tmp_path / "journal.jsonl").stat().st_size
    assert size > 40_000_000 if format_ == 1 else size < 1_500_000
    bundle = tmp_path / "bundle.zip"
    with (tmp_path / "journal.jsonl").open("rb") as file:
        write_bundle(bundle, file, {})
    read_journal(JOURNALS / "first.jsonl")  # objects that are created only once are not measured
    for path in (tmp_path / "journal.jsonl", bundle):
        tracemalloc.start()
        try:
            journal = read_journal(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 12_000_000
        last = journal.records[-2].event
        assert isinstance(last, StateReported)
        assert last.scheduled == tuple((1199 + index, text) for index, text in enumerate(TEXTS))


@pytest.mark.slow
def test_a_journal_of_more_than_256_mib_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, 300, [text * 27 for text in TEXTS], format_=1)
    assert path.stat().st_size > 256 * 1024 * 1024
    assert len(read_journal(path).records) == 302
    assert (
        main(["show", str(tmp_path)]) == 1
    )  # no conductor made these states: reported after the complete journal is read
    assert "300 state" in capsys.readouterr().out


def test_a_header_that_nothing_could_read_back_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequencer.engine.journal.MAX_HEADER_BYTES", 1000)
    with pytest.raises(OutputError, match="more than 1,000 bytes of schedule"):
        sequencer.rehearse(schedule_of(2), video=False, out=tmp_path / "run")


def test_every_command_reads_a_run_with_long_prompts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    sequencer.rehearse(schedule_of(30), video=False, out=Path("run"), bundle=True)
    for run in ("run", "run/journal.jsonl", "run/bundle.zip"):
        for command in (
            ["replay", run],
            ["show", run],
            ["show", run, "--events"],
            ["diff", run, "run"],
            ["rerun", run, "--no-video", "--out", f"again-{len(run)}"],
            ["freeze", run, "-o", "frozen.score", "--force"],
            ["timeline", run, "-o", "run.svg"],
            ["sheet", run],
            ["compile", run, "-o", "run.json"],
        ):
            assert main(command) == 0, (command, capsys.readouterr().err)
        assert ">landed<" in Path("run.svg").read_text(encoding="utf-8"), run


def cut(data: bytes) -> bytes:
    """Return a journal whose last records are lost, cut in the middle of a line."""
    return data[: len(data) * 3 // 4]


@pytest.mark.parametrize("name", ["long-prompts", "first"])
@pytest.mark.parametrize("crlf", [False, True])
def test_a_run_that_goes_on_keeps_to_the_format_of_its_journal(
    name: str, crlf: bool, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    data = cut((JOURNALS / f"{name}.jsonl").read_bytes())
    path.write_bytes(data.replace(b"\n", b"\r\n") if crlf else data)
    before = read_journal(path)
    assert before.cut_off
    text = before.texts[0] if before.texts else "@ " + TEXTS[0]
    writer = JournalWriter.resume(path, before)
    at = before.records[-1].at
    for chunk in (50, 51):
        writer.event(ChunkDone(at, chunk, 33, text))
    writer.event(ChunkDone(at, 52, 33, TEXTS[1]))
    writer.event(ChunkDone(at, 53, 33, TEXTS[1]))
    writer.end(at, "over")
    writer.close()
    after = read_journal(path)
    assert [record.event for record in after.records[len(before.records) : -1]] == [
        ChunkDone(at, 50, 33, text),
        ChunkDone(at, 51, 33, text),
        ChunkDone(at, 52, 33, TEXTS[1]),
        ChunkDone(at, 53, 33, TEXTS[1]),
    ]
    added = path.read_text(encoding="utf-8").count(TEXTS[1])
    assert added == (1 if name == "long-prompts" else 2)


def test_a_cut_off_journal_is_searched_for_its_last_line_from_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequencer.engine.journal_lines.PIECE", 7)
    path = tmp_path / "journal.jsonl"
    data = cut((JOURNALS / "first.jsonl").read_bytes())
    path.write_bytes(data)
    JournalWriter.resume(path, read_journal(path)).close()
    assert path.read_bytes() == data[: data.rindex(b"\n") + 1]


@pytest.mark.parametrize("change", ["crlf", "mark", "both"])
def test_line_ends_and_marks_that_git_and_editors_add_change_nothing(
    change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in JOURNALS.glob("*.jsonl"):
        data = path.read_bytes()
        altered = data.replace(b"\n", b"\r\n") if change != "mark" else data
        altered = codecs.BOM_UTF8 + altered if change != "crlf" else altered
        one, other = parse_journal(data), parse_journal(altered)
        assert (one.records, one.digest, one.is_whole) == (
            other.records,
            other.digest,
            other.is_whole,
        )
        (tmp_path / "journal.jsonl").write_bytes(altered)
        assert main(["replay", str(tmp_path)]) == 0
        write_bundle(tmp_path / "bundle.zip", io.BytesIO(altered), {})
        assert main(["replay", str(tmp_path / "bundle.zip")]) == 0
    capsys.readouterr()


def test_a_carriage_return_that_only_one_line_has_breaks_the_chain() -> None:
    lines = (JOURNALS / "first.jsonl").read_bytes().split(b"\n")
    lines[5] += b"\r"
    with pytest.raises(JournalError, match="chain of digests is broken"):
        parse_journal(b"\n".join(lines))


def resealed(lines: list[str]) -> Journal:
    """Return a journal of these lines, with a new chain of digests."""
    digest = hashlib.sha256(lines[0].encode()).hexdigest()[:16]
    made = [lines[0]]
    for line in lines[1:]:
        body = line.rpartition(',"d":"')[0] + "}"
        digest = hashlib.sha256(f"{digest}{body}".encode()).hexdigest()[:16]
        made.append(f'{body[:-1]},"d":"{digest}"}}')
    return parse_journal(("\n".join(made) + "\n").encode())


@pytest.mark.parametrize("reference", ["@2", "@999999999999", "@x", "@", "@-1", "@٣", "@0 "])
def test_a_reference_to_no_text_is_reported(reference: str) -> None:
    lines = (JOURNALS / "long-prompts.jsonl").read_text(encoding="utf-8").splitlines()
    number = next(
        number
        for number, line in enumerate(lines)
        if '"command"' in line and '"prompt":"@0"' in line
    )
    resealed(lines)
    lines[number] = lines[number].replace('"prompt":"@0"', f'"prompt":{json.dumps(reference)}')
    with pytest.raises(JournalError, match="which no record defines") as caught:
        resealed(lines)
    assert caught.value.line == number + 1


def test_a_journal_of_format_1_knows_no_references() -> None:
    lines = (JOURNALS / "first.jsonl").read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines) if '"schedule_prompt"' in line)
    value = json.loads(lines[number])
    value["command"]["prompt"] = "@@ @0"
    lines[number] = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    command = resealed(lines).records[number - 1].command
    assert isinstance(command, SchedulePrompt)
    assert command.prompt == "@@ @0"


def test_texts_without_end_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sequencer.engine.journal_texts.MAX_CHARACTERS", 1000)
    written = TextsWritten()
    new = [
        text
        for number in range(100)
        for text in written.encode({"prompt": f"{number:0{MIN_TEXT_LENGTH}}"})
    ]
    assert 0 < len(new) <= 1000 // MIN_TEXT_LENGTH
    fields = {"prompt": "@" + "x" * MIN_TEXT_LENGTH}
    assert written.encode(fields) == []
    assert fields["prompt"] == "@@" + "x" * MIN_TEXT_LENGTH
