"""The header lines of the text notation."""

from __future__ import annotations

from dataclasses import replace

from sequencer.errors import Fix, Related, Span
from sequencer.notation import values
from sequencer.notation.text.grammar import Branch
from sequencer.notation.text.nodes import Nodes
from sequencer.notation.words import read_string
from sequencer.score import Header

LINES = frozenset({"title", "clock", "grid", "snap", "lead", "late", "seed", "sr", "middle"})
"""The rules that are header lines."""


class HeaderLines:
    """The header as it grows, line by line."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self._said = Header()
        self._spans: dict[str, Span] = {}

    def header(self) -> Header:
        """What was read."""
        return replace(self._said, spans=tuple(self._spans.items()))

    def take(self, branch: Branch) -> None:
        """Read one line; each may stand once."""
        span = self.nodes.over(branch)
        kind = branch.rule
        if kind in self._spans:
            word = "score" if kind == "title" else kind
            first = Related(self._spans[kind], "first said here")
            self.nodes.faults.error(
                "E115", f"`{word}` is said twice", span, "keep one of the two lines", (Fix(span, ""),), (first,)
            )
            return
        self._spans[kind] = span
        faults = self.nodes.faults
        text, at = self.nodes.behind(branch)
        if text.endswith(";"):
            sign = Span(at.file, at.end_line, at.end_column - 1, at.end_line, at.end_column)
            faults.error("E158", "`;` ends no statement", sign, "a new line does: leave it out", (Fix(sign, ""),))
        elif kind == "title":
            self._said = replace(self._said, title=read_string(text, at, faults))
        elif not self.nodes.too_long(text, at):
            self._said = self._with(kind, text, at, span)

    def _with(self, kind: str, text: str, at: Span, span: Span) -> Header:
        """The header with what one more line says; where that is not well, it is told and left out."""
        said, faults = self._said, self.nodes.faults
        match kind:
            case "clock":
                clock = values.read_clock(text, at, faults)
                return replace(said, clock=None if clock is None else replace(clock, span=span))
            case "grid":
                grid = values.read_grid(text, at, faults)
                return replace(said, grid=None if grid is None else replace(grid, span=span))
            case "snap":
                return replace(said, snap=values.read_snap(text, at, faults))
            case "lead":
                return replace(said, lead=values.read_lead(text, at, faults))
            case "late":
                return replace(said, late=values.read_late(text, at, faults))
            case "seed":
                return replace(said, seed=values.read_seed(text, at, faults))
            case "sr":
                return replace(said, sr=values.read_sr(text, at, faults))
            case _:
                return replace(said, middle=values.read_middle(text, at, faults))
