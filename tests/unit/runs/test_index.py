from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sequencer.runs.index import RunIndex, index_path
from sequencer.runs.store import open_store
from tests.support.runs import KEY, OTHER, add_run


def test_a_damaged_index_is_rebuilt(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    add_run(store)
    path = tmp_path / "index.sqlite"
    path.write_bytes(b"this is not a database" * 100)
    with RunIndex(store, path) as index:
        assert index.refresh() == 1
    with RunIndex(store, path) as index:
        assert index.refresh() == 0


def test_an_index_of_another_version_is_rebuilt(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    add_run(store)
    path = tmp_path / "index.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE runs (other TEXT)")
        db.execute("PRAGMA user_version = 99")
    db.close()
    with RunIndex(store, path) as index:
        assert index.refresh() == 1
        assert index.count() == 1


def test_without_a_folder_the_index_is_in_memory(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    add_run(store)
    (tmp_path / "file").write_text("")
    for path in (None, tmp_path / "file" / "index.sqlite"):
        with RunIndex(store, path) as index:
            index.refresh()
            assert list(index.find([KEY])) == [KEY]


def test_runs_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    add_run(store)
    add_run(store, OTHER)
    with RunIndex(store, None) as index:
        index.refresh()
        folder = store.local_folder(index.find([OTHER])[OTHER][0])
        assert folder is not None
        folder.rename(tmp_path / "away")
        index.refresh()
        assert list(index.find([KEY, OTHER])) == [KEY]


def test_an_unreadable_record_is_not_a_run(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    add_run(store)
    (tmp_path / "store" / "runs" / KEY[:2] / KEY / "run.json").write_text("{")
    with RunIndex(store, None) as index:
        assert index.refresh() == 0
        assert index.find([KEY]) == {}


def test_the_index_is_in_the_cache_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    one, other = open_store(str(tmp_path / "a")), open_store(str(tmp_path / "b"))
    found = index_path(one)
    assert found is not None
    assert found.parent == tmp_path / "helios-sequencer"
    assert found != index_path(other)
