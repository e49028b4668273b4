"""Changes of tempo and meter: each row is a score with the exact maps that its changes make, or
with what is reported.
"""

from __future__ import annotations

import pytest

from tests.support.compiler_passes import PROMPT, passed

BEATS = "clock 120 bpm, 4/4\n"


def tempi(text: str) -> list[str]:
    """Return the tempo segments of a score, as `quarter: bpm` or `quarter: bpm -> bpm over
    quarters`.
    """
    tempo = passed(text).only_block.tempo
    assert tempo is not None
    found = []
    for one in tempo.segments:
        first, last = 60 / one.first, 60 / one.last
        found.append(
            f"{one.quarter}: {first}" + ("" if first == last else f" -> {last} over {one.length}")
        )
    return found


def meters(text: str) -> list[str]:
    """Return the meters of a score, as `bar: meter`; bars count from 1."""
    found = passed(text).only_block.meters
    assert found is not None
    return [f"{bar + 1}: {meter.numerator}/{meter.denominator}" for bar, meter in found.changes]


TEMPI: dict[str, list[str]] = {
    "": ["0: 120"],
    "at 3 tempo 60\n": ["0: 120", "8: 60"],
    "at 1 tempo 60\n": ["0: 60"],
    "at 3 tempo 60\nat 3 tempo 240\n": ["0: 120", "8: 240"],
    "at 5 tempo 60\nat 3 tempo 240\n": ["0: 120", "8: 240", "16: 60"],
    "at 3.2+1/2 tempo 60\n": ["0: 120", "19/2: 60"],
    "at 2b tempo 60\n": ["0: 120", "2: 60"],
    "at 3 tempo 60 -> 120 over 2 bars\n": ["0: 120", "8: 60 -> 120 over 8", "16: 120"],
    "at 3 tempo 60 -> 120 over 3b\n": ["0: 120", "8: 60 -> 120 over 3", "11: 120"],
    "at 3 tempo 60 -> 120 over 4 bars\nat 4 tempo 90\n": [
        "0: 120",
        "8: 60 -> 480/7 over 4",
        "12: 90",
    ],  # the time between beats is linear
    "at 3 tempo 60 -> 120 over 3s\n": ["0: 120", "8: 60 -> 120 over 4", "12: 120"],
    "at 3 tempo 60 -> 120 over 72f\n": ["0: 120", "8: 60 -> 120 over 4", "12: 120"],
    "at 2 meter 3/4\nat 3 tempo 60\n": ["0: 120", "7: 60"],
    "at 2 meter 3/4\nat 3 tempo 60 -> 120 over 1 bar\n": [
        "0: 120",
        "7: 60 -> 120 over 3",
        "10: 120",
    ],
    "at 2 tempo 60\nat +1 bar tempo 90\n": ["0: 120", "4: 60", "8: 90"],
    "at 2 mark m\nat mark m tempo 60\n": ["0: 120", "4: 60"],
    "at end -3 bars tempo 60\n": ["0: 120", "20: 60"],
    "at end -3 bars tempo 60 -> 120 over 2 bars\n": ["0: 120", "20: 60 -> 120 over 8", "28: 120"],
    "at end -5b mark m\nat +1b tempo 60\nat mark m tempo 90\n": ["0: 120", "27: 90", "28: 60"],
    "at 7 meter 3/4\nat end -3 bars tempo 60\n": ["0: 120", "20: 60"],
    "at 8 meter 3/4\nat end -1/2 bars tempo 60\n": ["0: 120", "59/2: 60"],
}


@pytest.mark.parametrize(("changes", "expected"), TEMPI.items())
def test_the_tempi_of_a_score(changes: str, expected: list[str]) -> None:
    text = f"{BEATS}{PROMPT}\n{changes}end 9\n"
    assert passed(text).codes == []
    assert tempi(text) == expected


METERS: dict[str, list[str]] = {
    "": ["1: 4/4"],
    "at 3 meter 3/4\n": ["1: 4/4", "3: 3/4"],
    "at 1 meter 7/8\n": ["1: 7/8"],
    "at 5 meter 7/8\nat 3 meter 3/4\n": ["1: 4/4", "3: 3/4", "5: 7/8"],
    "at 3 meter 3/4\nat 3 meter 7/8\n": ["1: 4/4", "3: 7/8"],
    "at 3:1:0 meter 3/4\n": ["1: 4/4", "3: 3/4"],
    "at 8b meter 3/4\n": ["1: 4/4", "3: 3/4"],
    "at 2 meter 3/4\nat 7b meter 7/8\n": ["1: 4/4", "2: 3/4", "3: 7/8"],
    "at 2 meter 3/4\nat +1 bar meter 7/8\n": ["1: 4/4", "2: 3/4", "3: 7/8"],
    "at 2 mark m\nat mark m meter 3/4\n": ["1: 4/4", "2: 3/4"],
}


@pytest.mark.parametrize(("changes", "expected"), METERS.items())
def test_the_meters_of_a_score(changes: str, expected: list[str]) -> None:
    text = f"{BEATS}{PROMPT}\n{changes}end 9\n"
    assert passed(text).codes == []
    assert meters(text) == expected


REPORTED: dict[str, list[str]] = {
    f"{BEATS}at 3.2 meter 3/4\n": ["E408 2:8"],
    f"{BEATS}at 3:2:0 meter 3/4\n": ["E408 2:10"],
    f"{BEATS}at 3.1+1/2 meter 3/4\n": ["E408 2:12"],
    f"{BEATS}at 5b meter 3/4\n": ["E408 2:7"],
    f"{BEATS}at 2s meter 3/4\n": ["E403 2:7"],
    f"{BEATS}at 2c tempo 90\n": ["E403 2:7"],
    f"{BEATS}end 9\nat end -2.5s tempo 90\n": ["E403 3:4"],
    f"{BEATS}end 18s\nat end -2 bars tempo 90\n": ["E403 3:4"],
    f"{BEATS}end 18s\nat end -2.5s tempo 90\n": ["E403 3:14"],
    f"{BEATS}end 18s\nat end -2 bars mark m\nat mark m +1b tempo 90\n": ["E403 4:4"],
    f"{BEATS}end 9\nat end -9 bars tempo 90\n": ["E418 3:4"],
    f"{BEATS}at 12b meter 3/4\nat 8b meter 3/4\n": ["E407 2:1"],
    "at 0c tempo 90\n": ["E409 1:7"],
    "clock mtc 25\nat 1s tempo 90\n": ["E409 2:7"],
    "clock midi, nominal 120 bpm\nat 2 tempo 90\n": ["W401 2:6"],
    "clock midi, nominal 120 bpm\nend 9\nat end -1 bar tempo 90\n": ["W401 3:15"],
}


@pytest.mark.parametrize(("text", "codes"), REPORTED.items())
def test_what_is_reported(text: str, codes: list[str]) -> None:
    assert (
        passed(
            text + (PROMPT if "mtc" in text or "clock" not in text else 'at 1 "A."') + "\n"
        ).codes
        == codes
    )


HEADS: dict[str, list[str]] = {
    "2 bars, tempo 60": ["0: 60"],
    "2 bars, tempo 60 -> 120": ["0: 60 -> 120 over 8", "8: 120"],
    "6s, tempo 60 -> 120": ["0: 60 -> 120 over 8", "8: 120"],
    "2 bars, meter 3/4, tempo 60 -> 120": ["0: 60 -> 120 over 6", "6: 120"],
}


@pytest.mark.parametrize(("head", "expected"), HEADS.items())
def test_the_tempo_of_a_sections_head(head: str, expected: list[str]) -> None:
    assert tempi(f'{BEATS}section a {head} {{\n  at 1 "A."\n}}\n') == expected


def test_tempi_from_the_end_of_sections() -> None:
    section = '{\n  at 1 "A."\n  at end -2 bars tempo 60\n}\n'
    assert tempi(f"{BEATS}section a 8 bars {section}") == ["0: 120", "24: 60"]
    assert tempi(f"{BEATS}section a 8 bars, tempo 60 -> 120 {section}") == [
        "0: 60 -> 96 over 24",
        "24: 60",
    ]
    assert passed(f"{BEATS}section a 16s {section}").codes == ["E403 4:6"]
    assert passed(f"{BEATS}section a until go x, max 8 bars {section}").codes == ["E417 4:6"]
