"""Unit tests of the report on one cue, from its delivery and from when chunks were shown."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

import sequencer
from sequencer.core.timebase import Snap
from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.report import (
    CueReport,
    Report,
    RunActionReport,
    cue_report,
    move_report,
    with_shown,
)
from sequencer.engine.conductor.run_actions import RunAction
from sequencer.engine.conductor.stalls import Stall

MS = 1_000_000
SCORE = """\
at 0c "A boat."
at 2.5s "A coat.", sr 4x
at 4c "A goat."
at 5c sr off
end 8c
"""


def lines_of(text: str = SCORE) -> list[Delivery]:
    lines = Plan(sequencer.compile_score(sequencer.reads(text))).lines
    for line in lines:
        line.planned = line.nominal
    return lines


def reported(line: Delivery, seen: dict[int, int] | None = None, **changes: Any) -> CueReport:
    for name, value in changes.items():
        setattr(line, name, value)
    return cue_report(line, sequencer.compile_score(sequencer.reads(SCORE)).grid, seen or {})


def test_without_anything_measured_only_the_snap_is_known() -> None:
    cue = reported(lines_of()[1])
    assert (cue.planned, cue.place, cue.line, cue.what) == (2, "2.5s", 2, "prompt, sr")
    assert cue.error_ms == 250.0, "chunk 2 begins a quarter of a second after 2.5 s"
    assert (cue.lead_ms, cue.waited_ms, cue.shown_off_ms, cue.beyond_ms) == (None, None, None, None)


def test_what_was_measured_counts_instead_of_the_snap() -> None:
    assert reported(lines_of()[1], off=-1234567.0).error_ms == -1.235
    assert reported(lines_of()[1], off=0.0).error_ms == 0.0


def test_a_line_without_a_position_or_a_plan_has_no_error() -> None:
    assert reported(lines_of()[1], entry=None).error_ms is None
    assert reported(lines_of()[1], planned=None).error_ms is None


@pytest.mark.parametrize(
    ("sent", "fired", "boundary", "lead", "waited"),
    [
        (4 * MS, 1 * MS, 9_500_000, 5.5, 8.5),
        (4 * MS, None, 9 * MS, 5.0, None),
        (None, 1 * MS, 9 * MS, None, 8.0),
        (4 * MS, 1 * MS, None, None, None),
    ],
)
def test_the_lead_and_the_wait_end_at_the_chunks_boundary(
    sent: int | None,
    fired: int | None,
    boundary: int | None,
    lead: float | None,
    waited: float | None,
) -> None:
    cue = reported(lines_of()[1], sent=sent, fired=fired, boundary=boundary)
    assert (cue.lead_ms, cue.waited_ms) == (lead, waited)


def test_a_cue_is_shown_off_its_beat_and_beyond_what_it_had_to_be() -> None:
    shown = {1: 60 * MS, 2: 100 * MS, 3: 140 * MS, 9: 115 * MS}
    late = reported(lines_of()[1], shown, shown=140 * MS, beat=115.0 * MS, landed=3)
    assert (late.shown_off_ms, late.beyond_ms) == (25.0, 10.0), (
        "chunk 2 was nearer by 10 ms; chunk 9 is another matter"
    )
    early = reported(lines_of()[1], shown, shown=100 * MS, beat=115.0 * MS, landed=2)
    assert (early.shown_off_ms, early.beyond_ms) == (-15.0, 0.0)
    unknown = reported(lines_of()[1], {}, shown=100 * MS, beat=115.0 * MS, landed=2)
    assert (unknown.shown_off_ms, unknown.beyond_ms) == (-15.0, 0.0)
    for missing in ("shown", "beat"):
        cue = reported(
            lines_of()[1],
            shown,
            **{"shown": 140 * MS, "beat": 115.0 * MS, "landed": 3, missing: None},
        )
        assert (cue.shown_off_ms, cue.beyond_ms) == (None, None)
    for change in ({"landed": None}, {"snap": Snap.FLOOR}):
        cue = reported(
            lines_of()[1], shown, **{"shown": 140 * MS, "beat": 115.0 * MS, "landed": 3, **change}
        )
        assert (cue.shown_off_ms, cue.beyond_ms) == (25.0, None)


# ---- which chunk a cue was first shown on


def shown_of(landed: list[int | None], shown: list[int], end: int = 8) -> list[int | None]:
    lines = lines_of()
    for line, chunk in zip(lines, landed, strict=True):
        line.landed = chunk
        line.status = Status.LANDED if chunk is not None else Status.MISSED
    cues = [reported(line) for line in lines]
    return [cue.shown for cue in with_shown(cues, lines, dict.fromkeys(shown, 1), end)]


@pytest.mark.parametrize(
    ("landed", "shown", "expected"),
    [
        ([0, 2, 4, 5], list(range(8)), [0, 2, 4, 5]),
        ([0, 2, 4, 5], [1, 3, 6], [1, 3, 6, 6]),
        ([0, 2, 4, 5], [3, 6, 7], [None, 3, 6, 6]),
        ([0, 2, 4, 5], [0, 4, 7], [0, 4, 4, 7]),
        ([0, 2, 4, 5], [0, 5], [0, None, 5, 5]),
        ([0, 2, None, 5], [0, 7], [0, 7, None, 7]),
        ([0, 2, 4, 9], [7], [None, 7, 7, 7]),
        ([0, 2, 4, 5], [], [None, None, None, None]),
        ([0, 2, 4, 5], [0, 1], [0, None, None, None]),
    ],
)
def test_a_cue_is_shown_while_it_is_in_force(
    landed: list[int | None], shown: list[int], expected: list[int | None]
) -> None:
    assert shown_of(landed, shown) == expected


def test_times_in_score_are_exact() -> None:
    assert [line.time for line in lines_of()] == [
        0,
        Fraction(5, 2),
        Fraction(11, 2),
        Fraction(55, 8),
    ]


# ---- the complete report


def report_of(*cues: tuple[Status, int | None], **changes: Any) -> Report:
    line = lines_of()[0]
    reports = tuple(replace(reported(line), status=status, shown=shown) for status, shown in cues)
    return replace(
        Report(
            cues=reports,
            ended="over",
            takes=1,
            chunks=9,
            refused=(),
            notes=(),
            ended_well=True,
            knows_shown=True,
        ),
        **changes,
    )


LANDED, SHOWN = (Status.LANDED, None), (Status.LANDED, 3)


@pytest.mark.parametrize(
    ("cues", "knows_shown", "shown", "not_shown"),
    [
        ((), True, 0, 0),
        ((LANDED, SHOWN, SHOWN), True, 2, 1),
        ((LANDED, SHOWN, SHOWN), False, 2, 0),
        (((Status.MISSED, 3), (Status.MISSED, None), SHOWN), True, 1, 0),
    ],
)
def test_how_many_cues_landed_and_were_shown(
    cues: Any, knows_shown: bool, shown: int, not_shown: int
) -> None:
    report = report_of(*cues, knows_shown=knows_shown)
    assert (report.landed_and_shown, report.landed_but_not_shown) == (shown, not_shown)


@pytest.mark.parametrize(
    ("status", "is_good"),
    [
        (Status.LANDED, True),
        (Status.OVERTAKEN, True),
        (Status.SKIPPED, True),
        (Status.MISSED, False),
        (Status.DROPPED, False),
        (Status.REFUSED, False),
        (Status.STUCK, False),
        (Status.SENT, False),
    ],
)
def test_which_cues_are_lost(status: Status, is_good: bool) -> None:
    assert report_of(SHOWN, (status, None)).all_landed is is_good
    assert report_of(SHOWN, (status, None)).went_as_written is is_good


@pytest.mark.parametrize(
    ("changes", "normally", "as_written"),
    [
        ({}, True, True),
        ({"ended_well": False}, False, False),
        ({"ended_well": False, "stopped": True}, True, True),
        ({"stalls": (Stall(chunk=1, lasted=6 * 10**9, chunks=1),)}, True, False),
        ({"chunks_beyond": 1}, True, False),
    ],
)
def test_when_a_run_went_as_it_was_written(changes: Any, normally: bool, as_written: bool) -> None:
    report = report_of(SHOWN, **changes)
    assert (report.ended_normally, report.went_as_written) == (normally, as_written)


def test_a_report_of_the_first_revision_knows_little() -> None:
    report = Report(cues=(), ended="over", takes=1, chunks=9, refused=(), notes=())
    assert (report.ended_well, report.stopped, report.knows_shown, report.chunks_beyond) == (
        False,
        False,
        False,
        0,
    )
    assert (report.sends, report.moves, report.stalls) == ((), (), ())


def test_milliseconds_have_three_digits() -> None:
    cue = reported(
        lines_of()[1],
        {2: 100_111_111},
        shown=101_234_567,
        beat=100.0 * MS,
        landed=2,
        sent=1_111_111,
        fired=2_222_222,
        boundary=9_876_543,
    )
    assert (cue.shown_off_ms, cue.beyond_ms, cue.lead_ms, cue.waited_ms) == (
        1.235,
        1.123,
        8.765,
        7.654,
    )
    assert (cue.number, cue.section, cue.entry, cue.rule, cue.occurrence) == (2, None, 1, None, 1)
    assert reported(lines_of()[1], off=1_234_567.0).error_ms == 1.235


@pytest.mark.parametrize(("nearer", "beyond"), [(-4, 5.0), (4, 5.0), (-5, 0.0), (5, 0.0)])
def test_how_far_around_a_landing_a_nearer_chunk_is_looked_for(nearer: int, beyond: float) -> None:
    seen = {10: 120 * MS, 10 + nearer: 115 * MS}
    cue = reported(lines_of()[1], seen, shown=120 * MS, beat=110.0 * MS, landed=10)
    assert (cue.shown_off_ms, cue.beyond_ms) == (10.0, beyond)


def test_a_move_is_reported_with_how_long_it_took() -> None:
    move = RunAction(
        kind="pause",
        what="pause",
        place="go x",
        section="jam",
        pass_number=3,
        line=7,
        fired=2_222_222,
        occurrence=2,
    )
    assert move_report(move) == RunActionReport(
        section="jam",
        place="go x",
        line=7,
        what="pause",
        chunk=None,
        status=Status.WAITING,
        reason="",
        waited_ms=None,
        occurrence=2,
    )
    move.land(4, 9_876_543)
    assert move_report(move) == RunActionReport(
        section="jam",
        place="go x",
        line=7,
        what="pause",
        chunk=4,
        status=Status.LANDED,
        reason="",
        waited_ms=7.654,
        occurrence=2,
    )
