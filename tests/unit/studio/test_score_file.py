from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from sequencer.core.errors import InputError, OutputError, ScoreError, UsageError
from sequencer.language.loader import Notation
from sequencer.studio.score_file import ChangedOnDiskError, create, open_score, reread, save

TEXT = 'at 1 "A tram waits."\nend 2\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "show" / "tram.score"
    found.parent.mkdir()
    found.write_bytes(TEXT.encode())
    return found


def test_a_file_is_opened_and_saved(path: Path) -> None:
    path.chmod(0o640)
    file = open_score(path)
    assert (file.text, file.notation) == (TEXT, Notation.TEXT)
    saved = save(file, "end 3\n")
    assert path.read_text() == "end 3\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert reread(saved) is saved
    assert [one.name for one in path.parent.iterdir()] == ["tram.score"]
    save(saved, "end 4\n")
    assert path.read_text() == "end 4\n"


@pytest.mark.parametrize(
    "data",
    [
        b"a\r\nb\r\nc\n",
        b"a\rb\rc\n",
        b"a\nb\nc\r\n",
        b"\xef\xbb\xbfa\r\nb\r\n",
        b"",
    ],
)
def test_newlines_and_the_mark_at_the_beginning_are_kept(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    file = open_score(path)
    assert "\r" not in file.text and "\ufeff" not in file.text
    save(file, "x\ny\n")
    newline = b"\r\n" if b"\r\nb" in data else b"\r" if b"\rb" in data else b"\n"
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef") else b""
    assert path.read_bytes() == mark + b"x" + newline + b"y" + newline


def test_a_change_of_another_program_is_not_overwritten(path: Path) -> None:
    file = open_score(path)
    path.write_text("# theirs\n")
    with pytest.raises(ChangedOnDiskError, match="another program has changed"):
        save(file, "# ours\n")
    assert path.read_text() == "# theirs\n"
    found = reread(file)
    assert found is not None and found.text == "# theirs\n"
    save(file, "# ours\n", overwrite=True)
    assert path.read_text() == "# ours\n"


def test_a_file_that_was_removed_is_written_again_only_on_request(path: Path) -> None:
    file = open_score(path)
    path.unlink()
    assert reread(file) is None
    with pytest.raises(ChangedOnDiskError, match="removed"):
        save(file, "# ours\n")
    assert not path.exists()
    save(file, "# ours\n", overwrite=True)
    assert path.read_text() == "# ours\n"


def test_a_full_disk_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = open_score(path)

    def fail(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match="No space left on device") as error:
        save(file, "# ours\n")
    assert "the file is as before" in str(error.value)
    assert path.read_text() == TEXT
    assert [one.name for one in path.parent.iterdir()] == ["tram.score"], "nothing is left over"


def test_a_link_is_followed_within_its_folder_only(path: Path, tmp_path: Path) -> None:
    link = path.with_name("link.score")
    link.symlink_to(path.name)
    save(open_score(link), "# through the link\n")
    assert link.is_symlink() and path.read_text() == "# through the link\n"
    outside = tmp_path / "library.score"
    outside.write_text(TEXT)
    out = path.with_name("out.score")
    out.symlink_to(outside)
    with pytest.raises(OutputError, match="a link to a file in another folder"):
        save(open_score(out), "# ours\n")
    assert outside.read_text() == TEXT


def test_a_link_that_is_put_in_the_place_of_the_file_is_not_followed(path: Path) -> None:
    other = path.with_name("other.score")
    other.write_text(TEXT)
    file = open_score(path)
    path.unlink()
    path.symlink_to(other.name)
    for overwrite in (False, True):
        with pytest.raises(OutputError, match="leads to another file"):
            save(file, "# ours\n", overwrite=overwrite)
    assert other.read_text() == TEXT


def test_only_scores_in_utf_8_are_opened(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not the name of a score"):
        open_score(tmp_path / "tram.txt")
    with pytest.raises(InputError, match="there is no file"):
        open_score(tmp_path / "tram.score")
    (tmp_path / "latin.score").write_bytes(b"# caf\xe9\n")
    with pytest.raises(ScoreError, match="E504"):
        open_score(tmp_path / "latin.score")
    (tmp_path / "folder.score").mkdir()
    with pytest.raises(ScoreError, match="E503"):
        open_score(tmp_path / "folder.score")


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    file = create(tmp_path, "new.yaml", "title: é\n")
    assert (tmp_path / "new.yaml").read_bytes() == "title: é\n".encode()
    assert file.notation is Notation.YAML
    with pytest.raises(OutputError, match="already exists"):
        create(tmp_path, "new.yaml", "")
    assert (tmp_path / "new.yaml").read_bytes() == "title: é\n".encode()


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".score",
        ".hidden.score",
        "a/b.score",
        "../b.score",
        "a\\b.score",
        "C:b.score",
        "a.txt",
        "a",
        "a\n.score",
        "a" * 300 + ".score",
    ],
)
def test_a_new_file_has_the_name_of_a_score_in_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="not a name for a score"):
        create(tmp_path, name, "")
    assert list(tmp_path.iterdir()) == []
