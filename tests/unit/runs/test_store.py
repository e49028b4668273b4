"""Stores in a folder and over the protocol of S3 keep the same promises."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequencer.core.errors import InputError, OutputError, UsageError
from sequencer.runs.index import RunIndex
from sequencer.runs.record import RunRecord
from sequencer.runs.store import DiskStore, ObjectStore, RunStore, check_sweep_name, open_store
from tests.support.requirements import require
from tests.support.runs import KEY, OTHER, add_run


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """Serve S3 on this machine, and name a bucket in it."""
    try:
        from moto.server import ThreadedMotoServer
    except ImportError:
        require(False, "moto is not installed: .ci/setup-scale")
        raise
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ):
            patch.setenv(name, value)
        import s3fs

        s3fs.S3FileSystem(use_listings_cache=False).mkdir("takes")
        yield "s3://takes"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RunStore:
    if request.param == "folder":
        return open_store(str(tmp_path / "store"))
    return open_store(f"{request.getfixturevalue('bucket')}/{tmp_path.name}-{os.getpid()}")


def test_a_run_is_in_the_store_once_it_is_finished(store: RunStore) -> None:
    partial = store.begin(KEY)
    partial.path.mkdir()
    (partial.path / "journal.jsonl").write_text("a journal")
    assert store.names() == set()
    assert store.record(KEY) is None
    assert partial.finish(RunRecord(name=KEY, failed=None, values={"seed": "3"}))
    assert store.names() == {KEY}
    record = store.record(KEY)
    assert record is not None
    assert (record.values, record.files) == ({"seed": "3"}, {"journal.jsonl": 9})
    assert not partial.path.exists()
    assert list(store.leftovers(0)) == []


def test_files_of_a_run_are_copied(store: RunStore, tmp_path: Path) -> None:
    add_run(store)
    record = store.record(KEY)
    assert record is not None
    assert store.copy_file(record, "journal.jsonl", tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "a journal"
    assert not store.copy_file(record, "video.mp4", tmp_path / "video.mp4")


def test_the_second_of_two_writers_changes_nothing(store: RunStore, tmp_path: Path) -> None:
    first, second = store.begin(KEY), store.begin(KEY)
    for one, text in ((first, "first"), (second, "the second")):
        one.path.mkdir()
        (one.path / "journal.jsonl").write_text(text)
    assert second.finish(RunRecord(name=KEY, failed=None))
    assert not first.finish(RunRecord(name=KEY, failed=None))
    record = store.record(KEY)
    assert record is not None
    assert store.copy_file(record, "journal.jsonl", tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "the second"
    assert list(store.leftovers(0)) == []


def test_a_failed_run_is_kept_next_to_its_second_attempt(store: RunStore) -> None:
    add_run(store, failed="no answer")
    add_run(store, attempt=2)
    add_run(store, OTHER)
    found = store.attempts(KEY)
    assert [(one.attempt, one.failed) for one in found] == [(1, "no answer"), (2, None)]
    assert store.names() == {KEY, f"{KEY}.2", OTHER}


def test_a_discarded_run_leaves_nothing(store: RunStore) -> None:
    partial = store.begin(KEY)
    partial.path.mkdir()
    (partial.path / "journal.jsonl").write_text("a journal")
    partial.discard()
    assert not partial.path.exists()
    assert list(store.leftovers(0)) == []


def test_a_run_is_claimed_once_and_released_by_a_person(store: RunStore) -> None:
    assert store.claim(KEY, "ann@here")
    assert not store.claim(KEY, "bob@there")
    assert [(one.name, one.who) for one in store.claims()] == [(KEY, "ann@here")]
    with pytest.raises(UsageError, match="there is no claim"):
        store.release(OTHER)
    with pytest.raises(UsageError, match="there is no claim"):
        store.release("../../runs")
    store.release(KEY)
    assert store.claims() == []
    assert store.claim(KEY, "bob@there")


def test_the_claim_of_a_finished_run_is_not_open(store: RunStore) -> None:
    store.claim(KEY, "ann@here")
    add_run(store)
    assert store.claims() == []
    assert not store.claim(KEY, "bob@there")


def test_the_store_proves_that_it_is_exclusive(store: RunStore) -> None:
    store.check_exclusive()
    assert store.files.names("claims") == []


def test_a_store_that_overwrites_is_found_out(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(store.files), "create", lambda *_: True)
    with pytest.raises(UsageError, match="two workers could pay"):
        store.check_exclusive()


def test_images_are_verified(store: RunStore) -> None:
    data = b"an image"
    sha256 = hashlib.sha256(data).hexdigest()
    store.add_blob("images", sha256, data)
    store.add_blob("images", sha256, data)
    assert store.blob("images", sha256) == data
    store.files.remove(f"images/{sha256}")
    for wrong in (sha256, "../../../etc/passwd"):
        with pytest.raises(InputError, match="is missing or was changed"):
            store.blob("images", wrong)
    store.files.create(f"images/{sha256}", b"another")
    with pytest.raises(InputError, match="is missing or was changed"):
        store.blob("images", sha256)


def test_documents_are_created_once(store: RunStore) -> None:
    assert store.add_document("takes", "plan.json", "{}")
    assert not store.add_document("takes", "plan.json", "[]")
    assert store.document("takes", "plan.json") == "{}"
    assert store.document("takes", "other.json") is None
    store.add_document("takes", "chosen/ann.json", "1")
    assert store.documents("takes", "chosen") == ["ann.json"]
    for name in ("", ".hidden", "chosen/..", "a b", "chosen/\n"):
        with pytest.raises(UsageError, match="cannot be the name"):
            store.add_document("takes", name, "x")


def test_the_index_reads_each_run_once(store: RunStore, tmp_path: Path) -> None:
    add_run(store, failed="no answer")
    with RunIndex(store, tmp_path / "index.sqlite") as index:
        assert index.refresh() == 1
    add_run(store, attempt=2)
    add_run(store, OTHER)
    with RunIndex(store, tmp_path / "index.sqlite") as index:
        assert index.refresh() == 2
        assert index.refresh() == 0
        found = index.find([KEY, OTHER, "0" * 64])
        assert {key: [one.attempt for one in runs] for key, runs in found.items()} == {
            KEY: [1, 2],
            OTHER: [1],
        }


def test_leftovers_of_killed_runs_are_found_and_removed(store: RunStore) -> None:
    add_run(store)
    name = "0123456789abcdef"
    if isinstance(store, DiskStore):
        partial = store.begin(KEY)
        partial.path.mkdir()
        (partial.path / "journal.jsonl").write_text("half")
        assert store.is_being_written(KEY)
        assert not store.is_being_written(OTHER)
    else:
        assert isinstance(store, ObjectStore)
        store.files.create(f"runs/3f/{KEY}/{name}/journal.jsonl", b"half")
        store.files.create(f"runs/a1/{OTHER}/{name}/journal.jsonl", b"half")
    assert list(store.leftovers()) == [], "it may still be written"
    for one in list(store.leftovers(-1)):
        store.remove_leftover(one)
    assert list(store.leftovers(-1)) == []
    assert store.names() == {KEY}
    assert store.record(KEY) is not None


class TestFolders:
    def test_a_killed_run_does_not_keep_another_from_its_name(self, tmp_path: Path) -> None:
        store = open_store(str(tmp_path))
        store.begin(KEY).path.mkdir()
        assert add_run(store)

    def test_a_folder_without_a_record_is_not_replaced(self, tmp_path: Path) -> None:
        store = open_store(str(tmp_path))
        mine = tmp_path / "runs" / KEY[:2] / KEY
        mine.mkdir(parents=True)
        (mine / "mine.txt").write_text("mine")
        assert not add_run(store)
        assert (mine / "mine.txt").read_text() == "mine"

    def test_what_cannot_be_written_is_reported_and_removed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(number: int) -> None:
            raise OSError(28, "No space left on device")

        store = open_store(str(tmp_path))
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="No space left") as caught:
            add_run(store)
        assert caught.value.hint == "is the disk full?"
        assert store.names() == set()
        assert list(store.leftovers(-1)) == []

    def test_a_file_system_without_links_works(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_links(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", no_links)
        store = open_store(str(tmp_path))
        assert store.claim(KEY, "ann@here")
        assert not store.claim(KEY, "bob@there")
        assert [one.who for one in store.claims()] == ["ann@here"]

    def test_other_files_in_the_folder_are_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "runs" / "3f").mkdir(parents=True)
        (tmp_path / "runs" / "3f" / "notes.txt").write_text("mine")
        (tmp_path / "runs" / "readme").write_text("mine")
        store = open_store(str(tmp_path))
        assert store.names() == set()
        assert list(store.leftovers(-1)) == []


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("", "needs a folder"),
        ("ftp://host/x", "not the address of a store"),
        ("s3://", "not the address of a store"),
        ("s3://key:secret@bucket/x", "contains its bucket and folder only"),
        ("s3://bucket/x?key=secret", "contains its bucket and folder only"),
    ],
)
def test_what_is_not_a_store(where: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        open_store(where)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("where", "hint"),
    [
        ("s3:/bucket/takes", "--store s3://bucket/takes"),
        ("S3:bucket/takes", "--store s3://bucket/takes"),
        ("gs:/key:secret@bucket", "--store gs://bucket"),
    ],
)
def test_an_address_without_its_slashes_is_no_folder(where: str, hint: str) -> None:
    with pytest.raises(UsageError, match="an address of a store begins with") as caught:
        open_store(where)
    assert caught.value.hint == hint
    assert "secret" not in str(caught.value)


def test_a_store_that_was_never_written_to_does_not_exist(tmp_path: Path) -> None:
    add_run(open_store(str(tmp_path / "takes")))
    (tmp_path / "takes" / "sweeps").mkdir()
    open_store(str(tmp_path / "takes")).check_exists("run it")
    with pytest.raises(InputError, match="there is no store") as caught:
        open_store(str(tmp_path / "take")).check_exists("run it")
    assert caught.value.hint == f"did you mean {tmp_path / 'takes'}?"
    with pytest.raises(InputError, match="there is no store") as caught:
        open_store(str(tmp_path / "other")).check_exists("run it")
    assert caught.value.hint == "run it"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_a_folder_that_cannot_be_created_is_not_a_full_disk() -> None:
    with pytest.raises(OutputError, match="no folder can be created in /proc") as caught:
        open_store("/proc/takes").add_document("boat", "plan.json", "{}")
    assert caught.value.hint == "choose another folder with --store"


def test_a_file_is_not_a_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        open_store(str(tmp_path / "file"))


@pytest.mark.parametrize("name", ["", "..", ".x", "a/b", "a b", "ä", "x" * 65, "a\n"])
def test_names_of_sweeps_are_parts_of_paths(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a sweep"):
        check_sweep_name(name)
