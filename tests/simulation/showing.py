"""Invariants of the end: every chunk of the score was shown, and what external devices receive ends
with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from sequencer.engine.conductor.deliveries import Status
from sequencer.events.events import ChunkDone, ChunkShown, ConnectionLost
from sequencer.midi.clock_generator import CONTINUE, PPQN, START, STOP, TICK, TICKS_PER_SIXTEENTH
from sequencer.midi.send_queue import NOTE_OFF, NOTE_ON
from tests.simulation.evidence import Evidence

SECOND = 10**9
UNSEEN_TIME = 5 * SECOND


def shown_before_closing(seen: Evidence) -> Iterator[str]:
    """Every chunk of the score was shown completely before the session was closed, including the
    last one of each take.
    """
    show, report = seen.show, seen.report
    if not seen.calm or show.capped or not report.ended_well:
        return
    faults = show.faults
    whole = int(
        Fraction(show.schedule.grid.frames * SECOND) / (faults.fps or show.schedule.grid.fps)
    )
    if (
        report.chunks < 2
    ):  # nothing has measured how long a chunk is, so it is shown for as long as the score defines
        whole = min(whole, int(show.schedule.grid.chunk * SECOND))
    loose = faults.jitter + faults.delays.shown_jitter + SECOND // 1000 + seen.counted_loosely
    loose += (
        seen.jitter_on_the_way
    )  # a chunk whose first frame was delayed is over sooner than its length suggests
    first = {(one.take, one.chunk): one.at for one in show.displayed}
    for made in seen.made:
        if made.chunk >= report.chunks or not made.look.frames:
            continue
        at = first.get((made.take, made.look.chunk))
        if at is None or at + whole - loose > show.closed_at:
            late = (
                "never"
                if at is None
                else f"{(at + whole - show.closed_at) / SECOND:.3f} s too late"
            )
            yield (
                f"chunk {made.chunk} of {report.chunks} was shown {late}: the session was closed "
                "before"
            )
    if report.landed_but_not_shown:
        lost = [
            seen.name(cue.number)
            for cue in report.cues
            if cue.status is Status.LANDED and cue.shown is None
        ]
        yield f"nothing went wrong, and {', '.join(lost)} landed and was not shown"
    if any("not shown" in note or "not recognised" in note for note in report.notes):
        yield f"nothing went wrong, and the report states {report.notes}"


def shown_is_the_models(seen: Evidence) -> Iterator[str]:
    """What the run counts as shown is what the model's frames showed then: the same chunk, at the
    same time, in each take.
    """
    run = None if seen.show.conductor is None else seen.show.conductor.view
    if run is None:
        return
    displayed: dict[tuple[int, int], set[int]] = {}
    times: dict[int, list[int]] = defaultdict(list)
    for one in seen.show.displayed:
        if one.take in seen.bases:
            displayed.setdefault((seen.bases[one.take] + one.chunk, one.at), set()).add(one.take)
            times[seen.bases[one.take] + one.chunk].append(one.at)
    if seen.counted_loosely and (
        "drops" in seen.show.script.faults
        or any(isinstance(event, ConnectionLost) for event in seen.events)
    ):
        return  # the number of frames lost is unknown, and a short silence goes unnoticed
    for chunk, at in run.shown.items():
        if (chunk, at) not in displayed and not any(
            _is_near(seen, at, one) for one in times[chunk]
        ):
            yield (
                f"chunk {chunk} is noted as shown at {at / SECOND:.3f} s, and the model showed "
                "another one then"
            )
    shown_at = {event.at for event in seen.events if isinstance(event, ChunkShown)}
    for made in seen.made:
        seen_at = [
            at
            for (chunk, at), takes in displayed.items()
            if chunk == made.chunk and made.take in takes and at in shown_at
        ]
        if (
            seen_at
            and made.chunk < seen.report.chunks
            and made.chunk not in run.shown
            and seen.calm
        ):
            yield f"chunk {made.chunk} was shown at {seen_at[0] / SECOND:.3f} s, and nobody noted it"
    for cue in seen.report.cues:
        if cue.shown is not None and (cue.shown not in run.shown or cue.landed is None):
            yield (
                f"{seen.name(cue.number)} is reported to have been shown with chunk {cue.shown}, which "
                "was not shown"
            )


def _is_near(seen: Evidence, at: int, shown: int) -> bool:
    """Return whether a chunk may be noted at a time if it was shown at another one: some frames
    sooner or later.

    If the previous chunk ended with a silence, the frames before it are those at its end.
    """
    loose = seen.counted_loosely
    whole = int(
        Fraction(seen.show.schedule.grid.frames * SECOND)
        / (seen.show.faults.fps or seen.show.schedule.grid.fps)
    )
    before = max((one.at for one in seen.show.displayed if one.at < shown), default=shown - whole)
    return min(shown, before + whole) - loose <= at <= shown + loose


def clock_ticks(seen: Evidence) -> Iterator[str]:
    """Our own clock gives external devices 24 ticks for every quarter of the score, and leaves them
    at its end.
    """
    end, show = seen.show.ends_at, seen.show
    run = None if show.conductor is None else show.conductor.view
    if end is None or run is None or not seen.report.ended_well or show.capped or not run.shown:
        return  # if nothing was ever shown, nothing defines when a beat is
    began = next(
        (message for _, message in show.sent_messages if message in (START, CONTINUE)), START
    )
    reported = next((event.at for event in seen.events if isinstance(event, ChunkDone)), 0)
    if (
        began != START
        and seen.calm
        and not show.following
        and run.shown.get(0, reported + UNSEEN_TIME) < reported + UNSEEN_TIME
        and run.shown.get(0)
        == min(run.shown.values())  # frames of later chunks may come before, which cannot be known
    ):
        yield "the clock began in the middle of the score, though its first chunk was seen"
    position, ticks, jumped = 0, 0, False
    for _, message in show.sent_messages:
        if message == START:
            position = 0
        elif message == TICK:
            position, ticks = position + 1, ticks + 1
        elif message[0] == 0xF2:
            position = (message[1] | message[2] << 7) * TICKS_PER_SIXTEENTH
            jumped = True
    wanted = ceil(end * PPQN)
    if _ran_free(seen, ticks, wanted):
        return
    if position != wanted and (seen.calm or not jumped):
        yield (
            f"the clock left the devices at tick {position}; the score has {float(end):g} "
            f"quarters, {wanted} ticks"
        )
    if not jumped and ticks != wanted:
        yield f"{ticks} ticks were sent for {float(end):g} quarters, not {wanted}"


def _ran_free(seen: Evidence, ticks: int, wanted: int) -> bool:
    """Return whether the clock ran on through a lost connection, past an end that moved earlier:
    ticks cannot be undone.

    Also true if it was stopped while the connection was lost, and the score was over before it
    could continue.
    """
    return "drops" in seen.show.script.faults and (ticks > wanted or seen.was_paused)


def nothing_after_stop(seen: Evidence) -> Iterator[str]:  # noqa: PLR0912  # one branch per message
    """Nothing comes after the last Stop, ticks come only while the clock runs, and every note is
    released before the end.
    """
    messages = [message for _, message in seen.show.sent_messages]
    times = [at for at, _ in seen.show.sent_messages]
    if times != sorted(times):
        yield "messages left out of the order of their times"
    sounding: list[tuple[int, int]] = []
    running = False
    for message in messages:
        kind, note = message[0] & 0xF0, (message[0] & 15, message[1] if len(message) > 1 else 0)
        if message in (START, CONTINUE):
            if running:
                yield "the clock was started while it ran"
            running = True
        elif message == STOP:
            if not running:
                yield "the clock was stopped twice"
            running = False
        elif message == TICK and not running:
            yield "a tick came while the clock was stopped"
        elif kind == NOTE_ON and message[2]:
            sounding.append(note)
        elif kind in (NOTE_ON, NOTE_OFF) and note in sounding:
            sounding.remove(note)
    if running:
        yield "the clock was never stopped"
    if set(sounding):
        yield f"the notes {sorted(set(sounding))} were never released"
    wanted = 0 if seen.show.ends_at is None else ceil(seen.show.ends_at * PPQN)
    if _ran_free(seen, messages.count(TICK), wanted):
        return
    if (
        STOP in messages
        and seen.report.ended_well
        and seen.show.ends_at is not None
        and messages[-1] != STOP
    ):
        after = (
            len(messages)
            - 1
            - max(number for number, message in enumerate(messages) if message == STOP)
        )
        yield f"{after} messages came after the last Stop"
