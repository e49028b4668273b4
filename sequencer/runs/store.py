"""A store of runs, in a folder or in an object store.

::

    runs/3f/3f9c…/        a run: its files, and run.json, which is written last
    runs/3f/3f9c….2/      its second attempt, if the first one failed
    claims/3f9c….json     only for what costs money: who plays it, and since when
    sweeps/NAME/…         plans and choices
    images/SHA256         the images of scores, for workers on other machines
    sounds/SHA256         their sounds

A run is complete or absent. In a folder it is written under a random name, which becomes its own in
one step. In an object store its files are below a random name, and `run.json`, which is created
last and exclusively, names it. Whoever finishes second discards its own result.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from sequencer.core.errors import InputError, OutputError, UsageError
from sequencer.core.paths import exists, is_folder, partial_of
from sequencer.runs.files import DiskFiles, Files, store_error
from sequencer.runs.keys import KEY
from sequencer.runs.object_files import ObjectFiles, is_address
from sequencer.runs.record import (
    FILE,
    MAX_RECORD_BYTES,
    RunRecord,
    name_of,
    read_record,
    split_name,
)

MAX_DOCUMENT_BYTES = 64_000_000
"""The largest document of a store that is read, in bytes: the plan of 10,000 rows fits."""
MAX_BLOB_BYTES = 1_000_000_000
"""The largest image or sound of a store, in bytes."""
STALE_SECONDS = 24 * 3600.0
"""After this time, a partial run that nobody writes to any more is a leftover."""
_PARTIAL = re.compile(r"\.{1,2}([0-9a-f]{64})\.[0-9a-f]{16}\.partial(?:\.partial)?")
_SWEEP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_DOCUMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,199}")


def open_store(where: str) -> RunStore:
    """Return the store in a folder or at an address. A folder need not exist.

    Raises:
        UsageError: The address is not one of a store, or the extra `scale` is not installed.
    """
    if is_address(where):
        return ObjectStore(ObjectFiles(where))
    if not where:
        raise UsageError("a store needs a folder or an address", "for example: --store takes")
    root = Path(where)
    if exists(root) and not is_folder(root):
        raise UsageError(f"{root} is a file, not the folder of a store", "choose another folder")
    return DiskStore(DiskFiles(root))


def check_sweep_name(name: str) -> str:
    """Return a name of a sweep if it can be part of a path. Raises UsageError."""
    if _SWEEP.fullmatch(name) is None:
        raise UsageError(
            f"{name[:80]!r} cannot be the name of a sweep",
            "use up to 64 letters, digits, _ - and . without accents, and begin with a letter or "
            "digit",
        )
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who plays a run that costs money, so that nobody else pays for it too."""

    name: str
    who: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """What a killed run left: its path in the store, and its age in seconds."""

    path: str
    seconds: float


class PartialRun:
    """A run that is being written.

    `path` is the local folder that the run creates; it does not exist yet.
    """

    def __init__(self, store: RunStore, key: str, path: Path, cleanup: Path) -> None:
        self.key = key
        self.path = path
        self._store = store
        self._cleanup = cleanup

    def finish(self, record: RunRecord) -> bool:
        """Make the run part of the store under the name of its record.

        Returns:
            Whether it is this run that is in the store now; False if another one finished first.

        Raises:
            OutputError: It cannot be written. Nothing of it is left.
        """
        try:
            self.path.mkdir(exist_ok=True)
            sizes = {
                one.name: one.stat().st_size
                for one in sorted(self.path.iterdir())
                if one.is_file() and not one.is_symlink() and one.name != FILE
            }
            return self._store.add(self.path, replace(record, files=sizes))
        except OSError as error:
            raise store_error(self.path, error) from None
        finally:
            self.discard()

    def discard(self) -> None:
        """Remove what was written so far, also under the name that a run has until it is over."""
        for path in (partial_of(self.path), self._cleanup):
            shutil.rmtree(path, ignore_errors=True)


class RunStore(ABC):
    """What stores have in common."""

    files: Files

    @property
    def url(self) -> str:
        """The folder or address of the store."""
        return self.files.url

    def check_exists(self, hint: str | None = None) -> None:
        """Check that something was written to the store, before it is read.

        Args:
            hint: What to do, unless another store has a similar name.

        Raises:
            InputError: There is no such folder, or nothing at the address.
        """
        if not self.files.has_files():
            raise InputError(f"there is no store {self.url}", _similar_store(self.url) or hint)

    # ---- runs ------------------------------------------------------------------------------------

    @abstractmethod
    def names(self) -> set[str]:
        """Return the names of all runs."""

    @abstractmethod
    def begin(self, key: str) -> PartialRun:
        """Return where a run is written. Raises OutputError."""

    @abstractmethod
    def add(self, folder: Path, record: RunRecord) -> bool:
        """Add the files of a folder as a run. Results and errors are those of `finish`."""

    @abstractmethod
    def is_being_written(self, key: str) -> bool:
        """Return whether a run seems to be in progress elsewhere, or was killed."""

    @abstractmethod
    def local_folder(self, record: RunRecord) -> Path | None:
        """Return the folder of a run, if it is on this machine."""

    @abstractmethod
    def copy_file(self, record: RunRecord, file: str, target: Path) -> bool:
        """Copy a file of a run; return False if the run has none of this name."""

    @abstractmethod
    def leftovers(self, seconds: float = STALE_SECONDS) -> Iterator[Leftover]:
        """Yield what killed runs left and nobody has written to for so many seconds."""

    @abstractmethod
    def remove_leftover(self, leftover: Leftover) -> None:
        """Remove what a killed run left. Raises OutputError."""

    def record(self, name: str) -> RunRecord | None:
        """Return the record of a run; None if there is none, or it cannot be read."""
        if split_name(name) is None:
            return None
        data = self.files.read(f"{_folder(name)}/{FILE}", MAX_RECORD_BYTES)
        return None if data is None else read_record(data, name)

    def attempts(self, key: str) -> list[RunRecord]:
        """Return the runs of a key, by attempt, without listing the store."""
        found: list[RunRecord] = []
        while (record := self.record(name_of(key, len(found) + 1))) is not None:
            found.append(record)
        return found

    # ---- claims ----------------------------------------------------------------------------------

    def claim(self, name: str, who: str) -> bool:
        """Claim a run before anything is paid for it; return False if somebody else has."""
        since = datetime.now(UTC).isoformat(timespec="seconds")
        text = json.dumps({"name": name, "who": who, "since": since}) + "\n"
        return self.files.create(f"claims/{name}.json", text.encode())

    def claims(self) -> list[Claim]:
        """Return the claims whose runs are not in the store."""
        found = []
        for file in self.files.names("claims"):
            name = file.removesuffix(".json")
            if split_name(name) is None or self.record(name) is not None:
                continue
            data = self.files.read(f"claims/{file}", MAX_RECORD_BYTES)
            content: object = {}
            with suppress(ValueError, RecursionError):
                content = json.loads(data or b"")
            fields = content if isinstance(content, dict) else {}
            found.append(
                Claim(
                    name=name,
                    who=str(fields.get("who", "unknown"))[:200],
                    since=str(fields.get("since", "unknown"))[:40],
                )
            )
        return found

    def release(self, name: str) -> None:
        """Remove a claim: only a person decides that its run is over. Raises UsageError."""
        if split_name(name) is None or f"{name}.json" not in self.files.names("claims"):
            raise UsageError(f"there is no claim of {name[:80]}", "sweep show lists the claims")
        self.files.remove(f"claims/{name}.json")

    def check_exclusive(self) -> None:
        """Check that a file cannot be created twice, which claims depend on. Raises UsageError."""
        probe = f"claims/probe-{secrets.token_hex(8)}"
        try:
            self.files.create(probe, b"probe\n")
            refused = not self.files.create(probe, b"probe again\n")
        finally:
            self.files.remove(probe)
        if not refused:
            raise UsageError(
                f"{self.url} lets a second writer replace a file, so two workers could pay for one "
                "run",
                "use a store in a folder, or a service with conditional writes (If-None-Match)",
            )

    # ---- files that runs need --------------------------------------------------------------------

    def add_blob(self, kind: str, sha256: str, data: bytes) -> None:
        """Keep an image or a sound, by its digest. Raises OutputError."""
        if sha256 not in self.files.names(kind):
            self.files.create(f"{kind}/{sha256}", data)

    def blob(self, kind: str, sha256: str) -> bytes:
        """Return an image or a sound. Raises InputError if it is missing or was changed."""
        data = (
            self.files.read(f"{kind}/{sha256}", MAX_BLOB_BYTES) if KEY.fullmatch(sha256) else None
        )
        if data is None or hashlib.sha256(data).hexdigest() != sha256:
            raise InputError(
                f"{self.url}/{kind}/{sha256} is missing or was changed",
                "remove it and run the sweep again",
            )
        return data

    # ---- documents of sweeps ---------------------------------------------------------------------

    def add_document(self, sweep: str, name: str, text: str) -> bool:
        """Keep a document of a sweep; return False if there is one of this name."""
        if _DOCUMENT.fullmatch(name.rpartition("/")[2]) is None:
            raise UsageError(f"{name[:80]!r} cannot be the name of a file")
        return self.files.create(f"sweeps/{check_sweep_name(sweep)}/{name}", text.encode())

    def document(self, sweep: str, name: str) -> str | None:
        """Return a document of a sweep; None if there is none, or it is not UTF-8."""
        path = f"sweeps/{check_sweep_name(sweep)}/{name}"
        data = self.files.read(path, MAX_DOCUMENT_BYTES)
        try:
            return None if data is None else data.decode()
        except UnicodeDecodeError:
            return None

    def documents(self, sweep: str, folder: str) -> list[str]:
        """Return the names of the documents in a folder of a sweep."""
        path = f"sweeps/{check_sweep_name(sweep)}/{folder}"
        return [one for one in self.files.names(path) if _DOCUMENT.fullmatch(one)]


class DiskStore(RunStore):
    """A store in a folder, which may be on a shared disk."""

    def __init__(self, files: DiskFiles) -> None:
        self.files: DiskFiles = files
        self._root = files.root

    def names(self) -> set[str]:
        """Return the names of all runs: a folder with a run's name is complete."""
        shards = [one for one in self.files.names("runs") if len(one) == 2]
        return {
            name
            for shard in shards
            for name in self.files.names(f"runs/{shard}")
            if split_name(name) is not None
        }

    def begin(self, key: str) -> PartialRun:
        """Return where a run is written: next to its final place, under a random name."""
        parent = self._root / "runs" / key[:2]
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise store_error(parent, error) from None
        path = parent / f".{key}.{secrets.token_hex(8)}.partial"
        return PartialRun(self, key, path, path)

    def add(self, folder: Path, record: RunRecord) -> bool:
        """Add a run: its folder gets its final name once everything is on the disk."""
        final = self._root / _folder(record.name)
        try:
            with (folder / FILE).open("x", encoding="utf-8", newline="\n") as file:
                file.write(record.to_json())
            for path in folder.iterdir():
                _sync(path)
            _sync(folder)
            folder.rename(final)
            _sync(final.parent)
        except OSError as error:
            if is_folder(final):  # the other one finished first
                return False
            raise store_error(final, error) from None
        return True

    def is_being_written(self, key: str) -> bool:
        """Return whether there is a partial folder of a run."""
        found = (_PARTIAL.fullmatch(one) for one in self.files.names(f"runs/{key[:2]}"))
        return any(one is not None and one[1] == key for one in found)

    def local_folder(self, record: RunRecord) -> Path | None:
        """Return the folder of a run."""
        return self._root / _folder(record.name)

    def copy_file(self, record: RunRecord, file: str, target: Path) -> bool:
        """Copy a file of a run."""
        try:
            shutil.copyfile(self._root / _folder(record.name) / file, target)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise OutputError(
                f"{file} of {record.name} cannot be copied to {target}: {error.strerror or error}"
            ) from None
        return True

    def leftovers(self, seconds: float = STALE_SECONDS) -> Iterator[Leftover]:
        """Yield partial folders in which nothing was written for so many seconds."""
        now = time.time()
        for shard in self.files.names("runs"):
            for name in self.files.names(f"runs/{shard}") if len(shard) == 2 else ():
                if _PARTIAL.fullmatch(name) is None:
                    continue
                age = now - _last_written(self._root / "runs" / shard / name)
                if age >= seconds:
                    yield Leftover(path=f"runs/{shard}/{name}", seconds=age)

    def remove_leftover(self, leftover: Leftover) -> None:
        """Remove a partial folder."""
        path = self._root / leftover.path
        try:
            shutil.rmtree(path)
        except OSError as error:
            raise OutputError(f"{path} cannot be removed: {error.strerror or error}") from None


class ObjectStore(RunStore):
    """A store in an object store."""

    def __init__(self, files: ObjectFiles) -> None:
        self.files: ObjectFiles = files

    def names(self) -> set[str]:
        """Return the names of all runs: those with a `run.json`."""
        found: set[str] = set()
        for path, _ in self.files.below("runs"):
            parts = path.split("/")
            if len(parts) == 3 and parts[2] == FILE and split_name(parts[1]) is not None:
                found.add(parts[1])
        return found

    def begin(self, key: str) -> PartialRun:
        """Return where a run is written: a temporary folder of this machine."""
        try:
            folder = Path(tempfile.mkdtemp(prefix="sequencer-run-"))
        except OSError as error:
            raise OutputError(
                f"a temporary folder cannot be created: {error.strerror or error}",
                "free some space, or choose another folder with TMPDIR",
            ) from None
        return PartialRun(self, key, folder / "run", folder)

    def add(self, folder: Path, record: RunRecord) -> bool:
        """Add a run: its files are below a random name, which `run.json` contains."""
        below = secrets.token_hex(8)
        base = _folder(record.name)
        written: list[str] = []
        try:
            for name in record.files:
                written.append(f"{base}/{below}/{name}")
                self.files.upload(written[-1], folder / name)
            complete = replace(record, folder=below).to_json().encode()
            is_first = self.files.create(f"{base}/{FILE}", complete)
        except OutputError:
            self._remove(written)
            raise
        if not is_first:
            self._remove(written)
        return is_first

    def _remove(self, paths: Sequence[str]) -> None:
        """Remove objects without a run, as far as possible: `sweep clean` removes the others."""
        for path in paths:
            with suppress(OutputError):
                self.files.remove(path)

    def is_being_written(self, key: str) -> bool:
        """Return False: a run is uploaded at its end only, so nothing of it is known before."""
        return False

    def local_folder(self, record: RunRecord) -> Path | None:
        """Return None."""
        return None

    def copy_file(self, record: RunRecord, file: str, target: Path) -> bool:
        """Download a file of a run."""
        return self.files.download(f"{_folder(record.name)}/{record.folder}/{file}", target)

    def leftovers(self, seconds: float = STALE_SECONDS) -> Iterator[Leftover]:
        """Yield files that no `run.json` names."""
        folders: dict[str, str | None] = {}
        for path, age in self.files.below("runs"):
            parts = path.split("/")
            if len(parts) != 4 or split_name(parts[1]) is None or age is None or age < seconds:
                continue
            if parts[1] not in folders:
                record = self.record(parts[1])
                folders[parts[1]] = None if record is None else record.folder
            if folders[parts[1]] != parts[2]:
                yield Leftover(path=f"runs/{path}", seconds=age)

    def remove_leftover(self, leftover: Leftover) -> None:
        """Remove a file that no `run.json` names."""
        self.files.remove(leftover.path)


def who_am_i() -> str:
    """Return who writes to a store: the user, the machine and the process."""
    import getpass

    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, as in some containers
        user = "unknown"
    return f"{user}@{socket.gethostname()} process {os.getpid()}"


def _similar_store(url: str) -> str | None:
    """Return a hint if the folder of a store has a similar name."""
    if not is_address(url):
        root = Path(url)
        with suppress(OSError):
            names = [one.name for one in root.parent.iterdir() if is_folder(one / "sweeps")]
            meant = get_close_matches(root.name, names, 1)
            if meant:
                return f"did you mean {root.with_name(meant[0])}?"
    return None


def _folder(name: str) -> str:
    return f"runs/{name[:2]}/{name}"


def _sync(path: Path) -> None:
    """Wait until a file or the names in a folder are on the disk."""
    if os.name != "posix" and path.is_dir():
        return  # other systems do not open folders
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _last_written(folder: Path) -> float:
    """Return when anything in a folder was last written."""
    times = []
    for path in (folder, *_entries(folder)):
        with suppress(OSError):
            times.append(path.lstat().st_mtime)
    return max(times, default=time.time())


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
