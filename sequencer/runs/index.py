"""An index of the runs of a store, in SQLite on the local disk.

It is derived: a run never changes, so the index reads each `run.json` once, and it can be removed
at any time. It is not in the store, which may be on a network disk or in an object store.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from sequencer.runs.record import RunRecord, read_record
from sequencer.runs.store import RunStore

VERSION = 1
_BATCH = 500


def index_path(store: RunStore) -> Path | None:
    """Return where the index of a store is: in the cache folder of the user.

    It is None if there is none.
    """
    cache = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = Path(cache) if cache else Path.home() / ".cache"
        where = store.url if "://" in store.url else str(Path(store.url).resolve())
    except (OSError, RuntimeError):
        return None
    name = hashlib.sha256(where.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return folder / "helios-sequencer" / f"runs-{name}.sqlite"


class RunIndex:
    """Records of runs by key; a context manager.

    Without a file that can be written, it is kept in memory.
    """

    def __init__(self, store: RunStore, path: Path | None = None) -> None:
        self._store = store
        self.path = path
        self._db = _connect(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def refresh(self) -> int:
        """Read the records of runs that are new, and forget those that are gone.

        Returns:
            How many records were read.
        """
        there = self._store.names()
        known = {str(row[0]) for row in self._db.execute("SELECT name FROM runs")}
        new = sorted(there - known)
        read = 0
        with self._db:
            self._db.executemany(
                "DELETE FROM runs WHERE name = ?", [(name,) for name in known - there]
            )
            for name in new:
                record = self._store.record(name)
                if record is not None:
                    self._add(record)
                    read += 1
        return read

    def _add(self, record: RunRecord) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)",
            (record.name, record.key, record.attempt, record.failed, record.to_json()),
        )

    def find(self, keys: Iterable[str]) -> dict[str, list[RunRecord]]:
        """Return the runs of keys, by attempt."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, list[RunRecord]] = {}
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(
                f"SELECT name, document FROM runs WHERE key IN ({marks}) ORDER BY key, attempt",  # noqa: S608  # question marks only
                part,
            )
            for name, document in rows:
                record = read_record(document, name)
                if record is not None:
                    found.setdefault(record.key, []).append(record)
        return found

    def count(self) -> int:
        """Return how many runs the index has."""
        return int(self._db.execute("SELECT count(*) FROM runs").fetchone()[0])


def _connect(path: Path | None) -> sqlite3.Connection:
    """Open or create an index; a damaged one, or one of another version, is created anew."""
    if path is not None:
        for _ in range(2):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                return _prepared(sqlite3.connect(path, timeout=30))
            except sqlite3.DatabaseError:
                try:
                    path.unlink(missing_ok=True)
                except OSError:
                    break
            except OSError:
                break
    return _prepared(sqlite3.connect(":memory:"))


def _prepared(db: sqlite3.Connection) -> sqlite3.Connection:
    try:
        if db.execute("PRAGMA user_version").fetchone()[0] not in (0, VERSION):
            raise sqlite3.DatabaseError("another version")
        with db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, key TEXT NOT NULL, "
                "attempt INTEGER NOT NULL, failed TEXT, document TEXT NOT NULL)"
            )
            db.execute("CREATE INDEX IF NOT EXISTS by_key ON runs (key)")
            db.execute(f"PRAGMA user_version = {VERSION}")
    except sqlite3.Error:
        db.close()
        raise
    return db
