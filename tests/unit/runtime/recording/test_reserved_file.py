"""A file with disk space in reserve: what is on disk while it is written, when the disk is full,
and afterwards.
"""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from sequencer.runtime.recording.reserved_file import ReservedFile


class Disk:
    """Free space in bytes, taken by the writes of a file."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, path: Path, free: int, reserve: int
    ) -> None:
        self.free = free
        real = ReservedFile._put

        def put(file: ReservedFile, data: memoryview) -> int:
            available = self.free + (
                0 if path.with_name(path.name + ".reserve").exists() else reserve
            )
            if not available:
                raise OSError(errno.ENOSPC, "No space left on device")
            written = real(file, data[:available])
            self.free -= written
            return written

        monkeypatch.setattr(ReservedFile, "_put", put)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_space_is_reserved_beside_the_file_until_it_is_closed(tmp_path: Path) -> None:
    file = ReservedFile(tmp_path / "a.mp4", reserve=4096)
    assert names(tmp_path) == ["a.mp4", "a.mp4.reserve"]
    assert (tmp_path / "a.mp4.reserve").stat().st_size == 4096
    assert file.write(b"abcdef") == 6
    assert (file.tell(), file.seek(2), file.write(b"X"), file.tell()) == (6, 2, 1, 3)
    file.close()
    file.close()
    assert names(tmp_path) == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"abXdef"
    assert (file.full, file.failed, file.closed) == (False, None, True)
    assert file.seekable()
    assert file.writable()


@pytest.mark.parametrize(("more", "size"), [(100, 4096), (4096, 4096), (9000, 9000)])
def test_the_reserve_only_grows(tmp_path: Path, more: int, size: int) -> None:
    file = ReservedFile(tmp_path / "a.mp4", reserve=4096)
    file.grow(more)
    assert (tmp_path / "a.mp4.reserve").stat().st_size == size
    assert not file.full
    file.close()


def test_on_a_full_disk_the_reserve_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ReservedFile(tmp_path / "a.mp4", reserve=100)
    Disk(monkeypatch, tmp_path / "a.mp4", free=50, reserve=100)
    assert file.write(bytes(80)) == 80
    assert file.full
    assert names(tmp_path) == ["a.mp4"]
    file.grow(4096)  # what is full stays full: the writer finishes
    assert names(tmp_path) == ["a.mp4"]
    file.close()
    assert (tmp_path / "a.mp4").stat().st_size == 80
    assert file.failed is None


def test_a_second_failure_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ReservedFile(tmp_path / "a.mp4", reserve=10)
    Disk(monkeypatch, tmp_path / "a.mp4", free=0, reserve=10)
    with pytest.raises(OSError, match="No space"):
        file.write(bytes(80))
    assert file.full
    assert isinstance(file.failed, OSError)
    file.let_go()
    assert (tmp_path / "a.mp4").stat().st_size == 10


def test_another_failure_leaves_the_reserve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ReservedFile(tmp_path / "a.mp4", reserve=10)

    def fail(_file: ReservedFile, _data: memoryview) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(ReservedFile, "_put", fail)
    with pytest.raises(OSError, match="Input/output"):
        file.write(b"a")
    assert (file.full, names(tmp_path)) == (False, ["a.mp4", "a.mp4.reserve"])
    file.discard()
    assert names(tmp_path) == []


def test_discarding_removes_everything_in_any_state(tmp_path: Path) -> None:
    for close in (False, True):
        file = ReservedFile(tmp_path / "a.mp4", reserve=10)
        file.write(b"abc")
        if close:
            file.close()
        file.discard()
        assert names(tmp_path) == []


def test_without_space_for_the_reserve_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: ReservedFile, _size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ReservedFile, "reserve", refuse)
    with pytest.raises(OSError, match="No space"):
        ReservedFile(tmp_path / "a.mp4")
    assert names(tmp_path) == []


def test_a_reserve_that_cannot_grow_counts_as_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ReservedFile(tmp_path / "a.mp4", reserve=10)

    def refuse(_file: ReservedFile, _size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ReservedFile, "reserve", refuse)
    file.grow(1000)
    assert file.full
    file.close()
