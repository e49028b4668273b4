"""Measures the cost of receiving video: our client against aiortc alone, which it is based on, and Reactor's own SDK. One run.

All decode the same stream, each from a local server of its own: 640×384 at 24 frames per second. Needs `.ci/setup-reactor` for
the SDK.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from bench.findings import Bars, Findings, Row, Section
from bench.reactor_clients import BARE, MISSING, OURS, RECORDING, THEIRS, Client, has_sdk, measured
from bench.timing import paired

SECONDS = 6.0
TURNS = 3
MOST = 1.3
"""The goal: our processor time per frame, as a multiple of that of aiortc alone."""

SECTION = Section(
    "Receiving video",
    f"""
The stand-in's pictures, 640×384 at 24 frames a second over WebRTC on this machine, received for {SECONDS:.0f} s by our
client, by aiortc alone (which ours stands on: it connects, decodes, and does nothing with the frames) and by Reactor's Python
SDK, in turns, each from a stand-in of its own. Ours looks at every frame, counts it and says which chunk it shows; recording
encodes it too. Times are processor time of the client's process, decoding included. What a core could receive is a second
divided by what a frame costs.
""",
)

Said = dict[str, Any]


def _cost(said: Said) -> float:
    return float(said["cpu"] / max(1, said["seen"]))


def _beside(turns: Sequence[dict[str, Said]], ours: Client, theirs: Client, most: float | None) -> Row:
    found = paired([_cost(turn[ours.name]) for turn in turns], [_cost(turn[theirs.name]) for turn in turns])
    name = "a frame, received and looked at, time" if ours is OURS else "a frame, recorded too, time"
    return Row(name, found.ratio, beside=theirs.name, most=most, spread=found.spread)


def measure() -> Findings:
    """Measure all clients in turns."""
    clients = (OURS, RECORDING, BARE, THEIRS) if has_sdk() else (OURS, RECORDING, BARE)
    turns = [{client.name: measured(client, 0, SECONDS) for client in clients} for _ in range(TURNS)]
    rows = [_beside(turns, OURS, BARE, MOST)]
    if has_sdk():
        rows += [_beside(turns, OURS, THEIRS, None), _beside(turns, RECORDING, THEIRS, None)]
    else:
        rows.append(Row("a frame, received and looked at, time", None, beside=THEIRS.name, why=MISSING))
    for client in (OURS, RECORDING):
        said = [turn[client.name] for turn in turns]
        share = 100 * sum(one["frames"] for one in said) / max(1, sum(one["sent"] for one in said))
        rows.append(Row(f"{client.name}: frames received of those sent", share, "%", least=100))
    costs = {client.name: median(_cost(turn[client.name]) for turn in turns) for client in clients}
    rate = median(turn[OURS.name]["seen"] / turn[OURS.name]["wall"] for turn in turns)
    rows.append(Row("ours: frames received a second", rate))
    rows += [Row(f"{name}: what a core could receive", 1 / cost, "frames/s") for name, cost in costs.items()]
    bars = tuple((name, 1000 * cost) for name, cost in costs.items())
    return Findings(tuple(rows), (Bars("What a received frame costs", "ms of processor", bars),))
