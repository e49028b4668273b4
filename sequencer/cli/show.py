"""Summarise a run: what was played, with which settings, and what happened to every cue.

The notes of the run are printed as well.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequencer.engine.journal import Journal
    from sequencer.engine.replay import Replay
    from sequencer.events.codec import Event
    from sequencer.events.commands import Command
    from sequencer.schedule.ensemble import EnsembleSchedule

PRINTED_NAMES = {
    "ClipRequested": "ClipWanted",
    "CommandRefused": "Refused",
    "ConnectionLost": "Lost",
    "ConnectionRestored": "Restored",
    "ControlChanged": "ControlMoved",
    "FramesRendered": "PicturesMade",
    "NoteReceived": "NotePlayed",
    "OperatorGo": "Went",
    "OperatorPause": "HandPaused",
    "ProgramChanged": "ProgramChosen",
    "ResetDone": "WasReset",
    "StopRequested": "Closing",
    "TimerFired": "Woke",
    "TransportChanged": "ClockMoved",
    "TransportLocated": "ClockLocated",
    "UnknownMessage": "Unknown",
}
"""Event classes whose names in the output of `show --events` are older than the classes' own."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "folder", metavar="RUN", type=Path, help="a run's folder, journal or bundle"
    )
    parser.add_argument(
        "--score", action="store_true", help="print only the score's text as it was played"
    )
    parser.add_argument(
        "--edit",
        metavar="VERSION",
        type=int,
        help="if edits of the score took over: print only the text of this version, from 2 on",
    )
    parser.add_argument(
        "--events", action="store_true", help="print every event and command, one per line"
    )


def run(args: argparse.Namespace) -> int:
    """Show one run."""
    from sequencer.core.diagnostics import escape_control
    from sequencer.engine.bundle import images_in, is_bundle
    from sequencer.engine.journal import read_journal
    from sequencer.engine.replay import replay
    from sequencer.runtime.output.report_format import as_table, verdict

    journal = read_journal(args.folder)
    if args.score or args.edit is not None:
        return _print_score(journal, 1 if args.edit is None else args.edit)
    if args.events:
        return _print_events(journal)
    header, schedule = journal.header, journal.schedule
    versions = header.get("versions", {})
    kind = f"{header.get('mode')} run, journal format {header['helios-journal']}"
    used = dict(header.get("settings", {}))
    options = used.pop("options", {})
    used |= options if isinstance(options, dict) else {"options": options}
    settings = [
        f"{name} {value}" for name, value in used.items() if value not in (None, False, {}, [])
    ]
    print(escape_control(f"{schedule.title or 'untitled'}: seed {schedule.seed}, {kind}"))
    made = (
        f"made by helios-sequencer {versions.get('helios-sequencer', '?')} on Python "
        f"{versions.get('python', '?')}"
    )
    print(escape_control(made))
    print(escape_control(", ".join(settings)))
    if isinstance(sound := header.get("sound"), dict):
        file, start, digest = (str(sound.get(key)) for key in ("file", "from", "sha256"))
        print(escape_control(f"sound: {file} from {start} s, SHA-256 {digest[:12]}…"))
    if len(journal.versions) > 1:
        print(f"versions of the score: {len(journal.versions)}; to print one: --edit 2")
    if is_bundle(args.folder):
        held = set(images_in(args.folder))
        print(f"bundled images: {len(held)}")
        images = {image for one in journal.versions for image in one.schedule.images}
        for image in sorted(
            (one for one in images if one.sha256 not in held), key=lambda one: one.path
        ):
            print(escape_control(f"the bundle lacks the image {image.path}"))
    counts = Counter(record.event.kind for record in journal.records if record.event is not None)
    print(", ".join(f"{count} {kind}" for kind, count in counts.most_common(8)))
    print()
    replayed = replay(journal)
    if journal.ensemble is not None:
        return _print_stages(journal.ensemble, replayed)
    print(as_table(replayed.report, schedule))
    print()
    for note in (*replayed.report.notes, *(f"refused: {one}" for one in replayed.report.refused)):
        print(escape_control(note))
    print(verdict(replayed.report))
    if not journal.is_whole:
        print("this run was not completed")
    if replayed.divergence is not None:
        print(escape_control(f"it does not replay:\n{replayed.divergence}"))
    return 0 if replayed.is_equal else 1


def _print_stages(schedule: EnsembleSchedule, replayed: Replay) -> int:
    """Print the table of each stage of a run on several."""
    from sequencer.core.diagnostics import escape_control
    from sequencer.runtime.output.report_format import as_table, verdict

    for name, part in schedule.parts:
        report = replayed.reports[name]
        print(escape_control(f"{name}: {verdict(report)}"))
        print(as_table(report, part))
        print()
    if not replayed.is_whole:
        print("this run was not completed")
    if replayed.divergence is not None:
        print(escape_control(f"it does not replay:\n{replayed.divergence}"))
    return 0 if replayed.is_equal else 1


def _print_score(journal: Journal, number: int) -> int:
    """Print the text of one version of the score. Raises UsageError if there is none."""
    from sequencer.core.diagnostics import escape_control
    from sequencer.core.errors import UsageError

    count = len(journal.versions)
    if not 1 <= number <= count:
        raise UsageError(
            f"this run has no version {number} of its score",
            "no edit took over: --score"
            if count == 1
            else f"its versions are 1 to {count}: --edit {count}",
        )
    texts = journal.versions[number - 1].sources
    shown = (
        (lambda text: escape_control(text.replace("\r\n", "\n"))) if sys.stdout.isatty() else str
    )  # a file is not escaped
    for file, text in texts.items():
        if len(texts) > 1:
            print(shown(f"# {file}"))
        print(shown(text), end="" if text.endswith("\n") else "\n")
    return 0


def _print_events(journal: Journal) -> int:
    """Print every event and command, and where versions of the score were read."""
    from sequencer.core.diagnostics import escape_control

    for record in journal.records:
        what = f"end: {record.end}"
        if record.score is not None:
            what = f"version {record.score.number} of the score: {record.score.schedule!r}"
        elif record.event or record.command:
            what = _printed(record.event or record.command)
        mark = ">" if record.command is not None else " "
        print(escape_control(f"{record.at / 1e9:12.3f} s  {mark} {what}"))
    return 0


def _printed(what: Event | Command | None) -> str:
    """Return an event or a command as `--events` prints it.

    Scripts look for its name, so it stays if a class is renamed.
    """
    name = type(what).__name__
    return PRINTED_NAMES.get(name, name) + repr(what)[len(name) :]
