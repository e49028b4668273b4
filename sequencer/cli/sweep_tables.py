"""What the parts of `sequencer sweep` share: plans that are read and compiled, and tables."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequencer.sweeps.plan import Plan
    from sequencer.sweeps.rows import Rows

MAX_CELL = 48
"""The widest cell of a table, in characters."""


def read(path: Path) -> Plan:
    """Read the file of a plan."""
    from sequencer.sweeps.plan_file import read_plan

    return read_plan(path)


def compile_plan(plan: Plan, quiet: bool, *, warn: bool = True) -> Rows:
    """Compile all rows, with progress, and print the warnings, unless `plan` printed them."""
    from sequencer.cli.progress import LiveLine
    from sequencer.sweeps.rows import compile_rows

    with LiveLine("checking", quiet) as line:
        rows = compile_rows(plan, lambda done, count: line.show(done, count, "rows"))
    if rows.warnings and warn and not quiet:
        print(rows.warnings, file=sys.stderr)
    return rows


def length(seconds: Fraction) -> str:
    """Return a length such as `12.5 s`, `1:30.0` or `2:10:05`."""
    minutes, rest = divmod(float(seconds), 60)
    hours, minutes = divmod(int(minutes), 60)
    if hours:
        return f"{hours}:{minutes:02}:{int(rest):02}"
    return f"{minutes}:{rest:04.1f}" if minutes else f"{rest:.1f} s"


def print_table(heads: Sequence[str], table: Sequence[Sequence[str]]) -> None:
    """Print a table; its texts may come from anybody."""
    from sequencer.core.diagnostics import escape_control

    def cell(text: str) -> str:
        text = escape_control(" ".join(text.split()))
        return text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + "…"

    lines = [[cell(one) for one in line] for line in (heads, *table)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(heads))]
    for line in lines:
        print(
            "  ".join(f"{one:<{width}}" for one, width in zip(line, widths, strict=True)).rstrip()
        )
