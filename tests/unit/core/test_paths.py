"""Path queries that give an answer for any path, and which file names are possible."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.paths import (
    as_stored,
    exists,
    is_file,
    is_folder,
    list_files_below,
    partial_of,
    possible_name,
    remove,
    write_error,
)

COMPOSED, APART = normalize("NFC", "é"), normalize("NFD", "é")


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("file", (True, False, True)),
        ("folder", (False, True, True)),
        ("nothing", (False, False, False)),
        ("file/inside", (False, False, False)),
        ("x" * 5000, (False, False, False)),
        ("\x00", (False, False, False)),
        ("to-file", (True, False, True)),
        ("to-nothing", (False, False, False)),
        ("circle", (False, False, False)),
    ],
    ids=lambda value: value[:9].replace("\x00", "nul") if isinstance(value, str) else "",
)
def test_what_is_there(tmp_path: Path, name: str, answers: tuple[bool, bool, bool]) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "to-file").symlink_to("file")
    (tmp_path / "to-nothing").symlink_to("gone")
    (tmp_path / "circle").symlink_to("circle")
    path = tmp_path / name
    assert (is_file(path), is_folder(path), exists(path)) == answers


def test_removing_never_raises(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    remove(path)
    assert not path.exists()
    remove(path)
    remove(tmp_path)
    assert tmp_path.is_dir()


@pytest.mark.parametrize(
    ("path", "partial"),
    [
        ("runs/one", "runs/.one.partial"),
        ("one", ".one.partial"),
        ("/one", "/.one.partial"),
        ("a/b.c", "a/.b.c.partial"),
    ],
)
def test_where_a_folder_is_written(path: str, partial: str) -> None:
    assert partial_of(Path(path)) == Path(partial)


def test_a_folder_without_a_name_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert partial_of(Path()) == tmp_path.resolve().with_name(f".{tmp_path.resolve().name}.partial")
    assert partial_of(Path("/")) == Path("/")


@pytest.mark.parametrize(
    ("text", "most", "name"),
    [
        ("night", 10, "night"),
        ("night", 3, "nig"),
        ("night", 5, "night"),
        ("é" * 3, 4, "é" * 2),
        ("é" * 3, 5, "é" * 2),
        ("x", 0, ""),
        ("", 5, ""),
        ("a\ud800b", 9, "ab"),
    ],
)
def test_names_that_fit(text: str, most: int, name: str) -> None:
    assert possible_name(text, most) == name


@given(st.text(max_size=30), st.integers(0, 40))
def test_a_name_fits_and_is_a_beginning(text: str, most: int) -> None:
    name = possible_name(text, most)
    assert len(os.fsencode(name)) <= most
    assert (
        text.startswith(name)
        or not text.isprintable()
        or any(0xD800 <= ord(char) <= 0xDFFF for char in text)
    )


@pytest.mark.parametrize(
    ("stored", "asked", "found"),
    [
        pytest.param(["a.png"], "a.png", "a.png", id="plain"),
        pytest.param([f"{APART}.png"], f"{COMPOSED}.png", f"{APART}.png", id="stored-apart"),
        pytest.param([f"{COMPOSED}.png"], f"{APART}.png", f"{COMPOSED}.png", id="stored-composed"),
        pytest.param(
            [f"{COMPOSED}.png", f"{APART}.png"],
            f"{APART}.png",
            f"{APART}.png",
            id="both-and-one-asked-for",
        ),
        pytest.param([f"{APART}/x.png"], f"{COMPOSED}/x.png", f"{APART}/x.png", id="folder"),
        pytest.param(
            [f"{APART}/{COMPOSED}"],
            f"{COMPOSED}/{APART}",
            f"{APART}/{COMPOSED}",
            id="folder-and-file",
        ),
        pytest.param(["o.png"], f"{COMPOSED}.png", f"{COMPOSED}.png", id="not-there"),
        pytest.param([], f"{COMPOSED}/x.png", f"{COMPOSED}/x.png", id="no-folder"),
    ],
)
def test_names_as_the_disk_has_them(
    tmp_path: Path, stored: list[str], asked: str, found: str
) -> None:
    for name in stored:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert as_stored(tmp_path / asked) == tmp_path / found


def test_a_relative_path_stays_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / APART).touch()
    assert as_stored(Path(COMPOSED)) == Path(APART)


def test_two_files_of_one_name_are_not_chosen_between(tmp_path: Path) -> None:
    three = "ế"
    forms = {normalize("NFC", three), normalize("NFD", three), "ê\u0301"}
    assert len(forms) == 3
    asked, *stored = sorted(forms)
    for name in stored:
        (tmp_path / name).touch()
    with pytest.raises(OSError, match="different Unicode forms"):
        as_stored(tmp_path / asked)


@pytest.mark.parametrize(
    ("number", "name", "reason", "hint"),
    [
        (errno.ENOENT, "missing/x.json", "there is no folder ", "create the folder first"),
        (errno.ENOENT, "x.json", "No such file", None),
        (errno.ENOSPC, "x.json", "No space left", "is the disk full?"),
        (errno.EACCES, "x.json", "Permission denied", None),
    ],
)
def test_the_cause_of_a_write_error(
    number: int, name: str, reason: str, hint: str | None, tmp_path: Path
) -> None:
    error = write_error(tmp_path / name, OSError(number, os.strerror(number)))
    assert f"{name} cannot be written: {reason}" in error.message
    assert error.hint is hint is None or (error.hint or "").startswith(hint or "-")


def test_only_folders_below_the_top_are_listed(tmp_path: Path) -> None:
    (tmp_path / "show" / "pictures").mkdir(parents=True)
    (tmp_path / "show" / "a.png").write_bytes(b"")
    (tmp_path / "show" / ".hidden").write_bytes(b"")
    (tmp_path / "secret.png").write_bytes(b"")
    (tmp_path / "show" / "link").symlink_to(tmp_path)
    (tmp_path / "show" / "circle").symlink_to(tmp_path / "show" / "circle")
    list_files = list_files_below(tmp_path / "show")
    assert sorted(list_files("")) == ["a.png", "circle", "link/", "pictures/"]
    assert list(list_files("pictures/")) == []
    for outside in (
        "../",
        "link/",
        "pictures/../../",
        str(tmp_path),
        "circle/",
        "a.png/",
        "nothing/",
    ):
        assert list(list_files(outside)) == [], outside
