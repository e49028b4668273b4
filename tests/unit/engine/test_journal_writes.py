"""What a journal passes to the operating system and to the disk, and when."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from sequencer.core.errors import JournalError, OutputError
from sequencer.engine.journal import JournalWriter, _chain, header_of, read_journal, versions
from sequencer.events.events import CommandRefused, Ready
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads

SCHEDULE = compile_score(reads('seed 1\nat 0c "A boat."\nend 4c\n'))


def begun(path: Path) -> JournalWriter:
    writer = JournalWriter(path, header_of(SCHEDULE, {"a.score": ""}, {}))
    writer.event(Ready(0))
    return writer


def test_a_closed_journal_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.journal"
    writer = begun(path)
    assert path.read_bytes().count(b"\n") == 1, (
        "the header is there at once, a record with the next flush"
    )
    brought: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda _: brought.append(path.read_bytes().count(b"\n")))
    writer.close()
    writer.close()
    assert brought == [2], "everything was handed over before, and it is brought to the disk once"


def test_a_journal_is_closed_though_the_disk_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = begun(tmp_path / "a.journal")

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match="Input/output error"):
        writer.close()
    writer.close()
    with pytest.raises(OutputError, match=r"a\.journal cannot be written"):
        writer.event(Ready(1))
        writer.flush()


def test_a_flush_passes_on_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    writer = begun(path)
    writer.flush()
    assert path.read_bytes().count(b"\n") == 2
    writer.close()


def test_a_journal_is_whole_from_its_end_on(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    writer = JournalWriter(path, header_of(SCHEDULE, {"a.score": ""}, {}))
    assert not read_journal(path).is_whole
    writer.event(Ready(0))
    writer.flush()
    assert not read_journal(path).is_whole
    writer.end(1, "the end")
    assert read_journal(path).is_whole
    writer.close()


@pytest.mark.parametrize(
    "sources", [[{"file": "a"}], [{"text": "a"}], ["a"], "a", [{"file": "a", "text": "b"}, {}]]
)
def test_a_header_names_each_text_and_its_file(tmp_path: Path, sources: object) -> None:
    path = tmp_path / "a.journal"
    JournalWriter(path, {**header_of(SCHEDULE, {}, {}), "sources": sources}).close()
    with pytest.raises(JournalError, match="its score texts cannot be read"):
        read_journal(path)


@pytest.mark.parametrize("name", ["settings", "versions"])
@pytest.mark.parametrize("value", [None, [], "a", 7])
def test_a_header_holds_settings_and_versions(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "a.journal"
    JournalWriter(path, {**header_of(SCHEDULE, {}, {}), name: value}).close()
    with pytest.raises(JournalError, match=f"its {name} cannot be read"):
        read_journal(path)


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name in ("helios-sequencer", "pillow"):
            raise PackageNotFoundError(name)
        return f"{name} 1"

    monkeypatch.setattr("sequencer.engine.journal.version", version)
    assert versions() == {"python": platform.python_version(), "numpy": "numpy 1", "av": "av 1"}


def test_half_a_character_is_kept_in_a_journal_that_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    begun(path).close()
    writer = JournalWriter.resume(path, read_journal(path))
    odd = CommandRefused(1, "start", "half of a character: \udc80")
    writer.event(odd)
    writer.end(2, "the end")
    writer.close()
    found = read_journal(path)
    assert [record.event for record in found.records] == [Ready(0), odd, None]
    assert found.is_whole


def test_lines_that_were_written_otherwise_are_read_too(tmp_path: Path) -> None:
    """With spaces after commas and colons, a line is not one that this version writes, so the slow
    path reads it.
    """
    path = tmp_path / "a.journal"
    writer = begun(path)
    writer.event(CommandRefused(1, "start", "no"))
    writer.end(2, "the end")
    writer.close()
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    chain = _chain("", head.encode())
    written = [head]
    for line in lines:
        record = {name: value for name, value in json.loads(line).items() if name != "d"}
        body = json.dumps(record)
        chain = _chain(chain, body.encode())
        written.append(f'{body[:-1]},"d":"{chain}"}}')
    other = tmp_path / "b.journal"
    other.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    assert [(one.line, one.at, one.event, one.end) for one in read_journal(other).records] == [
        (2, 0, Ready(0), None),
        (3, 1, CommandRefused(1, "start", "no"), None),
        (4, 2, None, "the end"),
    ]


def test_a_digest_is_written_in_one_way_only(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    JournalWriter(path, header_of(SCHEDULE, {"a.score": ""}, {})).close()
    head = path.read_text(encoding="utf-8").rstrip("\n")
    body = '{"n":1,"at":0,"end":"the end"'
    other = f'{body}, "d": "{"0" * 16}"}}'
    body = other[: -len(f',"d":"{"0" * 16}"}}')] + "}"
    digest = _chain(_chain("", head.encode()), body.encode())
    path.write_text(f"{head}\n{other.replace('0' * 16, digest)}\n", encoding="utf-8")
    with pytest.raises(JournalError, match="the chain of digests is broken here"):
        read_journal(path)
