"""Every dimension of a show is drawn, and what a new dimension is based on works as documented."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from sequencer.sync.timecode import RATES, Timecode
from tests.simulation.dimensions import features
from tests.simulation.drawing import draw_script
from tests.simulation.invariants import violations
from tests.simulation.playing import play, schedule_of
from tests.simulation.scores import Scores
from tests.simulation.script import Script, read_script
from tests.simulation.texts import LONGEST, Texts, as_shown
from tests.simulation.timecode import spelled
from tests.simulation.virtual_loop import LoopClock, VirtualLoop, run_virtually

DRAWN = {
    *(
        "thousands of chunks",
        "time spent sending",
        "delayed display",
        "all scripts",
        "prompts at the limit",
        "time code",
    ),
    *("followed chunks", "followed beats", "MIDI output", "clock output", "valid by construction"),
    *(
        "Reactor",
        "Reactor local",
        "Reactor platform",
        "Reactor dialect 1.x",
        "Reactor with two images",
    ),
    *("Reactor protocol auto", "Reactor protocol v0", "Reactor protocol v1"),
    *(
        "Reactor losses",
        "Reactor uploads",
        "Reactor latency",
        "Reactor metadata",
        "Reactor repeats",
    ),
}


def test_every_dimension_is_drawn_within_200_shows() -> None:
    found = Counter(one for seed in range(200) for one in features(draw_script(seed)))
    assert set(found) == DRAWN
    assert found["Reactor"] >= 20
    assert found["valid by construction"] >= 100


@pytest.mark.parametrize("kind", ["chunks", "fixed", "live", "midi", "mtc"])
def test_what_is_drawn_to_be_valid_is_valid(kind: str) -> None:
    for seed in range(60):
        text = Texts(Random(seed)) if seed % 4 == 0 else None
        schedule_of("\n".join(Scores(Random(seed), text).lines(kind)) + "\n")


def test_a_valid_score_that_is_refused_breaks_an_invariant(tmp_path: Path) -> None:
    script = read_script(
        '=== about\nrefused\nvalid\n=== score\nat 0c "One."\nat 0c "Two."\nend 6c\n'
    )
    assert script.is_valid
    assert [one.name for one in violations(play(script, tmp_path))] == ["valid-taken"]


def test_a_script_with_a_stage_is_read_back() -> None:
    script = Script(
        score='at 0c "One."\nend 6c\n',
        stage={"reactor": {"protocol": "v1", "uploads": ["late 6s", "500"]}},
        is_valid=True,
    )
    assert read_script(str(script)) == script


def test_a_text_at_the_limit_has_exactly_as_many_characters() -> None:
    lengths = set()
    for seed in range(40):
        texts = Texts(Random(seed), with_long=True)
        lengths |= {100 + len(as_shown(texts(100))) for _ in range(3)}
    assert max(lengths) == LONGEST


@pytest.mark.parametrize("name", ["24", "25", "29.97", "30"])
def test_time_code_is_spelled_as_the_follower_reads_it(name: str) -> None:
    rate = next(one for one in RATES if one.name.split()[0] == name)
    for frame in [*range(40), 1798, 1799, 1800, 1801, 17_981, 17_982, 17_983, 107_892, 215_784]:
        hours, minutes, seconds, frames = spelled(frame, name)
        code = Timecode(hours=hours, minutes=minutes, seconds=seconds, frames=frames, rate=rate)
        assert code.number == frame


def test_a_virtual_loop_jumps_and_keeps_the_order_of_what_is_due() -> None:
    loop = VirtualLoop()
    clock = LoopClock(loop)
    seen: list[tuple[int, str]] = []

    async def work() -> None:
        for name in "abc":
            clock.call_at(3_600_000_000_001, lambda name=name: seen.append((clock.now(), name)))  # type: ignore[misc]  # binds now
        await asyncio.sleep(3601)
        seen.append((clock.now(), await asyncio.to_thread(str, 7)))

    run_virtually(loop, work())
    assert seen == [*((3_600_000_000_001, name) for name in "abc"), (3_601_000_000_000, "7")]
