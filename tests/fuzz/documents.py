"""Fuzz targets for files that programs write: journals, schedules, and fault files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from unittest import mock

from sequencer.core.errors import SequencerError, UsageError
from sequencer.engine.journal import Journal, parse_journal
from sequencer.engine.replay import replay, resume_from_journal
from sequencer.events.codec import Event
from sequencer.events.events import ChunkDone, ConditionsReady, Ready, Started
from sequencer.schedule.document import digest, from_document, from_json, to_json
from sequencer.stages.simulated.faults import Faults as StageFaults
from sequencer.stages.simulated.faults import reads_faults
from tests.fuzz.edits import edited, recipes
from tests.fuzz.promises import DATA, BrokenError, text_of


def chained(data: bytes) -> bytes:
    """Return the lines of a journal with corrected digests, so that the content is examined and not
    only the digests.
    """
    from sequencer.engine.journal import _chain
    from sequencer.engine.journal_json import dumps

    out: list[str] = []
    before = ""
    for number, line in enumerate(data.split(b"\n")):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            out.append(line.decode("utf-8", "replace"))
            continue
        if number == 0:
            adjust(value.get("schedule"))
        else:
            value.pop("d", None)
            value["n"] = number
        try:
            text = dumps(value)
            before = _chain(before, text.encode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError, UnicodeEncodeError):
            out.append(line.decode("utf-8", "replace"))
            continue
        out.append(text if number == 0 else f'{text[:-1]},"d":"{before}"}}')
    return "\n".join(out).encode("utf-8", "surrogatepass")


def adjust(document: object) -> None:
    """Correct the digest of a schedule, if the schedule can be read at all."""
    if isinstance(document, dict):
        from pydantic import TypeAdapter

        from sequencer.schedule.model import Schedule

        try:
            document["digest"] = digest(
                _adapter(TypeAdapter, Schedule).validate_python(document.get("schedule"))
            )
        except ValueError:
            return


@cache
def _adapter(make: Any, kind: Any) -> Any:
    return make(kind)


def lines_of(data: bytes) -> bytes:
    """Return the journal lines that an input represents: the input itself, or a recorded run with a
    few edits.
    """
    if data[:1] in (b"{", b""):
        return data
    return b"\n".join(json.dumps(line).encode() for line in edited(data, recorded()))


@cache
def recorded() -> tuple[list[Any], ...]:
    """Return the short journals as lists of lines."""
    return tuple([json.loads(line) for line in one.split(b"\n")] for one in short_journals())


def journals() -> Iterator[bytes]:
    """Yield recorded runs, and edits of them."""
    yield from short_journals()
    yield from recipes(recorded())


def _in_full(journal: Journal) -> str:
    """Return everything that was read of a journal; its `repr` only sums it up."""
    return repr((journal.header, journal.records, journal.cut_off, journal.digest, journal.texts))


def _slowly(data: bytes) -> str:
    """Return the result of reading a journal without the fast path for lines."""
    with mock.patch("sequencer.engine.journal._quickly", return_value=None):
        try:
            return _in_full(parse_journal(data))
        except SequencerError as error:
            return str(error)


def journal(data: bytes) -> None:
    """Replay a journal that can be read, and resume a run that broke off.

    The fast path must read lines like the slow one.
    """
    data = lines_of(data)
    for one in (data, chained(data)):
        slowly = _slowly(one)
        try:
            journal = parse_journal(one)
            if _in_full(journal) != slowly:
                raise BrokenError(f"read at once: {_in_full(journal)}, and step by step: {slowly}")
            replay(journal)
            resume_from_journal(journal)
        except SequencerError:
            continue


@cache
def short_journals() -> tuple[bytes, ...]:
    """Return recorded runs, shortened to their first lines, with a small schedule."""
    found = []
    for path in sorted((DATA / "journals").glob("*.jsonl")):
        lines = path.read_bytes().split(b"\n")
        header = json.loads(lines[0])
        header["sources"] = []
        found.append(b"\n".join([json.dumps(header).encode(), *lines[1:25]]))
    return tuple(found)


def schedule(data: bytes) -> None:
    """Perform a schedule that can be read: a conductor receives the model's usual messages."""
    from sequencer.engine.conductor.machine import Conductor

    if data[:1] not in (b"{", b""):
        data = json.dumps(edited(data, _compiled())).encode()
    text = text_of(data)
    texts = [text]
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        pass
    else:
        adjust(document)
        texts.append(json.dumps(document))
    for one in texts:
        try:
            schedule = from_json(one)
        except SequencerError:
            continue
        if from_document(json.loads(to_json(schedule))) != schedule:
            raise BrokenError("a schedule came back from its document as another one")
        conductor = Conductor(schedule)
        try:
            for event in _usual():
                conductor.receive(event)
        except SequencerError:
            continue
        conductor.report()


def _usual() -> Iterator[Event]:
    yield Ready(0)
    yield ConditionsReady(1, True, False)
    yield Started(2, 0, None)
    for chunk in range(12):
        yield ChunkDone((chunk + 1) * 1_375_000_000, chunk, 33 * (chunk + 1), None)


@cache
def _compiled() -> tuple[Any, ...]:
    return tuple(lines[0]["schedule"] for lines in recorded())


def schedules() -> Iterator[bytes]:
    """Yield the schedules of recorded runs, and edits of them."""
    yield from recipes(_compiled())
    for path in sorted((DATA / "journals").glob("*.jsonl")):
        with path.open("rb") as file:
            yield json.dumps(
                json.loads(file.readline())["schedule"], separators=(",", ":")
            ).encode()


def faults(data: bytes) -> None:
    """Read a fault file: a complete set of faults, or a UsageError."""
    try:
        found = reads_faults(text_of(data))
    except UsageError:
        return
    if StageFaults.model_validate(found.model_dump(by_alias=True, exclude_unset=True)) != found:
        raise BrokenError("faults came back as others")


def fault_files() -> Iterator[bytes]:
    yield b"seed: 5\njitter: 60ms\nfps: 30000/1001\ndrops: [{chunk: 4, for: 3s}]\nstale_states: 2\n"
    yield (
        b"refuse: [{command: start, nth: 5, reason: busy}]\nmessages:\n  - "
        b"{do: lose, type: chunk_complete, nth: 9}\n"
    )
    yield (
        b"slow: [{from: 3, to: 5, factor: 2, by: 1m30s}]\nuploads: [{image: a.png}]\nend: "
        b"{at: 12s}\ndelays: {answer: 0ms}\n"
    )
