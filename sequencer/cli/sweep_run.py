"""`sequencer sweep run`: play the rows that the store does not have yet."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sequencer.cli.sweep_tables import compile_plan, read
from sequencer.core.errors import UsageError

if TYPE_CHECKING:
    from sequencer.runs.executors import Engine
    from sequencer.sweeps.playing import JobResult
    from sequencer.sweeps.rows import Row
    from sequencer.sweeps.sweep import RowState

MAX_REASONS = 10
"""The most rows that are listed by number."""


def run_rows(args: argparse.Namespace) -> int:
    """Play the missing rows; return 0 if all that are wanted are complete then."""
    from sequencer.api.performing import PRICE
    from sequencer.cli.progress import LiveLine
    from sequencer.sweeps.playing import Ending
    from sequencer.sweeps.sweep import BATCH, MAX_SESSIONS, SweepRun, find_states, keep_plan, select

    quiet = args.quiet or args.json
    plan = read(args.plan)
    engine = _engine(args, has_model=plan.model is not None)
    rows = compile_plan(plan, quiet, warn=False)
    selected = select(rows, args.shard, args.row)
    if not keep_plan(rows, args.store):
        print(
            f"sequencer: the rows of {rows.plan.name} have changed since it was first run; the "
            "runs of rows that are the same are used",
            file=sys.stderr,
        )
    states = find_states(rows, args.store)
    with LiveLine("sweeping", quiet) as line:

        def handle(row: Row, result: JobResult) -> None:
            done = sum(one.ending is not Ending.BUSY for one in sweep.results.values())
            line.show(done, count, row.label)
            if result.ending in _PROBLEMS:
                reason = result.reason.split("\n", 1)[0]
                line.print_line(
                    f"sequencer: row {row.number} ({row.label}) {_PROBLEMS[result.ending]}: "
                    f"{reason}"
                )

        sweep = SweepRun(
            rows=rows,
            selected=selected,
            store=args.store,
            engine=engine,
            handle=handle,
            again=args.again == "failed",
            sessions=args.limit or MAX_SESSIONS,
            batch=BATCH,
            price_per_hour=PRICE if args.price is None else args.price,
            most_dollars=args.most_dollars,
            key_file=args.key_file,
            handle_loss=lambda: line.print_line(
                "sequencer: a worker was killed, perhaps because memory was short; it is replaced, "
                "and what it was playing is played again"
            ),
        )
        missing = sweep.missing(states)
        count = len(missing)
        try:
            sweep.play(missing)
        except KeyboardInterrupt:
            line.print_line(
                "sequencer: interrupted; what is complete is kept. To go on, run the same command "
                "again"
            )
            from sequencer.cli import INTERRUPTED

            return INTERRUPTED
    return _report_run(args, sweep.results.values(), find_states(rows, args.store), selected)


_PROBLEMS = {
    "failed": "failed",
    "unsaved": "could not be saved",
    "claimed": "is played elsewhere, or was when its worker was killed",
    "interrupted": "was interrupted",
}


def _engine(args: argparse.Namespace, has_model: bool) -> Engine:
    """Return where rows are played.

    Each process of this machine that plays rows with a model loads its weights.
    """
    given = [args.tls_ca, args.tls_cert, args.tls_key]
    if args.on in ("local", "dask") and any(one is not None for one in given):
        raise UsageError(
            f"--tls-ca, --tls-cert and --tls-key are for a scheduler, but --on is {args.on}",
            "add --on tls://HOST:PORT, or omit them",
        )
    from sequencer.runs.engines import find_engine

    tls = None
    if all(one is not None for one in given):
        from sequencer.runs.dask_cluster import TlsFiles

        tls = TlsFiles(ca=args.tls_ca, cert=args.tls_cert, key=args.tls_key)
    workers = args.workers
    if has_model and workers is None and args.on in ("local", "dask"):
        workers = 1
    return find_engine(args.on, workers, tls)


def _report_run(
    args: argparse.Namespace,
    results: Iterable[JobResult],
    states: Sequence[RowState],
    selected: Sequence[Row],
) -> int:
    """Print how the selected rows are now; return 0 if all of them are complete."""
    from sequencer.core.display import counted
    from sequencer.sweeps.playing import Ending
    from sequencer.sweeps.sweep import Status

    played = sum(one.ending is Ending.PLAYED for one in results)
    wanted = {row.number for row in selected}
    mine = [state for state in states if state.row.number in wanted]
    counts = Counter(state.status for state in mine)
    odd = [
        state
        for state in mine
        if state.record is not None and state.record.summary.get("as_written") is False
    ]
    if args.json:
        print(
            json.dumps(
                {
                    "rows": len(mine),
                    "played": played,
                    **{status.value: counts[status] for status in Status},
                    "not_as_written": [state.row.number for state in odd],
                }
            )
        )
    elif not args.quiet:
        others = ", ".join(
            f"{counts[status]} {status.value}"
            for status in (Status.FAILED, Status.CLAIMED, Status.MISSING)
            if counts[status]
        )
        print(
            f"{counts[Status.COMPLETE]} of {counted(len(mine), 'row')} complete, {played} of them "
            f"played now{'; ' if others else ''}{others}"
        )
        if odd:
            numbers = ", ".join(str(state.row.number) for state in odd[:MAX_REASONS])
            print(f"these did not go as written: {numbers}{' …' if len(odd) > MAX_REASONS else ''}")
        if counts[Status.FAILED]:
            print("to play rows that failed once more, add --again failed")
    return 0 if counts[Status.COMPLETE] == len(mine) else 1
