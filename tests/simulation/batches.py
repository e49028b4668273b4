"""Play shows in a worker: in a module of its own, because a worker cannot import the program."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from sequencer.engine.conductor.run_state import RunState
from tests.simulation.drawing import draw_script
from tests.simulation.ensembles import ENSEMBLES, broken_ensemble, draw_ensemble
from tests.simulation.invariants import Violation, violations
from tests.simulation.playing import play
from tests.simulation.script import Script

RunState.checks_transitions = True  # as in the other tests


def broken(script: Script) -> tuple[Violation, ...]:
    """Return the violations of a script. Raises what `play` raises."""
    with tempfile.TemporaryDirectory(prefix="simulation-") as folder:
        return violations(play(script, Path(folder)))


def play_seeds(seeds: Sequence[int]) -> list[list[str]]:
    """Play the shows of these seeds; return the violations of each."""
    return [[str(one) for one in _broken_show(seed)] for seed in seeds]


def _broken_show(seed: int) -> tuple[Violation, ...]:
    if seed >= ENSEMBLES:
        return broken_ensemble(draw_ensemble(seed))
    return broken(draw_script(seed))
