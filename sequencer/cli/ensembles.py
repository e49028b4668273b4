"""Rehearse and perform scores for several stages, and print the report of such a run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.errors import UsageError

if TYPE_CHECKING:
    from sequencer.api.performing import PerformOptions
    from sequencer.api.sources import PartsInput
    from sequencer.renderers.choosing import RendererChoice
    from sequencer.runtime.results import EnsembleResult
    from sequencer.stages.simulated.faults import Faults

_FILES = (
    ("video.mp4", "its video"),
    ("contact-sheet.png", "one frame for each cue and cut"),
    ("timeline.html", "what was planned and what landed"),
    ("report.json", "its cues, machine-readable"),
)


def rehearse_all(
    args: argparse.Namespace,
    parts: PartsInput,
    faults: Mapping[str | None, Faults],
    choice: RendererChoice,
) -> int:
    """Rehearse a score on all its stages; return the exit code."""
    from sequencer.api.ensembles import EnsembleInput, rehearse_parts
    from sequencer.cli.progress import LiveLine
    from sequencer.cli.rehearse import show_progress

    given = EnsembleInput.of_parts(parts)
    for flag, is_given in (("--bundle", args.bundle), ("--reload", args.reload is not None)):
        if is_given:
            raise UsageError(
                f"{flag} is for runs on one stage, and this score has several: "
                + ", ".join(given.schedule.names),
                f"omit {flag}, or rehearse one of them: --part {given.schedule.reference_name}",
            )
    with LiveLine("rehearsing", args.quiet or args.json) as line:
        result = rehearse_parts(
            given,
            out=args.out,
            video=not args.no_video,
            video_size=args.video_size,
            draft=args.draft,
            from_=args.from_,
            to=args.to,
            realtime=args.realtime,
            events=args.event,
            faults=faults,
            progress=lambda moment: show_progress(line, moment),
            warn=lambda text: line.print_line(f"sequencer: {text}"),
            caption=frozenset() if args.clean else args.caption,
            typed=line.type if args.realtime else None,
            writing=lambda name: line.step(f"writing {name}"),
            renderer=choice,
        )
    return print_ensemble(args, result)


def perform_all(args: argparse.Namespace, parts: PartsInput, options: PerformOptions) -> int:
    """Perform a score on all its stages; return the exit code."""
    from sequencer.api.ensembles import EnsembleInput, perform_parts

    return print_ensemble(args, perform_parts(EnsembleInput.of_parts(parts), options))


def print_ensemble(args: argparse.Namespace, result: EnsembleResult) -> int:
    """Print the report of a run on several stages and the files it left; return the exit code."""
    from sequencer.cli import INTERRUPTED
    from sequencer.core.diagnostics import escape_control
    from sequencer.runtime.output.ensemble_files import ensemble_table, ensemble_verdict

    report = result.report
    verdict = ensemble_verdict(report)
    if args.json:
        print(json.dumps({"folder": str(result.folder), **result.document}, ensure_ascii=False))
    elif not args.quiet:
        print(ensemble_table(report, result.schedule))
        print()
        print(verdict)
        if result.folder is not None:
            print(_list_files(result.folder, result.schedule.names))
    for failure in result.failures:
        print(
            f"sequencer: the run's folder is not complete: {escape_control(failure)}",
            file=sys.stderr,
        )
    if report.ended.startswith("interrupted"):
        print(
            f"sequencer: {escape_control(report.ended)}; the results up to that point are in "
            f"{result.folder}",
            file=sys.stderr,
        )
        return INTERRUPTED
    if result.went_well:
        return 1 if result.failures else 0
    print(f"sequencer: the run differs from the score: {verdict}", file=sys.stderr)
    return 1


def _list_files(folder: Path, names: tuple[str, ...]) -> str:
    """List the files of the run, with those of its first stage for all."""
    lines = [
        f"{folder}/",
        "  report.json        the spread of each cue and the reports of all stages",
        "  journal.jsonl      everything that happened; try: sequencer replay",
        f"  {', '.join(f'{name}/' for name in names)}: for each stage",
    ]
    lines += [
        f"    {name:<18} {what}" for name, what in _FILES if (folder / names[0] / name).exists()
    ]
    return "\n".join(lines)
