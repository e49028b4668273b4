"""Names with accents have two Unicode forms: a score finds its files whichever form the disk has."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal
from unicodedata import normalize

import pytest
from PIL import Image

import sequencer
from sequencer.cli import main
from sequencer.language.loader import load
from tests.support.requirements import require

Form = Literal["NFC", "NFD"]
NAME = "Café Ångström"
HANGUL = "야경"
FORMS: tuple[Form, Form] = ("NFC", "NFD")
SONG = bytes.fromhex(
    "4d546864 00000006 0000 0001 0060 4d54726b 00000014 00ff580404021808 00ff510307a120 8300ff2f00"
)


def forms_differ(folder: Path) -> bool:
    """Return whether this disk keeps the form of a name."""
    (folder / normalize("NFC", "é")).write_text("", encoding="utf-8")
    kept = not (folder / normalize("NFD", "é")).exists()
    (folder / normalize("NFC", "é")).unlink()
    return kept


def codes(path: Path) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in load(path).diagnostics]


@pytest.mark.parametrize("name", [NAME, HANGUL])
@pytest.mark.parametrize("written", FORMS)
@pytest.mark.parametrize("stored", FORMS)
def test_a_score_finds_its_files(
    name: str, written: Form, stored: Form, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on_disk, in_score = normalize(stored, name), normalize(written, name)
    (tmp_path / on_disk).mkdir()
    Image.new("RGB", (64, 48), "red").save(tmp_path / on_disk / f"{on_disk}.png")
    (tmp_path / on_disk / f"{on_disk}.score").write_text(
        'scene s {\n  base "A paper boat."\n  follow "The paper boat. {action}"\n}\n',
        encoding="utf-8",
    )
    (tmp_path / f"{on_disk}.mid").write_bytes(SONG)
    score = tmp_path / "show.score"
    score.write_text(
        f'use "{in_score}/{in_score}.score"\nclock file "{in_score}.mid"\nseed 1\n'
        f'at 0s s, image "{in_score}/{in_score}.png", strength 0.5\nend 4s\n',
        encoding="utf-8",
    )
    assert [one for one in codes(score) if one[0].startswith("E")] == []
    assert (
        main(
            ["rehearse", str(score), "--no-video", "-q", "--bundle", "--out", str(tmp_path / "run")]
        )
        == 0
    )
    assert (
        main(
            [
                "rerun",
                str(tmp_path / "run" / "bundle.zip"),
                "--no-video",
                "-q",
                "--out",
                str(tmp_path / "again"),
            ]
        )
        == 0
    )
    assert (
        main(["rerun", str(tmp_path / "run"), "--no-video", "-q", "--out", str(tmp_path / "third")])
        == 0
    )
    assert main(["timeline", str(score), "-o", str(tmp_path / "x.html")]) == 0
    assert "data:image" in (tmp_path / "x.html").read_text(encoding="utf-8")
    capsys.readouterr()


@pytest.mark.parametrize("written", FORMS)
def test_a_score_is_found_itself(
    written: Form, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / f"{normalize('NFD' if written == 'NFC' else 'NFC', NAME)}.score").write_text(
        'at 0c "A boat."\n', encoding="utf-8"
    )
    assert main(["check", str(tmp_path / f"{normalize(written, NAME)}.score"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_of_two_files_the_one_that_is_named_is_taken(tmp_path: Path) -> None:
    require(forms_differ(tmp_path), "this disk does not keep the form of a name")
    for form, size in zip(FORMS, (64, 128), strict=True):
        Image.new("RGB", (size, 48)).save(tmp_path / f"{normalize(form, NAME)}.png")
    for form, size in zip(FORMS, (64, 128), strict=True):
        text = f'at 0c "A boat.", image "{normalize(form, NAME)}.png"\nend 2c\n'
        found = sequencer.reads(text, folder=tmp_path)
        assert [image.width for image in found.images] == [size]


def test_of_two_files_with_another_form_none_is_guessed(tmp_path: Path) -> None:
    require(forms_differ(tmp_path), "this disk does not keep the form of a name")
    third = normalize("NFC", "Café ") + normalize("NFD", "Ångström")
    for form in FORMS:
        Image.new("RGB", (64, 48)).save(tmp_path / f"{normalize(form, NAME)}.png")
        (tmp_path / f"{normalize(form, NAME)}.mid").write_bytes(SONG)
        (tmp_path / f"{normalize(form, NAME)}.score").write_text("let a = 1\n", encoding="utf-8")
    reason = "several files have this name in different Unicode forms, so rename all but one"
    for code, line in (
        ("E526", f'at 0c "A boat.", image "{third}.png"'),
        ("E530", f'clock file "{third}.mid"'),
        ("E503", f'use "{third}.score"'),
    ):
        (tmp_path / "show.score").write_text(f"{line}\n", encoding="utf-8")
        assert any(
            one == code and reason in message for one, message in codes(tmp_path / "show.score")
        ), code


def test_a_name_that_is_not_there_in_any_form_is_reported_as_missing(tmp_path: Path) -> None:
    (tmp_path / "show.score").write_text(
        f'at 0c "A boat.", image "{NAME}/{NAME}.png"\nend 2c\n', encoding="utf-8"
    )
    assert [one[0] for one in codes(tmp_path / "show.score")] == ["E520"]


def test_links_in_a_circle_are_reported(tmp_path: Path) -> None:
    require(os.name == "posix", "links are made like this on Unix")
    for name in ("a.score", "a.mid", "a.png"):
        (tmp_path / name).symlink_to(name)
    for code, line in (
        ("E526", 'at 0c "A boat.", image "a.png"'),
        ("E530", 'clock file "a.mid"'),
        ("E503", 'use "a.score"'),
    ):
        (tmp_path / "show.score").write_text(f"{line}\n", encoding="utf-8")
        assert any(
            one == code and ("oop" in why or "levels" in why)
            for one, why in codes(tmp_path / "show.score")
        ), line
