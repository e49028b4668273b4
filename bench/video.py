"""Measures the cost of receiving video: our client, aiortc alone (its base), Reactor's own SDK.

All three are measured in one run.

All decode the same stream, each from a local server of its own: 640×384 at 24 frames per second.
Needs `.ci/setup-reactor` for the SDK.
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
The local server's frames, 640×384 at 24 frames per second over WebRTC on this machine, received for
{SECONDS:.0f} s by our client, by aiortc alone (the library that our client uses: it connects,
decodes, and does nothing with the frames) and by Reactor's Python SDK, in alternation, each from
its own local server. Our client analyses and counts every frame and determines its chunk; when it
records, it also encodes them. Times are processor time of the client's process, including decoding.
The capacity of one core is a second divided by the cost of a frame.
""",
)

Result = dict[str, Any]


def _cost(result: Result) -> float:
    return float(result["cpu"] / max(1, result["seen"]))


def _beside(
    turns: Sequence[dict[str, Result]], ours: Client, theirs: Client, most: float | None
) -> Row:
    found = paired(
        [_cost(turn[ours.name]) for turn in turns], [_cost(turn[theirs.name]) for turn in turns]
    )
    name = (
        "a frame received and analysed, time"
        if ours is OURS
        else "a frame received and recorded, time"
    )
    return Row(name, found.ratio, beside=theirs.name, most=most, spread=found.spread)


def measure() -> Findings:
    """Measure all clients in turns."""
    clients = (OURS, RECORDING, BARE, THEIRS) if has_sdk() else (OURS, RECORDING, BARE)
    turns = [
        {client.name: measured(client, 0, SECONDS) for client in clients} for _ in range(TURNS)
    ]
    rows = [_beside(turns, OURS, BARE, MOST)]
    if has_sdk():
        rows += [_beside(turns, OURS, THEIRS, None), _beside(turns, RECORDING, THEIRS, None)]
    else:
        rows.append(
            Row("a frame received and analysed, time", None, beside=THEIRS.name, why=MISSING)
        )
    for client in (OURS, RECORDING):
        result = [turn[client.name] for turn in turns]
        share = (
            100 * sum(one["frames"] for one in result) / max(1, sum(one["sent"] for one in result))
        )
        rows.append(Row(f"{client.name}: share of sent frames received", share, "%", least=100))
    costs = {client.name: median(_cost(turn[client.name]) for turn in turns) for client in clients}
    rate = median(turn[OURS.name]["seen"] / turn[OURS.name]["wall"] for turn in turns)
    rows.append(Row("ours: frames received per second", rate))
    rows += [
        Row(f"{name}: capacity of one core", 1 / cost, "frames/s") for name, cost in costs.items()
    ]
    bars = tuple((name, 1000 * cost) for name, cost in costs.items())
    return Findings(tuple(rows), (Bars("Cost of a received frame", "ms of processor time", bars),))
