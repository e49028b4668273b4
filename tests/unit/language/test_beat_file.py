"""Beat files: what they contain, what is refused, and that bars of a drummer are bars."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import Meter
from sequencer.language import beat_file
from sequencer.language.beat_file import BeatFile, is_beat_file, read_beat_file, render_beat_file
from sequencer.language.compiler import compile_score
from sequencer.language.interchange.imported import MAX_FILE_BYTES, UnreadableError
from sequencer.language.notations import reads
from sequencer.schedule.document import digest, from_json, to_json
from sequencer.schedule.model import Schedule
from tests.unit.language.compiler.test_growth import calls


def document(**change: Any) -> bytes:
    whole = {
        "format": "sequencer-beats",
        "version": 1,
        "meter": "4/4",
        "downbeats": ["0.35", "2.4"],
        "beats": ["0.35", "0.85", "1.4", "1.9", "2.4", "2.9"],
        **change,
    }
    return json.dumps({key: value for key, value in whole.items() if value is not None}).encode()


def written(changes: Iterable[tuple[Fraction, object]]) -> list[str]:
    return [f"{quarter} {value}" for quarter, value in changes]


def compiled(data: bytes, text: str) -> Schedule:
    return compile_score(replace(reads(text), song=read_beat_file(data).song_time))


def test_every_beat_has_the_tempo_of_its_exact_length() -> None:
    time = read_beat_file(document()).song_time
    assert time.start == Fraction(7, 20)
    assert written(time.tempos) == ["0 120", "1 1200/11", "2 120"]
    assert written(time.meters) == ["0 4/4"]
    text = (
        'clock file "song.beats"\n'
        + "".join(
            f'at {place} mark m{number}, "A tram {number}."\n'
            for number, place in enumerate(("1", "1.3", "2.2", "4"))
        )
        + "end 6\n"
    )
    marks = compiled(document(), text).stretches[0].marks
    assert [mark.offset for mark in marks] == [
        0,
        Fraction(105, 100),
        Fraction(255, 100),
        Fraction(605, 100),  # after the last beat its tempo goes on
    ]


def test_bars_of_another_length_have_their_own_meter() -> None:
    beats = [f"{number / 2:.1f}" for number in range(16)]
    found = read_beat_file(document(beats=beats, downbeats=["0.5", "2.5", "4.0", "6.0"]))
    assert written(found.song_time.meters) == ["0 4/4", "4 3/4", "7 4/4"]
    assert found.song_time.start == Fraction(1, 2)


def test_a_beat_is_the_note_of_the_meter() -> None:
    time = read_beat_file(document(meter="6/8", downbeats=None)).song_time
    assert written(time.tempos)[0] == "0 60" and time.tempos[1][0] == Fraction(1, 2)
    assert written(time.meters) == ["0 6/8"]


def test_without_a_meter_most_bars_decide() -> None:
    beats = [str(number) for number in range(14)]
    downbeats = [str(number) for number in (0, 3, 6, 10, 13)]
    assert read_beat_file(document(meter=None, beats=beats, downbeats=downbeats)).meter == Meter(
        3, 4
    )
    assert read_beat_file(document(meter=None, downbeats=None)).meter == Meter(4, 4)


def test_numbers_are_read_from_their_decimal_text() -> None:
    data = b'{"beats": [0.1, 0.7, 1.3000000000000000444], "downbeats": [0.11]}'
    found = read_beat_file(data)
    assert found.beats == (Fraction(1, 10), Fraction(7, 10), Fraction(13, 10))
    assert found.downbeats == (0,)


@given(
    st.lists(st.integers(60_000_000, 3_000_000_000), min_size=4, max_size=60),
    st.lists(st.integers(1, 7), max_size=20),
    st.integers(0, 10**10),
)
def test_what_is_written_reads_back(distances: list[int], bars: list[int], first: int) -> None:
    times = [Fraction(first, 10**9)]
    for distance in distances:
        times.append(times[-1] + Fraction(distance, 10**9))
    downbeats = [0]
    for beats in bars:
        if downbeats[-1] + beats < len(times):
            downbeats.append(downbeats[-1] + beats)
    found = BeatFile(beats=tuple(times), downbeats=tuple(downbeats), meter=Meter(4, 4))
    if downbeats[-1] and len(times) < 2:
        return
    text = render_beat_file(found, {"sound": "song.wav"})
    assert read_beat_file(text.encode()) == found
    # every beat of the score is where the file has it
    time = found.song_time
    seconds, last = Fraction(0), (Fraction(0), time.tempos[0][1])
    for quarter, bpm in (*time.tempos[1:], (Fraction(len(times) - 1), Fraction(1))):
        seconds += (quarter - last[0]) * 60 / last[1]
        assert seconds + times[0] == times[int(quarter)]
        last = (quarter, bpm)


def test_a_written_file_is_readable_json_with_one_beat_to_a_line() -> None:
    found = BeatFile(beats=(Fraction(7, 20), Fraction(17, 20)), downbeats=(0,), meter=Meter(4, 4))
    assert render_beat_file(found, {"song": "é"}) == (
        '{\n "format": "sequencer-beats",\n "version": 1,\n "song": "é",\n "meter": "4/4",\n'
        ' "downbeats": [\n  "0.350"\n ],\n "beats": [\n  "0.350",\n  "0.850"\n ]\n}\n'
    )


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        ({"format": "x"}, " at /format", 'the format must be "sequencer-beats"'),
        ({"version": 2}, " at /version", "only version 1 is known"),
        ({"beats": None}, " at /", "a beat file has a list of beats"),
        ({"beats": {}}, " at /beats", "must be an array, not an object"),
        ({"beats": ["0.35"]}, " at /beats", "at least two beats"),
        ({"beats": ["0.35", "x"]}, " at /beats/1", "a decimal number of seconds in quotes"),
        ({"beats": ["0.35", True]}, " at /beats/1", "not true or false"),
        ({"beats": ["0.35", "0.1234567891"]}, " at /beats/1", "at most 9 decimals"),
        ({"beats": ["-1", "1"]}, " at /beats/0", "-1 s is not from 0 to 1,000,000 s"),
        ({"beats": ["0.35", "0.35"]}, " at /beats/1", "0.35 s is not later than the one before"),
        ({"beats": ["0.35", "0.36"], "downbeats": None}, " at /beats/1", "6000 bpm is not from"),
        ({"beats": ["0.35", "90"], "downbeats": None}, " at /beats/1", "bpm is not from 1"),
        ({"downbeats": ["0.36"]}, " at /downbeats/0", "there is no beat at 0.36 s"),
        ({"downbeats": []}, " at /downbeats", "there is no downbeat"),
        ({"downbeats": ["2.9"]}, " at /downbeats/0", "no beat after the first downbeat"),
        ({"meter": "4/5"}, " at /meter", "'4/5' is not a meter"),
        ({"meter": 4}, " at /meter", "the meter must be a string"),
        (
            {"beats": [str(n) for n in range(70)], "downbeats": ["0", "66"]},
            " at /downbeats/1",
            "the bar before has 66 beats; the maximum is 64",
        ),
    ],
)
def test_a_wrong_value_is_an_error_with_its_path_and_a_hint(
    change: dict[str, Any], place: str, message: str
) -> None:
    with pytest.raises(UnreadableError, match=message.replace("(", r"\(")) as raised:
        read_beat_file(document(**change))
    assert raised.value.place == place and raised.value.hint


def test_a_hint_is_valid_when_typed() -> None:
    hint = beat_file._HINT.partition("write ")[2].partition(", in order")[0]
    assert read_beat_file(f"{{{hint}}}".encode()).beats


def test_size_and_number_of_beats_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableError, match="larger than"):
        read_beat_file(b"{" + b" " * MAX_FILE_BYTES)
    monkeypatch.setattr(beat_file, "MAX_BEATS", 5)
    with pytest.raises(UnreadableError, match="there are 6 beats; the maximum is 5"):
        read_beat_file(document())


def test_json_is_recognised() -> None:
    assert is_beat_file(document()) and not is_beat_file(b"MThd")


def drummer(count: int) -> bytes:
    """A song whose every beat has another length."""
    chance, at, beats = random.Random(3), 350, []
    for _ in range(count):
        beats.append(f"{at // 1000}.{at % 1000:03}")
        at += 480 + chance.randrange(40)
    return json.dumps({"meter": "4/4", "beats": beats, "downbeats": beats[::4]}).encode()


def sections(count: int, bars: int = 16) -> str:
    """A score with a section with two cues for every 16 bars of four beats."""
    head = 'clock file "song.beats"\n'
    return head + "".join(
        f'section s{number} {bars} bars {{\n  at 1 "A tram {number}."\n  at 3.2 mark m\n}}\n'
        for number in range(count // (4 * bars))
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        sections,
        lambda count: (
            f'clock file "s.beats"\nat 1 "A."\nat {count // 4} mark m\nend {count // 4 + 1}\n'
        ),
    ],
)
def test_ten_thousand_beats_cost_in_proportion(make: Any) -> None:
    """Calls are counted, so that no clock is needed."""

    def work(count: int) -> int:
        data, score = drummer(count), reads(make(count))
        return calls(lambda: compile_score(replace(score, song=read_beat_file(data).song_time)))

    small, large = work(2_500), work(10_000)
    assert large < 4.4 * small


def test_ten_thousand_beats_stay_exact() -> None:
    data = drummer(10_000)
    schedule = compiled(data, sections(10_000))
    found = read_beat_file(data)
    for number, stretch in enumerate(schedule.stretches):
        assert stretch.start + found.beats[0] == found.beats[64 * number]
        assert (
            stretch.marks[0].offset + stretch.start + found.beats[0] == found.beats[64 * number + 9]
        )
    assert digest(from_json(to_json(schedule))) == digest(schedule)
