"""`python -m tests.simulation`: play many shows, report which fail and how, and shrink the scripts
that failed.

Run it from the tests folder, or with `make simulate N=10000`. Exit code 1 if a show failed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from pydantic import ValidationError

from sequencer.core.errors import SequencerError
from sequencer.runs.engines import find_engine
from sequencer.runs.executors import Engine, Work, WorkerLostError
from tests.simulation.batches import broken, play_seeds
from tests.simulation.drawing import draw_script
from tests.simulation.ensembles import ENSEMBLES, broken_ensemble, draw_ensemble
from tests.simulation.script import Script, read_script
from tests.simulation.shrinking import shrunk

KEPT = Path(__file__).parent / "kept"
BATCH = 10
KILLED = "killed: the process that played it was killed each time"


def breaks(script: Script, name: str) -> bool:
    """Return whether a script is a valid show that violates the invariant with this name."""
    try:
        return any(one.name == name for one in broken(script))
    except (SequencerError, ValidationError, ValueError):
        return False


def run(first: int, count: int, engine: Engine) -> dict[int, list[str]]:
    """Return the violations of `count` shows from seed `first` on, by seed; print progress and each
    violation to stderr.
    """
    found: dict[int, list[str]] = {}
    began, done = time.monotonic(), 0

    def handle(seed: int, sentences: list[str] | WorkerLostError) -> None:
        nonlocal done
        done += 1
        if isinstance(sentences, WorkerLostError):
            sentences = [KILLED]
        if sentences:
            found[seed] = sentences
            clear = "\r" if sys.stderr.isatty() else ""
            for sentence in sentences:
                sys.stderr.write(f"{clear}seed {seed}: {sentence}\n")
        if done % BATCH == 0 or done == count:
            _print_progress(done, count, len(found), time.monotonic() - began)

    seeds = range(first, first + count)
    Work(tasks=seeds, function=play_seeds, engine=engine, handle=handle, batch=BATCH).run()
    sys.stderr.write("\n" if sys.stderr.isatty() else "")
    return dict(sorted(found.items()))


def _print_progress(done: int, count: int, failed: int, seconds: float) -> None:
    if (
        not sys.stderr.isatty()
        and done % max(BATCH, count // 10 // BATCH * BATCH)
        and done != count
    ):
        return
    width = 30
    bar = "█" * (done * width // count)
    text = (
        f"{bar:·<{width}} {done}/{count} shows, {failed} failed, {done / max(seconds, 0.001):.0f} "
        "a second"
    )
    sys.stderr.write(f"\r{text}" if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()


def shrink_and_show(script: Script, name: str, save: str | None) -> None:
    """Print the smallest script that violates the same invariant, and save it if requested."""
    small = shrunk(script, lambda candidate: breaks(candidate, name))
    sentence = next(str(one) for one in broken(small) if one.name == name)
    sys.stdout.write(f"\nshrunk from {script.size} parts to {small.size}: {sentence}\n\n{small}\n")
    if save is not None:
        path = KEPT / f"{save}.show"
        path.write_text(str(small), encoding="utf-8")
        sys.stdout.write(f"kept as {path}\n")


def main(arguments: list[str] | None = None) -> int:
    """Play the shows, report and shrink the failures; return the exit code."""
    parser = argparse.ArgumentParser(
        "simulation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("count", nargs="?", type=int, default=200, help="how many shows (200)")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed (0)")
    parser.add_argument("--seed", type=int, help="play this one show, and print it")
    parser.add_argument("--show", type=Path, help="play a kept show")
    parser.add_argument(
        "--processes", type=int, default=min(2, os.cpu_count() or 1), help="how many at once (2)"
    )
    parser.add_argument(
        "--on", default="local", help="local, or dask: a cluster on this machine (local)"
    )
    parser.add_argument(
        "--shrink",
        type=int,
        default=1,
        metavar="COUNT",
        help="how many kinds of failure to shrink (1)",
    )
    parser.add_argument(
        "--save", metavar="NAME", help="keep the first shrunk show in tests/simulation/kept/"
    )
    options = parser.parse_args(arguments)
    if options.seed is not None and options.seed >= ENSEMBLES:
        drawn = draw_ensemble(options.seed)
        sys.stdout.write(f"{drawn}\n")
        sentences = [str(one) for one in broken_ensemble(drawn)]
        sys.stdout.write("".join(f"{one}\n" for one in sentences))
        return 1 if sentences else 0
    if options.seed is not None or options.show is not None:
        script = (
            draw_script(options.seed)
            if options.seed is not None
            else read_script(options.show.read_text("utf-8"))
        )
        sys.stdout.write(f"{script}\n")
        found = {options.seed or 0: [str(one) for one in broken(script)]}
        found = {seed: sentences for seed, sentences in found.items() if sentences}
    else:
        script = None
        engine = find_engine(options.on, options.processes)
        found = run(options.first, options.count, engine)
    for seed, sentences in found.items():
        for sentence in sentences:
            sys.stdout.write(f"seed {seed}: {sentence}\n")
    kinds = Counter(
        sentence.split(":", 1)[0]
        for seed, sentences in found.items()
        if seed < ENSEMBLES  # shows on several stages are not shrunk
        for sentence in sentences
        if sentence != KILLED
    )
    for number, (name, _) in enumerate(kinds.most_common(options.shrink)):
        seed = next(
            seed
            for seed, all_ in found.items()
            if seed < ENSEMBLES and any(one.startswith(f"{name}:") for one in all_)
        )
        shrink_and_show(script or draw_script(seed), name, options.save if number == 0 else None)
    if not found:
        sys.stdout.write(f"{options.count if script is None else 1} shows, no violation\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
