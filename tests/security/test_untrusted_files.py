"""Files from anybody: scores, their images and used files, YAML, journals, schedules, bundles,
faults files.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
import sys
import time
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import sequencer
from sequencer.api.sources import RunInput
from sequencer.cli import main
from sequencer.core.errors import JournalError, ScheduleError, UsageError
from sequencer.core.image_files import opened, read_image
from sequencer.core.images import IMAGE_TYPES, ImageFile
from sequencer.engine.bundle import (
    JOURNAL,
    MAX_BUNDLED_IMAGE_BYTES,
    MAX_MEMBERS,
    PIECE,
    SMALL_JOURNAL,
    image_in,
    images_in,
    journal_pieces,
    write_bundle,
)
from sequencer.engine.journal import read_journal
from sequencer.language.check import check
from sequencer.language.loader import LoadLimits, load
from sequencer.reports.cue_sheet.rows import sheet_of
from sequencer.reports.cue_sheet.terminal import as_table
from sequencer.reports.timeline import timeline_svg
from sequencer.reports.timeline.thumbnails import thumbnails_of
from sequencer.schedule.document import digest, from_json, to_document
from sequencer.stages.simulated.faults import reads_faults
from tests.support.requirements import require


def png(width: int, height: int, *, rows: bytes | None = None) -> bytes:
    """Return a PNG with this size in its header; `rows` are its compressed pixels, by default as
    many as the header states.
    """

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    if rows is None:
        packer = zlib.compressobj(9)
        line = b"\0" * (1 + (width + 7) // 8)
        rows = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def codes_of(folder: Path, action: str, limits: LoadLimits | None = None) -> set[str]:
    score = folder / "a.score"
    score.write_text(f'seed 1\nat 0c "A boat."\nat 2c {action}\nend 4c\n', encoding="utf-8")
    return {one.code for one in load(score, limits=limits).diagnostics}


# ---- paths ---------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Create a score's folder with an image in it, and another image beside it."""
    inside = tmp_path / "inside"
    inside.mkdir()
    Image.new("RGB", (8, 8)).save(inside / "in.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "out.png")
    (tmp_path / "out.score").write_text('let a = "secret"\n', encoding="utf-8")
    return inside


@pytest.mark.parametrize(
    "path",
    [
        "../out.png",
        "a/../../out.png",
        "{absolute}",
        "link.png",
        "linked/out.png",
        "./in.png/../../out.png",
    ],
)
def test_no_image_outside_of_the_scores_folder(folder: Path, path: str) -> None:
    if "link" in path:
        require(
            hasattr(os, "symlink") and sys.platform != "win32", "symbolic links need a right here"
        )
        (folder / "link.png").symlink_to(folder.parent / "out.png")
        (folder / "linked").symlink_to(folder.parent)
    path = path.format(absolute=(folder.parent / "out.png").as_posix())
    assert "E521" in codes_of(folder, f'image "{path}"') or "E526" in codes_of(
        folder, f'image "{path}"'
    )
    assert codes_of(folder, 'image "in.png"').isdisjoint({"E521", "E526"})


@pytest.mark.parametrize("path", ["../out.score", "{absolute}", "link.score"])
def test_no_used_file_outside_of_the_scores_folder(folder: Path, path: str) -> None:
    if "link" in path:
        require(
            hasattr(os, "symlink") and sys.platform != "win32", "symbolic links need a right here"
        )
        (folder / "link.score").symlink_to(folder.parent / "out.score")
    path = path.format(absolute=(folder.parent / "out.score").as_posix())
    score = folder / "b.score"
    score.write_text(f'use "{path}"\nseed 1\nat 0c "{{a}}"\nend 2c\n', encoding="utf-8")
    reading = load(score)
    assert "E510" in {one.code for one in reading.diagnostics}
    assert not any("secret" in text for text in reading.sources.values())


def test_no_device_and_no_pipe_is_read_as_an_image(folder: Path) -> None:
    require(hasattr(os, "mkfifo"), "there are no pipes of this kind here")
    os.mkfifo(folder / "pipe.png")
    began = time.monotonic()
    assert "E522" in codes_of(folder, 'image "pipe.png"')
    assert time.monotonic() - began < 5, "it waited for a pipe"


# ---- size ----------------------------------------------------------------------------------------


def test_bombs_of_pixels_are_not_unpacked(folder: Path) -> None:
    (folder / "bomb.png").write_bytes(png(60_000, 60_000, rows=b""))
    (folder / "large.png").write_bytes(png(8_000, 8_000))
    assert (folder / "large.png").stat().st_size < 20_000, "it is meant to be a small file"
    assert "E527" in codes_of(folder, 'image "bomb.png"')
    assert "E527" in codes_of(folder, 'image "large.png"')


def test_files_that_are_too_large_are_not_read(folder: Path) -> None:
    with (folder / "huge.png").open("wb") as file:
        file.truncate(30_000_000)
    with (folder / "huge.score").open("wb") as file:
        file.truncate(20_000_000)
    tracemalloc.start()
    try:
        assert "E522" in codes_of(folder, 'image "huge.png"')
        assert {"E502"} == {one.code for one in load(folder / "huge.score").diagnostics}
        assert tracemalloc.get_traced_memory()[1] < 18_000_000, (
            "a file of 30 MB was read, to be refused afterwards"
        )
    finally:
        tracemalloc.stop()


def test_only_the_models_image_formats_are_ever_decoded(folder: Path) -> None:
    """Above all, PostScript is never decoded: its decoder starts a program."""
    eps = (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(touched) print\n%%EOF\n"
    )
    assert opened(eps) == "not an image"
    (folder / "eps.png").write_bytes(eps)
    assert "E523" in codes_of(folder, 'image "eps.png"'), (
        "its kind is known: so something has looked into it"
    )
    for kind in ("PCX", "TGA", "ICNS", "PPM", "SGI", "DDS"):
        file = io.BytesIO()
        Image.new("RGB", (64, 64)).save(file, kind)
        assert opened(file.getvalue()) == "not an image", kind
    for kind in ("GIF", "BMP", "TIFF"):
        file = io.BytesIO()
        Image.new("RGB", (64, 64)).save(file, kind)
        assert opened(file.getvalue()) == f"image is a {kind}; PNG, JPEG and WebP are supported"
    for kind in IMAGE_TYPES:
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, kind)
        assert not isinstance(opened(file.getvalue()), str), kind


def test_yaml_makes_nothing_and_grows_nothing(folder: Path, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    for text in (
        f"!!python/object/apply:os.system ['touch {touched}']\n",
        (
            "score: !!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path "
            f"['{touched}']]\n"
        ),
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n"
            for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "score: " + "[" * 5_000 + "]" * 5_000 + "\n",
        "score: " + "{a: " * 5_000 + "}" * 5_000 + "\n",
        "<<: {seed: 1}\n",
    ):
        score = folder / "evil.yaml"
        score.write_text(text, encoding="utf-8")
        began = time.monotonic()
        assert check(score).errors
        with pytest.raises(UsageError):
            reads_faults(text)
        assert time.monotonic() - began < 10
    assert not touched.exists()


def test_a_score_executes_nothing(folder: Path) -> None:
    """Braces contain names of variables and nothing else."""
    for inside in ("__import__('os').getcwd()", "a.__class__", "0!r", "a[0]", "a:>9999999"):
        score = folder / "c.score"
        score.write_text(f'let a = "x"\nseed 1\nat 0c "{{{inside}}}"\nend 2c\n', encoding="utf-8")
        assert check(score).errors, inside


# ---- journals and schedules ----------------------------------------------------------------------


def journal_of(tmp_path: Path, name: str = "run") -> Path:
    """Return a run's journal."""
    schedule = sequencer.compile_score(sequencer.reads('seed 1\nat 0c "A boat."\nend 3c\n'))
    sequencer.rehearse(schedule, video=False, out=tmp_path / name)
    return tmp_path / name / "journal.jsonl"


def test_a_journal_that_was_altered_is_refused(tmp_path: Path) -> None:
    path = journal_of(tmp_path)
    lines = path.read_bytes().split(b"\n")
    for number in range(len(lines) - 2):
        changed = [*lines]
        changed[number] = (
            changed[number].replace(b'"at":', b'"at": ', 1)
            if number
            else changed[number].replace(b"A boat.", b"A coat.")
        )
        (tmp_path / "changed.jsonl").write_bytes(b"\n".join(changed))
        with pytest.raises(JournalError):
            read_journal(tmp_path / "changed.jsonl")


def test_deep_and_endless_json_is_refused(tmp_path: Path) -> None:
    for text in (
        "[" * 100_000,
        '{"helios-journal": 1, "schedule": ' + "{" * 100_000,
        "9" * 100_000,
        '{"helios-journal": ' + "9" * 5_000 + "}",
    ):
        (tmp_path / "a.jsonl").write_text(text)
        with pytest.raises(JournalError):
            read_journal(tmp_path / "a.jsonl")
        with pytest.raises(ScheduleError):
            from_json(text)


def test_a_journal_whose_line_has_no_end_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequencer.engine.journal_lines.MAX_HEADER_BYTES", 2_000_000)
    monkeypatch.setattr("sequencer.engine.journal_lines.MAX_LINE_BYTES", 1_000_000)
    whole = journal_of(tmp_path).read_bytes()
    for begin, what in (
        (b'{"helios-journal":2,', "longer than 2,000,000 bytes"),
        (whole, "longer than 1,000,000 bytes"),
    ):
        with (tmp_path / "a.jsonl").open("wb") as file:
            file.write(begin)
            file.truncate(10_000_000_000)
        tracemalloc.start()
        try:
            with pytest.raises(JournalError, match=what):
                read_journal(tmp_path / "a.jsonl")
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()
    if Path("/dev/zero").exists():
        with pytest.raises(JournalError, match="not a journal"):
            read_journal(Path("/dev/zero"))


def test_paths_in_a_journal_reach_no_device_and_no_other_file(tmp_path: Path) -> None:
    """A journal names images by path and content: only a regular file of the right size is opened,
    and only its digest fits.
    """
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 100)
    image = ImageFile(
        path=str(secret),
        sha256=hashlib.sha256(b"y" * 100).hexdigest(),
        mime_type="image/png",
        width=1,
        height=1,
        size=100,
    )
    with pytest.raises(OSError, match="not the file"):
        read_image(
            tmp_path,
            ImageFile(
                path="secret",
                sha256=image.sha256,
                mime_type="image/png",
                width=1,
                height=1,
                size=99,
            ),
        )
    if Path("/dev/zero").exists():
        with pytest.raises(FileNotFoundError):
            read_image(
                tmp_path,
                ImageFile(
                    path="/dev/zero",
                    sha256=image.sha256,
                    mime_type="image/png",
                    width=1,
                    height=1,
                    size=100,
                ),
            )
    schedule = sequencer.compile_score(sequencer.reads('seed 1\nat 0c "A boat."\nend 3c\n'))
    material = RunInput(schedule=schedule, sources={}, folder=tmp_path, name="x")
    assert hashlib.sha256(material.image(image)).hexdigest() != image.sha256, (
        "whoever uses the bytes compares this"
    )
    document = to_document(schedule)
    document["schedule"]["stretches"][0]["entries"][0]["acts"].append(
        {
            "image": {
                "path": str(secret),
                "sha256": image.sha256,
                "mime_type": "image/png",
                "width": 1,
                "height": 1,
                "size": 100,
            },
            "kind": "image",
        }
    )
    from pydantic import TypeAdapter

    document["digest"] = digest(
        TypeAdapter(sequencer.Schedule).validate_python(document["schedule"])
    )
    hostile = from_json(json.dumps(document))
    assert hostile.images == (image,)
    assert thumbnails_of(hostile, tmp_path) == {}
    assert thumbnails_of(hostile, lambda _: png(8, 8)) == {}, (
        "an image of this machine would be in a page"
    )
    played = sequencer.rehearse(
        hostile, folder=tmp_path, video=False, out=tmp_path / "out", bundle=True
    )
    assert len(played.failures) == 1
    assert "bundled" in played.failures[0]
    assert not (tmp_path / "out" / "bundle.zip").exists()


NUMBERS = """score "Bounds"
clock 120 bpm, 4/4
seed 1
section a 8 bars {
  at 1 "A boat."
  at 2 "A coat.", midi note C3 for 1b
  at 2 midi cc 20 64
  at 3 tempo 120 -> 140 over 2 bars
  at 4 mark here
  on note C4 -> pick("B." | "C.")
}
play a*2
"""


def _numbers(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of all numbers in a document, except those that only state where something is
    written.
    """
    if isinstance(value, dict):
        for key, inside in value.items():
            if key != "origin":
                yield from _numbers(inside, (*path, key))
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            yield from _numbers(inside, (*path, number))
    elif not isinstance(value, bool) and re.fullmatch(r"-?\d+(/\d+)?", str(value)):
        yield path


def test_a_schedule_holds_only_numbers_that_a_score_could_have(tmp_path: Path) -> None:
    """The digest reveals accidental changes; whoever changes a schedule on purpose computes a new
    one.
    """
    from pydantic import TypeAdapter

    adapter = TypeAdapter(sequencer.Schedule)
    schedule = sequencer.compile_score(sequencer.reads(NUMBERS))
    whole = json.dumps(to_document(schedule))
    refused = 0
    paths = list(_numbers(json.loads(whole)["schedule"]))
    assert len(paths) > 100
    for path in paths:
        for wrong in (0, -1, 10**30, "1e999"):
            document = json.loads(whole)
            inside = document["schedule"]
            for part in path[:-1]:
                inside = inside[part]
            inside[path[-1]] = wrong if isinstance(inside[path[-1]], int) else str(wrong)
            try:
                document["digest"] = digest(adapter.validate_python(document["schedule"]))
                hostile = from_json(json.dumps(document))
            except (ScheduleError, ValueError):
                refused += 1
                continue
            as_table(sheet_of(hostile), 80)
            timeline_svg(hostile)
            try:
                sequencer.rehearse(
                    hostile, video=False, save=False, faults=reads_faults("end: {at: 60s}")
                )
            except sequencer.SequencerError as error:
                str(error)
    assert refused > 2 * len(paths)
    for name in ("stretches", "takes"):
        document = json.loads(whole)
        document["schedule"][name] = []
        document["digest"] = digest(adapter.validate_python(document["schedule"]))
        with pytest.raises(ScheduleError, match="fewer than one"):
            from_json(json.dumps(document))


# ---- bundles -------------------------------------------------------------------------------------


def bundle(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_nothing_of_a_bundle_is_ever_unpacked_to_a_path_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = journal_of(tmp_path).read_bytes()
    names = (
        "../escaped",
        "/tmp/escaped-by-bundle",  # noqa: S108  it must not be written
        "images/../../escaped",
        "C:\\escaped",
        "images/" + "0" * 64,
    )
    path = bundle(tmp_path / "evil.zip", {JOURNAL: journal, **dict.fromkeys(names, b"x")})
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    before = sorted(tmp_path.rglob("*"))
    assert main(["replay", str(path)]) == 0
    assert main(["show", str(path)]) == 0
    capsys.readouterr()
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/tmp/escaped-by-bundle").exists()  # noqa: S108  it must not exist
    assert images_in(path) == ("0" * 64,)
    with pytest.raises(JournalError, match="was changed"):
        image_in(path, "0" * 64)


def test_bombs_in_a_bundle_stop_at_a_bound(tmp_path: Path) -> None:
    bomb = bundle(
        tmp_path / "bomb.zip",
        {JOURNAL: b"x", f"images/{'0' * 64}": b"\0" * (MAX_BUNDLED_IMAGE_BYTES + 1)},
    )
    assert bomb.stat().st_size < 100_000
    with pytest.raises(JournalError, match="larger than"):
        image_in(bomb, "0" * 64)
    many = bundle(tmp_path / "many.zip", {str(number): b"" for number in range(MAX_MEMBERS + 1)})
    with pytest.raises(JournalError, match="files"):
        b"".join(journal_pieces(many))
    swollen = bundle(tmp_path / "swollen.zip", {f"{number:0120}": b"" for number in range(9_000)})
    with pytest.raises(JournalError, match="longer than any bundle's"):
        images_in(swollen)
    dense = bundle(tmp_path / "dense.zip", {JOURNAL: b"[" * (SMALL_JOURNAL + 1)})
    with pytest.raises(JournalError, match="larger than"):
        b"".join(journal_pieces(dense))


def test_a_directory_is_bounded_wherever_its_length_is_stated(tmp_path: Path) -> None:
    """Programs that read archives look for the directory's length in several places, and may use
    different ones.
    """
    many = bundle(
        tmp_path / "many.zip", {f"{number:0500}": b"" for number in range(5_000)}
    ).read_bytes()
    end = many.rfind(b"PK\x05\x06")
    size, offset = struct.unpack("<II", many[end + 12 : end + 20])
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 5_000, 5_000, size, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    modern = (
        many[:end]
        + end64
        + locator
        + many[end : end + 12]
        + struct.pack("<II", 100, offset)
        + b"\0\0"
    )
    twice = many[: end + 4] + b"PK\x05\x06" + many[end + 8 :]
    for number, data in enumerate((modern, twice, many)):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(data)
        tracemalloc.start()
        try:
            with pytest.raises(JournalError, match="longer than any bundle's"):
                b"".join(journal_pieces(path))
            assert tracemalloc.get_traced_memory()[1] < 3 * PIECE
        finally:
            tracemalloc.stop()


def test_a_name_occurs_in_a_bundle_once(tmp_path: Path) -> None:
    """Of two files with one name, programs read different ones: what was checked would not be what
    is played.
    """
    journal = journal_of(tmp_path).read_bytes()
    path = tmp_path / "twice.zip"
    for second in (JOURNAL, JOURNAL + "\0.txt"):
        with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, data in ((JOURNAL, b"another"), ("x" * len(second), journal)):
                archive.writestr(name, data)
        path.write_bytes(path.read_bytes().replace(b"x" * len(second), second.encode()))
        with pytest.raises(JournalError, match="two files of the same name"):
            b"".join(journal_pieces(path))


def test_an_archive_with_false_lengths_or_unusual_compression_is_refused(tmp_path: Path) -> None:
    journal = journal_of(tmp_path).read_bytes()
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with pytest.raises(JournalError, match="compressed"):
            b"".join(journal_pieces(bundle(tmp_path / "odd.zip", {JOURNAL: journal}, method)))
    good = bundle(tmp_path / "good.zip", {JOURNAL: journal}).read_bytes()
    assert b"".join(journal_pieces(tmp_path / "good.zip")) == journal
    for offset in range(0, len(good), 7):
        (tmp_path / "bad.zip").write_bytes(
            good[:offset] + bytes((good[offset] ^ 0xFF,)) + good[offset + 1 :]
        )
        try:
            b"".join(journal_pieces(tmp_path / "bad.zip"))
        except JournalError:
            continue
    for length in range(0, len(good), 11):
        (tmp_path / "cut.zip").write_bytes(good[:length])
        with pytest.raises(JournalError):
            b"".join(journal_pieces(tmp_path / "cut.zip"))
    encrypted = bytearray(good)
    encrypted[6] |= 1
    encrypted[good.rfind(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "encrypted.zip").write_bytes(encrypted)
    with pytest.raises(JournalError):
        b"".join(journal_pieces(tmp_path / "encrypted.zip"))


def test_a_bundle_is_written_whole_and_for_its_owner(tmp_path: Path) -> None:
    write_bundle(tmp_path / "a.zip", io.BytesIO(b"{}"), {"0" * 64: b"x"})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert sorted(archive.namelist()) == [f"images/{'0' * 64}", JOURNAL]
        assert all(member.external_attr >> 16 == 0o600 for member in archive.infolist())
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


# ---- pages that a run creates --------------------------------------------------------------------


def test_texts_of_a_score_are_no_markup_in_the_pages_that_a_run_leaves(tmp_path: Path) -> None:
    score = tmp_path / "x.score"
    score.write_text(
        (
            'score "</title><script>alert(1)</script>"\nseed 1\nat 0c "<img src=x '
            'onerror=alert(2)> & \\"quotes\\" ]]>"\nend 3c\n'
        ),
        encoding="utf-8",
    )
    schedule = check(score, advice=False).performable()
    sequencer.rehearse(schedule, video=False, out=tmp_path / "run")
    sheet = tmp_path / "sheet.html"
    assert main(["sheet", str(score), "-o", str(sheet)]) == 0
    pages = [*(tmp_path / "run").glob("*.html"), *(tmp_path / "run").glob("*.svg"), sheet]
    assert len(pages) >= 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "alert(1)" in text or "alert(2)" in text, (
            f"{page.name} shows neither: this would prove nothing"
        )
        assert "<script>alert" not in text, page.name
        assert not re.search(r"<img[^>]*onerror", text), page.name
