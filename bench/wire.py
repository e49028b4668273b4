"""Measures our client against Reactor's SDK in one run: connecting, and command to answer.

Each client uses a local server of its own in a process of its own, so that only the client is
measured. Needs `.ci/setup-reactor` for the SDK; without it only our own figures are shown.
"""

from __future__ import annotations

from statistics import median

from bench.findings import Findings, Lines, Row, Section
from bench.reactor_clients import MISSING, OURS, THEIRS, has_sdk, measured
from bench.timing import paired

COMMANDS = 200
"""Commands that are timed one after the other."""

TURNS = 6
MOST = 1.3
"""The goal: our median from command to answer, as a multiple of the SDK's."""

SECTION = Section(
    "Protocol latency",
    f"""
Our client and Reactor's own Python SDK (1.13.0) in alternation, each connected to its own local
server that answers immediately: the time from connecting to being ready, and from a command to its
answer, for {COMMANDS} commands one after the other, {TURNS} times. All times are elapsed time,
because that is how long a user waits.
""",
)


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def measure() -> Findings:
    """Measure both in turns; only ours if the SDK is not installed."""
    clients = (OURS, THEIRS) if has_sdk() else (OURS,)
    turns = [
        {client.name: measured(client, COMMANDS, 0) for client in clients} for _ in range(TURNS)
    ]
    all_of = {
        client.name: [one for turn in turns for one in turn[client.name]["latencies"]]
        for client in clients
    }
    what, peer = "from a command to its answer", "reactor-sdk 1.13.0"
    rows: list[Row] = []
    if has_sdk():
        for name, pick in (
            ("median", median),
            ("99th percentile", lambda one: _quantile(one, 0.99)),
        ):
            found = paired(
                *([pick(turn[client.name]["latencies"]) for turn in turns] for client in clients)
            )
            most = MOST if name == "median" else None
            rows.append(
                Row(f"{what}, {name}", found.ratio, beside=peer, most=most, spread=found.spread)
            )
        found = paired(*([turn[client.name]["connect"] for turn in turns] for client in clients))
        rows.append(Row("connecting", found.ratio, beside=peer, spread=found.spread))
    else:
        rows.append(Row(f"{what}, median", None, beside=peer, most=MOST, why=MISSING))
        rows.append(Row("connecting", None, beside=peer, why=MISSING))
    for client in clients:
        latencies = all_of[client.name]
        rows.append(Row(f"{client.name}: {what}, median", median(latencies) * 1000, "ms"))
        rows.append(Row(f"{client.name}: 99th percentile", _quantile(latencies, 0.99) * 1000, "ms"))
        rows.append(
            Row(
                f"{client.name}: connecting",
                median(turn[client.name]["connect"] for turn in turns),
                "s",
            )
        )
    shares = [number / 50 for number in range(50)]
    lines = tuple(
        (name, tuple((share * 100, _quantile(latencies, share) * 1000) for share in shares))
        for name, latencies in all_of.items()
    )
    return Findings(
        tuple(rows),
        (
            Lines(
                title="From a command to its answer",
                across="% of commands are faster",
                up="ms",
                lines=lines,
            ),
        ),
    )
