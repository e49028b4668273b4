"""A score's file, the files it uses, its images: what can be wrong with each, reported at its
position; what is accepted.
"""

from __future__ import annotations

import hashlib
import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from sequencer.core.diagnostics import Diagnostic
from sequencer.language.loader import LoadLimits, load, load_text
from sequencer.language.notations import read

CUE = 'at 0c image "{}", "A boat."\n'


def only(path: Path, limits: LoadLimits | None = None) -> Diagnostic:
    """Return the only diagnostic of a file."""
    reading = load(path, limits=limits)
    assert reading.score is None
    (found,) = reading.diagnostics
    return found


def score_with(folder: Path, image: str) -> Path:
    """Return the path of a score that shows an image."""
    path = folder / "a.score"
    path.write_text(CUE.format(image), encoding="utf-8")
    return path


def encoded_image(kind: str = "PNG", size: tuple[int, int] = (8, 4)) -> bytes:
    """Return the bytes of an image."""
    buffer = BytesIO()
    Image.new("RGB", size, (200, 80, 30)).save(buffer, kind)
    return buffer.getvalue()


# ---- the score's own file ------------------------------------------------------------------------


def test_no_such_file_and_the_one_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "night-tram.score").write_text('at 0c "x"\n')
    fault = only(tmp_path / "nigth-tram.score")
    assert (fault.code, fault.hint) == ("E501", "did you mean night-tram.score?")
    assert only(tmp_path / "gone" / "a.score").code == "E501"


def test_a_folder(tmp_path: Path) -> None:
    assert only(tmp_path).code == "E503"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.score"
    path.write_text("")
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        path.chmod(0)
    else:  # root can read every file, so the system's refusal is simulated

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "open", refuse)
    assert only(path).code == "E503"


def test_a_suffix_without_effect(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text('at 0c "x"\n')
    assert only(path).code == "E507"
    assert load(path, notation=None).score is None


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        (b"", "E151", 1, 1),
        (b"\xef\xbb\xbf", "E151", 1, 1),
        (b'at 0c "caf\xe9"\n', "E504", 1, 11),
        (b'\xef\xbb\xbf# \xc3\xbc\r\nat 0c "\xc3\xbc \xff"\r\n', "E504", 2, 10),
        ('at 0c "x"\n'.encode("utf-16"), "E505", 1, 1),
        ('at 0c "x"\n'.encode("utf-16-le"), "E505", 1, 1),
        ('at 0c "x"\n'.encode("utf-32"), "E505", 1, 1),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "E506", 1, 1),
        (b"seed 1\n\x00\x00", "E506", 2, 1),
    ],
    ids=repr,
)
def test_bytes_that_are_no_score(
    data: bytes, code: str, line: int, column: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.score"
    path.write_bytes(data)
    fault = only(path)
    assert (fault.code, fault.span.line, fault.span.column) == (code, line, column)
    assert fault.hint is not None


def test_a_byte_order_mark_and_windows_newlines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_bytes(b'\xef\xbb\xbf# first\r\nat 0c "A boat."\r\n')
    assert read(path) == load_text('at 0c "A boat."\n').score


# ---- use -----------------------------------------------------------------------------------------


def test_what_a_used_file_brings(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.score").write_text('use "c.score"\nlet b = "B {c}"\n')
    (tmp_path / "deep" / "c.score").write_text('let c = "C"\nscene s {\n  base "{c}"\n}\n')
    (tmp_path / "a.score").write_text('use "deep/b.score"\nat 0c "{b}"\n')
    (use,) = read(tmp_path / "a.score").uses
    assert [let.name for let in use.lets] == ["c", "b"]
    assert [scene.name for scene in use.scenes] == ["s"]


def test_faults_of_a_used_file_name_that_file(tmp_path: Path) -> None:
    (tmp_path / "b.score").write_text('let b = "x"\nlet c "y"\n')
    (tmp_path / "a.score").write_text('use "b.score"\n')
    fault = only(tmp_path / "a.score")
    assert (fault.code, fault.span.file, fault.span.line) == ("E132", str(tmp_path / "b.score"), 2)
    assert load(tmp_path / "a.score").sources[fault.span.file].startswith("let b")


@pytest.mark.parametrize(
    ("used", "code"),
    [
        ("gone.score", "E501"),
        ("../a.score", "E510"),
        ("/etc/passwd", "E510"),
        ("b.txt", "E507"),
        ("a.score", "E511"),
        (".", "E507"),
    ],
)
def test_files_that_cannot_be_used(used: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "a.score").write_text("")
    (tmp_path / "in" / "b.txt").write_text("")
    path = tmp_path / "in" / "a.score"
    path.write_text(f'seed 1\n  use "{used}"\n')
    fault = only(path)
    assert (fault.code, fault.span.line, fault.span.column) == (code, 2, 3)


def test_a_circle_of_files(tmp_path: Path) -> None:
    for one, other in ("ab", "bc", "ca"):
        (tmp_path / f"{one}.score").write_text(f'use "{other}.score"\nlet {one} = "x"\n')
    fault = only(tmp_path / "a.score")
    assert fault.code == "E511"
    assert "a.score → b.score → c.score → a.score" in fault.message


def test_a_file_used_twice_is_read_once_and_many_are_refused(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"u{number}.score").write_text(f'let v{number} = "x"\n')
    path = tmp_path / "a.score"
    path.write_text("".join(f'use "u{number}.score"\n' for number in range(6)) + 'use "u0.score"\n')
    assert len(read(path).uses) == 7
    assert only(path, LoadLimits(uses=5)).code == "E512"


def test_a_score_without_a_folder_uses_nothing() -> None:
    (fault,) = load_text('use "a.score"\n').diagnostics
    assert fault.code == "E513"


# ---- images --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_an_image_is_known_by_its_bytes(kind: str, mime: str, tmp_path: Path) -> None:
    data = encoded_image(kind)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.bin").write_bytes(data)
    (image,) = read(score_with(tmp_path, "in/x.bin")).images
    assert (image.path, image.mime_type, image.width, image.height) == ("in/x.bin", mime, 8, 4)
    assert (image.sha256, image.size) == (hashlib.sha256(data).hexdigest(), len(data))


def test_an_image_that_is_not_there_and_the_one_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "harbour.png").write_bytes(encoded_image())
    fault = only(score_with(tmp_path, "harbor.png"))
    assert (fault.code, fault.span.line, fault.span.column) == ("E520", 1, 7)
    assert fault.hint == "did you mean harbour.png?"
    assert fault.fixes[0].text == 'image "harbour.png"'


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.png", b"", "E523"),
        ("text.png", b"not an image at all", "E523"),
        ("broken.png", encoded_image()[:40], "E523"),
        ("moving.png", encoded_image("GIF"), "E524"),
        ("large.png", encoded_image() + bytes(3000), "E522"),
        ("wide.png", encoded_image(size=(300, 300)), "E527"),
    ],
)
def test_files_that_are_no_image_to_show(name: str, data: bytes, code: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    fault = only(score_with(tmp_path, name), LoadLimits(image_bytes=3000, image_pixels=10_000))
    assert (fault.code, fault.span.column) == (code, 7)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../x.png", "E521"),
        ("/etc/hostname", "E521"),
        ("", "E520"),
        (".", "E520"),
        ("a\\\\b.png", "E525"),
    ],
)
def test_paths_that_are_refused(path: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "x.png").write_bytes(encoded_image())
    assert only(score_with(tmp_path / "in", path)).code == code


def test_a_link_that_leads_outside_is_refused_unless_more_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "x.png").write_bytes(encoded_image())
    (tmp_path / "in" / "x.png").symlink_to(tmp_path / "x.png")
    path = score_with(tmp_path / "in", "x.png")
    assert only(path).code == "E521"
    assert load(path, limits=LoadLimits(outside=True)).score is not None


def test_an_image_is_looked_at_once(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"no")
    path = tmp_path / "a.score"
    path.write_text(CUE.format("x.png") + CUE.format("x.png").replace("0c", "4c"))
    assert only(path).span.line == 1


# ---- files that are open in an editor ------------------------------------------------------------


def test_each_file_is_also_returned_on_its_own(tmp_path: Path) -> None:
    (tmp_path / "b.score").write_text('scene tram { base "A tram." }\n', encoding="utf-8")
    reading = load_text('use "b.score"\nat 0c tram\n', "a.score", tmp_path)
    assert [
        (Path(name).name, len(score.uses), len(score.scenes))
        for name, score in reading.files.items()
    ] == [("a.score", 1, 0), ("b.score", 0, 1)]


def test_an_unsaved_text_replaces_that_of_a_used_file(tmp_path: Path) -> None:
    (tmp_path / "b.score").write_text("no score\n", encoding="utf-8")
    unsaved = {tmp_path / "b.score": '\ufeffscene tram { base "A tram." }\r\n'}
    text = 'use "b.score"\nat 0c tram\n'
    assert load_text(text, "a.score", tmp_path).score is None
    assert load_text(text, "a.score", tmp_path, find_unsaved=unsaved.get).score is not None
