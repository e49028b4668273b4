"""Compares clock followers in virtual time: ours, the mean of 24 ticks, isobar's, an oracle.

    python -m bench.clock [--seeds 5] [--only WORD] [--plot docs/clock-following.svg] [--table FILE]

Each scenario is played with several seeds; each number is the median over the seeds of that run's
RMS. Exits with 1 if a goal is missed. Measured at each tick: *phase*, the reported position at the
tick's true time against its number, in ms; *tempo*, in bpm; *ahead*, the predicted time of the tick
one or two quarters later, in ms; *settled*, beats from a step until the tempo is within 1 % and
stays there for a beat; *misnumbered*, ticks numbered wrongly, and at the end.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from importlib.util import find_spec
from math import inf, isnan, nan, sqrt
from pathlib import Path
from statistics import median

from bench.clock_plot import plot
from bench.clock_rivals import Follower, Isobar, MeanOf24, Oracle, Ours
from bench.clock_scenarios import PPQN, SCENARIOS, Clock, Scenario
from bench.findings import Findings, Row, Section

SEEDS = 5
ROOT = Path(__file__).parents[1]
PLOT = ROOT / "docs" / "clock-following.svg"
SECTION = Section(
    "Clock followers",
    """
The same clocks in virtual time for four followers: ours, the mean of the last 24 ticks (MA24, which
most software uses), isobar's own follower, and an oracle that knows the true number of every tick
and each step of the tempo, and fits the best line. [Clock following](clock-following.md) shows all
results and explains each of them.
""",
    "![Tempo followed through a step and a ramp; errors of predictions](clock-following.svg)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One follower on one clock. NaN for values that the scenario does not measure."""

    phase: float
    tempo: float
    one_ahead: float
    one_ahead_median: float
    two_ahead: float
    settled: float
    misnumbered: float
    misnumbered_at_end: float
    microseconds: float


FOLLOWERS: dict[str, Callable[[Clock], Follower]] = {
    "ours": lambda _: Ours(),
    "MA24": lambda _: MeanOf24(),
    "isobar": lambda _: Isobar(),
    "oracle": lambda clock: Oracle(clock.changes, clock.walks),
}
PEER = "isobar"
"""From PyPI, in the dependency group `bench`; omitted, with a note, if it is not installed."""
NO_ORACLE = frozenset({"ramp 100→160, 1 ms", "captured: klick ramp"})
"""Scenarios for which a straight line is never right, however much is known."""


def _rms(values: list[float]) -> float:
    return sqrt(sum(value * value for value in values) / len(values)) if values else nan


def judge(follower: Follower, clock: Clock, scenario: Scenario) -> Outcome:
    """Play a clock to a follower and measure its errors."""
    phase: list[float] = []
    tempo: list[float] = []
    ahead: dict[int, list[float]] = {PPQN: [], 2 * PPQN: []}
    misnumbered, within, settled, off = 0, 0, inf if scenario.step is not None else nan, 0.0
    spent = 0.0
    for at, tick in clock.arrivals:
        before = time.process_time()
        follower.tick(at, tick)
        spent += time.process_time() - before
        bpm = follower.bpm
        if bpm <= 0:
            continue
        true = clock.truth[tick]
        off = follower.position(round(true)) - tick
        if scenario.step is not None and tick >= scenario.step and settled == inf:
            within = within + 1 if abs(bpm / clock.bpm[tick] - 1) < 0.01 else 0
            if within == PPQN:
                settled = (tick - PPQN + 1 - scenario.step) / PPQN
        if not scenario.first <= tick < scenario.last:
            continue
        misnumbered += abs(off) > 0.5
        phase.append(off * 60e3 / PPQN / clock.bpm[tick])
        tempo.append(bpm - clock.bpm[tick])
        for ticks, errors in ahead.items():
            if tick + ticks < len(clock.truth):
                errors.append((follower.time_of(tick + ticks) - clock.truth[tick + ticks]) / 1e6)
    return Outcome(
        phase=_rms(phase),
        tempo=_rms(tempo),
        one_ahead=_rms(ahead[PPQN]),
        one_ahead_median=median(abs(error) for error in ahead[PPQN]),
        two_ahead=_rms(ahead[2 * PPQN]),
        settled=settled,
        misnumbered=float(misnumbered),
        misnumbered_at_end=float(abs(off) > 0.5),
        microseconds=spent / len(clock.arrivals) * 1e6,
    )


Results = dict[str, dict[str, Outcome]]


def installed() -> tuple[str, ...]:
    """Return the followers that can be measured on this machine, in their order."""
    return tuple(name for name in FOLLOWERS if name != PEER or find_spec(PEER) is not None)


def run(scenarios: tuple[Scenario, ...], seeds: int, followers: tuple[str, ...]) -> Results:
    """Return the median outcome of every named follower in every scenario."""
    results: Results = {}
    for scenario in scenarios:
        clocks = [scenario.make(seed) for seed in range(seeds)]
        results[scenario.name] = {}
        for name, make in FOLLOWERS.items():
            if (name == "oracle" and scenario.name in NO_ORACLE) or name not in followers:
                continue
            outcomes = [judge(make(clock), clock, scenario) for clock in clocks]
            results[scenario.name][name] = Outcome(
                **{
                    field: median(getattr(one, field) for one in outcomes)
                    for field in Outcome.__slots__
                }
            )
    return results


@dataclass(frozen=True, slots=True)
class Goal:
    """`value(results of the scenario)` must be at most `most`."""

    scenario: str
    text: str
    most: float
    _: KW_ONLY
    value: Callable[[dict[str, Outcome]], float]
    beside: str = ""


def _share(field: str, of: str) -> Callable[[dict[str, Outcome]], float]:
    def value(row: dict[str, Outcome]) -> float:
        mine, theirs = getattr(row["ours"], field), getattr(row[of], field)
        return float(mine / theirs) if theirs else (0.0 if mine == 0 else inf)

    return value


def _own(field: str) -> Callable[[dict[str, Outcome]], float]:
    return lambda row: float(getattr(row["ours"], field))


GOALS = (
    *(
        goal
        for sigma in ("1 ms", "3 ms")
        for goal in (
            Goal(f"constant, {sigma}", "phase / MA24", 0.15, value=_share("phase", "MA24")),
            Goal(
                f"constant, {sigma}",
                "two beats ahead / MA24",
                0.10,
                value=_share("two_ahead", "MA24"),
            ),
            Goal(
                f"constant, {sigma}",
                "two beats ahead / oracle",
                2.0,
                value=_share("two_ahead", "oracle"),
            ),
        )
    ),
    Goal("step 120→140, 1 ms", "settled / MA24", 0.5, value=_share("settled", "MA24")),
    Goal("step 120→140, 1 ms", "settled / isobar", 0.3, value=_share("settled", PEER), beside=PEER),
    Goal("step 120→140, 3 ms", "settled, beats", 1.5, value=_own("settled")),
    Goal("ramp 100→160, 1 ms", "tempo / MA24", 0.6, value=_share("tempo", "MA24")),
    Goal("ramp 100→160, 1 ms", "phase / MA24", 1.0, value=_share("phase", "MA24")),
    Goal("late stalls", "two beats ahead / MA24", 0.25, value=_share("two_ahead", "MA24")),
    Goal("lost 1 %, doubled ½ %", "misnumbered at the end", 0.0, value=_own("misnumbered_at_end")),
    Goal(
        "captured: klick ramp",
        "one beat ahead, median / MA24",
        0.5,
        value=_share("one_ahead_median", "MA24"),
    ),
    Goal("random walk, 5 %", "tempo / MA24", 1.0, value=_share("tempo", "MA24")),
    Goal("random walk, 20 %", "tempo / MA24", 1.0, value=_share("tempo", "MA24")),
)


def _number(value: float) -> str:
    if isnan(value):
        return "–"
    if value == inf:
        return "never"
    return (
        f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
    )


def table(results: Results, seeds: int) -> str:
    """Return the results as a Markdown table: errors, settling, misnumbered ticks and cost."""
    names = next(iter(results.values())).keys() if results else ()
    head = ["scenario", *names]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, row in results.items():
        unknown = [""] * (len(names) - len(row))
        cells = [
            " / ".join(_number(value) for value in (one.phase, one.tempo, one.two_ahead))
            for one in row.values()
        ]
        lines.append(f"| {name} | " + " | ".join([*cells, *unknown]) + " |")
        if not isnan(row["ours"].settled):
            lines.append(
                "| … settled after, beats | "
                + " | ".join(_number(one.settled) for one in row.values())
                + " |"
            )
        if any(one.misnumbered for one in row.values()):
            lines.append(
                "| … ticks numbered wrongly | "
                + " | ".join([*(_number(one.misnumbered) for one in row.values()), *unknown])
                + " |"
            )
    spent = [[row[name].microseconds for row in results.values() if name in row] for name in names]
    lines.append(
        "| CPU time per tick, µs | "
        + " | ".join(_number(median(cost)) if cost else "" for cost in spent)
        + " |"
    )
    return "\n".join(
        [*lines, "", f"Phase ms / tempo bpm / two beats ahead ms: RMS, median of {seeds} seeds."]
    )


def goals(results: Results) -> tuple[str, bool]:
    """Return the goals as a Markdown table, and whether all that were measured are reached."""
    lines, well = ["| scenario | measure | goal | ours | |", "|---|---|---|---|---|"], True
    for goal in GOALS:
        if goal.scenario in results and (not goal.beside or goal.beside in results[goal.scenario]):
            value = goal.value(results[goal.scenario])
            met = value <= goal.most
            well = well and met
            lines.append(
                f"| {goal.scenario} | {goal.text} | ≤ {goal.most:g} | {_number(value)} | "
                f"{'met' if met else 'MISSED'} |"
            )
    return "\n".join(lines), well


def measure() -> Findings:
    """Measure each goal, and the cost of a tick."""
    followers = installed()
    results = run(SCENARIOS, SEEDS, followers)
    rows: list[Row] = []
    for goal in GOALS:
        what, _, beside = goal.text.partition(" / ")
        name = f"{goal.scenario}: {what}"
        if goal.beside and goal.beside not in followers:
            rows.append(
                Row(
                    name,
                    None,
                    beside=beside,
                    most=goal.most,
                    why=f"{goal.beside} is not installed (`.ci/setup-midi`)",
                )
            )
        else:
            rows.append(
                Row(name, goal.value(results[goal.scenario]), beside=beside, most=goal.most)
            )
    cost = {
        who: median(row[who].microseconds for row in results.values() if who in row)
        for who in followers
    }
    rows.append(Row("processor time per tick", cost["ours"], "µs"))
    rows += [
        Row("processor time per tick", cost["ours"] / cost[who], beside=who)
        for who in followers
        if who not in ("ours", "oracle")
    ]
    return Findings(
        tuple(rows),
        notes=(f"{len(SCENARIOS)} scenarios with {SEEDS} clocks each; results are medians.",),
    )


def charts() -> dict[Path, str]:
    """Return the plot of the page on clock following."""
    return {PLOT: plot({name: FOLLOWERS[name] for name in installed()})}


def main() -> int:
    """Run and print; return 0 if the goals are met."""
    parser = argparse.ArgumentParser(description="Compare followers of MIDI clock in virtual time.")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="clocks per scenario (default 5)")
    parser.add_argument(
        "--only", default="", help="run only scenarios whose name contains this word"
    )
    parser.add_argument("--plot", type=Path, help="write the plot (SVG) to this file")
    parser.add_argument("--table", type=Path, help="write both tables (Markdown) to this file")
    flags = parser.parse_args()
    chosen = tuple(scenario for scenario in SCENARIOS if flags.only in scenario.name)
    followers = installed()
    if PEER not in followers:
        print(
            f"{PEER} is not installed (dependency group `bench`): measured without it",
            file=sys.stderr,
        )
    results = run(chosen, flags.seeds, followers)
    judged, well = goals(results)
    text = f"{table(results, flags.seeds)}\n\n{judged}\n"
    print(text)
    if flags.table is not None:
        flags.table.write_text(text, encoding="utf-8")
    if flags.plot is not None:
        flags.plot.write_text(plot({name: FOLLOWERS[name] for name in followers}), encoding="utf-8")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
