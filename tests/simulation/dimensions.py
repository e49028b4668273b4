"""Draws what a show has beyond a score on the simulator: the kind of stage, durations, texts.

Each show has a few of these dimensions. They are drawn separately from the rest, from the seed
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from tests.simulation.connection import drawn_connection
from tests.simulation.script import Script

LONG_EVERY = 200
"""One show in this many has thousands of chunks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """The additional properties of a show."""

    kind: str | None = None
    """The kind of its score, or None if it is drawn."""
    with_texts: bool = False
    """Whether its prompts contain texts of all scripts …"""
    with_long_texts: bool = False
    """… some of them as long as a prompt may be."""
    is_long: bool = False
    display: tuple[str, str] | None = None
    """How long after a chunk is made it is shown, and the maximum jitter of that delay."""
    stage: dict[str, Any] | None = None
    """See `Script.stage`."""
    faults: dict[str, Any] | None = None
    """The faults that its stage requires of the model."""


def drawn_dimensions(seed: int) -> Dimensions:
    """Return the dimensions of the show of a seed."""
    rng = Random(f"dimensions of {seed}")
    if seed % LONG_EVERY == LONG_EVERY - 1:
        return Dimensions(is_long=True)
    stage: dict[str, Any] = {}
    kind = "mtc" if rng.randrange(12) == 0 else None
    if rng.randrange(8) == 0:
        stage["sending"] = ("20ms", "80ms", "300ms", "1s", "2s")[rng.randrange(5)]
    with_texts = rng.randrange(6) == 0
    with_long_texts = with_texts and rng.randrange(5) == 0
    display = None
    if rng.randrange(4) == 0:
        display = f"{rng.randrange(4001)}ms", ("0s", "20ms", "100ms", "1s")[rng.randrange(4)]
    faults: dict[str, Any] = {}
    if rng.randrange(5) == 0:
        connection, faults = drawn_connection(rng)
        stage = {"reactor": connection}
    return Dimensions(
        kind=kind,
        with_texts=with_texts,
        with_long_texts=with_long_texts,
        is_long=False,
        display=display,
        stage=stage,
        faults=faults,
    )


def features(script: Script) -> set[str]:  # noqa: PLR0912  # one branch per dimension
    """Return the names of the dimensions that a show has, to check that each of them is drawn."""
    found = set()
    faults, stage = script.faults, script.stage
    delays = faults.get("delays", {})
    reactor = stage.get("reactor")
    lines = script.score.splitlines()
    chunks = next(
        (
            int(line.split()[1][:-1])
            for line in lines
            if line.startswith("end ") and line.endswith("c")
        ),
        0,
    )
    if chunks > 1000 or any(f"*{count}" in script.score for count in range(100, 1000)):
        found.add("thousands of chunks")
    if "sending" in stage:
        found.add("time spent sending")
    if "shown" in delays:
        found.add("delayed display")
    if not script.score.isascii():
        found.add("all scripts")
    if any(len(line) > 15_000 for line in lines):
        found.add("prompts at the limit")
    if "clock mtc" in script.score:
        found.add("time code")
    if script.follow:
        found.add("followed chunks" if "clock" not in script.score else "followed beats")
    if " midi " in script.score:
        found.add("MIDI output")
    if " bpm, " in script.score and "midi" not in script.score.split("clock ")[1][:5]:
        found.add("clock output")
    if script.is_valid:
        found.add("valid by construction")
    if reactor is not None:
        found.add("Reactor")
        found.add(f"Reactor protocol {reactor.get('protocol', 'auto')}")
        if faults.get("dialect") == "1.x":
            found.add("Reactor dialect 1.x")
        found.update(
            f"Reactor {key}"
            for key in ("losses", "uploads", "latency", "metadata", "repeats")
            if key in reactor
        )
        found.add("Reactor platform" if reactor.get("platform") else "Reactor local")
        if len({image for image in ("a.png", "b.png", "c.png") if image in script.score}) > 1:
            found.add("Reactor with two images")
    return found
