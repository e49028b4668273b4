"""Check what a performance needs before it begins.

It checks the score with its files, the key, the network, ports, the external clock, OSC, the disk
and the machine. Nothing that costs money is begun. Exit code 0 if there is no problem.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.cli.perform import amount, osc_input, osc_target
from sequencer.core.errors import UsageError

if TYPE_CHECKING:
    from sequencer.api.preflight import Finding, PreflightOptions

MAX_LISTENING_S = 600.0
"""The longest time for which a clock can be listened to, in seconds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments: those of `perform` that matter before a run."""
    parser.add_argument(
        "score", metavar="SCORE", type=Path, help="a .score or .yaml file, or a compiled .json"
    )
    parser.add_argument("further", metavar="SCORE", type=Path, nargs="*", help=argparse.SUPPRESS)
    parser.add_argument(
        "--part", metavar="STAGE", help="the stage to check, of a score for several"
    )
    parser.add_argument(
        "--stage",
        choices=("reactor", "simulated", "vllm-omni"),
        default="reactor",
        help="where it will be played (default: reactor)",
    )
    parser.add_argument(
        "--url", help="another address of the platform, or that of your vLLM-Omni server (ws://…)"
    )
    parser.add_argument(
        "--local", action="store_true", help="it will be played on a local runtime, without a key"
    )
    parser.add_argument(
        "--key-file", metavar="FILE", type=Path, help="a file that contains only the API key"
    )
    parser.add_argument("--midi-in", metavar="PORT", help="the MIDI input")
    parser.add_argument("--midi-out", metavar="PORT", help="the MIDI output")
    parser.add_argument(
        "--osc-in", metavar="[HOST:]PORT", type=osc_input, help="where OSC will be received"
    )
    parser.add_argument(
        "--osc-out",
        metavar="HOST:PORT",
        type=osc_target,
        action="append",
        default=[],
        help="where OSC will be sent",
    )
    parser.add_argument("--record", action="store_true", help="the video will be recorded")
    parser.add_argument("--out", metavar="DIR", type=Path, help="the run's folder")
    parser.add_argument(
        "--price", metavar="DOLLARS", type=amount, help="the hourly rate (default: 6)"
    )
    parser.add_argument(
        "--seconds",
        metavar="S",
        type=float,
        default=5.0,
        help="how long to listen to an external clock (default: 5)",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    """Check, and print each finding as soon as it is made.

    Returns:
        0 if there is no problem, 1 if there is one.
    """
    from sequencer.api.preflight import Level, PreflightOptions

    if not 0 < args.seconds <= MAX_LISTENING_S:
        raise UsageError(
            f"--seconds {args.seconds:g} is not a valid duration", "write for example --seconds 10"
        )
    if args.further:
        import shlex

        scores = [shlex.quote(str(one)) for one in (args.score, *args.further)]
        raise UsageError(
            f"doctor checks one score at a time, but {len(scores)} are given",
            f"write: {' && '.join(f'sequencer doctor {one}' for one in scores)}",
        )
    _check_stage_options(args)
    options = PreflightOptions(
        score=args.score,
        part=args.part,
        stage=args.stage,
        url=args.url,
        local=args.local,
        key_file=args.key_file,
        midi_in=args.midi_in,
        midi_out=args.midi_out,
        osc_in=args.osc_in,
        osc_out=tuple(args.osc_out),
        record=args.record,
        out=args.out,
        price=args.price,
        listening_s=args.seconds,
    )
    findings = asyncio.run(_check(options, quiet=args.json))
    problems = sum(one.level is Level.PROBLEM for one in findings)
    if args.json:
        rows = [
            {"subject": one.subject, "level": one.level, "text": one.text, "hint": one.hint}
            for one in findings
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    elif problems:
        print(f"sequencer: {_verdict(findings)}", file=sys.stderr)
    else:
        print(_verdict(findings))
    return 1 if problems else 0


def _check_stage_options(args: argparse.Namespace) -> None:
    """Check that the options have a meaning with the stage. Raises UsageError."""
    remote = ("url", "local", "key_file", "price")
    for name in {"simulated": remote, "vllm-omni": remote[1:]}.get(args.stage, ()):
        option = f"--{name.replace('_', '-')}"
        if not getattr(args, name):
            continue
        if args.stage == "simulated":
            raise UsageError(
                f"{option} applies to a remote stage, but --stage simulated plays in this process",
                f"omit {option}, or --stage simulated",
            )
        raise UsageError(
            f"{option} applies to Reactor, but the stage is {args.stage}",
            f"omit {option}, or --stage {args.stage}",
        )


async def _check(options: PreflightOptions, *, quiet: bool) -> list[Finding]:
    from sequencer.api.preflight import preflight

    findings = []
    async for finding in preflight(options):
        findings.append(finding)
        if not quiet:
            print(_line(finding), flush=True)
    return findings


def _line(finding: Finding) -> str:
    from sequencer.core.diagnostics import escape_control

    text = f"{finding.level:<8} {finding.subject:<12} {finding.text}"
    if finding.hint is not None:
        text += f"\n{'':<21} hint: {finding.hint}"
    return escape_control(text)


def _verdict(findings: list[Finding]) -> str:
    from sequencer.api.preflight import Level
    from sequencer.core.display import counted

    problems = sum(one.level is Level.PROBLEM for one in findings)
    warnings = sum(one.level is Level.WARNING for one in findings)
    if problems:
        return f"not ready: {counted(problems, 'problem')}, {counted(warnings, 'warning')}"
    return "ready" if not warnings else f"ready, with {counted(warnings, 'warning')}"
