"""Guessing the encoding of the texts in a MIDI file from the few characters that they contain."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.cli import main
from sequencer.core.catalog.computed import midi_file
from sequencer.midi.standard_files import read_midi_file
from sequencer.midi.text_encoding import encoding_named, guess_encoding
from sequencer.midi.tracks import MidiFileError

FILES: dict[str, list[tuple[str, ...]]] = {
    "shift_jis": [
        ("前奏", "サビ"),
        ("夜の電車", "前奏", "サビ"),
        ("イントロ", "Aメロ", "Bメロ", "サビ", "間奏"),
        ("夜桜",),
        ("恋の歌", "ピアノ"),
        ("ｲﾝﾄﾛ", "ｻﾋﾞ"),
        ("落ちサビ",),
        ("序奏",),
        ("千本桜",),
        ("花火大会",),
        ("ブリッジ",),
    ],
    "euc_jp": [("前奏", "サビ"), ("イントロ", "Aメロ"), ("夜の電車",)],
    "gbk": [
        ("前奏", "副歌"),
        ("主歌", "副歌", "间奏"),
        ("月亮代表我的心",),
        ("钢琴", "吉他"),
        ("青花瓷", "前奏", "主歌", "副歌"),
        ("新年快乐",),
        ("尾奏",),
        ("我爱你",),
    ],
    "big5": [
        ("前奏", "副歌"),
        ("主歌", "副歌", "間奏"),
        ("鋼琴",),
        ("新年快樂",),
        ("望春風",),
        ("開始",),
    ],
    "euc_kr": [
        ("전주", "후렴"),
        ("1절", "2절", "후렴"),
        ("아리랑",),
        ("인트로", "벌스"),
        ("사랑의 노래",),
        ("여수 밤바다",),
        ("솔로",),
    ],
    "cp1252": [
        ("Für Elise",),
        ("Début", "Refrão"),
        ("Señorita",),
        ("Größe",),
        ("Überleitung",),
        ("L’été",),
        ("Coração",),
        ("Äpfel",),
    ],
    "cp1251": [("Припев",), ("Вступление", "Куплет"), ("Подмосковные вечера",), ("Кода",)],
    "koi8_r": [("Вступление", "Куплет", "Припев")],
    "utf-8": [("前奏", "サビ"), ("Für Elise",), ("후렴",), ("Припев",)],
}


@pytest.mark.parametrize(
    ("encoding", "texts"), [(encoding, texts) for encoding in FILES for texts in FILES[encoding]]
)
def test_names_and_markers_are_read(encoding: str, texts: tuple[str, ...]) -> None:
    data = [text.encode(encoding) for text in texts]
    found = guess_encoding(data)
    assert tuple(one.decode(found.codec) for one in data) == texts
    assert found.is_guess == (encoding != "utf-8")


def marked(*texts: bytes) -> bytes:
    """Return a song with a marker in every bar."""
    return midi_file(*((96, b"\x06" + bytes((len(text),)) + text) for text in texts))


SHIFT_JIS = marked("サビ".encode("shift_jis"), "前奏".encode("shift_jis"), b"Coda")


def test_a_guess_is_reported_and_a_certainty_is_not() -> None:
    found = read_midi_file(SHIFT_JIS)
    assert [one.text for one in found.markers] == ["サビ", "前奏", "Coda"]
    assert found.text_notes == (
        "names and markers were read as Shift-JIS, which is a guess; --encoding sets another one",
    )
    assert found.notes == ()
    assert read_midi_file(marked("サビ".encode())).text_notes == ()
    assert read_midi_file(marked(b"Coda")).text_notes == ()
    assert read_midi_file(SHIFT_JIS, "shift_jis").text_notes == ()


def test_what_an_encoding_cannot_read_is_reported() -> None:
    found = read_midi_file(SHIFT_JIS, "utf-8")
    assert [one.text for one in found.markers][2] == "Coda"
    assert found.text_notes == ("2 texts are not in utf-8: unreadable characters are shown as ?",)


@pytest.mark.parametrize(
    "name",
    [
        "zip",
        "base64",
        "hex",
        "rot13",
        "idna",
        "punycode",
        "undefined",
        "unicode_escape",
        "x" * 99,
        "\0",
        "",
    ],
)
def test_what_is_not_an_encoding_of_texts(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert encoding_named(name) is None
    with pytest.raises(MidiFileError, match="not a text encoding"):
        read_midi_file(SHIFT_JIS, name)
    (tmp_path / "a.mid").write_bytes(SHIFT_JIS)
    assert main(["import", str(tmp_path / "a.mid"), "--encoding", name]) == 2
    assert "hint: write, for example: --encoding shift_jis" in capsys.readouterr().err


def test_the_option_sets_the_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.mid").write_bytes(SHIFT_JIS)
    assert main(["import", str(tmp_path / "a.mid")]) == 0
    out, err = capsys.readouterr()
    assert "section サビ 1 bar" in out
    assert "which is a guess" in err
    assert main(["import", str(tmp_path / "a.mid"), "--encoding", "gbk"]) == 0
    out, err = capsys.readouterr()
    assert "サビ" not in out
    assert err == ""


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_bytes_have_an_encoding(texts: list[bytes]) -> None:
    found = guess_encoding(texts)
    for text in texts:
        assert isinstance(text.decode(found.codec, "replace"), str)


def test_many_and_long_texts_take_no_time() -> None:
    began = time.monotonic()
    guess_encoding([bytes(range(128, 256)) * 40_000])
    guess_encoding([b"\x83%d" % count for count in range(200_000)])
    assert time.monotonic() - began < 5
