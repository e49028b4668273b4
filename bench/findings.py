"""Results of a benchmark: rows, each with its goal, and charts.

The same rows are printed and written to the page.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from math import inf, isnan


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. If `value` is None it was not measured, and `why` is the reason.

    `beside` names what it is compared with in the same run; such a figure is a ratio. `spread` is
    the minimum and maximum of several passes, of which the value is the median. At most one of
    `least` and `most` is its goal.
    """

    name: str
    value: float | None
    unit: str = ""
    _: KW_ONLY
    beside: str = ""
    least: float | None = None
    most: float | None = None
    spread: tuple[float, float] | None = None
    why: str = ""

    @property
    def is_reached(self) -> bool | None:
        """Whether the goal is reached; None without a goal, and if nothing was measured."""
        if self.value is None or isnan(self.value) or (self.least is None and self.most is None):
            return None
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    @property
    def margin(self) -> float | None:
        """How many times as good as its goal the value is.

        1 just reaches it. None without a goal, or if a ratio has no meaning.
        """
        if self.is_reached is None or self.value is None:
            return None
        if self.least is not None:
            return self.value / self.least if self.least else None
        return None if not self.most else inf if self.value <= 0 else self.most / self.value

    @property
    def goal(self) -> str:
        """The goal in words; empty without one."""
        if self.least is not None:
            return f"≥ {figure(self.least)}"
        return "" if self.most is None else f"≤ {figure(self.most)}"

    @property
    def verdict(self) -> str:
        """`reached`, by how much it is missed, or why it was not measured; empty without a goal."""
        if self.value is None:
            return f"not measured: {self.why}"
        if self.is_reached is None:
            return ""
        if self.is_reached:
            return "reached"
        margin = self.margin
        if self.least is not None and margin is not None:
            return f"missed: {1 - margin:.0%} short"
        return f"missed: {1 / margin - 1:.0%} over" if margin else "missed"


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart, one bar per line. `mark` is a goal that is marked in it."""

    title: str
    unit: str
    bars: tuple[tuple[str, float], ...]
    _: KW_ONLY
    mark: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A line chart over one axis; each line is a name and its points."""

    title: str
    across: str
    up: str
    lines: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """The complete result of one benchmark.

    `notes` are sentences about this run, such as how much was measured.
    """

    rows: tuple[Row, ...]
    charts: tuple[Bars | Lines, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def missed(self) -> tuple[Row, ...]:
        """The rows whose goal was missed."""
        return tuple(row for row in self.rows if row.is_reached is False)


@dataclass(frozen=True, slots=True)
class Section:
    """The text above a benchmark's figures: a heading, and in Markdown what is compared."""

    title: str
    about: str
    chart: str = ""
    """An image that the benchmark draws itself, as Markdown."""


def figure(value: float) -> str:
    """Return a number with about three significant digits and thousands separators."""
    if isnan(value):
        return "–"
    if value in (inf, -inf):
        return "never" if value > 0 else "–"
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.1 else f"{value:.3f}"


def shown(row: Row) -> str:
    """Return a row's value with its unit and its spread."""
    if row.value is None:
        return "–"
    text = f"{figure(row.value)} {row.unit}".strip()
    return (
        text
        if row.spread is None
        else f"{text} ({figure(row.spread[0])} to {figure(row.spread[1])})"
    )


def render_findings(findings: Findings) -> str:
    """Return the findings as lines for printing."""
    lines = list(findings.notes)
    for row in findings.rows:
        name = f"{row.name}, compared with {row.beside}" if row.beside else row.name
        goal = (
            f"goal {row.goal}: {row.verdict}" if row.goal and row.value is not None else row.verdict
        )
        lines.append(f"  {name:<92} {shown(row):>28}   {goal}".rstrip())
    return "\n".join(lines)
