"""`sequencer sweep show`, `sheet`, `choose`, `export` and `clean`: what becomes of the runs."""

from __future__ import annotations

import argparse
import json
import shlex
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.cli.sweep_tables import compile_plan, length, print_table, read
from sequencer.core.errors import UsageError

if TYPE_CHECKING:
    from sequencer.sweeps.rows import Rows
    from sequencer.sweeps.sweep import RowState


def _states(args: argparse.Namespace) -> tuple[Rows, list[RowState]]:
    from sequencer.sweeps.sweep import find_states

    plan = read(args.plan)
    args.store.check_exists(
        "run the sweep first: sequencer sweep run "
        f"{shlex.quote(str(args.plan))} --store {shlex.quote(args.store.url)}"
    )
    rows = compile_plan(plan, quiet=True)
    return rows, find_states(rows, args.store)


def show(args: argparse.Namespace) -> int:
    """List the state of every row."""
    from sequencer.sweeps.choices import read_choices
    from sequencer.sweeps.export import as_documents
    from sequencer.sweeps.sweep import Status

    rows, states = _states(args)
    choices = read_choices(args.store, rows.plan.name)
    documents = as_documents(states, choices, args.store)
    if args.json:
        print(json.dumps({"name": rows.plan.name, "rows": documents}, ensure_ascii=False))
        return 0
    varying = rows.plan.varying
    heads = ["#", *(axis.label for axis in varying), "state", "landed", "chosen", "key", "why"]
    table = []
    for state, document in zip(states, documents, strict=True):
        landed = "" if document["landed"] is None else f"{document['landed']}/{document['cues']}"
        table.append(
            [
                str(state.row.number),
                *(state.row.values[axis.name] for axis in varying),
                state.status.value,
                landed,
                str(document["choices"]),
                state.row.key[:8],
                state.reason.split("\n", 1)[0],
            ]
        )
    print_table(heads, table)
    counts = Counter(state.status for state in states)
    print()
    print(", ".join(f"{counts[one]} {one.value}" for one in Status if counts[one]) or "no rows")
    if counts[Status.CLAIMED]:
        print(
            "a claim is released by a person, once its session is certainly over: sequencer sweep "
            f"clean --store {args.store.url} --release KEY"
        )
    return 0


def sheet(args: argparse.Namespace) -> int:
    """Draw all runs on one page."""
    from sequencer.api.files import refuse_source_overwrite
    from sequencer.cli.progress import LiveLine
    from sequencer.sweeps.choices import read_choices
    from sequencer.sweeps.sheet import write_sheet

    rows, states = _states(args)
    output = args.output or Path(f"{rows.plan.name}-sheet.html")
    refuse_source_overwrite(output, args.plan, rows.plan.score)
    choices = read_choices(args.store, rows.plan.name)
    with LiveLine("drawing") as line:
        made = write_sheet(
            rows,
            states,
            args.store,
            choices,
            output=output,
            progress=lambda done, of: line.show(done, of, "rows"),
        )
    print(made)
    return 0


def choose(args: argparse.Namespace) -> int:
    """Keep a decision about rows."""
    from sequencer.core.display import counted
    from sequencer.sweeps.choices import Verdict, choose, user_name

    if not args.rows:
        raise UsageError(
            "name the rows", "for example: sequencer sweep choose PLAN 3 --store takes"
        )
    rows, states = _states(args)
    found = [rows.find(name) for name in args.rows]
    by_number = {state.row.number: state for state in states}
    for row in found:
        if by_number[row.number].record is None:
            raise UsageError(
                f"row {row.number} ({row.label}) has not been played yet",
                f"sequencer sweep run {args.plan} --store {args.store.url} --row {row.number}",
            )
    verdict: Verdict = "rejected" if args.reject else "undecided" if args.undecided else "chosen"
    who = args.by or user_name()
    choose(
        args.store,
        rows.plan.name,
        dict.fromkeys(row.key for row in found),
        verdict,
        who=who,
        note=args.note,
    )
    print(f"{counted(len(found), 'row')} {verdict} by {who}")
    return 0


def export(args: argparse.Namespace) -> int:
    """Write a table."""
    from sequencer.api.files import refuse_source_overwrite, write_text
    from sequencer.core.display import counted
    from sequencer.sweeps.choices import read_choices
    from sequencer.sweeps.export import as_csv

    rows, states = _states(args)
    text = as_csv(rows, states, read_choices(args.store, rows.plan.name), args.store)
    if args.csv == Path("-"):
        print(text, end="")
        return 0
    refuse_source_overwrite(args.csv, args.plan, rows.plan.score)
    write_text(args.csv, text)
    print(f"{args.csv}: {counted(len(states), 'row')}")
    return 0


def clean(args: argparse.Namespace) -> int:
    """Remove what killed runs left."""
    from sequencer.core.display import counted

    args.store.check_exists()
    seconds = float(args.older) * 3600
    leftovers = list(args.store.leftovers(min(seconds, 0)))
    found = [one for one in leftovers if one.seconds >= seconds]
    younger = len(leftovers) - len(found)
    for one in found:
        print(f"{one.path}: {length(Fraction(round(one.seconds)))} old")
        if not args.dry_run:
            args.store.remove_leftover(one)
    for name in args.release:
        args.store.release(name)
        print(f"released the claim of {name}")
    what = "found" if args.dry_run else "removed"
    print(f"{counted(len(found), 'leftover')} {what}")
    if younger:
        print(
            f"{counted(younger, 'leftover')} kept, because something was written there less than "
            f"{float(args.older):g} hours ago: once no sweep is running, remove what is left with: "
            f"sequencer sweep clean --store {shlex.quote(args.store.url)} --older 0"
        )
    return 0
