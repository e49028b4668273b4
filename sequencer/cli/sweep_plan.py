"""`sequencer sweep plan`: make a plan, or check one, and list its rows."""

from __future__ import annotations

import argparse
import json
import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.cli.sweep_tables import compile_plan, length, print_table, read
from sequencer.core.errors import UsageError

if TYPE_CHECKING:
    from sequencer.sweeps.plan import Plan
    from sequencer.sweeps.rows import Row, Rows

MAX_LISTED = 40
"""The most rows that are listed."""


def make_plan(args: argparse.Namespace) -> int:
    """Make or check a plan."""
    from sequencer.api.files import refuse_overwrite, refuse_source_overwrite, write_text

    if _is_plan(args.source):
        _refuse_axes(args)
        plan = read(args.source)
    else:
        plan = _plan_of(args)
    if args.output is not None:
        refuse_source_overwrite(args.output, args.source)
        refuse_overwrite(args.output, args.force)
    rows = _compile(plan, args.json)
    if args.output is not None:
        write_text(args.output, _text_of(plan, args.output.parent))
    if args.json:
        print(json.dumps(_plan_document(rows), ensure_ascii=False))
        return 0
    _print_rows(rows)
    if args.output is not None:
        print(f"\n{args.output}: next: sequencer sweep run {args.output} --store takes")
    return 0


def _compile(plan: Plan, quiet: bool) -> Rows:
    """Compile all rows.

    Raises:
        UsageError: Values that options gave cannot be used.
        PlanError: Those of a file cannot, or the score is not valid with them.
    """
    from sequencer.sweeps.plan import PlanError, PlannedFileError

    try:
        return compile_plan(plan, quiet)
    except PlannedFileError:
        raise
    except PlanError as error:
        if plan.file:
            raise
        raise UsageError(error.message, error.hint) from None


def _text_of(plan: Plan, folder: Path) -> str:
    """Return the file of a plan in `folder`."""
    from sequencer.sweeps.plan_file import plan_text

    weights = plan.weights
    if weights is not None and Path(weights).is_dir():
        weights = _relative(Path(weights), folder)
    return plan_text(plan, _relative(plan.score, folder), weights)


def _is_plan(path: Path) -> bool:
    """Return whether a YAML file is a plan: it has a line `sweep: 1`, which no score has."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        return False
    try:
        with path.open("rb") as file:
            head = file.read(65536)
    except OSError:
        return False
    return any(line.startswith(b"sweep:") for line in head.splitlines())


def _refuse_axes(args: argparse.Namespace) -> None:
    from sequencer.sweeps.plan import SIMPLE_AXES

    given = [f"--{name}" for name in SIMPLE_AXES if getattr(args, name) is not None]
    given += [f"--{name}" for name in ("let", "image", "weights") if getattr(args, name)]
    given += ["--renderer-option"] if args.renderer_option else []
    if given or args.output is not None:
        raise UsageError(
            f"{args.source} is a plan, which {given[0] if given else '-o'} does not change",
            "change its file, or name the score",
        )


def _plan_of(args: argparse.Namespace) -> Plan:
    """Return the plan that the options describe."""
    from sequencer.runs.store import check_sweep_name
    from sequencer.sweeps.plan import MAX_TAKES, SIMPLE_AXES, Axis, Plan

    axes: list[Axis] = []
    for word in ("let", "image"):
        named: dict[str, list[str]] = {}
        for name, value in getattr(args, word):
            named.setdefault(name, []).append(value)
        axes += [
            Axis(f"{word}.{name}", tuple(found), f"--{word}: ") for name, found in named.items()
        ]
    for name in SIMPLE_AXES:
        found = getattr(args, name)
        if found is not None:
            axes.append(Axis(name, _checked_values(name, found), f"--{name}: "))
    if args.takes > MAX_TAKES:
        raise UsageError(f"--takes is at most {MAX_TAKES}")
    default = (args.output or args.source).stem
    return Plan(
        name=check_sweep_name(args.name or default),
        score=args.source,
        axes=tuple(axes),
        zips=args.zip,
        takes=args.takes,
        size=args.video_size,
        url=args.url,
        local=args.local,
        revision=args.revision,
        weights=args.weights,
        renderer_options=tuple(dict(args.renderer_option).items()),
    )


def _checked_values(name: str, found: tuple[str, ...]) -> tuple[str, ...]:
    from sequencer.sweeps.plan import RENDERERS, STAGES

    choices = {"renderer": RENDERERS, "stage": STAGES}.get(name)
    for one in found:
        if choices is not None and one not in choices:
            raise UsageError(f"--{name} {one[:40]} is not one of {', '.join(choices)}")
    return found


def _relative(path: Path, folder: Path) -> str:
    """Return a path as it is written in a plan in `folder`."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another disk
        return path.resolve().as_posix()


def _plan_document(rows: Rows) -> dict[str, object]:
    from sequencer.api.performing import PRICE
    from sequencer.sweeps.rows import dollars_of

    return {
        "name": rows.plan.name,
        "title": rows.title,
        "dollars": float(dollars_of(rows.rows, PRICE)),
        "rows": [_row_document(row) for row in rows.rows],
    }


def _row_document(row: Row) -> dict[str, object]:
    return {
        "number": row.number,
        "key": row.key,
        "values": dict(row.values),
        "take": row.take,
        "stage": row.stage,
        "chunks": row.schedule.end,
        "seconds": float(row.seconds),
    }


def _print_rows(rows: Rows) -> None:
    from sequencer.api.performing import PRICE
    from sequencer.core.display import counted
    from sequencer.sweeps.rows import dollars_of

    varying = rows.plan.varying
    heads = ["#", *(axis.label for axis in varying), "chunks", "length", "key"]
    if rows.plan.takes > 1:
        heads.insert(1, "take")
    table = []
    for row in rows.rows[:MAX_LISTED]:
        cells = [str(row.number), *(row.values[axis.name] for axis in varying)]
        if rows.plan.takes > 1:
            cells.insert(1, str(row.take + 1))
        table.append([*cells, str(row.schedule.end), length(row.seconds), row.key[:8]])
    print_table(heads, table)
    if len(rows.rows) > MAX_LISTED:
        print(f"… and {counted(len(rows.rows) - MAX_LISTED, 'more row')}")
    seconds = sum((row.seconds for row in rows.rows), Fraction(0))
    paid = dollars_of(rows.rows, PRICE)
    money = f"about ${float(paid):.2f} on paid stages" if paid else "free of charge"
    print(
        f"\n{rows.plan.name}: {counted(len(rows.rows), 'row')}, {length(seconds)} of video, {money}"
    )
