"""Measures for how long an edited score delays the run that it takes over.

The loop of a run waits while the conductor handles an event, so no event may take long. The edited
score is compiled in a thread before; here only the conductor works. Cues of an edited score are
planned in pieces, with the events that follow.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from bench.findings import Findings, Row, Section
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.events import (
    ChunkDone,
    ConditionsReady,
    PromptAccepted,
    Ready,
    ReloadRequested,
    Started,
)
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.model import Schedule

COUNTS = (1_000, 10_000)
LIMIT_MS = 50
TURNS = 5
CHUNKS = 5
"""How many chunks are made before the edit."""
_CHUNK_NS = 1_375_000_000

SECTION = Section(
    "Edits while a score plays",
    f"""
A score with one cue in each bar is edited while it plays: every seventh prompt changes. The
conductor finds the position, plans the edited score from there, compares what is committed and
what is in force, and continues. While it handles an event the run can do nothing else, so the goal
is {LIMIT_MS} ms for the request, and for every event after it, in which further cues are planned.
""",
)


def measure() -> Findings:
    """Measure."""
    rows: list[Row] = []
    for count in COUNTS:
        before, after = _score(count, ""), _score(count, " again")
        turns = [_take_over(before, after) for _ in range(TURNS)]
        for name, values in (
            ("the request", [turn[0] for turn in turns]),
            ("the slowest event after it", [max(turn[1:]) for turn in turns]),
        ):
            rows.append(
                Row(
                    f"{count:,} cues: {name}",
                    median(values),
                    "ms",
                    most=LIMIT_MS,
                    spread=(min(values), max(values)),
                )
            )
    return Findings(tuple(rows))


def _score(count: int, edit: str) -> Schedule:
    cues = "".join(
        f'  at {bar} "A tram passes stop {bar}{edit if bar % 7 == 0 else ""}."\n'
        for bar in range(1, count + 1)
    )
    text = f"seed 1\nclock 120 bpm, 4/4\nsection line {count} bars {{\n{cues}}}\n"
    return compile_score(reads(text))


def _take_over(before: Schedule, after: Schedule) -> list[float]:
    """Return how many milliseconds the request took, and each event after it."""
    conductor = Conductor(before, may_reload=True)
    for event in _beginning(before):
        conductor.receive(event)
    conductor.learn(after)
    at = CHUNKS * _CHUNK_NS + 1
    events: list[Event] = [ReloadRequested(at=at, version=2)]
    events += [_done(number) for number in range(CHUNKS, CHUNKS + 60)]
    return [_timed(conductor, event) for event in events]


def _beginning(schedule: Schedule) -> Iterator[Event]:
    yield Ready(0, "bench")
    yield PromptAccepted(1, schedule.takes[0].opening.prompt)
    yield ConditionsReady(2, True, False)
    yield Started(3)
    yield from (_done(number) for number in range(CHUNKS))


def _done(chunk: int) -> ChunkDone:
    return ChunkDone((chunk + 1) * _CHUNK_NS, chunk, 33 * (chunk + 1), None)


def _timed(conductor: Conductor, event: Event) -> float:
    began = time.process_time()
    conductor.receive(event)
    return (time.process_time() - began) * 1000
