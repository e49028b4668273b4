"""When a metronome clicks for a schedule: on its beats, and where the model changes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sequencer.core.errors import UsageError
from sequencer.core.lazy_dataclass import dataclass
from sequencer.schedule.model import Schedule, Stretch

MAX_SECONDS = 2 * 3600
"""The longest score for which clicks are written."""

MAX_BEATS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicks:
    """The seconds of a score's clicks.

    `downbeats` are the beats that begin a bar, `beats` the others, and `cues` the boundaries of the
    chunks on which cues act: what is between a beat and its cue is the snap error. `seconds` is the
    length of the score.
    """

    downbeats: tuple[Fraction, ...]
    beats: tuple[Fraction, ...]
    cues: tuple[Fraction, ...]
    seconds: Fraction


def clicks_of(schedule: Schedule) -> Clicks:
    """Return the clicks of a schedule, with live sections as long as they can be.

    Raises:
        UsageError: The score is longer than `MAX_SECONDS`.
    """
    seconds = schedule.grid.boundary(schedule.end)
    if seconds > MAX_SECONDS:
        raise UsageError(
            f"clicks are written for at most {MAX_SECONDS // 3600} hours; this score lasts "
            f"{float(seconds / 3600):.1f}",
            "check a part of it as a score of its own",
        )
    downbeats: list[Fraction] = []
    beats: list[Fraction] = []
    for stretch in schedule.stretches:
        for time, is_downbeat in _beats_of(stretch):
            (downbeats if is_downbeat else beats).append(time)
            if len(downbeats) + len(beats) > MAX_BEATS:
                raise UsageError(
                    f"clicks are written for at most {MAX_BEATS:,} beats",
                    "check a part of it as a score of its own",
                )
    cues = {schedule.grid.boundary(entry.chunk) for entry in schedule.entries if entry.acts}
    return Clicks(
        downbeats=tuple(downbeats), beats=tuple(beats), cues=tuple(sorted(cues)), seconds=seconds
    )


def _beats_of(stretch: Stretch) -> Iterator[tuple[Fraction, bool]]:
    """Yield the time of each beat of a section, and whether it begins a bar."""
    tempo, meters = stretch.tempo, stretch.meters
    if tempo is None or meters is None:
        return
    changes = meters.changes
    for index, (_, meter) in enumerate(changes):
        quarter = meters.starts[index]
        last = meters.starts[index + 1] if index + 1 < len(changes) else None
        beat = 0
        while last is None or quarter < last:
            seconds = tempo.seconds_at(quarter)
            if seconds >= stretch.seconds:
                return
            yield stretch.start + seconds, beat % meter.numerator == 0
            quarter += meter.beat
            beat += 1
