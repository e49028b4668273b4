"""Descriptions of a schedule's parts in words and readable numbers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.midi_notes import MiddleC
from sequencer.core.timebase import ChunkGrid, Meter, MeterMap, TempoChange, TempoMap
from sequencer.schedule.describe import (
    bar_beat_of,
    bare,
    clock_time,
    decimal,
    describe_act,
    describe_clock,
    describe_pass,
    describe_trigger,
    firing_by_name,
    length_in_words,
    meter_in_words,
    milliseconds,
    number,
    tempo_in_words,
)
from sequencer.schedule.model import (
    ClockSpec,
    ControlAct,
    ControlCrossing,
    CutAct,
    GotoAct,
    GoTrigger,
    ImageAct,
    NoteAct,
    NoteTrigger,
    PauseAct,
    PickAct,
    ProgramAct,
    ProgramTrigger,
    PromptAct,
    ResumeAct,
    RuleAct,
    StrengthAct,
    SuperResolutionAct,
    TransportTrigger,
    Trigger,
)
from tests.support.schedules import IMAGE, LIVE, PLAIN, WHOLE, changed

values = st.fractions(max_denominator=10**6, min_value=-(10**6), max_value=10**6)


@pytest.mark.parametrize(
    ("value", "places", "text", "trimmed"),
    [
        ("0", 0, "0", "0"),
        ("0", 3, "0.000", "0"),
        ("1/2", 0, "1", "1"),
        ("-1/2", 0, "-1", "-1"),
        ("1/3", 3, "0.333", "0.333"),
        ("2/3", 3, "0.667", "0.667"),
        ("-1/3", 3, "-0.333", "-0.333"),
        ("-1/3000", 3, "0.000", "0"),
        ("5/2", 3, "2.500", "2.5"),
        ("100", 2, "100.00", "100"),
        ("100", 0, "100", "100"),
        ("999/1000", 2, "1.00", "1"),
        ("1/16", 3, "0.063", "0.063"),
    ],
)
def test_decimals(value: str, places: int, text: str, trimmed: str) -> None:
    assert decimal(Fraction(value), places) == text
    assert decimal(Fraction(value), places, trim=True) == trimmed


@given(values, st.integers(0, 9))
def test_a_decimal_is_the_nearest(value: Fraction, places: int) -> None:
    assert abs(Fraction(decimal(value, places)) - value) <= Fraction(1, 2 * 10**places)
    assert decimal(-value, places).lstrip("-") == decimal(value, places).lstrip("-")
    assert Fraction(decimal(value, places, trim=True)) == Fraction(decimal(value, places))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("97.5", "97.5"),
        ("120", "120"),
        ("960/11", "960/11"),
        ("1/16", "0.0625"),
        ("1/32", "1/32"),
        ("-5/2", "-2.5"),
    ],
)
def test_numbers(value: str, text: str) -> None:
    assert number(Fraction(value)) == text


@given(values)
def test_a_number_is_exact(value: Fraction) -> None:
    assert Fraction(number(value)) == value


@pytest.mark.parametrize(
    ("seconds", "places", "text"),
    [
        ("0", 3, "0:00.000"),
        ("39.875", 3, "0:39.875"),
        ("59.9999", 3, "1:00.000"),
        ("60", 0, "1:00"),
        ("3599", 0, "59:59"),
        ("3600", 0, "1:00:00"),
        ("3639.875", 3, "1:00:39.875"),
        ("36000", 1, "10:00:00.0"),
        ("-1.5", 1, "-0:01.5"),
        ("-0.0001", 3, "0:00.000"),
        ("-3661", 0, "-1:01:01"),
    ],
)
def test_clock_times(seconds: str, places: int, text: str) -> None:
    assert clock_time(Fraction(seconds), places) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        ("0.1875", "+187.5"),
        ("-0.0625", "-62.5"),
        ("0", "0.0"),
        ("0.00001", "0.0"),
        ("-0.00001", "0.0"),
        ("0.00005", "+0.1"),
    ],
)
def test_milliseconds(seconds: str, text: str) -> None:
    assert milliseconds(Fraction(seconds)) == text


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (PromptAct("A."), "prompt “A.”"),
        (PickAct(("A", "B"), "k"), "one of “A” | “B”"),
        (ImageAct(IMAGE), "image a.png"),
        (StrengthAct(Fraction(4, 5)), "strength 0.8"),
        (SuperResolutionAct("4x"), "sr 4x"),
        (CutAct(None), "cut"),
        (CutAct(0), "cut seed 0"),
        (PauseAct(), "pause"),
        (ResumeAct(), "resume"),
        (GotoAct("b"), "goto b"),
        (
            NoteAct(note=60, channel=2, velocity=99, seconds=Fraction(1, 8)),
            "midi note 60 ch 2 vel 99 for 125 ms",
        ),
        (ControlAct(control=20, value=64, channel=3), "midi cc 20 64 ch 3"),
        (ProgramAct(5, 4), "midi program 5 ch 4 (4 on the wire)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_acts(act: RuleAct, text: str) -> None:
    assert describe_act(act) == text


@pytest.mark.parametrize(
    ("firing", "middle", "words", "name"),
    [
        (NoteTrigger(60), "C3", "note 60 (C3)", "note C3"),
        (NoteTrigger(60, 10), "C4", "note 60 (C4) ch 10", "note C4 ch 10"),
        (NoteTrigger(61), "C3", "note 61 (C#3)", "note C#3"),
        (ControlCrossing(control=20, above=True, value=64), "C3", "cc 20 > 64", "cc 20 > 64"),
        (
            ControlCrossing(control=20, above=False, value=64, channel=2),
            "C3",
            "cc 20 < 64 ch 2",
            "cc 20 < 64 ch 2",
        ),
        (ProgramTrigger(5, 1), "C3", "program 5 (4 on the wire) ch 1", "program 5 ch 1"),
        (TransportTrigger("stop"), "C3", "stop", "stop"),
        (GoTrigger("out"), "C3", "go out", "go out"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_firings(firing: Trigger, middle: MiddleC, words: str, name: str) -> None:
    assert (describe_trigger(firing, middle), firing_by_name(firing, middle)) == (words, name)


def _tempo(*changes: tuple[int, int, int | None, int | None]) -> TempoMap:
    return TempoMap.of(
        TempoChange(
            quarter=Fraction(at),
            bpm=Fraction(bpm),
            to=None if to is None else Fraction(to),
            over=None if over is None else Fraction(over),
        )
        for at, bpm, to, over in changes
    )


@pytest.mark.parametrize(
    ("tempo", "text"),
    [
        (_tempo((0, 120, None, None)), "120 bpm"),
        (_tempo((0, 120, None, None), (4, 90, None, None)), "120, 90 bpm"),
        (_tempo((0, 120, 132, 8)), "120 → 132 bpm"),
        (_tempo((0, 120, 132, 8), (16, 132, 60, 4)), "120 → 132 → 60 bpm"),
        (_tempo((0, 120, 132, 8), (16, 100, None, None)), "120 → 132, 100 bpm"),
        (_tempo((0, 120, None, None), (4, 120, None, None)), "120 bpm"),
        (
            _tempo(*((at, 90 + at * 7 % 13, None, None) for at in range(13))),
            "90 to 102 bpm (13 tempi)",
        ),
    ],
    ids=["one", "two", "ramp", "ramps", "ramp-and-change", "the-same-again", "many"],
)
def test_tempi(tempo: TempoMap, text: str) -> None:
    assert tempo_in_words(tempo) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (None, ""),
        ([(0, Meter(4, 4))], "4/4"),
        ([(0, Meter(4, 4)), (2, Meter(3, 4)), (4, Meter(4, 4))], "4/4, 3/4"),
    ],
    ids=["none", "one", "once-each"],
)
def test_meters(changes: list[tuple[int, Meter]] | None, text: str) -> None:
    assert (
        meter_in_words(replace(PLAIN, meters=None if changes is None else MeterMap.of(changes)))
        == text
    )


@pytest.mark.parametrize(
    ("quarters", "text"),
    [
        ("4", "1 bar"),
        ("8", "2 bars"),
        ("9", "2 bars 1 beat"),
        ("10", "2 bars 2 beats"),
        ("1", "1 beat"),
        ("1/2", "0.5 beats"),
        ("17/2", "2 bars 0.5 beats"),
        ("11", "3 bars"),
        ("0", "nothing"),
        (None, "6 s"),
    ],
)
def test_lengths(quarters: str | None, text: str) -> None:
    stretch = replace(PLAIN, quarters=None if quarters is None else Fraction(quarters))
    assert length_in_words(stretch) == text
    assert length_in_words(replace(stretch, meters=None)) == "6 s"


@pytest.mark.parametrize(
    ("quarter", "offset", "text"),
    [
        ("5", "99", "2.2"),
        ("11/2", "0", "2.2+1/2"),
        (None, "2", "2.1"),
        (None, "2.25", "2.1+1/2"),
        (None, "2.1", "2.1+1/5"),
        (None, "2.03125", "2.1+1/16"),
        (None, "2.11", "≈2.1+.22"),
        (None, "2.0001", "≈2.1"),
    ],
)
def test_where_a_cue_is(quarter: str | None, offset: str, text: str) -> None:
    where = None if quarter is None else Fraction(quarter)
    assert bar_beat_of(PLAIN, where, Fraction(offset)) == text
    assert bar_beat_of(replace(PLAIN, meters=None), where, Fraction(offset)) == ""
    assert bar_beat_of(replace(PLAIN, tempo=None), where, Fraction(offset)) == ""


@pytest.mark.parametrize(
    ("section", "occurrence", "passes", "text"),
    [("drop", 2, 2, "drop 2/2"), ("drop", 1, 1, "drop"), (None, 1, 1, "score")],
)
def test_passes(section: str | None, occurrence: int, passes: int, text: str) -> None:
    assert describe_pass(section, occurrence, passes) == text


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("… It turns. …", "It turns."),
        ("It turns.", "It turns."),
        ("A. … B.", "A. … B."),
        ("… A.", "A."),
        ("A. …", "A."),
    ],
)
def test_bare_actions(action: str, text: str) -> None:
    assert bare(action) == text


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        (ClockSpec(kind="chunks", bpm=None, meter=Meter(4, 4)), "clock chunks"),
        (ClockSpec(kind="bpm", bpm=Fraction(195, 2), meter=Meter(3, 4)), "97.5 bpm 3/4"),
        (
            ClockSpec(kind="midi", bpm=Fraction(120), meter=Meter(4, 4), port="P"),
            "MIDI clock “P”, nominal 120 bpm 4/4",
        ),
        (
            ClockSpec(kind="midi", bpm=Fraction(120), meter=Meter(4, 4)),
            "MIDI clock, nominal 120 bpm 4/4",
        ),
        (ClockSpec(kind="link", bpm=Fraction(120), meter=Meter(4, 4)), "Link, nominal 120 bpm 4/4"),
        (
            ClockSpec(kind="mtc", bpm=None, meter=Meter(4, 4), port=None, rate="25"),
            "MIDI time code, 25 frames per second",
        ),
        (
            ClockSpec(kind="file", bpm=Fraction(90), meter=Meter(3, 4), file="s.mid"),
            "the time of s.mid, from 90 bpm 3/4",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_facts(clock: ClockSpec, words: str) -> None:
    shown = describe_clock(changed(WHOLE, ("clock",), clock))
    assert shown == (
        f"{words} · sound song.wav from 2.5 s · 33 frames @ 24 fps = 1.375 s per chunk · snap nearest · lead 2c · seed 4 · "
        "sr 2x"
    )


@pytest.mark.parametrize(
    ("path", "new", "has_midi", "has_timed_sends"),
    [
        ((), WHOLE, True, True),
        (("stretches", 0, "sends"), (), True, False),
        (
            ("stretches",),
            (replace(PLAIN, sends=()), replace(LIVE, rules=LIVE.rules[:2])),
            False,
            False,
        ),
    ],
    ids=["cues", "rules", "none"],
)
def test_whether_anything_is_sent(
    path: Any, new: object, has_midi: bool, has_timed_sends: bool
) -> None:
    schedule = changed(WHOLE, path, new)
    assert (schedule.has_midi, schedule.has_timed_sends) == (has_midi, has_timed_sends)


def test_images_once_each_in_order_of_first_use() -> None:
    other = replace(IMAGE, path="b.png", sha256="b" * 64)
    again = replace(IMAGE, path="copy.png")
    acts = (ImageAct(other), ImageAct(again))
    rules = (replace(LIVE.rules[0], acts=acts),)
    schedule = changed(WHOLE, ("stretches", 1, "rules"), rules)
    assert schedule.images == (IMAGE, other)


@pytest.mark.parametrize(
    ("kind", "live", "is_fixed"),
    [
        ("bpm", False, True),
        ("chunks", False, True),
        ("file", False, True),
        ("midi", False, False),
        ("bpm", True, False),
    ],
)
def test_whether_every_chunk_is_known(kind: Any, live: bool, is_fixed: bool) -> None:
    schedule = changed(WHOLE, ("clock", "kind"), kind)
    schedule = replace(schedule, stretches=WHOLE.stretches if live else (PLAIN,))
    assert schedule.is_fixed == is_fixed
    assert changed(schedule, ("stretches", 0, "rules"), LIVE.rules[:1]).is_fixed is False


@pytest.mark.parametrize(
    ("kind", "is_external", "counts_seconds"),
    [
        ("chunks", False, False),
        ("bpm", False, False),
        ("midi", True, False),
        ("link", True, False),
        ("mtc", True, True),
        ("file", False, False),
    ],
)
def test_clocks(kind: Any, is_external: bool, counts_seconds: bool) -> None:
    clock = ClockSpec(kind=kind, bpm=None, meter=Meter(4, 4))
    assert (clock.is_external, clock.counts_seconds) == (is_external, counts_seconds)


@pytest.mark.parametrize(
    ("index", "changes"),
    [(0, True), (1, True), (2, False), (3, True)],
    ids=["pick", "goto", "message", "prompt"],
)
def test_which_rules_change_prompts(index: int, changes: bool) -> None:
    assert LIVE.rules[index].changes_prompts == changes
    assert replace(LIVE.rules[2], acts=(CutAct(None),)).changes_prompts


def test_the_grid_of_the_facts() -> None:
    shown = describe_clock(changed(WHOLE, ("grid",), ChunkGrid(33, Fraction(24000, 1001))))
    assert "33 frames @ 24000/1001 fps = 11011/8000 s per chunk" in shown
