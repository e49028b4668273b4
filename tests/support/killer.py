"""Kill a program in the middle of runs:

`python killer.py FOLDER KILLS SEED`. Prints one line of JSON per kill.

It warms up once and forks a child for each kill, so that hundreds of kills take seconds. A child
plays a score in virtual time and reports through an unbuffered pipe how many events it has handled.
The parent kills it when a random number is reached.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import JournalWriter, header_of
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.loop import Performance
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock

SCORE = "\n".join(
    [
        "clock 120 bpm, 4/4",
        "seed 3",
        "section long 600 bars {",
        *(f'  at {bar} "p{bar}"' for bar in range(1, 600, 2)),
        "}",
    ]
)


def play(schedule: Schedule, path: Path, pipe: int) -> None:
    """Play in the child process, and report each event after it has been handled."""
    count = 0

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        nonlocal count
        count += 1
        os.write(pipe, b"%08d" % count)

    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid))
    journal = JournalWriter(path, header_of(schedule, {}, {}))
    asyncio.run(Performance(schedule, stage, clock, journal=journal, watchers=[watch]).run())


def main() -> None:
    """Kill one child after another."""
    folder, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    schedule = compile_score(reads(SCORE))
    for number in range(kills):
        path = folder / f"{number}.jsonl"
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            play(schedule, path, writing)
            os._exit(0)
        os.close(writing)
        target = chance.randrange(
            0, 400
        )  # events; the kill happens wherever the child has got to by then
        received = b""
        while len(received) // 8 < target and (more := os.read(reading, 8 * 64)):
            received += more
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(reading, 65536):
            received += more
        os.close(reading)
        last_reported = int(
            received[len(received) - len(received) % 8 - 8 : len(received) - len(received) % 8]
            or b"0"
        )
        sys.stdout.write(json.dumps({"journal": path.name, "reported": last_reported}) + "\n")


if __name__ == "__main__":
    main()
