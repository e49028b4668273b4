"""Handle a show's end: the run lasts until its last chunk was shown or a time limit is over.

Frames reach the viewer about a chunk after their chunk was reported. Before a cut nothing waits for
that: a reset clears what the model holds, but not the frames that it has made; they are shown to
their end before those of the next take.
"""

from __future__ import annotations

from statistics import median_low

from sequencer.core.timebase import SECOND, nanoseconds
from sequencer.engine.conductor.clock_input import note_shown
from sequencer.engine.conductor.dispatch import finish, wake_at
from sequencer.engine.conductor.run_state import LAST_CHUNK_MARGIN_NS, SHOWING, RunState
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ChunkShown, CommandRefused, TimerFired

OVER = "the score is over"
RANGE_OVER = "the range is over"
"""Why a run ends where its range does."""
MAX_CHUNK_STRETCH = 4
"""A chunk is assumed shown for at most this many nominal lengths, whatever was measured."""
SAMPLES = 5
"""The number of latest chunks over which the median length is taken."""


def score_over(run: RunState, event: Event) -> list[Command]:
    """Handle the report of the last chunk: wait until it has been shown."""
    if not run.ends_when_shown:
        return finish(run, event, _over(run), well=True)
    run.enter(Phase.SHOWING, event)
    run.stalls.rest()
    run.making = min(run.making, max(run.plan.end_chunk(), run.base + 1))
    run.showing.last_reported_at = event.at
    return [wake_at(run, _ends_at(run))]


def shown(run: RunState, event: ChunkShown) -> list[Command]:
    """Handle a shown chunk while the run waits for its last one.

    A chunk after the last one proves that it is over.
    """
    if not run.is_of_this_take(event.take):
        return []
    if run.base + event.chunk >= run.making:
        return _finish_show(
            run,
            event,
            "the frames of the last chunk were not recognised: those of the one after it came",
        )
    return [wake_at(run, _ends_at(run))] if run.base + event.chunk == run.making - 1 else []


def showing_timed_out(run: RunState, event: TimerFired) -> list[Command]:
    """End the run: the last chunk has been shown, or the time limit is over."""
    if event.due != run.wake_due:
        return []
    return _finish_show(
        run,
        event,
        f"the last chunk was not shown within {SHOWING // SECOND} s after it was reported",
    )


def refused_at_the_end(run: RunState, event: CommandRefused) -> list[Command]:
    """Note a refusal of something sent before the end; nothing can be done about it any more."""
    run.note_refusal(event)
    return []


def note_chunk_shown(run: RunState, event: ChunkShown) -> None:
    """Note the first frame of a chunk for its score chunk, in any phase."""
    chunk = run.score_chunk(event.chunk, event.take)
    if chunk is None or (
        event.take is None and chunk > run.making
    ):  # an unnumbered late one of the previous take
        return
    run.shown.setdefault(chunk, event.at)
    note_shown(run, chunk, event.at)


def _finish_show(run: RunState, event: Event, unseen: str) -> list[Command]:
    """End the run. `unseen` is the note for the report if the last chunk was not shown."""
    if run.making - 1 not in run.shown:
        run.notes.append(unseen)
    return finish(run, event, _over(run), well=True)


def _over(run: RunState) -> str:
    return RANGE_OVER if run.plan.ends_with_a_range else OVER


def _ends_at(run: RunState) -> int:
    """Return when the last chunk has been shown, if known; else when the wait for it is over."""
    at = run.shown.get(run.making - 1)
    if at is None:
        return run.showing.last_reported_at + SHOWING
    around = range(run.making - SAMPLES, run.making)
    shown_for = [
        run.shown[one] - run.shown[one - 1]
        for one in around
        if one in run.shown and one - 1 in run.shown
    ]
    nominal = nanoseconds(run.schedule.grid.chunk)
    measured = [median_low(lengths) for lengths in (shown_for, run.chunk_lengths) if lengths]
    return at + LAST_CHUNK_MARGIN_NS + min(max([nominal, *measured]), MAX_CHUNK_STRETCH * nominal)
