"""Read and compile scores; print every error with its position and a fix.

One line about each valid score is printed as well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.display import counted
from sequencer.core.errors import UsageError
from sequencer.core.paths import is_folder

if TYPE_CHECKING:
    from sequencer.language.check import CheckResult
    from sequencer.language.incremental.checking import PieceCheck
    from sequencer.language.loader import Notation
    from sequencer.schedule.model import Schedule

MAX_NAMED = 5
"""How many codes the last line names."""

MAX_FOLDERS = 100
"""How many folders beside a score are watched."""

MAX_FILES = 1_000
"""How many files of one folder are watched."""

_WATCHED = frozenset(
    {".score", ".yaml", ".yml", ".png", ".jpg", ".jpeg", ".webp", ".mid", ".midi", ".beats"}
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "scores",
        metavar="SCORE",
        nargs="+",
        type=Path,
        help="a .score or .yaml file, or a folder of them; - is standard input",
    )
    parser.add_argument(
        "--on",
        metavar="WHERE",
        default="local",
        choices=("local", "dask"),
        help="where the scores of folders are checked: local (several processes, the default) or "
        "dask (a cluster on this machine)",
    )
    parser.add_argument(
        "--from",
        dest="origin",
        choices=("text", "yaml"),
        help="the notation of standard input, or of a file with another ending",
    )
    parser.add_argument(
        "--stage",
        choices=("vllm-omni",),
        help="also report what this stage cannot do (docs/vllm-omni.md)",
    )
    parser.add_argument("--strict", action="store_true", help="warnings count as errors")
    parser.add_argument(
        "--allow",
        metavar="CODE",
        action="append",
        default=[],
        help="do not report this warning (W604); repeatable",
    )
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="print nothing about valid scores"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print everything as JSON, with spans and replacement texts",
    )
    parser.add_argument(
        "--grid",
        action="store_true",
        help="snap errors by section, with other snaps, and tempi that lock to chunks",
    )
    parser.add_argument(
        "--align",
        metavar="MARK",
        help="what puts a mark (or a section's start) on a chunk boundary",
    )
    parser.add_argument(
        "--best-phase",
        action="store_true",
        help="the phase against the grid with the least snap errors",
    )
    parser.add_argument(
        "--clicks",
        metavar="FILE",
        type=Path,
        help="write the sound with clicks on the beats and on the chunks of the cues (.wav)",
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help="keep running, and check again whenever a file is saved (end with Ctrl-C)",
    )


def run(args: argparse.Namespace) -> int:
    """Check every score; return 1 if one is not valid."""
    args.allow = [_warning(code) for code in args.allow]
    if args.watch and Path("-") in args.scores:
        raise UsageError("standard input is read once, so there is nothing to watch", "name a file")
    if any(is_folder(path) for path in args.scores):
        from sequencer.cli.check_folder import check_folders

        return check_folders(args)
    if args.clicks is not None:
        _check_clicks(args)
    if args.watch:
        return _watched(args)
    found = _look(args)
    code = _report(found, args, indent=2)
    if args.clicks is not None:
        _write_clicks(found[0], args)
    return code


def _check_clicks(args: argparse.Namespace) -> None:
    """Raise UsageError if clicks cannot be written with these arguments."""
    from sequencer.api.files import refuse_source_overwrite
    from sequencer.api.output_formats import format_of

    if len(args.scores) > 1 or args.watch:
        raise UsageError(
            "--clicks writes the clicks of one score, once",
            f"sequencer check {args.scores[0]} --clicks {args.clicks}",
        )
    format_of(args.clicks, "check", {".wav": "wav"}, "wav")
    refuse_source_overwrite(args.clicks, *args.scores)


def _write_clicks(found: tuple[Path, CheckResult], args: argparse.Namespace) -> None:
    """Write the sound of a valid score with clicks, and print what is in it."""
    from sequencer.api.files import refuse_source_overwrite
    from sequencer.media.click_track import BEAT, CUE, DOWNBEAT, write_clicks
    from sequencer.reports.clicks import clicks_of

    path, checked = found
    schedule = checked.overview
    if schedule is None:
        return
    clicks = clicks_of(schedule)
    folder = Path.cwd() if path.name == "standard input" else path.parent
    track = schedule.sound
    sound = None if track is None else (folder / track.path, track)
    if sound is not None:
        refuse_source_overwrite(args.clicks, sound[0])
    kinds = ((DOWNBEAT, clicks.downbeats), (BEAT, clicks.beats), (CUE, clicks.cues))
    write_clicks(
        args.clicks,
        [(at, kind) for kind, times in kinds for at in times],
        seconds=clicks.seconds,
        sound=sound,
    )
    if not args.quiet and not args.json:
        beats = len(clicks.downbeats) + len(clicks.beats)
        print(
            f"{args.clicks}: {'clicks' if track is None else track.path + ' with clicks'}, "
            f"{float(clicks.seconds):.1f} s; high: {counted(beats, 'beat')} in "
            f"{counted(len(clicks.downbeats), 'bar')}; low: {counted(len(clicks.cues), 'chunk')} "
            "with cues"
        )


def _look(
    args: argparse.Namespace, known: dict[Path, PieceCheck] | None = None
) -> list[tuple[Path, CheckResult]]:
    """Check every score. `known` has what is kept of them for the next check."""
    from sequencer.cli.inputs import STANDARD_INPUT, standard_input
    from sequencer.language.check import check, check_text
    from sequencer.language.loader import Notation

    notation = None if args.origin is None else Notation(args.origin)
    found: list[tuple[Path, CheckResult]] = []
    for path in args.scores:
        if path == STANDARD_INPUT:
            name = "standard input"
            checked = check_text(standard_input(), name, folder=Path.cwd(), notation=notation)
            found.append((Path(name), _selected(checked, args)))
        else:
            checked = (
                check(path, notation=notation)
                if known is None
                else _check_again(path, notation, known)
            )
            found.append((path, _selected(checked, args)))
    return found


def _check_again(
    path: Path, notation: Notation | None, known: dict[Path, PieceCheck]
) -> CheckResult:
    """Check a file of which only a part may have changed since the last check."""
    from sequencer.language.incremental.checking import check_file

    result, checked = check_file(path, notation, known.get(path))
    if checked is not None:
        known[path] = checked
    return result


def _warning(code: str) -> str:
    """Return the code of a warning in its usual spelling. Raises UsageError for any other text."""
    from sequencer.core.catalog import find

    entry = find(code)
    if entry is None or entry.is_error:
        raise UsageError(
            f"{code} is not the code of a warning",
            "sequencer explain lists all codes; those with W are warnings",
        )
    return entry.code


def _selected(checked: CheckResult, args: argparse.Namespace) -> CheckResult:
    """Return the result for the stage that was chosen, without the warnings that were allowed."""
    from sequencer.language.stage_checks import for_stage

    return _without(for_stage(checked, args.stage), args.allow)


def _without(checked: CheckResult, codes: list[str]) -> CheckResult:
    """Return the result without the warnings that were allowed."""
    if not codes:
        return checked
    return replace(
        checked,
        diagnostics=tuple(
            one for one in checked.diagnostics if one.is_error or one.code not in codes
        ),
    )


def _report(
    found: list[tuple[Path, CheckResult]], args: argparse.Namespace, indent: int | None
) -> int:
    is_valid = all(_is_valid(checked, args) for _, checked in found)
    if args.json:
        import json

        print(json.dumps(_document(found, args), ensure_ascii=False, indent=indent))
    else:
        _print(found, args)
    return 0 if is_valid else 1


def _is_valid(checked: CheckResult, args: argparse.Namespace) -> bool:
    return checked.is_valid and not (args.strict and checked.warnings)


def summarise(checked: CheckResult) -> str | None:
    """Return one line about a valid score; None for any other."""
    from sequencer.reports.cue_sheet.rows import ensemble_summary, summary_line

    if checked.ensemble is not None:
        return ensemble_summary(checked.ensemble)
    return None if checked.schedule is None else summary_line(checked.schedule)


def _print(found: list[tuple[Path, CheckResult]], args: argparse.Namespace) -> None:
    from sequencer.cli.inputs import print_diagnostics

    codes: dict[str, None] = {}
    for path, checked in found:
        print_diagnostics(checked.diagnostics, checked.sources)
        for one in checked.diagnostics if args.strict else checked.errors:
            codes.setdefault(one.code)
        if _is_valid(checked, args) and not args.quiet:
            print(f"{path}: {summarise(checked)}")
        _print_help(checked.overview, args)
    if codes:
        more = " …" if len(codes) > MAX_NAMED else ""
        print(
            f"\nto read more: sequencer explain {' '.join(list(codes)[:MAX_NAMED])}{more}",
            file=sys.stderr,
        )


def _print_help(schedule: Schedule | None, args: argparse.Namespace) -> None:
    """Print the grid help that was requested, of a score that is valid.

    Raises UsageError for a mark that cannot be aligned.
    """
    if schedule is None or not (args.grid or args.align is not None or args.best_phase):
        return
    from sequencer.reports.grid.phase import align, best_phase
    from sequencer.reports.grid.render import render_alignment, render_best_phase, render_grid

    if args.grid:
        print(render_grid(schedule))
    if args.best_phase:
        print(render_best_phase(best_phase(schedule)))
    if args.align is not None:
        try:
            print(render_alignment(align(schedule, args.align), schedule))
        except UsageError as error:
            if not args.watch:
                raise
            print(f"sequencer: {error}", file=sys.stderr)


def _help_document(schedule: Schedule | None, args: argparse.Namespace) -> dict[str, Any]:
    """Return the grid help as JSON keys to add to a score's result."""
    if schedule is None or not (args.grid or args.align is not None or args.best_phase):
        return {}
    from sequencer.reports.grid.phase import align, best_phase
    from sequencer.reports.grid.render import alignment_document, best_phase_document, grid_document

    found: dict[str, Any] = {}
    if args.grid:
        found["grid"] = grid_document(schedule)
    if args.best_phase:
        found["best_phase"] = best_phase_document(best_phase(schedule))
    if args.align is not None:
        try:
            found["align"] = alignment_document(align(schedule, args.align))
        except UsageError as error:
            if not args.watch:
                raise
            found["align"] = {"mark": args.align, "error": str(error)}
    return found


def _document(found: list[tuple[Path, CheckResult]], args: argparse.Namespace) -> dict[str, Any]:
    from sequencer.cli.json_output import document, score

    return document(
        {
            **score(str(path), checked.diagnostics, _is_valid(checked, args), summarise(checked)),
            **_help_document(checked.overview, args),
        }
        for path, checked in found
    )


# ---- watching ------------------------------------------------------------------------------------


def _watched(args: argparse.Namespace, pause: Callable[[], None] | None = None) -> int:
    """Check now and after every change until interrupted; return the last check's exit code."""
    from sequencer.cli.file_watcher import changes, rest

    files: set[Path] = set()
    known: dict[Path, PieceCheck] = {}
    code = 0
    again = False
    try:
        for _ in changes(lambda: {*_around(args.scores), *files}, pause or rest):
            found = _look(args, known)
            files.update(_read_by(found))
            if again and not args.json:
                print("\n── checked again ──")
            code = _report(found, args, indent=None)
            sys.stdout.flush()
            again = True
    except KeyboardInterrupt:
        return code
    return code


def _around(scores: Iterable[Path]) -> Iterator[Path]:
    """Yield the scores, folders that may hold images and used files, and files a score can name."""
    for path in scores:
        yield path
        try:
            below = sorted(
                one
                for one in path.parent.iterdir()
                if one.is_dir() and not one.name.startswith(".")
            )
        except OSError:
            below = []
        for folder in (path.parent, *below[:MAX_FOLDERS]):
            yield folder
            yield from islice(
                (one for one in folder.glob("*.*") if one.suffix.lower() in _WATCHED), MAX_FILES
            )


def _read_by(found: list[tuple[Path, CheckResult]]) -> Iterator[Path]:
    """Yield every file that was read for these scores."""
    for path, checked in found:
        yield from (Path(name) for name in checked.sources if name)
        if checked.score is not None:
            yield from (path.parent / image.path for image in checked.score.images)
            if checked.score.header.sound is not None:
                yield path.parent / checked.score.header.sound.path
