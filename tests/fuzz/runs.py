"""Fuzz targets for commands on a received run, and for rehearsals of any score with faults and
operator input.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path

from sequencer.api.rehearsing import rehearse
from sequencer.api.sources import load_input
from sequencer.cli import parser
from sequencer.core.errors import SequencerError, UsageError
from sequencer.engine.replay import replay
from sequencer.language.check import check_text
from sequencer.runtime.scripted_events import parse_scripted_event
from sequencer.stages.simulated.faults import Faults, reads_faults
from tests.fuzz.documents import chained, lines_of
from tests.fuzz.promises import BrokenError, text_of

LONGEST = 60
"""Chunks of the longest score that is rehearsed here."""

MINUTES = 3
"""Minutes of model time that a rehearsal may wait for something that never comes.

Then its session ends.
"""


@cache
def _folder() -> tuple[tempfile.TemporaryDirectory[str], Path]:
    kept = tempfile.TemporaryDirectory(prefix="fuzz-runs-")
    return kept, Path(kept.name)


def run_of_somebody(data: bytes) -> None:
    """Use every command on a journal that can be read: no traceback, and no control character
    reaches the terminal.
    """
    folder = _folder()[1]
    journal = folder / "run.jsonl"
    journal.write_bytes(chained(lines_of(data)))
    for command in _COMMANDS:
        _command([one.format(run=journal, folder=folder) for one in command])
    try:
        found = load_input(folder / "again.score")
    except SequencerError:
        return
    if found.schedule.end <= LONGEST:
        _command(["rerun", str(journal), "--no-video", "--out", str(folder / "again")])
    for name in ("again", ".again.partial"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "again.score").unlink()


_COMMANDS = (
    ("show", "{run}"),
    ("show", "--score", "{run}"),
    ("show", "--events", "{run}"),
    ("replay", "{run}"),
    ("replay", "--json", "{run}"),
    ("diff", "{run}", "{run}"),
    ("diff", "--json", "{run}", "{run}"),
    ("timeline", "{run}", "-o", "{folder}/timeline.svg"),
    ("timeline", "{run}", "-o", "{folder}/timeline.html"),
    ("sheet", "{run}"),
    ("freeze", "{run}", "--force", "-o", "{folder}/again.score"),
)


def _command(words: list[str]) -> None:
    """Run a command as the shell does: print errors meant for users, and let all other exceptions
    pass.
    """
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        args = _parser(words[0]).parse_args(words)
        try:
            args.run(args)
        except SequencerError as error:
            out.write(str(error))
    printed = out.getvalue()
    odd = next(
        (
            char
            for char in printed
            if not char.isprintable() and char not in "\n\t" and not _harmless(char)
        ),
        None,
    )
    if odd is not None:
        raise BrokenError(f"{' '.join(words)} shows {odd!r}: {printed[:200]!r}")


def _harmless(char: str) -> bool:
    """Return whether an unprintable character cannot affect a terminal: joiners, spaces,
    unassigned, surrogates.
    """
    return (
        unicodedata.category(char) in ("Cf", "Zs", "Cn", "Co", "Cs")
        and char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067"
    )


@cache
def _parser(command: str) -> argparse.ArgumentParser:
    return parser(command)


# ---- rehearsals ----------------------------------------------------------------------------------


def rehearsal(data: bytes) -> None:
    """Rehearse a score, faults and operator input, separated by `---` lines.

    Errors are reported, and the run replays.
    """
    score, _, rest = text_of(data).partition("\n---\n")
    faults_text, _, operator_events = rest.partition("\n---\n")
    schedule = check_text(score, "fuzz.score", advice=False).schedule
    if schedule is None or schedule.end > LONGEST:
        return
    try:
        faults = reads_faults(faults_text or "{}")
    except UsageError:
        faults = Faults()
    if faults.end is None or (faults.end.at or 0) > MINUTES * 60 * 10**9:
        faults = faults.model_copy(update={"end": reads_faults(f"end: {{at: {MINUTES}m}}").end})
    events = []
    for line in operator_events.splitlines()[:20]:
        try:
            parse_scripted_event(line)
        except UsageError:
            continue
        events.append(line)
    folder = _folder()[1] / "rehearsed"
    try:
        done = rehearse(
            schedule,
            sources={"fuzz.score": score},
            out=folder,
            video=False,
            events=events,
            faults=faults,
        )
        if done.folder is None:
            raise BrokenError("a rehearsal left no folder")
        again = replay(done.folder)
        if not again.is_equal or again.report != done.report:
            raise BrokenError(f"a rehearsal does not replay: {again.divergence}")
    except SequencerError as error:
        str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder.with_name(".rehearsed.partial"), ignore_errors=True)


def rehearsals() -> Iterator[bytes]:
    """Yield scores with faults and operator input."""
    score = 'seed 1\nat 0c "A boat."\nat 4c "A coat."\nend 9c\n'
    live = (
        "clock 120 bpm, 4/4\nseed 4\nsection a until go on, max 4 bars {\n"
        '  at 1 "A."\n  on note C4 -> "B."\n  on cc 20 > 64 -> pause\n  on cc 20 < 64 -> '
        "resume\n}\n"
        'section b 2 bars {\n  at 1 "C."\n}\nplay a b a\n'
    )
    cut = 'seed 1\nat 0c "A boat."\nat 3c cut seed 9\nat 3c "B."\nat 6c sr 4x\nend 9c\n'
    yield f"{score}---\n{{}}\n---\npause@2c\nresume@20s".encode()
    yield f"{score}---\nseed: 5\njitter: 60ms\ndrops: [{{chunk: 4, for: 3s}}]\nstale_states: 2\n---\n".encode()
    yield (
        f"{live}---\nslow: [{{from: 3, to: 5, factor: 2}}]\n---\ngo on@4c\nnote C4@2c\ncc "
        "20=70@3c\ncc 20=2@9s"
    ).encode()
    refused = (
        "refuse: [{command: start, nth: 2, reason: busy}]\nmessages: "
        "[{do: lose, type: chunk_complete, nth: 4}]\n"
    )
    yield f"{cut}---\n{refused}---\n".encode()
    yield (
        f"{cut}---\nmessages: [{{do: swap, type: state}}, {{do: repeat, type: event, by: "
        f"2s}}]\n---\nfinish@5c"
    ).encode()
