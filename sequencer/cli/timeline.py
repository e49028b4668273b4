"""Draw a score, or a run of it, as a timeline: an SVG picture, or an HTML page to scroll and zoom."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.paths import is_folder

if TYPE_CHECKING:
    from sequencer.engine.conductor.machine import Conductor

_IS_PAGE = {".svg": False, ".html": True, ".htm": True}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "source", metavar="SCORE|RUN", type=Path, help="a .score or .yaml file, a compiled .json, a run's folder or its journal"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", required=True, help="where to write: a .svg picture or a .html page"
    )
    parser.add_argument("--no-pictures", action="store_true", help="name images instead of showing them small")


def run(args: argparse.Namespace) -> int:
    """Draw one timeline."""
    from sequencer.cli.inputs import load_input, write_text
    from sequencer.cli.output_formats import format_of
    from sequencer.engine.bundle import is_bundle
    from sequencer.engine.journal import find_run
    from sequencer.reports.timeline import thumbnails_of, timeline_html, timeline_svg

    is_page = format_of(args.output, "timeline", _IS_PAGE, default=False)
    conductor: Conductor | None = None
    if is_folder(find_run(args.source)) or args.source.suffix == ".jsonl" or is_bundle(args.source):
        conductor, folder = _conducted(args.source)
        schedule = conductor.run.schedule
    else:
        found = load_input(args.source)
        schedule, folder = found.schedule, found.folder
    thumbnails = {} if args.no_pictures or folder is None else thumbnails_of(schedule, folder)
    draw = timeline_html if is_page else timeline_svg
    text = draw(schedule, conductor, thumbnails)
    write_text(args.output, text)
    chunks = schedule.end if conductor is None else conductor.making
    print(f"{args.output}: {chunks} chunks, {len(text.encode()) // 1024 + 1} KiB")
    return 0


def _conducted(source: Path) -> tuple[Conductor, Path | None]:
    """Return the conductor of a run at the end of its journal, and the folder of its score if it is known."""
    from sequencer.engine.conductor.machine import Conductor
    from sequencer.engine.journal import read_journal

    journal = read_journal(source)
    conductor = Conductor(journal.schedule, journal.following, journal.revision)
    for record in journal.records:
        if record.event is not None:
            conductor.receive(record.event)
    first = next(iter(journal.sources), "")
    return conductor, Path(first).parent if first else None
