"""Equal deliveries of several stages are one line, which names the stages that it is for."""

from __future__ import annotations

from typing import Any

from sequencer.studio.protocol import Line
from sequencer.studio.stage_lines import StageLines

LINE: Line = {
    "n": 0,
    "revision": 1,
    "line": 4,
    "section": "jam",
    "occurrence": 1,
    "tint": 1,
    "place": "1.1",
    "what": "Rain.",
    "kinds": ["prompt"],
    "fired": "",
    "fired_chunk": None,
    "time_s": 2.0,
    "planned": 1,
    "earliest": None,
    "latest": None,
    "chunk": 1,
    "landed": None,
    "status": "planned",
    "reason": "",
    "error_ms": -625.0,
    "lead": None,
    "changed": False,
}


def line(**more: Any) -> Line:
    return {**LINE, **more}  # type: ignore[typeddict-item]  # its keys are those of a line


def shown(lines: StageLines) -> list[tuple[int, str, list[str] | None]]:
    return [(one["n"], one["status"], one.get("stages")) for one in lines.lines()]


def test_equal_deliveries_are_one_line() -> None:
    lines = StageLines(("left", "right"))
    lines.change("left", [line()])
    assert shown(lines) == [(0, "planned", ["left"])]
    changed, gone = lines.change("right", [line(error_ms=-620.0, lead=2)])
    assert ([one["n"] for one in changed], gone) == ([0], [])
    assert shown(lines) == [(0, "planned", None)]
    assert lines.lines()[0]["error_ms"] == -625.0
    assert (lines.number_of("left", 0), lines.number_of("right", 0)) == (0, 0)


def test_deliveries_that_come_to_differ_are_two_lines_and_one_again() -> None:
    lines = StageLines(("left", "right"))
    lines.change("left", [line()])
    lines.change("right", [line()])
    changed, gone = lines.change("left", [line(status="landed", landed=1)])
    assert sorted(one["n"] for one in changed) == [0, 1]
    assert gone == []
    assert shown(lines) == [(0, "landed", ["left"]), (1, "planned", ["right"])]
    changed, gone = lines.change("right", [line(status="landed", landed=1)])
    assert ([one["n"] for one in changed], gone) == ([0], [1])
    assert shown(lines) == [(0, "landed", None)]


def test_a_delivery_that_no_longer_exists_leaves_the_line_to_the_others() -> None:
    lines = StageLines(("left", "right"))
    lines.change("left", [line()])
    lines.change("right", [line()])
    changed, gone = lines.change("left", [], [0])
    assert ([one["n"] for one in changed], gone) == ([1], [0])
    assert shown(lines) == [(1, "planned", ["right"])]
    assert lines.change("right", [], [0]) == ([], [1])
    assert lines.lines() == []
    assert lines.number_of("right", 0) is None


def test_equal_deliveries_of_one_stage_remain_two_lines() -> None:
    lines = StageLines(("left", "right"))
    lines.change("left", [line(n=3), line(n=5)])
    lines.change("right", [line(n=2), line(n=4)])
    assert shown(lines) == [(6, "planned", None), (10, "planned", None)]
    assert lines.number_of("right", 4) == 10


def test_run_actions_keep_negative_numbers_that_differ() -> None:
    names = ("left", "middle", "right")
    lines = StageLines(names)
    for index, name in enumerate(names):
        lines.change(name, [line(n=-1, line=index), line(n=-2, line=10 + index)])
    numbers = [one["n"] for one in lines.lines()]
    assert len(set(numbers)) == 6
    assert all(number < 0 for number in numbers)


def test_nothing_is_sent_for_a_delivery_that_has_not_changed() -> None:
    lines = StageLines(("left", "right"))
    lines.change("left", [line()])
    lines.change("right", [line()])
    assert lines.change("right", [line()]) == ([], [])
