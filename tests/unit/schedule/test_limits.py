"""A schedule that no score can produce is refused; one that just fits is accepted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sequencer.core.timebase import Meter, MeterMap, TempoMap, TempoSegment
from sequencer.schedule.document import (
    MAX_BARS,
    MAX_CHUNKS,
    MAX_MAGNITUDE,
    bars,
    check_bounds,
)
from sequencer.schedule.model import (
    MAX_FPS,
    MAX_FRAMES_PER_CHUNK,
    MAX_LEAD_CHUNKS,
    MAX_SEED,
    PickAct,
    Schedule,
)
from tests.support.schedules import PLAIN, WHOLE, Path, changed

PLAIN_AT: Path = ("stretches", 0)
TEMPO: Path = ("stretches", 1, "tempo", "segments")
NOTE: Path = ("stretches", 0, "sends", 0, "acts", 0)
CONTROL: Path = ("stretches", 0, "sends", 1, "acts", 0)
PROGRAM: Path = ("stretches", 0, "sends", 1, "acts", 1)
OSC: Path = ("stretches", 1, "rules", 2, "acts", 1)
TAKE: Path = ("takes", 0)

BOUNDS: list[tuple[Path, Any, Any, str]] = [
    ((*OSC, "address"), "/", "out", "the OSC message out"),
    ((*OSC, "arguments"), ("-1",), ("01",), "the OSC message /out"),
    (("grid", "frames"), 1, 0, "0 frames per chunk"),
    (("grid", "frames"), MAX_FRAMES_PER_CHUNK, MAX_FRAMES_PER_CHUNK + 1, "10001 frames per chunk"),
    (("grid", "fps"), Fraction(1, 99), Fraction(0), "0 frames per second"),
    (("grid", "fps"), Fraction(MAX_FPS), Fraction(MAX_FPS + 1), "1001 frames per second"),
    (
        ("clock", "bpm"),
        Fraction(2, MAX_MAGNITUDE),
        Fraction(1, MAX_MAGNITUDE),
        "a tempo of 1/1000000000000",
    ),
    (
        ("clock", "bpm"),
        Fraction(MAX_MAGNITUDE - 1),
        Fraction(MAX_MAGNITUDE),
        "a tempo of 1000000000000",
    ),
    (("clock", "rate"), "29.97", "29", "time code of 29 frames per second"),
    (("clock", "rate"), None, "", "time code of  frames per second"),
    (("lead",), 1, 0, "a lead of 0 chunks"),
    (("lead",), MAX_LEAD_CHUNKS, MAX_LEAD_CHUNKS + 1, "a lead of 1001 chunks"),
    (("seed",), 0, -1, "the seed -1"),
    (("seed",), MAX_SEED, MAX_SEED + 1, "the seed 4294967296"),
    (("seed",), 5, 10**20, "the seed 100000000000…"),
    (("seed",), 6, 10**19, "the seed 10000000000000000000"),
    (("end",), 0, -1, "-1 chunks"),
    (("end",), MAX_CHUNKS, MAX_CHUNKS + 1, "1000001 chunks"),
    ((*PLAIN_AT, "start"), Fraction(0), Fraction(-1), "a section's position or length of -1"),
    (
        (*PLAIN_AT, "start"),
        Fraction(MAX_MAGNITUDE - 1),
        Fraction(MAX_MAGNITUDE),
        "a section's position or length of 1000000000000",
    ),
    ((*PLAIN_AT, "soonest"), Fraction(9), Fraction(-9), "a section's position or length of -9"),
    (
        (*PLAIN_AT, "seconds"),
        Fraction(0),
        Fraction(-1, 2),
        "a section's position or length of -1/2",
    ),
    ((*PLAIN_AT, "quarters"), None, Fraction(-1), "a section's position or length of -1"),
    (
        (*PLAIN_AT, "earliest"),
        MAX_MAGNITUDE - 1,
        MAX_MAGNITUDE,
        "a section's chunk of 1000000000000",
    ),
    ((*PLAIN_AT, "latest"), 0, -1, "a section's chunk of -1"),
    ((*PLAIN_AT, "entries", 0, "offset"), Fraction(0), Fraction(-1), "a cue's position of -1"),
    ((*PLAIN_AT, "entries", 0, "quarter"), None, Fraction(-1), "a cue's position of -1"),
    ((*PLAIN_AT, "entries", 0, "chunk"), 9, -1, "a cue's position of -1"),
    (
        (*PLAIN_AT, "entries", 0, "acts", 2, "value"),
        Fraction(1),
        Fraction(3, 2),
        "a strength of 3/2",
    ),
    ((*PLAIN_AT, "entries", 0, "acts", 2, "value"), Fraction(0), Fraction(-1), "a strength of -1"),
    ((*PLAIN_AT, "entries", 1, "acts", 0, "seed"), MAX_SEED, MAX_SEED + 1, "the seed 4294967296"),
    ((*PLAIN_AT, "entries", 1, "acts", 0, "seed"), None, -1, "the seed -1"),
    ((*PLAIN_AT, "entries", 0, "acts", 1, "image", "width"), 0, -1, "an image of -1×384 pixels"),
    (
        (*PLAIN_AT, "entries", 0, "acts", 1, "image", "height"),
        MAX_MAGNITUDE - 1,
        MAX_MAGNITUDE,
        "an image of 640×1000000000000 pixels",
    ),
    ((*PLAIN_AT, "entries", 0, "acts", 1, "image", "size"), 0, -1, "an image of 640×384 pixels"),
    ((*PLAIN_AT, "sends", 0, "offset"), Fraction(0), Fraction(-1), "a message's position of -1"),
    ((*PLAIN_AT, "sends", 0, "quarter"), None, Fraction(-1), "a message's position of -1"),
    ((*NOTE, "note"), 0, -1, "the MIDI value -1"),
    ((*NOTE, "note"), 127, 128, "the MIDI value 128"),
    ((*NOTE, "velocity"), 127, 128, "the MIDI value 128"),
    ((*NOTE, "channel"), 16, 17, "MIDI channel 17"),
    ((*NOTE, "seconds"), Fraction(9), Fraction(-1), "a note's length of -1"),
    ((*NOTE, "quarters"), None, Fraction(-1), "a note's length of -1"),
    ((*CONTROL, "control"), 127, 128, "the MIDI value 128"),
    ((*CONTROL, "value"), 0, -1, "the MIDI value -1"),
    ((*CONTROL, "channel"), 1, 0, "MIDI channel 0"),
    ((*PROGRAM, "program"), 128, 129, "the MIDI value 128"),
    ((*PROGRAM, "program"), 1, 0, "the MIDI value -1"),
    ((*PROGRAM, "channel"), 1, 0, "MIDI channel 0"),
    ((*PLAIN_AT, "marks", 0, "offset"), Fraction(0), Fraction(-1), "a mark's position of -1"),
    ((*PLAIN_AT, "marks", 0, "quarter"), None, Fraction(-1), "a mark's position of -1"),
    (
        ("stretches", 1, "rules", 0, "acts", 0),
        PickAct(("X",), "k"),
        PickAct((), "k"),
        "a pick from nothing",
    ),
    (("stretches", 1, "rules", 2, "acts", 0, "program"), 128, 129, "the MIDI value 128"),
    ((*TAKE, "start"), 0, -1, "a take's chunk of -1"),
    ((*TAKE, "opening", "seed"), 0, -1, "the seed -1"),
    ((*TAKE, "opening", "strength"), None, Fraction(2), "a strength of 2"),
    ((*TAKE, "opening", "image", "width"), 1, -1, "an image of -1×384 pixels"),
    ((*TAKE, "bundles", 0, "strength"), Fraction(1), Fraction(-1, 9), "a strength of -1/9"),
    ((*TAKE, "bundles", 0, "chunk"), 0, -1, "a bundle's chunk of -1"),
    ((*TAKE, "bundles", 0, "image", "size"), 1, -1, "an image of 640×384 pixels"),
    ((*TEMPO, 1, "quarter"), Fraction(12), Fraction(0), "tempi that do not follow each other"),
    ((*TEMPO, 1, "seconds"), Fraction(6), Fraction(0), "tempi that do not follow each other"),
    ((*TEMPO, 1, "seconds"), Fraction(7), Fraction(-1), "a tempo's position of -1"),
    ((*TEMPO, 0, "length"), Fraction(12), None, "tempi that do not follow each other"),
    ((*TEMPO, 0, "length"), Fraction(11), Fraction(0), "a tempo that lasts 0 quarters"),
    (
        (*TEMPO, 0, "length"),
        Fraction(13),
        Fraction(MAX_MAGNITUDE),
        "a tempo that lasts 1000000000000 quarters",
    ),
    (
        (*TEMPO, 0, "first"),
        Fraction(2, MAX_MAGNITUDE),
        Fraction(1, MAX_MAGNITUDE),
        "a tempo of 1/1000000000000 seconds per quarter note",
    ),
    ((*TEMPO, 0, "last"), Fraction(1, 2), Fraction(0), "a tempo of 1/2 seconds per quarter note"),
    (
        (*TEMPO, 0, "quarter"),
        Fraction(0),
        Fraction(1),
        "a tempo that does not begin with its section",
    ),
    (
        (*TEMPO, 0, "seconds"),
        Fraction(0),
        Fraction(1),
        "a tempo that does not begin with its section",
    ),
    (
        TEMPO,
        WHOLE.stretches[0].tempo and WHOLE.stretches[0].tempo.segments,
        (),
        "a tempo that does not begin with its section",
    ),
    (
        (*PLAIN_AT, "meters", "changes"),
        PLAIN.meters and PLAIN.meters.changes,
        (),
        "meters that do not follow each other",
    ),
    (
        (*PLAIN_AT, "meters", "starts"),
        (Fraction(0), Fraction(8)),
        (Fraction(0), Fraction(9)),
        "meters that do not follow each other",
    ),
    (("stretches",), WHOLE.stretches, (), "fewer than one section and one take"),
    (("takes",), WHOLE.takes[:1], (), "fewer than one section and one take"),
]


@pytest.mark.parametrize(
    ("path", "fits", "over", "words"), BOUNDS, ids=[".".join(map(str, row[0])) for row in BOUNDS]
)
def test_what_is_beyond(path: Path, fits: object, over: object, words: str) -> None:
    assert check_bounds(changed(WHOLE, path, fits)) is None
    assert check_bounds(changed(WHOLE, path, over)) == words


def test_a_whole_schedule_is_within_its_bounds() -> None:
    assert check_bounds(WHOLE) is None


def of_length(quarters: Fraction | None, seconds: Fraction = Fraction(6)) -> Schedule:
    """Return the schedule `WHOLE` with a first section of this many quarters, in one meter."""
    meters = MeterMap.of([(0, Meter(4, 4))])
    return replace(
        WHOLE,
        stretches=(
            replace(PLAIN, quarters=quarters, seconds=seconds, meters=meters),
            WHOLE.stretches[1],
        ),
    )


@pytest.mark.parametrize(
    ("schedule", "count"),
    [
        (of_length(Fraction(0)), 1),
        (of_length(Fraction(4)), 2),
        (of_length(Fraction(17)), 5),
        (of_length(None, Fraction(4)), 3),
        (of_length(None, Fraction(39, 10)), 2),
        (changed(WHOLE, (*PLAIN_AT, "meters"), None), 0),
        (changed(WHOLE, (*PLAIN_AT, "tempo"), None), 0),
    ],
    ids=["empty", "one-bar", "begun", "by-seconds", "begun-by-seconds", "no-meters", "no-tempo"],
)
def test_how_many_bars_a_pass_has(schedule: Schedule, count: int) -> None:
    assert bars(schedule.stretches[0]) == count


def test_a_section_has_a_most_of_bars() -> None:
    assert check_bounds(of_length(Fraction(4 * MAX_BARS - 4))) is None
    assert (
        check_bounds(of_length(Fraction(4 * MAX_BARS))) == "a section of more than 1,000,000 bars"
    )


def test_meters_far_away_are_refused() -> None:
    near, far = (
        MeterMap.of([(0, Meter(4, 4)), (bar, Meter(3, 4))])
        for bar in (MAX_MAGNITUDE - 1, MAX_MAGNITUDE)
    )
    assert check_bounds(changed(WHOLE, (*PLAIN_AT, "meters"), near)) is None
    assert (
        check_bounds(changed(WHOLE, (*PLAIN_AT, "meters"), far))
        == "meters that do not follow each other"
    )


def test_the_last_tempo_has_no_end() -> None:
    """If a last tempo had an end, a ramp would turn back in time after it."""
    ramp = TempoSegment(
        quarter=Fraction(0),
        seconds=Fraction(0),
        first=Fraction(1),
        last=Fraction(1, 9),
        length=Fraction(4),
    )
    assert (
        check_bounds(changed(WHOLE, (*PLAIN_AT, "tempo"), TempoMap((ramp,))))
        == "a tempo that ends before its section"
    )
