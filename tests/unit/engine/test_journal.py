"""The content of a journal, byte by byte, and the errors reported for a journal that was changed."""

from __future__ import annotations

import errno
import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

import pytest

from sequencer.core.errors import JournalError, OutputError
from sequencer.engine import journal as module
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import (
    JournalWriter,
    Record,
    encode_version,
    find_run,
    header_of,
    parse_journal,
    read_journal,
)
from sequencer.engine.journal_json import dumps, dumps_in_slices
from sequencer.engine.revisions import CURRENT
from sequencer.events.commands import SchedulePrompt, Start
from sequencer.events.events import (
    ChunkDone,
    ConnectionLost,
    PromptAccepted,
    Ready,
    ReloadRequested,
    StateReported,
)
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.document import digest, document_in_slices, to_document
from tests.support.ensembles import ensemble_of_texts, play_ensemble

TEXT = 'score "Boats"\nseed 7\nat 0c "A boat."\nend 4c\n'
SCHEDULE = compile_score(reads(TEXT))
FOLLOWING = compile_score(reads('clock midi, nominal 120 bpm, 4/4\nat 1 "A boat."\nend 9\n'))
LONG = "A boat waits at an empty quay, at night, in the rain, in neon light, seen from the water."


def chained(*bodies: str) -> bytes:
    """Return lines with digests: the first is unchanged, every other ends with a digest of itself
    and all lines before it.
    """
    so_far = hashlib.sha256(bodies[0].encode()).hexdigest()[:16]
    lines = [bodies[0]]
    for body in bodies[1:]:
        so_far = hashlib.sha256((so_far + body).encode()).hexdigest()[:16]
        lines.append(f'{body[:-1]},"d":"{so_far}"}}')
    return "".join(f"{line}\n" for line in lines).encode()


def header(**changes: Any) -> str:
    return json.dumps({**header_of(SCHEDULE, {"a.score": TEXT}, {}), **changes})


# ---- what is written -----------------------------------------------------------------------------


def test_a_header_names_all_that_made_the_run() -> None:
    found = header_of(SCHEDULE, {"a.score": TEXT, "b.score": "x"}, {"fps": 24})
    assert found == {
        "helios-journal": 2,
        "conductor": CURRENT,
        "title": "Boats",
        "seed": 7,
        "grid": {"frames": 33, "fps": "24"},
        "mode": "fixed",
        "settings": {"fps": 24},
        "versions": module.versions(),
        "sources": [{"file": "a.score", "text": TEXT}, {"file": "b.score", "text": "x"}],
        "score_digest": hashlib.sha256(f"{TEXT}\0x".encode()).hexdigest(),
        "schedule_digest": digest(SCHEDULE),
        "schedule": to_document(SCHEDULE),
    }


@pytest.mark.parametrize(
    ("schedule", "following", "mode"),
    [
        (SCHEDULE, None, "fixed"),
        (SCHEDULE, True, "following"),
        (SCHEDULE, False, "fixed"),
        (FOLLOWING, None, "following"),
        (FOLLOWING, False, "fixed"),
    ],
)
def test_the_mode_is_that_of_the_clock_unless_the_run_sets_another(
    schedule: Any, following: bool | None, mode: str
) -> None:
    assert header_of(schedule, {}, {}, following)["mode"] == mode


def test_every_line_is_written_with_its_number_its_stamp_and_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    writer = JournalWriter(path, {"helios-journal": 2, "é": 1})
    writer.event(ConnectionLost(5, "gone"))
    writer.command(5, SchedulePrompt(LONG, 3))
    writer.event(ChunkDone(6, 0, 33, LONG))
    writer.end(7, "over")
    writer.close()
    assert path.read_bytes() == chained(
        '{"helios-journal":2,"é":1}',
        '{"n":1,"at":5,"event":{"at":5,"reason":"gone","kind":"lost"}}',
        f'{{"n":2,"at":5,"texts":["{LONG}"],"command":{{"prompt":"@0","chunk":3,"kind":"schedule_prompt"}}}}',
        '{"n":3,"at":6,"event":{"at":6,"chunk":0,"frames":33,"prompt":"@0","kind":"chunk_done"}}',
        '{"n":4,"at":7,"end":"over"}',
    )


# ---- what is read --------------------------------------------------------------------------------


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    writer = JournalWriter(path, header_of(SCHEDULE, {"a.score": TEXT}, {}))
    state = StateReported(1, True, True, False, 33, 1, LONG, ((3, LONG),))
    writer.event(state)
    writer.command(1, Start())
    writer.end(2, "over")
    writer.close()
    found = read_journal(path)
    assert found.records == (
        Record(line=2, at=1, event=state),
        Record(line=3, at=1, command=Start()),
        Record(line=4, at=2, end="over"),
    )
    assert (found.texts, found.cut_off, found.is_whole) == ((LONG,), False, True)
    assert found.sources == {"a.score": TEXT}
    assert (found.following, found.revision) == (False, CURRENT)
    assert found.schedule == SCHEDULE
    assert path.read_bytes().endswith(f'"d":"{found.digest}"}}\n'.encode())


@pytest.mark.parametrize(
    ("changes", "following", "revision", "sources"),
    [
        ({"mode": "following", "conductor": 2}, True, 2, {"a.score": TEXT}),
        ({"mode": None, "sources": []}, False, CURRENT, {}),
    ],
)
def test_what_a_header_records_about_its_run(
    changes: Any, following: bool, revision: int, sources: dict[str, str]
) -> None:
    found = parse_journal(chained(header(**changes)))
    assert (found.following, found.revision, found.sources) == (following, revision, sources)
    assert (found.records, found.cut_off, found.is_whole) == ((), False, False)


def test_a_header_of_the_first_version_names_neither_mode_nor_revision_nor_sources() -> None:
    first = {"helios-journal": 1, "schedule": to_document(SCHEDULE)}
    found = parse_journal(
        chained(json.dumps(first), f'{{"n":1,"at":0,"texts":["{LONG}"],"end":"@0"}}')
    )
    assert (found.following, found.revision, found.sources) == (False, 1, {})
    assert found.texts == (), "in the first format no record defines texts"


def test_the_last_line_may_be_cut_off_and_no_other_one() -> None:
    data = chained(
        header(),
        '{"n":1,"at":0,"event":{"at":0,"stage":"","kind":"ready"}}',
        '{"n":2,"at":3,"end":"over"}',
    )
    last = data.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(last + 1, len(data) - 1):
        found = parse_journal(data[:end])
        assert (len(found.records), found.cut_off) == (1, True)
    found = parse_journal(data[:-1])
    assert (len(found.records), found.cut_off) == (2, False), "only its newline is missing"
    assert parse_journal(data[:-1] + b"\n").records == found.records
    with pytest.raises(JournalError, match="not a line of a journal") as raised:
        parse_journal(data[: last - 20] + b"\n" + data[last:])
    assert raised.value.line == 2
    with pytest.raises(JournalError, match="this is not a journal"):
        parse_journal(data[: data.find(b"\n") - 5])


def test_half_of_a_character_at_the_end_is_cut_off() -> None:
    data = chained(header(), '{"n":1,"at":0,"event":{"at":0,"reason":"é","kind":"lost"}}')
    end = data.rfind("é".encode())
    assert parse_journal(data[: end + 1]).cut_off
    with pytest.raises(JournalError, match=r"this line is not text \(UTF-8\)") as raised:
        parse_journal(data[: end + 1] + b"\n")
    assert raised.value.line == 2


def test_a_line_that_is_spaced_otherwise_is_read_with_its_texts() -> None:
    defines = (
        f'{{"n": 1, "at": 0, "texts": ["{LONG}"], "event": {{"at": 0, "prompt": "@0", "kind": '
        f'"prompt_accepted"}}}}'
    )
    found = parse_journal(
        chained(
            header(),
            defines,
            '{"n":2,"at":0,"command":{"prompt":"@0","chunk":3,"kind":"schedule_prompt"}}',
        )
    )
    assert [one.event or one.command for one in found.records] == [
        PromptAccepted(0, LONG),
        SchedulePrompt(LONG, 3),
    ]
    assert found.texts == (LONG,)


def test_half_a_character_in_a_header_is_read() -> None:
    data = header(odd="x").replace('"odd": "x"', '"odd": "\udc80"').encode("utf-8", "surrogatepass")
    digest_so_far = hashlib.sha256(data).hexdigest()[:16]
    end = '{"n":1,"at":0,"end":"over"}'
    sealed = hashlib.sha256((digest_so_far + end).encode()).hexdigest()[:16]
    found = parse_journal(data + b"\n" + f'{end[:-1]},"d":"{sealed}"}}\n'.encode())
    assert found.is_whole
    assert found.header["odd"] == "\udc80"


RUN = "name a run's folder or its journal.jsonl"
UPDATE = "update the sequencer"
READY = '"event":{"at":0,"stage":"","kind":"ready"}'


@pytest.mark.parametrize(
    ("head", "message", "hint"),
    [
        ("[]", "this is not a line of a journal: it is not an object", None),
        ("nonsense", "this is not a journal", RUN),
        ("{}", "this is not a journal", RUN),
        ('{"helios-journal":"2"}', "this is not a journal", RUN),
        ('{"helios-journal":true}', "this is not a journal", RUN),
        (
            '{"helios-journal":6}',
            "this journal has format 6, and this version reads up to 5",
            UPDATE,
        ),
        (header(conductor="x"), "its header names no revision of the conductor", None),
        (header(conductor=True), "its header names no revision of the conductor", None),
        (header(conductor=0), "its header names no revision of the conductor", None),
        (
            header(conductor=99),
            (
                "this run was made by revision 99 of the conductor, and this version knows up to "
                f"{CURRENT}"
            ),
            UPDATE,
        ),
        (header(schedule=7), "its schedule cannot be read: ", None),
        (header(sources="x"), "its score texts cannot be read", None),
        (header(sources=["file and text"]), "its score texts cannot be read", None),
        (header(settings=[]), "its settings cannot be read", None),
    ],
)
def test_what_is_wrong_with_a_header(head: str, message: str, hint: str | None) -> None:
    with pytest.raises(JournalError) as raised:
        parse_journal(chained(head))
    assert raised.value.message.startswith(f"line 1: {message}")
    assert (raised.value.line, raised.value.hint) == (1, hint)


def test_an_empty_file_is_not_a_journal() -> None:
    with pytest.raises(JournalError, match="this journal is empty") as raised:
        parse_journal(b"")
    assert raised.value.line == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f'{{"n":2,"at":0,{READY}}}', "this should be record 1 with its stamp"),
        (f'{{"n":1,"at":"0",{READY}}}', "this should be record 1 with its stamp"),
        (f'{{"at":0,{READY}}}', "this should be record 1 with its stamp"),
        (
            f'{{"n":1,"at":1,{READY}}}',
            "this record's time stamp is missing, or not that of its event",
        ),
        (
            '{"n":1,"at":-1,"end":"over"}',
            "this record's time stamp is missing, or not that of its event",
        ),
        (
            f'{{"n":1,"at":{2**63},"end":"over"}}',
            "this record's time stamp is missing, or not that of its event",
        ),
        ('{"n":1,"at":0}', "this is neither an event nor a command"),
        ('{"n":1,"at":0,"end":7}', "this is neither an event nor a command"),
        ('{"n":1,"at":0,"event":{"at":0,"kind":"rain"}}', "this record cannot be read: "),
        ('{"n":1,"at":0,"command":{"kind":"rain"}}', "this record cannot be read: "),
        ('{"n":1,"at":0,"texts":7,"end":"over"}', "the texts of this record cannot be read"),
        ('{"n":1,"at":0,"texts":[7],"end":"over"}', "the texts of this record cannot be read"),
        (
            '{"n":1,"at":0,"event":{"at":0,"prompt":"@0","kind":"prompt_accepted"}}',
            "this record cannot be read: it refers to",
        ),
        (
            '{"n":1,"at":0,"command":{"prompt":"@0","chunk":1,"kind":"schedule_prompt"}}',
            "this record cannot be read: it refers",
        ),
    ],
)
def test_what_is_wrong_with_a_record(line: str, message: str) -> None:
    with pytest.raises(JournalError) as raised:
        parse_journal(chained(header(), line))
    assert raised.value.message.startswith(f"line 2: {message}")
    assert raised.value.line == 2


def test_the_latest_stamp_is_read() -> None:
    (record,) = parse_journal(chained(header(), f'{{"n":1,"at":{2**63 - 1},"end":"over"}}')).records
    assert record == Record(line=2, at=2**63 - 1, end="over")


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"gone", b"gine"),
        lambda data: data.replace(b'"mode": "fixed"', b'"mode": "other"'),
        lambda data: b"".join(
            data.splitlines(keepends=True)[:1] + data.splitlines(keepends=True)[2:]
        ),
        lambda data: data[:-4] + (b"0" if data[-4:-3] != b"0" else b"1") + data[-3:],
        lambda data: data.replace(b'"over","d"', b'"over", "d"'),
    ],
)
def test_a_changed_or_lost_line_breaks_the_chain(change: Callable[[bytes], bytes]) -> None:
    data = chained(
        header(),
        '{"n":1,"at":0,"event":{"at":0,"reason":"gone","kind":"lost"}}',
        '{"n":2,"at":3,"end":"over"}',
    )
    assert len(parse_journal(data).records) == 2
    assert change(data) != data
    with pytest.raises(
        JournalError, match="the chain of digests is broken here: this line, or one before it"
    ):
        parse_journal(change(data))


# ---- where a run is found ------------------------------------------------------------------------


def test_a_run_is_found_by_its_folder_its_file_or_while_it_plays(tmp_path: Path) -> None:
    whole, playing = tmp_path / "show", tmp_path / ".other.partial"
    for folder in (whole, playing):
        folder.mkdir()
        (folder / "journal.jsonl").write_bytes(chained(header()))
    assert read_journal(whole) == read_journal(str(whole / "journal.jsonl"))
    assert find_run(whole) == whole
    (tmp_path / ".show.partial").mkdir()
    (tmp_path / ".show.partial" / "journal.jsonl").write_bytes(b"")
    assert find_run(whole) == whole, "what is whole counts, whatever is left beside it"
    assert find_run(tmp_path / "other") == playing
    assert find_run(tmp_path / "third") == tmp_path / "third"
    assert read_journal(tmp_path / "other").records == ()
    with pytest.raises(JournalError) as raised:
        read_journal(tmp_path / "third")
    assert raised.value.message == f"{tmp_path / 'third'} cannot be read: No such file or directory"
    assert raised.value.hint == RUN


def test_an_error_names_the_file_and_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(chained(header(), "{}"))
    with pytest.raises(JournalError) as raised:
        read_journal(path)
    assert str(path) in str(raised.value)
    assert raised.value.line == 2


# ---- resuming and failing ------------------------------------------------------------------------


@pytest.mark.parametrize("form", [1, 2])
@pytest.mark.parametrize("left", [b"", b'{"n":2,"at":'])
def test_a_run_that_was_killed_goes_on_where_its_last_whole_line_ends(
    tmp_path: Path, form: int, left: bytes
) -> None:
    path = tmp_path / "a.jsonl"
    texts = f'"texts":["{LONG}"],' if form == 2 else ""
    prompt = "@0" if form == 2 else LONG
    first = f'{{"n":1,"at":0,{texts}"event":{{"at":0,"chunk":0,"frames":33,"prompt":"{prompt}","kind":"chunk_done"}}}}'
    head = header(**{"helios-journal": form})
    path.write_bytes(chained(head, first) + left)
    writer = JournalWriter.resume(path, read_journal(path))
    writer.command(0, SchedulePrompt(LONG, 3))
    writer.flush()
    assert path.read_bytes().count(b"\n") == 3, "what was flushed is handed over"
    writer.end(1, "over")
    writer.close()
    second = (
        f'{{"n":2,"at":0,"command":{{"prompt":"{prompt}","chunk":3,"kind":"schedule_prompt"}}}}'
    )
    assert path.read_bytes() == chained(head, first, second, '{"n":3,"at":1,"end":"over"}')


def test_a_journal_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x")
    with pytest.raises(OutputError) as raised:
        JournalWriter(path, {})
    assert raised.value.message == f"the journal {path} cannot be written: File exists"
    assert raised.value.hint == "choose another folder with --out"
    assert path.read_bytes() == b"x"


def test_a_run_that_is_gone_cannot_go_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with pytest.raises(OutputError) as raised:
        JournalWriter.resume(path, parse_journal(chained(header())))
    assert (
        raised.value.message == f"the journal {path} cannot be continued: No such file or directory"
    )


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * 40, False),
        ("é" * 20, False),
        ("x" * 10, True),
        ("é" * 5, True),
        ("\udc80" * 11, False),
        ("\udc80" * 3, True),
    ],
)
def test_a_header_has_a_longest_length_in_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, fits: bool
) -> None:
    """`{"a":""}` is 8 bytes long; a character that needs two bytes counts as two."""
    monkeypatch.setattr(module, "MAX_HEADER_BYTES", 40)
    if fits:
        JournalWriter(tmp_path / "a.jsonl", {"a": text}).close()
        return
    with pytest.raises(OutputError, match="more than 40 bytes of schedule") as raised:
        JournalWriter(tmp_path / "a.jsonl", {"a": text})
    assert raised.value.hint == "divide the score into several shows"
    assert not (tmp_path / "a.jsonl").exists()


class Disk:
    """A file that accepts a limited number of bytes at a time, and none while it is full."""

    closed = False

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = b""
        self.full = False

    def write(self, data: bytearray) -> int | None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.held += bytes(data[: self.most])
        return min(self.most, len(data)) or None


def on(disk: Disk, path: Path) -> JournalWriter:
    writer = JournalWriter(path, {"a": 1})
    writer._file.close()
    writer._file = cast(IO[bytes], disk)
    return writer


def test_what_a_full_disk_did_not_take_is_written_later(tmp_path: Path) -> None:
    disk = Disk(7)
    writer = on(disk, tmp_path / "a.jsonl")
    writer.event(Ready(0))
    disk.full = True
    for at in (1, 2):
        with pytest.raises(OutputError) as raised:
            writer.end(at, "over")
        assert (
            raised.value.message
            == f"the journal {tmp_path / 'a.jsonl'} cannot be written: No space left on device"
        )
        assert raised.value.hint == "is the disk full?"
    disk.full = False
    writer.flush()
    ends = ['{"n":2,"at":1,"end":"over"}', '{"n":3,"at":2,"end":"over"}']
    assert disk.held == chained('{"a":1}', f'{{"n":1,"at":0,{READY}}}', *ends).partition(b"\n")[2]
    assert not writer.is_over


@pytest.mark.parametrize(("extra", "is_over"), [(0, False), (1, True)])
def test_a_writer_that_keeps_too_much_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: int, is_over: bool
) -> None:
    disk = Disk(1000)
    disk.full = True
    writer = on(disk, tmp_path / "a.jsonl")
    writer.event(Ready(0))
    monkeypatch.setattr(module, "MAX_UNWRITTEN", len(writer._unwritten) - extra)
    with pytest.raises(OutputError):
        writer.flush()
    assert writer.is_over is is_over
    assert bool(writer._unwritten) is not is_over
    writer.event(Ready(1))
    disk.full = False
    writer.flush()
    assert disk.held.count(b"\n") == (0 if is_over else 2)


# ---- versions of the score ------------------------------------------------------------------------

EDITED = compile_score(reads(TEXT.replace("A boat", "A ship")))


def edited_journal(path: Path) -> bytes:
    """Return a journal in which an edited score takes over."""
    head = header_of(SCHEDULE, {"a.score": TEXT}, {}, may_reload=True)
    writer = JournalWriter(path, head)
    writer.version(3, 2, encode_version(EDITED, {"a.score": "edited"}))
    writer.event(ReloadRequested(at=4, version=2))
    writer.end(5, "over")
    writer.close()
    return path.read_bytes()


def test_a_version_of_the_score_is_written_and_read_back(tmp_path: Path) -> None:
    read = parse_journal(edited_journal(tmp_path / "j.jsonl"))
    assert (read.header["helios-journal"], read.may_reload) == (4, True)
    assert [one.number for one in read.versions] == [1, 2]
    assert [one.sources for one in read.versions] == [{"a.score": TEXT}, {"a.score": "edited"}]
    assert read.versions[1].schedule == EDITED
    first, second, _ = read.records
    assert first == Record(line=2, at=3, score=read.versions[1])
    assert second.event == ReloadRequested(at=4, version=2)


def test_a_journal_without_versions_has_the_only_one(tmp_path: Path) -> None:
    JournalWriter(tmp_path / "j.jsonl", header_of(SCHEDULE, {}, {})).close()
    read = read_journal(tmp_path / "j.jsonl")
    assert [one.schedule for one in read.versions] == [SCHEDULE]
    assert not read.may_reload


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"reload":true,', "", "no edited score could take over in this run"),
        ('"score":{"version":2', '"score":{"version":3', "this should be version 2 of the score"),
        ('"score":{"version":2', '"score":{"version":true', "has no number"),
        ('"score":{"version":2,"sources":[', '"score":{"version":2,"sources":[7,', "score texts"),
        ('"at":4,"version":2', '"at":4,"version":3', "names a version of the score"),
        ('"at":4,"version":2', '"at":4,"version":0', "names a version of the score"),
        ('"kind":"prompt"', '"kind":"rope"', "its schedule cannot be read"),
    ],
)
def test_what_is_wrong_with_a_version(old: str, new: str, message: str, tmp_path: Path) -> None:
    lines = edited_journal(tmp_path / "j.jsonl").decode().splitlines()
    bodies = [lines[0], *(line[: -len(',"d":"0123456789abcdef"}')] + "}" for line in lines[1:])]
    number = 0 if old.startswith('"reload"') else 2 if old.startswith('"at"') else 1
    assert old in bodies[number]
    bodies[number] = bodies[number].replace(old, new, 1)
    with pytest.raises(JournalError, match=message):
        parse_journal(chained(*bodies))


def test_a_version_that_could_not_be_read_back_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LINE_BYTES", 1000)
    with pytest.raises(OutputError, match="more than 1,000 bytes"):
        encode_version(SCHEDULE, {"a.score": "x" * 1000})


def test_a_long_schedule_is_encoded_in_slices_to_the_same_text() -> None:
    text = "".join(f'at {number}c "Boat {number}."\n' for number in range(200))
    long = compile_score(reads(text + "end 300c\n"))
    assert document_in_slices(long) == to_document(long)
    encoded = json.loads(encode_version(long, {"a.score": text}))
    assert encoded["schedule"] == to_document(long)
    assert encoded["schedule_digest"] == digest(long)
    values: list[object] = [{}, [], {"a": [], "b": {}}, list(range(500)), [[1] * 100, "x"], None]
    for value in values:
        assert dumps_in_slices(value) == dumps(value)


def _ensemble_lines() -> list[bytes]:
    """Return the lines of the journal of a run on two stages."""
    schedule = ensemble_of_texts(dict.fromkeys(("left", "right"), 'at 0c "A."\nend 1c\n'))
    with tempfile.TemporaryDirectory() as folder:
        play_ensemble(schedule, Path(folder))
        return (Path(folder) / "journal.jsonl").read_bytes().splitlines()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"stage":"left"', '"stage":4', "its stages cannot be read"),
        ('"realign":null', '"realign":"often"', "its stages cannot be read"),
        ('"stage":"left"', '"stage":"right"', "two stages have the same name"),
        ('"parts":{', '"parts":{"x":{},', "its stages cannot be read: "),
    ],
)
def test_what_is_wrong_with_the_stages_of_a_header(old: str, new: str, message: str) -> None:
    header = _ensemble_lines()[0].decode()
    assert old in header
    with pytest.raises(JournalError, match=message):
        parse_journal(header.replace(old, new, 1).encode())


def test_a_record_names_a_stage_that_plays() -> None:
    header, first = (line.decode() for line in _ensemble_lines()[:2])
    assert '"s":"left"' in first
    rest = first[: first.rindex(',"d":')].replace('"s":"left"', '"s":"middle"')
    digest = hashlib.sha256(hashlib.sha256(header.encode()).hexdigest()[:16].encode())
    digest.update((rest + "}").encode())
    line = f'{rest},"d":"{digest.hexdigest()[:16]}"}}'
    with pytest.raises(JournalError, match="names a stage that does not play"):
        parse_journal(f"{header}\n{line}\n".encode())


def test_the_journal_of_one_stage_names_none() -> None:
    journal = parse_journal(b"\n".join(_ensemble_lines()) + b"\n")
    assert journal.stages == ("left", "right")
    with pytest.raises(JournalError, match=r"several stages \(left, right\)"):
        Conductor.of_journal(journal)
