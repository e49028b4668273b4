"""A run as a fixed score: each row is a score with the events of its run, and the cues of the
frozen score.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from sequencer.core.errors import JournalError
from sequencer.engine.journal import Journal, read_journal
from sequencer.language.compiler import compile_score
from sequencer.language.loader import load_text
from sequencer.language.notations import print_score
from sequencer.language.score import ClockKind, GridLine, UseImage
from sequencer.reports.freeze import freeze
from tests.support.builders import IMAGE_FILE, at_chunk, on_chunks, play


def ran(folder: Path, text: str, *events: str) -> Journal:
    reading = load_text(text, "a.score")
    assert reading.score is not None, reading.diagnostics
    play(compile_score(reading.score), *events, journal=folder / "journal.jsonl")
    return read_journal(folder / "journal.jsonl")


FROZEN: dict[str, tuple[str, tuple[str, ...], list[str]]] = {
    "cues on their chunks": (
        'at 0c "A."\nat 2c "B.", sr 4x\nend 4c\n',
        (),
        ['at 0c "A."', 'at 2c sr 4x, "B."', "end 4c"],
    ),
    "a cut keeps its seed": (
        'at 0c "A."\nat 2c cut seed 9, "B."\nend 4c\n',
        (),
        ['at 0c "A."', 'at 2c cut seed 9, "B."', "end 4c"],
    ),
    "a rule that fired": (
        'at 0c "A."\non go x -> "X."\nend 6c\n',
        ("go x@2c",),
        ['at 0c "A."', 'at 4c "X."', "end 6c"],
    ),
    "a rule that did not fire": (
        'at 0c "A."\non go x -> "X."\nend 6c\n',
        (),
        ['at 0c "A."', "end 6c"],
    ),
    "a run that was ended early": (
        'at 0c "A."\nat 5c "B."\nend 9c\n',
        ("finish@3c",),
        ['at 0c "A."', "end 3c"],
    ),
    "beats become chunks": (
        'clock 120 bpm, 4/4\nat 1 "A."\nat 3 "B."\nend 5\n',
        (),
        ['at 0c "A."', 'at 3c "B."', "end 6c"],
    ),
    "messages are at their seconds": (
        'clock 120 bpm, 4/4\nat 1 "A."\nat 2 midi cc 20 70\nend 5\n',
        (),
        ['at 0c "A."', "at 2s midi cc 20 70 ch 1", "end 6c"],
    ),
}


@pytest.mark.parametrize(("text", "events", "expected"), FROZEN.values(), ids=FROZEN)
def test_what_landed_is_on_its_chunk(
    tmp_path: Path, text: str, events: tuple[str, ...], expected: list[str]
) -> None:
    printed = print_score(freeze(ran(tmp_path, text, *events)))
    assert [
        " ".join(line.split()) for line in printed.splitlines() if line.startswith(("at ", "end "))
    ] == expected


def test_the_header_is_that_of_the_run_in_chunks(tmp_path: Path) -> None:
    text = (
        'score "Show"\nclock 120 bpm, 4/4\ngrid 30 frames @ 30 fps\nseed 8\nsr 4x\nlead 3c\nat 1 '
        '"A."\nend 3\n'
    )
    header = freeze(ran(tmp_path, text)).header
    assert header.clock is not None
    assert (header.title, header.clock.kind, header.grid) == (
        "Show",
        ClockKind.CHUNKS,
        GridLine(30, Fraction(30)),
    )
    assert (header.seed, header.lead, None if header.sr is None else header.sr.value) == (
        8,
        3,
        "4x",
    )


def test_images_are_kept(tmp_path: Path) -> None:
    score = on_chunks(at_chunk(0, UseImage("a.png"), "A."), end=3)
    play(score, journal=tmp_path / "journal.jsonl")
    frozen = freeze(read_journal(tmp_path / "journal.jsonl"))
    assert IMAGE_FILE in frozen.images
    assert 'image "a.png"' in print_score(frozen)


def test_a_run_that_ended_before_its_first_chunk_cannot_be_frozen(tmp_path: Path) -> None:
    journal = ran(tmp_path, 'at 0c "A."\nend 4c\n')
    with pytest.raises(JournalError):
        freeze(
            Journal(
                **{
                    **{name: getattr(journal, name) for name in journal.__slots__},
                    "records": journal.records[:1],
                }
            )
        )
