"""The header lines of the text notation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from sequencer.errors import Fix, Related, Span
from sequencer.notation import values
from sequencer.notation.text.grammar import Branch
from sequencer.notation.text.nodes import Nodes
from sequencer.notation.words import read_string
from sequencer.score import ClockLine, GridLine, Header, Sr
from sequencer.timebase import Snap

LINES = frozenset({"title", "clock", "grid", "snap", "lead", "late", "seed", "sr", "middle"})
"""The rules that are header lines."""


@dataclass(slots=True)
class HeaderLines:
    """The header as it grows, line by line."""

    nodes: Nodes
    title: str | None = None
    clock: ClockLine | None = None
    grid: GridLine | None = None
    snap: Snap | None = None
    lead: int | None = None
    late: Literal["shift", "drop"] | None = None
    seed: int | None = None
    sr: Sr | None = None
    middle: Literal["C3", "C4"] | None = None
    spans: dict[str, Span] = field(default_factory=dict)

    def header(self) -> Header:
        """What was read."""
        return Header(
            self.title,
            self.clock,
            self.grid,
            self.snap,
            self.lead,
            self.late,
            self.seed,
            self.sr,
            self.middle,
            tuple(self.spans.items()),
        )

    def take(self, branch: Branch) -> None:
        """Read one line; each may stand once."""
        span = self.nodes.over(branch)
        kind = branch.rule
        if kind in self.spans:
            word = "score" if kind == "title" else kind
            first = Related(self.spans[kind], "first said here")
            self.nodes.faults.error(
                "E115", f"`{word}` is said twice", span, "keep one of the two lines", (Fix(span, ""),), (first,)
            )
            return
        self.spans[kind] = span
        faults = self.nodes.faults
        text, at = self.nodes.behind(branch)
        if text.endswith(";"):
            sign = Span(at.file, at.end_line, at.end_column - 1, at.end_line, at.end_column)
            faults.error("E158", "`;` ends no statement", sign, "a new line does: leave it out", (Fix(sign, ""),))
        elif kind == "title":
            self.title = read_string(text, at, faults)
        elif not self.nodes.too_long(text, at):
            match kind:
                case "clock":
                    clock = values.read_clock(text, at, faults)
                    self.clock = None if clock is None else replace(clock, span=span)
                case "grid":
                    grid = values.read_grid(text, at, faults)
                    self.grid = None if grid is None else replace(grid, span=span)
                case "snap":
                    self.snap = values.read_snap(text, at, faults)
                case "lead":
                    self.lead = values.read_lead(text, at, faults)
                case "late":
                    self.late = values.read_late(text, at, faults)
                case "seed":
                    self.seed = values.read_seed(text, at, faults)
                case "sr":
                    self.sr = values.read_sr(text, at, faults)
                case _:
                    self.middle = values.read_middle(text, at, faults)
