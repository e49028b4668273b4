"""Runs the compiler up to one of its passes, on a score that a test writes as text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostic, Diagnostics
from sequencer.core.images import ImageFile
from sequencer.core.timebase import Meter
from sequencer.language.compiler.expand import ExpandedStretch, expand
from sequencer.language.compiler.ir import PlacedBlock, Resolved
from sequencer.language.compiler.midi_file_clock import uses_file_clock, with_file_tempo
from sequencer.language.compiler.place import place
from sequencer.language.compiler.quantise import quantise
from sequencer.language.compiler.resolve import resolve
from sequencer.language.compiler.validate import check_schedule
from sequencer.language.loader import load_text
from sequencer.language.score import Score, SongTime
from sequencer.schedule.model import Schedule

FILE = "test.score"

PROMPT = 'at 0c "A."'
"""A first cue for scores whose prompts do not matter."""


def image_file(path: str, digest: str | None = None) -> ImageFile:
    """Return an image at a path, as the reader would find it; the default digest is derived from
    the path.
    """
    return ImageFile(
        path=path,
        sha256=digest or path.encode().hex().ljust(64, "0")[:64],
        mime_type="image/png",
        width=64,
        height=32,
        size=100,
    )


def song_time(tempos: dict[int, int], meters: dict[int, tuple[int, int]]) -> SongTime:
    """Return the time of a MIDI file, from tempi and meters by quarter."""
    return SongTime(
        tuple((Fraction(quarter), Fraction(bpm)) for quarter, bpm in tempos.items()),
        tuple((Fraction(quarter), Meter(*meter)) for quarter, meter in meters.items()),
    )


def score_of(
    text: str, images: tuple[str, ...] = (), song: SongTime | None = None, file: str = FILE
) -> Score:
    """Return the score of a valid text, with images and the time of a song supplied instead of read
    from files.
    """
    reading = load_text(text, file)
    assert reading.score is not None, [(one.code, one.message) for one in reading.diagnostics]
    return replace(reading.score, images=tuple(image_file(path) for path in images), song=song)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The result of each of the passes, and what they reported."""

    resolved: Resolved
    placed: tuple[PlacedBlock | None, ...]
    stretches: tuple[ExpandedStretch, ...]
    schedule: Schedule
    faults: Diagnostics

    @property
    def codes(self) -> list[str]:
        """What was reported, in order, as `CODE line:column`."""
        return codes_of(self.faults)

    @property
    def only_block(self) -> PlacedBlock:
        """The only block, placed."""
        (block,) = self.placed
        assert block is not None
        return block


def codes_of(faults: Diagnostics) -> list[str]:
    """Return what was reported, in order, as `CODE line:column`, and check that `has_errors` agrees
    with the diagnostics.
    """
    assert faults.has_errors == any(one.is_error for one in faults.diagnostics)
    return [f"{one.code} {one.span.line}:{one.span.column}" for one in faults.diagnostics]


def only_diagnostic(faults: Diagnostics) -> Diagnostic:
    """Return the only diagnostic."""
    (one,) = faults.diagnostics
    return one


def resolved_of(score: Score) -> tuple[Resolved, Diagnostics]:
    """Return the result of `resolve` for a score, and what it reports."""
    faults = Diagnostics()
    return resolve(score, faults), faults


def passed(score: Score | str) -> Passed:
    """Run all passes up to `quantise`, whatever they report."""
    faults = Diagnostics()
    resolved = resolve(score_of(score) if isinstance(score, str) else score, faults)
    if uses_file_clock(resolved):
        resolved = with_file_tempo(resolved, faults)
    placed = place(resolved, faults)
    stretches = expand(resolved, placed, faults)
    return Passed(
        resolved=resolved,
        placed=placed,
        stretches=stretches,
        schedule=quantise(resolved, stretches),
        faults=faults,
    )


def checked(score: Score | str) -> Diagnostics:
    """Return what `check` alone reports of a score in which the passes before it find no errors."""
    before = passed(score)
    assert not before.faults.has_errors, before.codes
    faults = Diagnostics()
    check_schedule(before.schedule, before.resolved, faults)
    return faults
