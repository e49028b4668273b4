from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.loader import load_text
from sequencer.language.notations import print_score
from sequencer.language.score import SoundLine
from sequencer.language.values import read_sound, read_sound_start

SPAN = Span("a.score", 1, 7, 1, 40)


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ('"song.wav"', SoundLine("song.wav")),
        ('"song.wav" from 0s', SoundLine("song.wav")),
        ('"a b/song.mp3" from 12.5s', SoundLine("a b/song.mp3", Fraction(25, 2))),
        ('"song.wav" from 1m2.5s', SoundLine("song.wav", Fraction(125, 2))),
        ('"song.wav" from 1/3s', SoundLine("song.wav", Fraction(1, 3))),
        ('"song.wav"   from   250ms', SoundLine("song.wav", Fraction(1, 4))),
        (r'"the \"song\".wav"', SoundLine('the "song".wav')),
    ],
)
def test_sounds(text: str, sound: SoundLine) -> None:
    faults = Diagnostics()
    assert read_sound(text, SPAN, faults) == sound
    assert not faults.diagnostics


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("12.5", "write 12.5s"),
        ("1:30.5", "write 1m30.5s"),
        ("4 bars", "write from 12.5s"),
        ("9.3+1/2", "write from 12.5s"),
        ("-3s", "write from 12.5s"),
        ("33f", "write from 12.5s"),
    ],
)
def test_starts_that_are_not_times(text: str, hint: str) -> None:
    faults = Diagnostics()
    assert read_sound_start(text, SPAN, faults) is None
    (fault,) = faults.diagnostics
    assert (fault.code, fault.hint) == ("E261", hint)


@pytest.mark.parametrize("start", [Fraction(0), Fraction(25, 2), Fraction(1, 3)])
def test_both_notations_write_what_they_read(start: Fraction) -> None:
    score = load_text(f'sound "my song.wav" from {start}s\nat 0c "A tram."\n').score
    assert score is not None and score.header.sound == SoundLine("my song.wav", start)
    for notation, name in (("text", "a.score"), ("yaml", "a.yaml")):
        again = load_text(print_score(score, notation), name).score
        assert again is not None and again.header == score.header


@pytest.mark.parametrize(
    ("value", "code", "hint"),
    [
        ("song.wav from 2s", "E261", "write sound: {file: song.wav, from: 2s}"),
        ("{from: 2s}", "E261", "write sound: {file: song.wav, from: 12.5s}"),
        ("{file: song.wav, start: 2s}", "E610", "did you mean from?"),
        ("{file: song.wav, from: 2}", "E261", "write 2s"),
        ("{file: [song.wav]}", "E607", None),
    ],
)
def test_yaml_mistakes(value: str, code: str, hint: str | None) -> None:
    (fault,) = load_text(
        f"sound: {value}\ncues:\n  - {{at: 0c, prompt: A.}}\n", "a.yaml"
    ).diagnostics
    assert fault.code == code
    assert hint is None or fault.hint == hint


@pytest.mark.parametrize("word", ["audio", "music", "soundtrack"])
def test_other_words_for_a_sound(word: str) -> None:
    (fault,) = load_text(f'{word} "song.wav"\nat 0c "A tram."\n').diagnostics
    assert fault.hint == 'write sound "song.wav"'
    (fault,) = load_text(
        f"{word}: song.wav\ncues:\n  - {{at: 0c, prompt: A.}}\n", "a.yaml"
    ).diagnostics
    assert fault.hint == "did you mean sound?"
