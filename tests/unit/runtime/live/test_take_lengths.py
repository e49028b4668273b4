"""How many chunks a take can have, by what is known when it starts."""

from __future__ import annotations

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.machine import Conductor
from sequencer.language.check import check_text
from sequencer.runtime.live.take_lengths import chunks_of_take

GRID = "grid 24 frames @ 24 fps\n"
CUTS = GRID + 'at 0c "A."\nat 4c cut, "B."\nat 9c "C."\nend 12c\n'
LIMIT = 100 * SECOND


def length(
    text: str, limit: int = LIMIT, following: bool | None = None, may_reload: bool = False
) -> int:
    schedule = check_text(text, "a.score", advice=False).performable()
    conductor = Conductor(schedule, following, may_reload=may_reload)
    return chunks_of_take(conductor.view, limit)


def test_a_fixed_score_ends_with_its_next_cut() -> None:
    assert length(CUTS) == 4


def test_a_fixed_score_without_a_cut_ends_where_it_is_written() -> None:
    assert length(CUTS.replace("cut, ", "")) == 12


def test_a_live_section_has_the_length_that_it_may_have() -> None:
    text = (
        GRID
        + 'section a until go out, max 20c {\n  at 0c "A."\n}\nsection b 6c {\n  at 0c "B."\n}\n'
    )
    assert length(text) == 26


def test_a_rule_that_goes_to_another_section_may_repeat_it() -> None:
    text = GRID + 'section a 8c {\n  at 0c "A."\n  on go again -> goto a\n}\n'
    assert length(text) == 100


def test_a_clock_and_edits_have_no_other_limit_than_time() -> None:
    assert length(CUTS, following=True) == 100
    assert length(CUTS, may_reload=True) == 100
    assert length(CUTS, may_reload=True, limit=SECOND + 1) == 2
