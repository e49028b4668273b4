"""Families of shows that are too rare among the others: their seeds begin at a million.

From `RESETS` on, takes are cut often and resets are reported again, late. From `TAPES` on, a fixed
score follows time code, and nothing goes wrong except on the tape. From `LAUNCHES` on, rules are
quantised, and an operator fires them often.
"""

from __future__ import annotations

from random import Random
from typing import Any

from sequencer.core.errors import ScoreError
from sequencer.schedule.model import Schedule
from tests.simulation.mishaps import (
    draw_clock_moves,
    draw_faults,
    draw_operator_events,
    listened_to,
)
from tests.simulation.playing import schedule_of
from tests.simulation.scores import Scores
from tests.simulation.script import Script
from tests.simulation.timecode import RATES, draw_tape_moves

RESETS = 1_000_000
TAPES = 2_000_000
LAUNCHES = 3_000_000


def drawn_of_a_family(seed: int) -> Script:
    """Return the show of a seed from `RESETS` on."""
    if seed >= LAUNCHES:
        return _launches(seed)
    return _tape(seed) if seed >= TAPES else _resets(seed)


def _resets(seed: int) -> Script:
    rng = Random(seed)
    lines = [
        "seed 1",
        "grid 33 frames @ 8 fps" if rng.randrange(2) else f"lead {1 + rng.randrange(3)}c",
        'at 0c "Picture 0."',
    ]
    position = 0
    cuts = 3 + rng.randrange(6)
    for number in range(cuts):
        position += 1 + rng.randrange(4)
        lines.append(f'at {position}c cut, "Picture {number + 1}."')
    lines.append(f"end {position + 1 + rng.randrange(4)}c")
    repeated: list[dict[str, Any]] = [
        {
            "type": "generation_reset",
            "nth": number,
            "do": "repeat",
            "by": f"{300 + rng.randrange(8000)}ms",
        }
        for number in sorted(rng.sample(range(1, cuts), 1 + rng.randrange(2)))
    ]
    return Script(
        score="\n".join(lines) + "\n",
        faults={"messages": repeated},
        about=f"drawn from seed {seed}",
        is_valid=True,
    )


def _tape(seed: int) -> Script:
    rng = Random(seed)
    length = 20 + rng.randrange(20)
    lines = ["seed 1", f"clock mtc {tuple(RATES)[rng.randrange(len(RATES))]}", 'at 0s "Picture 0."']
    at = 0
    while (at := at + 1000 + rng.randrange(6000)) < length * 1000:
        lines.append(f'at {at}ms "Picture {len(lines)}."')
    lines.append(f"end {length}s")
    return Script(
        score="\n".join(lines) + "\n",
        clock_moves=draw_tape_moves(rng, length),
        about=f"drawn from seed {seed}",
        is_valid=True,
    )


def _launches(seed: int) -> Script:
    rng = Random(seed)
    kind = ("live", "live", "fixed", "midi")[rng.randrange(4)]
    score = ""
    while " at next " not in score:
        lines = [quantised(rng, line) for line in Scores(rng).lines(kind)]
        score = "\n".join(lines) + "\n"
    try:
        schedule = schedule_of(score)
    except ScoreError:
        return Script(score=score, about=f"drawn from seed {seed}", is_valid=True)
    events = [*_fired(rng, schedule, score)]
    events += [
        event
        for _ in range(rng.randrange(3))
        for event in draw_operator_events(rng, schedule, score)
    ]
    seconds = float(schedule.grid.chunk * schedule.end)
    clock_moves: tuple[str, ...] = ()
    if schedule.clock.is_external:
        calm = ("300ms start", f"0s tempo {80 + rng.randrange(80)}", "0s jitter 3ms")
        clock_moves = calm if rng.randrange(3) else draw_clock_moves(rng, seconds)
    faulty = rng.randrange(4) == 0
    return Script(
        score=score,
        faults=draw_faults(rng, schedule.end, [one.path for one in schedule.images])
        if faulty
        else {},
        operator_events=tuple(events),
        clock_moves=clock_moves,
        follow=not schedule.clock.is_external and rng.randrange(3) == 0,
        about=f"drawn from seed {seed}",
        is_valid=True,
    )


def _fired(rng: Random, schedule: Schedule, score: str) -> list[str]:
    """Return firings of the score's rules and exits, at any time."""
    found: list[str] = []
    listened = listened_to(score)
    leaving = "\n".join(line for line in score.split("\n") if "until" in line or "goto" in line)
    exits = listened_to(leaving) or listened
    length = int(schedule.grid.chunk * schedule.end * 1000)
    for _ in range(1 + rng.randrange(7) if listened else 0):
        what = listened[rng.randrange(len(listened))]
        if what.startswith("note") and rng.randrange(2):
            what += f" vel {rng.randrange(128)}"
        if what.startswith("osc"):
            at = rng.randrange(length)
            found.append(
                f"{what.removesuffix('1')}{('0', '0.25', '0.49')[rng.randrange(3)]}@{at}ms"
            )
            if rng.randrange(4) == 0:
                what = what.removesuffix(" 1") + (" true", " false", ' "text"')[rng.randrange(3)]
        at = rng.randrange(length)
        found.append(f"{what}@{at}ms")
        if rng.randrange(2):  # and another before the first has landed
            other = exits[rng.randrange(len(exits))]
            found.append(f"{other}@{at + 1 + rng.randrange(2500)}ms")
    crossed = {what.split("=")[0] for what in found if what.startswith("cc")}
    return [*(f"{control}=0@0c" for control in sorted(crossed)), *found]


def quantised(rng: Random, line: str) -> str:
    """Return a line of a score; if it is a rule, it mostly lands on a bar line or beat."""
    head, arrow, acts = line.partition(" -> ")
    is_rule = arrow and head.lstrip().startswith("on ")
    if is_rule and "on note " in head and rng.randrange(2):
        if rng.randrange(2):
            head = head.replace("on note ", "on release ")
        else:
            head += f" vel {('>=', '<', '>', '<=')[rng.randrange(4)]} {40 + rng.randrange(60)}"
        line = f"{head} -> {acts}"
    if is_rule and "on go " in head and rng.randrange(3) == 0:
        head = head.replace("on go ", 'on osc "/') + '"' + ("", " > 0.5")[rng.randrange(2)]
        line = f"{head} -> {acts}"
    if not is_rule or acts.split()[0] in ("pause", "resume", "goto") or rng.randrange(4) == 0:
        return line
    lands = ("bar", "2 bars", "4 bars", "beat", "3 beats")[rng.randrange(5)]
    return f"{head} at next {lands} -> {acts}"
