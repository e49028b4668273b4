"""Gear is told whatever else the run does: after every event the messages that are due are added to the answer."""

from __future__ import annotations

from sequencer.conductor.run import Phase, Run
from sequencer.events import BoundariesFitted, ChunkDone, ChunkShown, Command, Event, Finish


def tell_gear(run: Run, event: Event, commands: list[Command]) -> list[Command]:
    """The commands that an event led to, and the messages that are due with it, in front of a `Finish`."""
    is_over = run.phase is Phase.FINISHED
    if is_over and not any(isinstance(command, Finish) for command in commands):
        return commands  # it was over before
    _look(run, event)
    if is_over and not run.ended_well:
        return commands
    if is_over:
        run.sends.seen.settle()
    return [*run.sends.due(event.at, _until(run), everything=is_over), *commands]


def _look(run: Run, event: Event) -> None:
    """What a fixed run learns of when its chunks are seen."""
    match event:
        case ChunkShown() if run.is_of_this_take(event.take) and run.base + event.chunk <= run.making:
            # else one of the take before, that comes late
            run.sends.seen.shown(event.chunk, event.at)
        case ChunkShown() if not run.is_of_this_take(event.take):
            chunk = run.score_chunk(event.chunk, event.take)
            if chunk is not None:
                run.sends.seen.shown_before(chunk, event.at)
        case ChunkDone() if run.phase is Phase.PLAYING or run.base + event.chunk < run.next_base:
            run.sends.seen.done(event.chunk, event.at)
        case BoundariesFitted() if run.phase is Phase.PLAYING or _is_of_the_take_before_a_cut(run, event):
            run.sends.seen.fitted(event)
        case _:
            pass


def _is_of_the_take_before_a_cut(run: Run, fit: BoundariesFitted) -> bool:
    """Whether a fit rests on a chunk of the score that was made while a cut was waited for: it may have been made late."""
    is_cutting = run.ends_where_written and run.phase is Phase.CUTTING
    return is_cutting and run.base + fit.chunk - 1 < run.next_base


def _until(run: Run) -> int | None:
    """The first score chunk that may never come, or not yet: in a fixed run nothing is said of what is not made."""
    if run.follow is not None:
        return None
    match run.phase:
        case Phase.SHOWING:
            return run.making
        case Phase.PLAYING | Phase.FINISHED:
            return run.making + (1 if run.sends.seen.is_streamed and not run.paused else 0)
        case Phase.CUTTING:
            return min(run.making + (1 if run.sends.seen.is_streamed else 0), run.next_base)
        case _:
            return run.base
