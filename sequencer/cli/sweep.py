"""Play many variations of a score, compare them on one page, and choose.

A plan lists what varies: seeds, variables, images, tempo and more. Its runs are kept in a store,
each under the digest of what determines it: the same command resumes what was interrupted.
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.cli.rehearse import add_weights_arguments, argument, video_size

if TYPE_CHECKING:
    from sequencer.runs.store import RunStore

PLAN_HELP = "the file of a plan, which `sequencer sweep plan` makes"
MAX_LISTED = 40
"""The most rows that `sweep plan` lists."""
MAX_REASONS = 10
"""The most reasons that `sweep run` lists."""
MAX_CELL = 48
"""The widest cell of a table, in characters."""


def store(text: str) -> RunStore:
    """Open a store, by its folder or its address."""
    from sequencer.runs.store import open_store

    return argument(open_store)(text)


def values(text: str) -> tuple[str, ...]:
    """Parse values such as `1..8` or `off,2x`."""
    from sequencer.sweeps.plan_file import parse_values

    return argument(parse_values)(text)


def named_values(text: str) -> tuple[str, str]:
    """Parse `NAME=VALUE`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is not NAME=VALUE")
    return name.strip(), value


def amount(text: str) -> Fraction:
    """Parse a number from 0 to 100000, exactly."""
    from sequencer.api.options import parse_amount

    return argument(parse_amount)(text)


def shard(text: str) -> tuple[int, int]:
    """Parse a shard such as `3/40`."""
    from sequencer.sweeps.sweep import parse_shard

    return argument(parse_shard)(text)


def sessions(text: str) -> int:
    """Parse a limit such as `sessions=5`."""
    name, equals, number = text.partition("=")
    if name != "sessions" or not equals or not number.isascii() or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not sessions=N")
    if not 1 <= int(number[:6]) <= 1000:
        raise argparse.ArgumentTypeError("sessions is a number from 1 to 1000")
    return int(number)


def workers(text: str) -> int:
    """Parse a number of workers."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 1000):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number from 1 to 1000")
    return int(text)


# ---- the arguments -------------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parts = parser.add_subparsers(dest="what", metavar="WHAT", required=True)

    def part(name: str, text: str, function: str) -> argparse.ArgumentParser:
        made = parts.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        made.set_defaults(part=function)
        return made

    _add_plan(part("plan", "make a plan, or check one, and list its rows", "sweep_plan:make_plan"))
    _add_run(part("run", "play the rows that the store does not have yet", "sweep_run:run_rows"))
    show = part(
        "show", "list which rows are complete, missing and failed, and why", "sweep_results:show"
    )
    _add_plan_and_store(show)
    show.add_argument("--json", action="store_true", help="print them as JSON")
    sheet = part(
        "sheet",
        "draw all runs on one page: a row for each, a column for each section",
        "sweep_results:sheet",
    )
    _add_plan_and_store(sheet)
    sheet.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="the page (.html, with the videos to compare) or the image (.png); default: "
        "NAME-sheet.html",
    )
    choose = part("choose", "keep which runs you choose or reject", "sweep_results:choose")
    _add_plan_and_store(choose)
    choose.add_argument(
        "rows", metavar="ROW", nargs="*", help="a row's number, or the beginning of its key"
    )
    verdict = choose.add_mutually_exclusive_group()
    verdict.add_argument("--reject", action="store_true", help="reject the rows instead")
    verdict.add_argument(
        "--undecided", action="store_true", help="take back what you decided about the rows"
    )
    choose.add_argument("--note", metavar="TEXT", default="", help="why")
    choose.add_argument("--by", metavar="NAME", help="your name (default: the user's)")
    export = part("export", "write a table of all rows", "sweep_results:export")
    _add_plan_and_store(export)
    export.add_argument(
        "--csv", metavar="FILE", type=Path, required=True, help="the table; - is standard output"
    )
    clean = part("clean", "remove what killed runs left in a store", "sweep_results:clean")
    clean.add_argument("--store", metavar="STORE", type=store, required=True, help=STORE_HELP)
    clean.add_argument(
        "--older",
        metavar="HOURS",
        type=amount,
        default=Fraction(24),
        help="only what nobody has written to for so many hours (default: 24)",
    )
    clean.add_argument("--dry-run", action="store_true", help="list it, and remove nothing")
    clean.add_argument(
        "--release",
        metavar="NAME",
        action="append",
        default=[],
        help="release the claim of a run that is certainly not in progress (repeatable)",
    )


STORE_HELP = "the folder of the store, or its address, such as s3://bucket/folder"


def _add_plan_and_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", type=Path, help=PLAN_HELP)
    parser.add_argument("--store", metavar="STORE", type=store, required=True, help=STORE_HELP)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SCORE", type=Path, help="a score, or the file of a plan")
    parser.add_argument(
        "-o", "--output", metavar="PLAN", type=Path, help="write the plan to this file"
    )
    parser.add_argument("--force", action="store_true", help="overwrite an existing plan")
    parser.add_argument("--name", help="the sweep's name (default: that of the plan's file)")
    axes = parser.add_argument_group(
        "what varies (values are separated by commas; 1..8 are the numbers from 1 to 8)"
    )
    for name, text in (
        ("seed", "the score's seed: other words where it picks, and other noise"),
        ("noise", "the same words, with other seeds for the model; 0 is the score's own"),
        ("tempo", "the score's tempo"),
        ("snap", "how cues snap to chunks"),
        ("sr", "the super-resolution that the score sets"),
        ("strength", "every image strength"),
        ("renderer", "full, draft (small frames), none (no video) or helios (its open weights)"),
        ("stage", "simulated or reactor"),
    ):
        axes.add_argument(f"--{name}", metavar="VALUES", type=values, help=text)
    axes.add_argument(
        "--let",
        metavar="NAME=TEXT",
        type=named_values,
        action="append",
        default=[],
        help="a text of a variable; repeat it for each",
    )
    axes.add_argument(
        "--image",
        metavar="PATH=PATH",
        type=named_values,
        action="append",
        default=[],
        help="an image in place of one of the score; repeat it for each",
    )
    axes.add_argument(
        "--zip", action="store_true", help="the first values together, then the second ones, …"
    )
    axes.add_argument(
        "--takes",
        metavar="N",
        type=workers,
        default=1,
        help="play each row so often, on a stage whose results differ",
    )
    add_weights_arguments(parser)
    parser.add_argument("--video-size", metavar="WxH", type=video_size, help="the videos' size")
    parser.add_argument("--url", help="with --stage reactor: another address of the platform")
    parser.add_argument(
        "--local", action="store_true", help="with --stage reactor: a local runtime, free of charge"
    )
    parser.add_argument(
        "--revision", metavar="TEXT", default="", help="the revision of the model at that address"
    )
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_plan_and_store(parser)
    where = parser.add_argument_group("where")
    where.add_argument(
        "--on",
        metavar="WHERE",
        default="local",
        help="local (processes of this machine, the default), dask (an embedded cluster), or the "
        "address of a scheduler, such as tls://10.0.0.5:8786",
    )
    where.add_argument(
        "--workers",
        metavar="N",
        type=workers,
        help="how many at once (default: one for each core; one if rows load a model)",
    )
    for name, text in (
        ("ca", "the certificate of the authority that signed the scheduler's"),
        ("cert", "your certificate"),
        ("key", "the key of your certificate"),
    ):
        where.add_argument(f"--tls-{name}", metavar="FILE", type=Path, help=f"with tls://: {text}")
    which = parser.add_argument_group("which rows").add_mutually_exclusive_group()
    which.add_argument(
        "--shard", metavar="K/N", type=shard, help="only the K-th of N parts, for farms"
    )
    which.add_argument(
        "--row",
        metavar="ROW",
        action="append",
        default=[],
        help="only this row: its number or key (repeatable)",
    )
    parser.add_argument(
        "--again", choices=("failed",), help="failed: play rows that failed once more"
    )
    money = parser.add_argument_group("stages that cost money")
    money.add_argument(
        "--most-dollars", metavar="N", type=amount, help="the most that all missing rows may cost"
    )
    money.add_argument(
        "--price", metavar="N", type=amount, help="the hourly rate in dollars (default: 6)"
    )
    money.add_argument(
        "--limit",
        metavar="sessions=N",
        type=sessions,
        help="how many sessions may be open at once (default: 5)",
    )
    money.add_argument(
        "--key-file", metavar="FILE", type=Path, help="a file that contains only the API key"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress: only problems")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Run one of the parts."""
    from importlib import import_module

    module, _, name = args.part.partition(":")
    code: int = getattr(import_module(f"sequencer.cli.{module}"), name)(args)
    return code
