from __future__ import annotations

import json
import random
from fractions import Fraction
from typing import Any

import pytest

from sequencer.language.compiler import compile_score
from sequencer.language.interchange import beatlens as reader
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from sequencer.language.notations import reads
from tests.support.imports import body, imported
from tests.support.timed_files import BEATLENS, COMPOSITION, beatlens


def test_even_beats_become_one_tempo_and_sections_sections() -> None:
    found = imported(BEATLENS, "beatlens")
    assert found.text.startswith(
        'score "boat"\nclock 120 bpm, 4/4\n# song: boat.wav\n'
        "# the score begins 0.350 s into the song\n# key: C minor\n"
    )
    assert body(found) == (
        "section verse 8 bars {\n}\nsection chorus 8 bars {\n}\nsection gap-1 1 bar {\n}"
    )
    assert found.summary == "kept 2, rounded 0, dropped 0"
    assert found.notes[0].startswith("one tempo fits the song: 120 bpm")


def drifting(count: int = 64) -> list[float]:
    """Beats from 120 to 132 bpm, with a player's inaccuracy of up to 3 ms."""
    chance = random.Random(1)
    times, at = [], 0.5
    for number in range(count):
        times.append(round(at + chance.uniform(-0.003, 0.003), 4))
        at += 60 / (120 + 12 * number / count)
    return times


def test_beats_that_drift_become_a_tempo_for_each_bar_and_downbeats_stay() -> None:
    beats = drifting()
    sections = [{"start": beats[0], "end": beats[-1], "label": "all"}]
    found = imported(beatlens(beats, sections=sections, duration_sec=40), "beatlens")
    assert found.text.count(" tempo ") >= 14
    assert "the tempo changes at each bar" in " ".join(found.notes)
    text = found.text.replace("  at 1 ", "  at 8 mark m8\n  at 15 mark m15\n  at 1 ", 1)
    marks = {mark.name: mark.offset for mark in compile_score(reads(text)).stretches[0].marks}
    for name, bar in (("m8", 7), ("m15", 14)):
        assert abs(float(marks[name]) + beats[0] - beats[4 * bar]) < 0.0005


def test_the_most_frequent_number_of_beats_between_downbeats_is_the_meter() -> None:
    found = imported(beatlens([0.5 * n for n in range(60)], every=3), "beatlens")
    assert "clock 120 bpm, 3/4\n" in found.text


def test_bars_of_another_length_are_reported() -> None:
    beats = [0.5 * n for n in range(33)]
    downbeats = [beats[n] for n in (0, 4, 8, 14, 18, 22, 26, 30)]
    found = imported(beatlens(beats, downbeats=downbeats), "beatlens")
    assert "1 of 7 bars do not have 4 beats" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"tempo": {"low_confidence_rhythm": True}}, "not sure of the beats"),
        ({"tempo": {"downbeat_phase_uncertain": True}}, "not sure of the bars"),
        ({"beats": []}, "there are 0 beats"),
        ({"downbeats": [0.6, 2.6]}, "some downbeats are not on a beat"),
        ({"beats": [0.01 * n for n in range(9)], "downbeats": [0, 0.04]}, "less than 60 ms"),
    ],
)
def test_without_a_certain_grid_times_stay_seconds(change: dict[str, Any], why: str) -> None:
    data = json.dumps({**json.loads(BEATLENS), **change}).encode()
    found = imported(data, "beatlens")
    assert "clock" not in found.text and why in found.notes[0]
    assert "section verse 16s {" in found.text


def test_sections_are_rounded_to_beats_and_counted() -> None:
    sections = [{"start": 0.39, "end": 16.31, "label": "verse"}]
    found = imported(beatlens([0.35 + 0.5 * n for n in range(64)], sections=sections), "beatlens")
    assert "section verse 8 bars {" in found.text
    assert found.summary == "kept 1, rounded 1 (at most 40 ms), dropped 0"


def test_chords_are_dropped_with_their_count() -> None:
    chords = [{"start": 0, "end": 2, "chord_label": "C:min"}] * 3
    found = imported(beatlens([0.5 * n for n in range(64)], chords=chords), "beatlens")
    assert "# dropped: 3 chords\n" in found.text
    assert found.dropped == (("chords", 3),)


def test_events_are_prompts_and_their_seed_images_are_dropped() -> None:
    found = imported(COMPOSITION, "beatlens")
    assert body(found) == (
        "section song 25.6s {\n"
        "  # dropped: the image sun\n"
        '  at 0s "A paper boat."\n'
        "  # dropped: the image sun\n"
        '  at 12.3s "It turns."\n'
        "  # dropped: the image moon\n"
        '  at 20.1s "It rests.", cut\n}'
    )
    assert found.summary == "kept 3, rounded 0, dropped 3 (seed images)"


def test_events_with_a_grid_are_at_quarters_of_a_beat() -> None:
    rhythm = {"beats": [0.5 * n for n in range(64)], "downbeats": [2.0 * n for n in range(16)]}
    data = json.dumps({**json.loads(COMPOSITION), "rhythm": rhythm}).encode()
    found = imported(data, "beatlens")
    assert 'at 7.1+1/2 "It turns."\n' in found.text
    assert found.rounded == 2 and found.worst_rounding == Fraction(1, 20)


@pytest.mark.parametrize(
    ("change", "pointer", "message"),
    [
        ({"beats": [1, "x"]}, "/beats/1", "a time must be a number, not a string"),
        ({"beats": [1, 0.5]}, "/beats/1", "is not later than the one before"),
        ({"downbeats": [-1]}, "/downbeats/0", "-1 s is not from 0"),
        ({"beats": {}}, "/beats", "the beats must be an array"),
        ({"sections": [{"start": 3, "end": 1}]}, "/sections/0", "not times in order"),
        ({"sections": [{"start": 3}]}, "/sections/0/end", "must be a number, not missing"),
        ({"duration_sec": 1e9}, "/duration_sec", "is not from 0"),
        ({"events": [{"timestamp": 1, "prompt": ""}]}, "/events/0/prompt", "is empty"),
        ({"events": [{"timestamp": -1, "prompt": "x"}]}, "/events/0", "-1 s is not from 0"),
    ],
)
def test_a_wrong_value_is_an_error_with_its_path(
    change: dict[str, Any], pointer: str, message: str
) -> None:
    data = json.dumps({**json.loads(BEATLENS), **change}).encode()
    with pytest.raises(UnreadableError, match=message) as raised:
        reader.read(data, ImportOptions())
    assert raised.value.place == f" at {pointer}"


def test_the_number_of_beats_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_ENTRIES", 10)
    with pytest.raises(UnreadableError, match="there are 64 beats; the maximum is 10"):
        reader.read(BEATLENS, ImportOptions())


@pytest.mark.parametrize("data", [b"", b"{}", b'{"beats": []}', b'["beats", "downbeats"]'])
def test_other_json_is_not_recognised(data: bytes) -> None:
    assert not reader.recognise(data)
