"""The soonest chunk of what follows a live section is the one that a run reaches, and no later one."""

from __future__ import annotations

import pytest

import sequencer
from sequencer.core.timebase import Snap
from sequencer.schedule.model import Schedule

SCORE = """\
clock {bpm} bpm, 4/4
snap {snap}
lead {lead}c
seed 1
section head {head} {{
  at 1 "A lamp."
}}
section live until go out, max 40 bars {{
  at 1 "A dark hall."
}}
section after 2 bars {{
  at 1 "Morning."
}}
"""


def left_at(schedule: Schedule, chunk: int) -> int | None:
    """Return the chunk with which a live section is left if GO is pressed while a chunk is made."""
    result = sequencer.rehearse(schedule, video=False, save=False, events=[f"go out@{chunk}c"])
    moves = [one for one in result.report.moves if one.what == "exit"]
    return moves[0].chunk if moves else None


@pytest.mark.parametrize("snap", [one.value for one in Snap])
@pytest.mark.parametrize(
    ("bpm", "head", "lead"), [(120, "4 bars", 2), (97, "3 bars", 3), (240, "1 bars", 1)]
)
def test_a_go_in_the_first_chunk_of_a_live_section_leaves_at_its_soonest_end(
    bpm: int, head: str, lead: int, snap: str
) -> None:
    text = SCORE.format(bpm=bpm, snap=snap, head=head, lead=lead)
    schedule = sequencer.compile_score(sequencer.reads(text))
    _, live, after = schedule.stretches
    assert left_at(schedule, live.latest) == after.earliest
