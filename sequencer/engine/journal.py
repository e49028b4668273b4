"""Write and read a run's journal: everything received and sent, as JSON lines, as it happens.

The first line is the header: ``{"helios-journal": FORMAT, …}`` with the score's text, the schedule,
the settings and the versions. Every further line is one record: ``{"n": number, "at": ns, "event":
{…}, "d": digest}`` or the same with ``"command"``; the `at` of a command is that of the event it
answers. The first record that uses a long text defines it under `texts`; later ones refer to it
(see `journal_texts`). In a run on several stages, ``"s"`` before the event or the command is the
name of its stage; what is common to all has none. The last line of a complete run is ``{"n": …,
"at": …, "end": reason, "d": …}``. `d` is a chained digest: the first 16 hexadecimal digits of
SHA-256 over the previous digest and the rest of the line, so that a changed, lost or moved line is
detected. A journal never contains a key, a token or a presigned URL, because events contain none.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, make_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Annotated, Any

from sequencer.core.display import summary_repr
from sequencer.core.errors import JournalError, OutputError, ScheduleError
from sequencer.core.gc_pause import paused_collection
from sequencer.core.paths import exists, is_file, is_folder, partial_of
from sequencer.core.timebase import ChunkGrid
from sequencer.engine.bundle import is_bundle, journal_pieces
from sequencer.engine.journal_json import dumps, dumps_in_slices, write_record
from sequencer.engine.journal_lines import (
    MAX_HEADER_BYTES,
    MAX_LINE_BYTES,
    end_of_last_line,
    lines_of,
    pieces_of,
)
from sequencer.engine.journal_texts import TextsRead, TextsWritten
from sequencer.engine.play_range import PlayRange, range_from_json
from sequencer.engine.revisions import CURRENT, FIRST
from sequencer.events.codec import (
    Event,
    command_from_json,
    command_to_json,
    event_from_json,
    event_to_json,
)
from sequencer.events.commands import Command
from sequencer.events.events import ReloadRequested
from sequencer.schedule.document import (
    digest,
    document_in_slices,
    first_fault,
    from_document,
    to_document,
)
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.model import Schedule

FORMAT = 5
"""The number of the newest format of a journal. All earlier formats can be read as well."""
_WITH_STAGES = 5
"""The format of a journal of a run on several stages."""
_WITH_GO = 5
"""The format of a journal of a run that waited, armed, for its operator to begin it."""
_WITH_VERSIONS = 4
"""The format of a journal of a run in which an edited score may take over."""
_WITH_RANGE = 3
"""The format of a journal of a run that plays a part of the score: earlier versions read it too."""
_PLAIN = 2
"""The format of a journal of any other run: earlier versions read it too."""
_WITH_TEXTS = 2
"""The first format that writes each long text only once."""

MAX_VERSIONS = 100
"""The most versions of the score in one run."""

MAX_HEAD_BYTES = 256
"""More than the number, the time and the digest of a record take."""

MAX_UNWRITTEN = 64 * 1024 * 1024
"""The number of bytes that are kept while a journal cannot be written."""

_MARK = "helios-journal"
LATEST = 2**63
"""The upper limit of timestamps, in nanoseconds: about three hundred years."""
_SEALED = len(',"d":"0123456789abcdef"}')
"""The length of the end of a line that the line's digest does not cover."""


def _chain(before: str, line: bytes) -> str:
    return hashlib.sha256(before.encode() + line).hexdigest()[:16]


def versions() -> dict[str, str]:
    """Return the versions of this package, Python, and packages that can change frames or files."""
    found = {"python": platform.python_version()}
    for name in ("helios-sequencer", "numpy", "pillow", "av"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _grid(grid: ChunkGrid) -> dict[str, Any]:
    """Return the grid for a journal's header."""
    first = {} if grid.first is None else {"first": grid.first}
    return {"frames": grid.frames, **first, "fps": str(grid.fps)}


def header_of(
    schedule: Schedule,
    sources: Mapping[str, str],
    settings: Mapping[str, Any],
    following: bool | None = None,
    played: PlayRange | None = None,
    *,
    sound: Mapping[str, Any] | None = None,
    may_reload: bool = False,
    waits_for_go: bool = False,
) -> dict[str, Any]:
    """Return the header of a run's journal: score texts, schedule, settings and versions.

    A new run always uses the current revision of the conductor (see `sequencer.engine.revisions`).

    Args:
        schedule: The schedule that is played.
        sources: The text of every file that was read, by name, the score's own first.
        settings: How the run was set up.
        following: Whether positions are bound to chunks late; None for the mode that the score's
            clock implies.
        played: The range of the score that is played; None for the whole score.
        sound: The sound that is played with the run: its file and SHA-256, if there is one.
        may_reload: Whether edited versions of the score may take over during the run.
        waits_for_go: Whether the run is armed until an operator begins it.
    """
    return {
        _MARK: _format_of(played, may_reload=may_reload, waits_for_go=waits_for_go),
        "conductor": CURRENT,
        "title": schedule.title,
        "seed": schedule.seed,
        "grid": _grid(schedule.grid),
        "mode": "following"
        if (schedule.clock.is_external if following is None else following)
        else "fixed",
        **({} if played is None else {"range": played.as_json()}),
        **({"reload": True} if may_reload else {}),
        **({"waits_for_go": True} if waits_for_go else {}),
        "settings": dict(settings),
        "versions": versions(),
        **({} if sound is None else {"sound": dict(sound)}),
        **_texts(sources),
        "schedule_digest": digest(schedule),
        "schedule": to_document(schedule),
    }


def ensemble_header_of(
    schedule: EnsembleSchedule,
    sources: Mapping[str, str],
    settings: Mapping[str, Any],
    following: bool | None = None,
    played: PlayRange | None = None,
    *,
    sound: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the header of the journal of a run on several stages.

    It is that of a run of the first stage's schedule, with the schedules of the others. The
    arguments are those of `header_of`.
    """
    header = header_of(schedule.reference, sources, settings, following, played, sound=sound)
    return {
        **header,
        _MARK: _WITH_STAGES,
        "schedule_digest": schedule.digest(),
        "stage": schedule.reference_name,
        "realign": schedule.realign,
        "parts": {name: to_document(part) for name, part in schedule.parts[1:]},
    }


def _format_of(played: PlayRange | None, *, may_reload: bool, waits_for_go: bool) -> int:
    """Return the oldest format that has all that the journal of a run needs."""
    if waits_for_go:
        return _WITH_GO
    return _WITH_VERSIONS if may_reload else _PLAIN if played is None else _WITH_RANGE


def _texts(sources: Mapping[str, str]) -> dict[str, Any]:
    """Return the texts of a score for a journal, and their digest."""
    return {
        "sources": [{"file": file, "text": text} for file, text in sources.items()],
        "score_digest": hashlib.sha256(
            "\0".join(sources.values()).encode("utf-8", "surrogatepass")
        ).hexdigest(),
    }


def encode_version(schedule: Schedule, sources: Mapping[str, str]) -> bytes:
    """Return a version of the score as a journal holds it.

    It takes a second for ten thousand cues, so a run calls it in a thread.

    Args:
        schedule: The schedule of the version.
        sources: The texts of its files, by name.

    Raises:
        OutputError: It is too long to be read back.
    """
    with paused_collection():
        fields = {**_texts(sources), "schedule_digest": digest(schedule)}
        text = dumps_in_slices({**fields, "schedule": document_in_slices(schedule)})
        encoded = text.encode("utf-8", "surrogatepass")
    if len(encoded) > MAX_LINE_BYTES - MAX_HEAD_BYTES:
        raise OutputError(
            f"the edited score has more than {MAX_LINE_BYTES:,} bytes of schedule",
            "divide the score into several shows",
        )
    return encoded


class JournalWriter:
    """Write a journal line by line.

    What cannot be written (the disk is full) is kept and written by the next `flush` that succeeds:
    every failing `flush` raises OutputError, and nothing is missing once one succeeds. `is_over` is
    set when so much is kept that the writer gives up.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self._path = path
        line = dumps(header).encode("utf-8", "surrogatepass")
        if len(line) > MAX_HEADER_BYTES:
            raise OutputError(
                (
                    f"the journal {path} would begin with more than {MAX_HEADER_BYTES:,} bytes of "
                    "schedule: too many to read back"
                ),
                "divide the score into several shows",
            )
        try:
            self._file: IO[bytes] = path.open("xb", buffering=0)
        except OSError as error:
            raise OutputError(
                f"the journal {path} cannot be written: {error.strerror}",
                "choose another folder with --out",
            ) from None
        self._unwritten = bytearray()
        self.is_over = False
        self._number = 0
        self._texts: TextsWritten | None = TextsWritten()
        self._digest = _chain("", line)
        self._write(line)
        try:
            self.flush()
        except OutputError:
            self._file.close()
            raise

    @classmethod
    def resume(cls, path: Path, journal: Journal) -> JournalWriter:
        """Continue the journal of a run that was killed; an incomplete last line is removed.

        Args:
            path: The journal file.
            journal: What `read_journal` read from it.

        Raises:
            OutputError: The file cannot be opened or shortened.
        """
        writer = cls.__new__(cls)
        writer._path = path
        try:
            with path.open("r+b") as file:
                file.truncate(end_of_last_line(file))
            writer._file = path.open("ab", buffering=0)
        except OSError as error:
            raise OutputError(f"the journal {path} cannot be continued: {error.strerror}") from None
        writer._unwritten = bytearray()
        writer.is_over = False
        writer._number = len(journal.records)
        writer._digest = journal.digest
        writer._texts = (
            TextsWritten(journal.texts) if journal.header[_MARK] >= _WITH_TEXTS else None
        )
        return writer

    def _write(self, line: bytes) -> None:
        if not self.is_over:
            self._unwritten += line + b"\n"

    def _record(self, at: int, key: str, fields: dict[str, Any], stage: str | None) -> None:
        new = self._texts.encode(fields) if self._texts is not None else None
        texts = f'"texts":{dumps(new)},' if new else ""
        named = "" if stage is None else f'"s":{dumps(stage)},'
        self._write_numbered(at, f'{named}{texts}"{key}":{write_record(fields)}')

    def _write_numbered(self, at: int, rest: str) -> None:
        """Write the next line: its number, its time, the rest of it, and its digest."""
        self._write_numbered_bytes(at, rest.encode("utf-8", "surrogatepass"))

    def _write_numbered_bytes(self, at: int, rest: bytes) -> None:
        self._number += 1
        body = b'{"n":%d,"at":%d,' % (self._number, at) + rest
        self._digest = _chain(self._digest, body + b"}")
        self._write(body + b',"d":"' + self._digest.encode() + b'"}')

    def event(self, event: Event, stage: str | None = None) -> None:
        """Write an event, before the conductor receives it.

        Args:
            event: The event.
            stage: The stage that it is from, in a run on several; None if it is common to all.
        """
        self._record(event.at, "event", event_to_json(event), stage)

    def command(self, at: int, command: Command, stage: str | None = None) -> None:
        """Write a command, before it is sent.

        Args:
            at: The timestamp of the event that it answers.
            command: The command.
            stage: The stage that it is for, in a run on several; None if it is not for one.
        """
        self._record(at, "command", command_to_json(command), stage)

    def version(self, at: int, number: int, encoded: bytes) -> None:
        """Write a version of the score, before the first event that names it.

        Args:
            at: The time in nanoseconds.
            number: Its number; the score of the header is number 1.
            encoded: What `encode_version` returned.
        """
        self._write_numbered_bytes(at, b'"score":{"version":%d,' % number + encoded[1:])

    def end(self, at: int, reason: str) -> None:
        """Write the last line of a run that came to its end."""
        self._write_numbered(at, f'"end":{dumps(reason)}')
        self.flush()

    def flush(self) -> None:
        """Pass everything to the operating system, so that it survives the process.

        Raises OutputError.
        """
        try:
            while self._unwritten:
                del self._unwritten[: self._file.write(self._unwritten) or 0]
        except (OSError, ValueError) as error:
            if len(self._unwritten) > MAX_UNWRITTEN:
                self.is_over = True
                self._unwritten.clear()
            reason = getattr(error, "strerror", None) or error
            raise OutputError(
                f"the journal {self._path} cannot be written: {reason}", "is the disk full?"
            ) from None

    def close(self) -> None:
        """Flush, sync to the disk and close, whatever fails.

        Can be called twice. Raises OutputError for what is lost.
        """
        if self._file.closed:
            return
        try:
            self.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise OutputError(
                f"the journal {self._path} cannot be written: {error.strerror}", "is the disk full?"
            ) from None
        finally:
            self._file.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreVersion:
    """A version of the score in a run: its number from 1, its schedule and its texts by file."""

    number: int
    schedule: Schedule
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line after the header, with its line number.

    It is an event, a command, a version of the score, or the end.
    """

    line: int
    at: int
    event: Event | None = None
    command: Command | None = None
    end: str | None = None
    score: ScoreVersion | None = None
    stage: str | None = None
    """The stage that an event is from or a command is for, in a run on several.

    None for what is common to all.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """A journal that was read.

    `cut_off` is true if its last line is incomplete; that line is not in `records`.
    """

    header: Mapping[str, Any]
    schedule: Schedule
    records: tuple[Record, ...]
    cut_off: bool
    digest: str = ""
    """The chained digest after the last record."""
    texts: tuple[str, ...] = ()
    """The texts that its records define; a run that continues this journal refers to them."""
    ensemble: EnsembleSchedule | None = None
    """What each stage plays, if the run is on several; `schedule` is that of the first one."""

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages of a run on several; empty for any other run."""
        return () if self.ensemble is None else self.ensemble.names

    @property
    def following(self) -> bool:
        """Whether positions were bound to chunks late, by a clock that the run followed."""
        return self.header.get("mode") == "following"

    @property
    def played(self) -> PlayRange | None:
        """The range of the score that the run plays; None for the whole score."""
        return range_from_json(self.header.get("range"), self.schedule)

    @property
    def revision(self) -> int:
        """The revision of the conductor that made the run (see `sequencer.engine.revisions`)."""
        return int(self.header.get("conductor", FIRST))

    @property
    def is_whole(self) -> bool:
        """Whether the run came to its end and recorded it."""
        return bool(self.records) and self.records[-1].end is not None

    @property
    def sources(self) -> dict[str, str]:
        """The texts of the score's files, by name."""
        return _texts_of(self.header)

    @property
    def may_reload(self) -> bool:
        """Whether edited versions of the score could take over during the run."""
        return self.header.get("reload") is True

    @property
    def waits_for_go(self) -> bool:
        """Whether the run was armed until an operator began it."""
        return self.header.get("waits_for_go") is True

    @property
    def versions(self) -> tuple[ScoreVersion, ...]:
        """The versions of the score, in order; the first is that of the header."""
        first = ScoreVersion(number=1, schedule=self.schedule, sources=self.sources)
        return (first, *(one.score for one in self.records if one.score is not None))

    def __repr__(self) -> str:
        extent = "cut off" if self.cut_off else "" if self.is_whole else "not whole"
        return summary_repr(self, self.schedule.title, f"{len(self.records):,} records", extent)


def find_run(run: Path) -> Path:
    """Return the path of a run.

    This is the path itself, or, for a run that was killed or still plays, the folder that it has
    until it is complete.
    """
    if exists(run) or not run.name:
        return run
    partial = partial_of(run)
    return partial if is_file(partial / "journal.jsonl") else run


def read_journal(run: Path | str) -> Journal:
    """Read a journal file, the `journal.jsonl` of a run's folder, or the journal in a bundle.

    >>> import sequencer
    >>> score = sequencer.reads('at 0c "A paper boat."\\nend 2c\\n')
    >>> rehearsed = sequencer.rehearse(score, video=False, out="boat-journal")
    >>> sequencer.read_journal("boat-journal").is_whole
    True

    Args:
        run: The path of the file, the folder or the bundle.

    Returns:
        The journal. An incomplete last line is left out.

    Raises:
        JournalError: The journal cannot be read; the error has the line number.
    """
    path = find_run(Path(run))
    file = path / "journal.jsonl" if is_folder(path) else path
    try:
        return _parse(journal_pieces(file) if is_bundle(file) else pieces_of(file))
    except JournalError as error:
        raise error.in_file(str(file)) if error.line else error from None
    except OSError as error:
        raise JournalError(
            f"{file} cannot be read: {error.strerror}",
            hint="name a run's folder or its journal.jsonl",
        ) from None


def parse_journal(data: bytes) -> Journal:
    """Return the journal in some bytes; see `read_journal`."""
    return _parse((data,))


def _parse(pieces: Iterable[bytes]) -> Journal:
    lines = lines_of(pieces)
    number, first, whole = next(lines, (0, b"", False))
    if not number:
        raise JournalError("this journal is empty", 1)
    header = _object(number, first, whole)
    if (
        header is None
        or not isinstance(header.get(_MARK), int)
        or isinstance(header.get(_MARK), bool)
    ):
        raise JournalError("this is not a journal", 1, "name a run's folder or its journal.jsonl")
    if header[_MARK] > FORMAT:
        raise JournalError(
            f"this journal has format {header[_MARK]}, and this version reads up to {FORMAT}",
            1,
            "update the sequencer",
        )
    revision = header.get("conductor", FIRST)
    if not isinstance(revision, int) or isinstance(revision, bool) or revision < FIRST:
        raise JournalError("its header names no revision of the conductor", 1)
    if revision > CURRENT:
        raise JournalError(
            (
                f"this run was made by revision {revision} of the conductor, and this version "
                f"knows up to {CURRENT}"
            ),
            1,
            "update the sequencer",
        )
    schedule = _schedule(header)
    ensemble = _ensemble(header, schedule)
    stages = frozenset(() if ensemble is None else ensemble.names)
    texts = TextsRead(header[_MARK] >= _WITH_TEXTS)
    digest_so_far = _chain("", first)
    records: list[Record] = []
    versions = 1
    may_have_versions = header[_MARK] >= _WITH_VERSIONS and header.get("reload") is True
    cut_off = False
    for number, line, whole in lines:
        found = _quickly(number, line, len(records) + 1, digest_so_far) or _thoroughly(
            number, line, whole, len(records) + 1, digest_so_far
        )
        if found is None:
            cut_off = True
            break
        record, digest_so_far, defined = found
        if not 0 <= record.at < LATEST or (
            record.event is not None and record.event.at != record.at
        ):
            raise JournalError(
                "this record's time stamp is missing, or not that of its event", number
            )
        if record.stage is not None and record.stage not in stages:
            raise JournalError("this record names a stage that does not play", number)
        if record.score is not None:
            versions += 1
            _check_version(record, versions, may_have_versions)
        if isinstance(record.event, ReloadRequested) and not 1 <= record.event.version <= versions:
            raise JournalError("this event names a version of the score that is not here", number)
        texts.define(defined)
        records.append(_with_texts(record, texts))
    return Journal(
        header=header,
        schedule=schedule,
        records=tuple(records),
        cut_off=cut_off,
        digest=digest_so_far,
        texts=tuple(texts.texts),
        ensemble=ensemble,
    )


def _schedule(header: Mapping[str, Any]) -> Schedule:
    """Return the schedule of a header, and check that the header's other parts can be read too."""
    try:
        schedule = from_document(header.get("schedule"))
    except ScheduleError as error:
        raise JournalError(f"its schedule cannot be read: {error.message}", 1) from None
    _check_texts(header, 1)
    try:
        found = range_from_json(header.get("range"), schedule)
    except ValueError as error:
        raise JournalError(f"its range cannot be read: {error}", 1) from None
    if found is not None and header.get("mode") == "following":
        raise JournalError("its range cannot be read: the run followed a clock", 1)
    for name in ("settings", "versions"):
        if not isinstance(header.get(name, {}), dict):
            raise JournalError(f"its {name} cannot be read", 1)
    return schedule


def _ensemble(header: Mapping[str, Any], first: Schedule) -> EnsembleSchedule | None:
    """Return what each stage plays, if the run is on several. Raises JournalError."""
    parts = header.get("parts")
    if header[_MARK] < _WITH_STAGES or parts is None:
        return None
    name, realign = header.get("stage"), header.get("realign")
    if (
        not isinstance(parts, dict)
        or not isinstance(name, str)
        or not (realign is None or type(realign) is int)
    ):
        raise JournalError("its stages cannot be read", 1)
    try:
        others = [(other, from_document(document)) for other, document in parts.items()]
        return EnsembleSchedule(((name, first), *others), realign)
    except ScheduleError as error:
        raise JournalError(f"its stages cannot be read: {error.message}", 1) from None


def _check_version(record: Record, expected: int, is_allowed: bool) -> None:
    """Check that a version of the score belongs here. Raises JournalError."""
    score = record.score
    if score is None:
        return
    if not is_allowed:
        raise JournalError("no edited score could take over in this run", record.line)
    if score.number != expected or expected > MAX_VERSIONS:
        raise JournalError(
            f"this should be version {expected} of the score, of at most {MAX_VERSIONS}",
            record.line,
        )


def _texts_of(fields: Mapping[str, Any]) -> dict[str, str]:
    return {str(one["file"]): str(one["text"]) for one in fields.get("sources", ())}


def _check_texts(fields: Mapping[str, Any], line: int) -> None:
    if not isinstance(fields.get("sources", []), list) or not all(
        isinstance(one, dict) and "file" in one and "text" in one
        for one in fields.get("sources", [])
    ):
        raise JournalError("its score texts cannot be read", line)


def _with_texts(record: Record, texts: TextsRead) -> Record:
    """Return a record with its texts in place of references."""
    try:
        if record.event is not None:
            event = texts.decode(record.event)
            return (
                record
                if event is record.event
                else Record(line=record.line, at=record.at, event=event, stage=record.stage)
            )
        if record.command is not None:
            command = texts.decode(record.command)
            return (
                record
                if command is record.command
                else Record(line=record.line, at=record.at, command=command, stage=record.stage)
            )
    except ValueError as error:
        raise JournalError(f"this record cannot be read: {error}", record.line) from None
    return record


@cache
def _line_of() -> Callable[[bytes], Any]:
    """Return pydantic's own parser for a complete record.

    The parser returns `n`, `at` and the contents; what is absent is None.
    """
    from pydantic import Field, Strict, TypeAdapter

    number = Annotated[int, Strict()]
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [("n", number), ("at", number)]
    # A field that is present must have its type; only an absent one is None.
    fields += [("event", Annotated[Event, Field(discriminator="kind")], None)]
    fields += [
        ("command", Annotated[Command, Field(discriminator="kind")], None),
        ("end", str, None),
    ]
    fields += [("texts", list[str], ()), ("s", str, None)]
    return TypeAdapter(make_dataclass("Line", fields, slots=True)).validator.validate_json


def _quickly(
    number: int, line: bytes, expected: int, before: str
) -> tuple[Record, str, Iterable[str]] | None:
    """Return a record, the digest after it and its texts.

    The result is None for a line that is not exactly as this module writes it.
    """
    wanted = _chain(before, line[:-_SEALED] + b"}")
    if not line.endswith(f',"d":"{wanted}"}}'.encode()):
        return None
    try:
        value = _line_of()(line)
    except ValueError:
        return None
    if (
        value.n != expected
        or (value.event is None) + (value.command is None) + (value.end is None) != 2
    ):
        return None
    return (
        Record(
            line=number,
            at=value.at,
            event=value.event,
            command=value.command,
            end=value.end,
            stage=value.s,
        ),
        wanted,
        value.texts,
    )


def _thoroughly(
    number: int, line: bytes, whole: bool, expected: int, before: str
) -> tuple[Record, str, Iterable[str]] | None:
    """Read a record step by step, so that an error message can name what is wrong.

    Returns None for an incomplete last line.
    """
    value = _object(number, line, whole)
    if value is None:
        return None
    wanted = _check_chain(number, line, value, before)
    texts = value.get("texts", ())
    if "texts" in value and not (
        isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    ):
        raise JournalError("the texts of this record cannot be read", number)
    return _record(number, value, expected), wanted, texts


def _object(number: int, line: bytes, whole: bool) -> dict[str, Any] | None:
    """Return the JSON object of a line; None for an incomplete last line."""
    try:
        text = line.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        if whole:
            raise JournalError("this line is not text (UTF-8)", number) from None
        text = ""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if not whole and number > 1:
            return None
        if number == 1:
            raise JournalError(
                "this is not a journal", 1, "name a run's folder or its journal.jsonl"
            ) from None
        raise JournalError(f"this is not a line of a journal: {error}", number) from None
    if not isinstance(value, dict):
        raise JournalError("this is not a line of a journal: it is not an object", number)
    return value


def _check_chain(number: int, line: bytes, value: dict[str, Any], before: str) -> str:
    """Return the digest after this line, which closes the line.

    Raises JournalError if the chain is broken.
    """
    wanted = _chain(before, line[:-_SEALED] + b"}")
    if not line.endswith(f',"d":"{wanted}"}}'.encode()) or value.get("d") != wanted:
        raise JournalError(
            (
                "the chain of digests is broken here: this line, or one before it, was changed, "
                "lost or moved"
            ),
            number,
        )
    return wanted


def _record(number: int, value: dict[str, Any], expected: int) -> Record:
    if value.get("n") != expected or not isinstance(value.get("at"), int):
        raise JournalError(f"this should be record {expected} with its stamp", number)
    at, stage = value["at"], value.get("s")
    if "s" in value and not isinstance(stage, str):
        raise JournalError("the stage of this record cannot be read", number)
    try:
        if "event" in value:
            event = event_from_json(value["event"])
            return Record(line=number, at=at, event=event, stage=stage)
        if "command" in value:
            command = command_from_json(value["command"])
            return Record(line=number, at=at, command=command, stage=stage)
    except ValueError as error:
        raise JournalError(f"this record cannot be read: {first_fault(error)}", number) from None
    if isinstance(value.get("score"), dict):
        return Record(line=number, at=value["at"], score=_version(number, value["score"]))
    if isinstance(value.get("end"), str):
        return Record(line=number, at=value["at"], end=value["end"])
    raise JournalError("this is neither an event nor a command", number)


def _version(line: int, fields: dict[str, Any]) -> ScoreVersion:
    """Return the version of the score in a record. Raises JournalError."""
    number = fields.get("version")
    if not isinstance(number, int) or isinstance(number, bool):
        raise JournalError("this version of the score has no number", line)
    _check_texts(fields, line)
    try:
        schedule = from_document(fields.get("schedule"))
    except ScheduleError as error:
        raise JournalError(f"its schedule cannot be read: {error.message}", line) from None
    return ScoreVersion(number=number, schedule=schedule, sources=_texts_of(fields))
