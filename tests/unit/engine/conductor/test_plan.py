"""The plan: which passes are played when, where they can be left, and which chunks can no longer
change.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.exits import find_exit, find_exit_beyond_end
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.plan_building import UNPLACED
from sequencer.events.events import BoundariesFitted, ClockFitted
from tests.support.conductor_transcripts import SECOND, compiled

# A bar lasts two seconds, and a chunk lasts one second.
SHOW = """
    clock 120 bpm, 4/4
    section intro 2 bars {
      at 1 "a"
      at 2 "b"
    }
    section jam until go out, max 4 bars {
      at 1 "c"
      at 2 "d"
      at 3 cut, "e"
      at 4 "f"
    }
    section outro 2 bars {
      at 1 "g"
      at 2 cut seed 4, "h"
    }
    play intro jam outro intro
"""


def plan(text: str = SHOW) -> Plan:
    return Plan(compiled(text))


def passes(one: Plan) -> list[tuple[str | None, int, int, int]]:
    """Return (section, start, end, quarter) of each pass."""
    return [
        (each.stretch.section, int(each.start), int(each.end), int(each.quarter))
        for each in one.passes
    ]


def waiting(one: Plan) -> list[tuple[str, int]]:
    return [(line.place, one.chunk_of(line)) for line in one.waiting[one._cursor :]]


def test_passes_and_lines_are_scheduled_one_after_the_other() -> None:
    found = plan()
    assert passes(found) == [
        ("intro", 0, 4, 0),
        ("jam", 4, 12, 8),
        ("outro", 12, 16, 24),
        ("intro", 16, 20, 32),
    ]
    assert [line.number for line in found.lines] == list(range(1, 11))
    assert [found.chunk_of(line) for line in found.lines] == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert [line.occurrence for line in found.lines] == [1, 1, 1, 1, 1, 1, 1, 1, 2, 2]
    assert [line.pass_number for line in found.lines] == [0, 0, 1, 1, 1, 1, 2, 2, 3, 3]
    assert {line.status for line in found.lines} == {Status.WAITING}
    assert [sorted(line.open) for line in found.lines[3:5]] == [["prompt"], ["cut", "prompt"]]
    assert found.end_chunk() == 20


def test_lines_are_taken_by_chunk_and_cuts_with_them() -> None:
    found = plan()
    assert found.next_cut() == 8
    assert [line.place for line in found.take_up_to(7)] == ["1.1", "2.1", "1.1", "2.1"]
    assert found.next_cut() == 8
    assert [line.place for line in found.take_up_to(8)] == ["3.1"]
    assert found.next_cut() == 14
    line = found.next_line()
    assert line is not None
    assert found.pop_next() is line
    assert [one.place for one in found.take_up_to(99)] == ["1.1", "2.1", "1.1", "2.1"]
    assert (found.next_line(), found.next_cut()) == (None, None)


def test_a_cue_that_snaps_up_does_not_hold_back_a_later_one_that_snaps_down() -> None:
    found = plan("""
        at 0c "a"
        at 2.2s "b", snap ceil
        at 2.8s sr off, snap floor
        at 5.6s "c", snap ceil
        end 5.7s
        """)
    assert waiting(found) == [("0c", 0), ("2.8s", 2), ("2.2s", 3), ("5.6s", 6)]
    assert found.end_chunk() == 7, "the last cue's chunk is made"


@pytest.mark.parametrize(
    ("chunk", "section"), [(0, 0), (3, 0), (4, 1), (11, 1), (12, 2), (16, 3), (99, 3), (-1, 0)]
)
def test_which_pass_plays_at_a_chunk(chunk: int, section: int) -> None:
    assert plan().pass_at(chunk).number == section


@pytest.mark.parametrize(("making", "until"), [(0, 3), (3, 3), (4, 3), (11, 3), (12, 20), (16, 20)])
def test_until_which_chunk_nothing_can_change(making: int, until: int) -> None:
    assert plan().certain_until(making) == until


@pytest.mark.parametrize(
    ("rule", "until"),
    [
        ('on go x -> "x"', 3),
        ("on go x -> goto intro", 3),
        ("on go x -> sr off", 20),
        ("on go x -> pause", 20),
    ],
)
def test_a_rule_that_changes_prompts_makes_its_section_uncertain(rule: str, until: int) -> None:
    text = SHOW.replace("until go out, max 4 bars", "4 bars").replace(
        'at 1 "c"', f'at 1 "c"\n{rule}'
    )
    assert plan(text).certain_until(0) == until


@pytest.mark.parametrize(
    ("reach", "at", "after"),
    [
        (0, 6, 6),
        (4, 6, 6),
        (5, 6, 6),
        (6, 6, 6),
        (7, 8, 8),
        (10, 10, 10),
        (11, None, 12),
        (12, None, 12),
        (13, None, 14),
    ],
)
def test_a_section_is_left_at_the_first_bar_line_in_reach_after_its_first(
    reach: int, at: int | None, after: int
) -> None:
    found = plan()
    assert find_exit(found, found.passes[1], reach) == at
    assert find_exit_beyond_end(found, found.passes[1], reach) == after


@pytest.mark.parametrize(("reach", "at"), [(0, 2), (2, 2), (3, 3), (5, 5), (6, None)])
def test_a_section_without_beats_is_left_at_any_chunk(reach: int, at: int | None) -> None:
    found = plan("""
        section one 2c {
          at 0c "a"
        }
        section two until go out, max 4c {
          at 0c "b"
        }
        """)
    assert find_exit(found, found.passes[1], reach) == at


def test_after_an_exit_what_follows_is_planned_from_there() -> None:
    found = plan()
    found.take_up_to(5)
    found.leave_pass(found.passes[1], Fraction(8), 2, "left")
    assert passes(found) == [
        ("intro", 0, 4, 0),
        ("jam", 4, 8, 8),
        ("outro", 8, 12, 16),
        ("intro", 12, 16, 24),
    ]
    assert waiting(found) == [("2.1", 6), ("1.1", 8), ("2.1", 10), ("1.1", 12), ("2.1", 14)]
    assert [(line.place, line.reason) for line in found.lines if line.status is Status.SKIPPED] == [
        ("3.1", "left"),
        ("4.1", "left"),
    ]
    assert len(found.lines) == 10
    assert (
        found.end_chunk(),
        found.next_cut(),
        found.certain_until(6),
        found.certain_until(8),
    ) == (16, 10, 3, 16)


def test_an_exit_in_a_pass_that_was_left_already_leaves_it_sooner() -> None:
    found = plan()
    found.leave_pass(found.passes[1], Fraction(10), 2, "left")
    found.leave_pass(found.passes[1], Fraction(6), 0, "left again", Fraction(100))
    assert passes(found)[1:3] == [("jam", 4, 6, 8), ("intro", 6, 10, 100)]
    assert [line.reason for line in found.lines if line.status is Status.SKIPPED] == [
        "left again",
        "left again",
        "left",
    ]
    later = [line.place for line in found.lines if line.pass_number > 1]
    assert later == ["1.1", "2.1", "1.1", "2.1", "3.1", "4.1", "1.1", "2.1", "1.1", "2.1"]


def test_a_plan_ends_after_what_was_committed_before_an_exit() -> None:
    found = plan("""
        clock 120 bpm, 4/4
        section jam until go out, max 8 bars {
          at 1 "a"
          at 2 "b"
          at 3 "c"
        }
        """)
    for line in found.take_up_to(2):
        line.chunk = 5
    found.leave_pass(found.passes[0], Fraction(4), 1, "left")
    assert found.end_chunk() == 6
    found = plan('section jam until go out, max 8c {\nat 0c "a"\nat 3c "b"\nat 5c "c"\n}')
    late = found.take_up_to(3)[-1]
    late.chunk = 7
    late.finish(Status.SKIPPED)
    found.take_up_to(5)[0].chunk = 5
    found.leave_pass(found.passes[0], Fraction(4), 1, "left")
    assert found.end_chunk() == 4, "neither what was skipped nor what was after the exit"


@pytest.mark.parametrize(("after", "found"), [(0, 3), (1, 3), (2, 3), (3, 0)])
def test_a_goto_goes_to_the_next_pass_of_a_section(after: int, found: int) -> None:
    current = plan().passes[after]
    assert plan().next_stretch_named("intro", current) == found
    assert plan().next_stretch_named("other", current) is None


# ---- passes --------------------------------------------------------------------------------------


def test_where_a_pass_ends_in_quarters() -> None:
    stretch = compiled(
        'clock 120 bpm, 4/4\nsection a 2 bars {\nat 1 "a"\nat 2 tempo 60\n}'
    ).stretches[0]
    whole = Pass(
        number=0,
        stretch=stretch,
        start=Fraction(10),
        end=Fraction(10) + stretch.seconds,
        quarter=Fraction(20),
    )
    assert [stretch.seconds, whole.end_quarter] == [6, 28]
    assert (
        Pass(
            number=0, stretch=stretch, start=Fraction(10), end=Fraction(14), quarter=Fraction(20)
        ).end_quarter
        == 26
    )
    assert (
        Pass(
            number=0,
            stretch=stretch,
            start=Fraction(10),
            end=Fraction(14),
            quarter=Fraction(20),
            left_at=Fraction(4),
        ).end_quarter
        == 24
    )
    assert whole.quarter_at(Fraction(9)) == 20, "nothing is before its beginning"
    assert whole.quarter_at(Fraction(13)) == 25
    plain = Pass(
        number=0,
        stretch=compiled('at 0c "a"\nend 4c').stretches[0],
        start=Fraction(10),
        end=Fraction(14),
        quarter=Fraction(20),
    )
    assert plain.quarter_at(Fraction(13)) == 26, "two quarters a second where there is no tempo"
    assert Pass(number=1, stretch=stretch, start=Fraction(1), end=Fraction(2)).quarter == 0


RAMP = """
    clock 120 bpm, 4/4
    section jam until go out, max 8 bars {
      at 1 "a"
      at 1 tempo 120 -> 60 over 4 bars
      at 4 "b"
    }
"""


def test_a_pass_that_is_left_in_a_ramp_ends_at_the_exact_quarter_of_its_bar_line() -> None:
    found = plan(RAMP)
    at = find_exit(found, found.passes[0], 3)
    assert at is not None
    found.leave_pass(found.passes[0], at, 1, "left")
    assert found.passes[0].left_at == 8
    assert found.passes[0].end_quarter == 8
    earlier = Plan(compiled(RAMP), is_newest=False)
    earlier.leave_pass(earlier.passes[0], at, 1, "left")
    assert earlier.passes[0].left_at is None
    beside = plan(RAMP)
    beside.leave_pass(beside.passes[0], at + Fraction(1, 7), 1, "left")
    assert beside.passes[0].left_at is None


# ---- following -----------------------------------------------------------------------------------

FOLLOWED = """
    clock midi, nominal 60 bpm, 4/4
    section intro 2 bars {
      at 1 "a"
      at 2 "b"
      at 7s "t"
    }
    section jam until go out, max 4 bars {
      at 1 "c"
      at 2s "u"
      at 2 "d"
    }
    section outro 1 bar {
      at 1 "e"
    }
"""


def followed(bpm: float = 60, text: str = FOLLOWED) -> tuple[Plan, ClockSync]:
    """Quarter 0 and the beginning of chunk 0 are at 10 s; a chunk is seen as soon as it begins."""
    schedule = compiled(text)
    follow = ClockSync(schedule, True, 0)
    follow.clock_fitted(ClockFitted(0, 0.0, 10 * SECOND, bpm / 60e9))
    follow.boundaries_fitted(BoundariesFitted(0, 0, 10 * SECOND, float(SECOND)), 0)
    return Plan(schedule, follow), follow


def places(one: Plan) -> list[tuple[str, int | None]]:
    return [
        (line.place, None if line.nominal == UNPLACED else line.nominal)
        for line in one.waiting[one._cursor :]
    ]


def test_a_forecast_schedules_what_comes_as_far_as_it_looks() -> None:
    found, _ = followed()
    assert places(found) == [
        ("1.1", None),
        ("2.1", None),
        ("7s", None),
        ("1.1", None),
        ("2s", None),
        ("2.1", None),
        ("1.1", None),
    ]
    assert (found.end_chunk(), found.certain_until(0)) == (UNPLACED, -1)
    assert found.pass_at(20).number == 0, "nothing is known of when the next one begins"
    found.forecast(3)
    assert places(found)[:4] == [("1.1", 0), ("2.1", 4), ("7s", 7), ("1.1", 8)]
    assert {chunk for _, chunk in places(found)[4:]} == {None}
    found.forecast(12)
    assert [chunk for _, chunk in places(found)] == [0, 4, 7, 8, 10, 12, 24]
    assert found._starts == [0, 8, 24]
    assert [found.pass_at(chunk).number for chunk in (7, 8, 23, 24)] == [0, 1, 1, 2]
    assert found.end_chunk() == UNPLACED
    found.forecast(28)
    assert (found.end_chunk(), found._starts) == (28, [0, 8, 24])


def test_a_clock_that_runs_faster_brings_beats_before_seconds() -> None:
    found, _ = followed(120)
    found.forecast(12)
    assert places(found) == [
        ("1.1", 0),
        ("2.1", 2),
        ("1.1", 4),
        ("2s", 6),
        ("2.1", 6),
        ("7s", 7),
        ("1.1", 12),
    ]


@pytest.mark.parametrize("unit", "bs")
def test_of_two_cues_at_one_moment_the_one_written_later_acts(unit: str) -> None:
    """One cue is in seconds, the other in beats; one comes within reach while a cue before the
    other does not.
    """
    other = {"b": "s", "s": "b"}[unit]
    text = f"""
        clock midi, nominal 60 bpm, 4/4
        section intro 4 bars {{
          at 1 "a"
          at 8{unit} "b"
          at 9{unit} "c"
          at 9{other} "d"
        }}
    """
    found, _ = followed(text=text)
    for limit in (3, 12):
        found.forecast(limit)
    assert [line.nominal for line in found.waiting] == [0, 8, 9, 9]
    assert [line.number for line in found.waiting] == [1, 2, 3, 4]


def test_what_has_begun_stays_where_it_began_and_the_rest_follows_the_clock() -> None:
    found, follow = followed()
    found.forecast(9)
    found.take_up_to(8)
    assert found._starts[1] == 8
    follow.clock_fitted(ClockFitted(0, 9.0, 21 * SECOND, 1e-9))
    found.forecast(10)
    assert found._starts[1] == 8, "it plays"
    assert places(found)[:2] == [("2s", 10), ("2.1", 14)], (
        "seconds count from when it began, beats from the clock"
    )


def test_a_bar_line_of_a_followed_clock_is_where_the_clock_is_then() -> None:
    found, follow = followed(30)
    jam = found.passes[1]
    assert find_exit(found, jam, 20) == 12
    assert find_exit(found, jam, 25) == 16
    follow.offset = 3 * SECOND
    assert find_exit(found, jam, 25) == 12
    assert find_exit(found, jam, 99) is None
    assert find_exit_beyond_end(found, jam, 99) == 48


def test_time_code_is_left_at_the_second_that_a_chunk_shows() -> None:
    found, follow = followed(60, 'clock mtc 25\nsection jam until go out, max 20s {\nat 0s "a"\n}')
    assert find_exit(found, found.passes[0], 7) == 7
    follow.clock_fitted(ClockFitted(0, 0.0, 6 * SECOND, 1e-9))
    assert find_exit(found, found.passes[0], 7) == 11
    follow.offset = -SECOND
    assert find_exit(found, found.passes[0], 7) == 12


@pytest.mark.parametrize(
    ("quarter", "number", "chase", "left"),
    [
        (0, 0, None, ["1.1", "2.1", "7s", "1.1", "2s", "2.1", "1.1"]),
        (4, 0, "a", ["2.1", "7s", "1.1", "2s", "2.1", "1.1"]),
        (5, 0, "b", ["7s", "1.1", "2s", "2.1", "1.1"]),
        (8, 1, "t", ["1.1", "2s", "2.1", "1.1"]),
        (11, 1, "u", ["2.1", "1.1"]),
        (24, 2, "d", ["1.1"]),
        (99, 2, "e", []),
    ],
)
def test_a_jump_lays_the_plan_anew(
    quarter: int, number: int, chase: str | None, left: list[str]
) -> None:
    found, _ = followed()
    before = len(found.lines)
    line = found.relocate(Fraction(quarter), 5)
    assert found.pass_of_quarter(Fraction(quarter)).number == number
    assert (None if line is None else line.acts[-1].text) == chase  # type: ignore[union-attr]  # prompts
    assert [one.place for one in found.waiting] == left
    assert [found.is_before_jump(one) for one in found.waiting] == [False] * len(left)
    skipped = [one for one in found.lines if one.status is Status.SKIPPED]
    assert len(skipped) == before - len(left)
    assert {one.reason for one in skipped} <= {"the clock was moved past it"}
    assert all(found.is_before_jump(one) for one in skipped)
    assert all(found.has_pass_of(one) for one in found.waiting)
    if line is not None:
        assert (line.nominal, line.planned, line.place, line.entry) == (
            5,
            5,
            f"locate to quarter {quarter}",
            None,
        )
        assert (line.section, line.scheduled_in.number) == (
            found.passes[number].stretch.section,
            number,
        )
        assert line.open == {"prompt"}
        assert found.lines[-1] is line


def test_what_is_in_force_is_the_last_of_each_kind() -> None:
    found, _ = followed(
        60,
        """
        clock midi, nominal 60 bpm, 4/4
        section intro 4 bars {
          at 1 "a", image "b.png", strength 0.5
          at 2 sr off, cut, image "a.png", "c"
          at 3 "b", strength 0.25
          at 4 image "b.png"
        }
        """,
    )
    line = found.relocate(Fraction(12), 5)
    assert line is not None
    assert [(act.kind, getattr(act, "text", None)) for act in line.acts] == [
        ("strength", None),
        ("image", None),
        ("prompt", "b"),
        ("sr", None),
    ]
    assert line.acts[0].value == Fraction(1, 4)  # type: ignore[union-attr]  # a strength
    assert line.acts[1].image.path == "a.png"  # type: ignore[union-attr]  # an image


@pytest.mark.parametrize("cuts_end_images", [True, False])
def test_no_image_is_in_force_after_a_cut(cuts_end_images: bool) -> None:
    text = """
        clock midi, nominal 60 bpm, 4/4
        section intro 2 bars {
          at 1 image "a.png", "a", sr off
          at 1.3 cut, "c"
        }
        section next 2 bars {
          at 1 "d"
        }
        """
    _, follow = followed(60, text)
    for quarter, places in (
        (1, {"image", "prompt", "sr"}),
        (4, {"prompt", "sr"}),
        (9, {"prompt", "sr"}),
    ):
        found = Plan(compiled(text), follow, cuts_end_images=cuts_end_images)
        line = found.relocate(Fraction(quarter), 5)
        assert line is not None
        assert line.kinds == places if cuts_end_images else line.kinds >= {"image"}


def test_the_second_of_a_time_code_is_rounded_to_thousandths() -> None:
    found, follow = followed(60, 'clock mtc 25\nsection jam until go out, max 20s {\nat 0s "a"\n}')
    follow.clock_fitted(ClockFitted(0, 7 + 1 / 1001, 17 * SECOND, 1e-9))
    assert find_exit(found, found.passes[0], 7) == Fraction(7001, 1000)


def test_the_bar_line_of_a_ramp_is_found_in_a_later_pass_too() -> None:
    found = plan(RAMP.replace("section jam", 'section intro 3 bars {\n at 1 "x"\n}\nsection jam'))
    at = find_exit(found, found.passes[1], 9)
    assert at is not None
    found.leave_pass(found.passes[1], at, 2, "left")
    assert found.passes[1].left_at == 8


def test_a_pass_that_a_jump_scheduled_again_is_another_one_if_it_begins_elsewhere() -> None:
    found, _ = followed()
    line = found.waiting[3]
    assert found.has_pass_of(line)
    found.leave_pass(found.passes[0], Fraction(4), 1, "left")
    assert not found.has_pass_of(line), "it begins sooner"
    last = found.waiting[-1]
    del found.passes[2:]
    assert not found.has_pass_of(last)


def test_after_a_jump_back_seconds_count_from_when_their_section_begins_again() -> None:
    found, follow = followed()
    found.forecast(9)
    found.relocate(Fraction(4), 3)
    follow.clock_fitted(ClockFitted(0, 4.0, 30 * SECOND, 1e-9))
    found.forecast(40)
    assert [chunk for position, chunk in places(found) if position in ("1.1", "2s")][:2] == [24, 26]


def test_the_quarter_of_a_position_is_rounded_once() -> None:
    found, _ = followed()
    current = replace(found.passes[0], quarter=Fraction(1, 3))
    assert found.time_of_position(current, Fraction(1, 2), Fraction(7)) == pytest.approx(
        (10 + 5 / 6) * SECOND
    )
    assert found.time_of_position(current, Fraction(0), Fraction(7)) == pytest.approx(
        (10 + 1 / 3) * SECOND
    )


def test_a_fixed_run_of_a_score_with_time_code_goes_by_its_chunks() -> None:
    found = plan('clock mtc 25\nsection jam until go out, max 20s {\nat 0s "a"\n}')
    assert find_exit(found, found.passes[0], 7) == 7
