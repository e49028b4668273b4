"""Invariants that compare every show with the oracle, which computes independently what must be
shown and sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from math import inf
from typing import cast

from sequencer.events.events import ChunkDone
from sequencer.stages.simulated.helios_state import ChunkMade
from tests.simulation.evidence import Evidence
from tests.simulation.oracle.course import Course
from tests.simulation.oracle.devices import OVERDUE, Due, Seen, messages, ticks
from tests.simulation.oracle.following import DELAY, ByClock, Following
from tests.simulation.oracle.parts import Parts
from tests.simulation.oracle.pieces import Look
from tests.simulation.playing import Show

SECOND = 10**9
CLOSE = 60_000_000
"""How far from its time a message may be sent if model and network keep their pace, in nanoseconds."""
GAP = 20_000_000
"""How long opening a take may take, in nanoseconds; it cannot be predicted."""
OFFSET = 80_000_000
"""By how much the operator's events here change the offset, in nanoseconds."""
CATCHING_UP = 500_000_000
"""How far our own clock may be off while it catches up, and how much earlier a note may end if its
take is cut meanwhile.
"""
MODELS_SR, MODELS_SEED = "2x", 0
"""The model's settings if nothing is sent."""
SENDS_OF_A_CUT = 3
"""How many times commands are sent between the last chunk of a take and the first one of the next."""
SHORT = 700_000_000
"""In chunks shorter than this a boundary is not known in time."""
STOPPED = SECOND
"""If two ticks are further apart than this, the video was stalled between them."""
TOO_LATE = 250_000_000
"""The documentation states that a note that would be later than this is omitted."""
NOTES = 0xA0
"""Status bytes below this are those of notes, which are omitted if they would be too late."""
FIRST_STRENGTH = 1.0
"""The model's strength until one is sent."""


class Comparison:
    """A show, and its course computed from the score."""

    def __init__(self, seen: Evidence) -> None:
        show = self.show = seen.show
        self.seen = seen
        parts = Parts(show.score)
        self.course: Course = (
            ByClock(parts)
            if parts.is_external
            else Following(parts)
            if show.following
            else Course(parts)
        )
        for step in show.steps:
            self.course.handle(step.event)

    @cached_property
    def length(self) -> float:
        """How long the model takes for a chunk, in nanoseconds."""
        grid = self.show.schedule.grid
        return float(Fraction(grid.frames * SECOND) / (self.show.faults.fps or grid.fps))

    @cached_property
    def shown(self) -> dict[int, int]:
        """When each chunk of the score was shown."""
        found: dict[int, int] = {}
        bases = [take.base for take in self.course.takes]
        for one in self.show.displayed:
            if one.take < len(bases):
                chunk = bases[one.take] + one.chunk
                if one.take + 1 == len(bases) or chunk < bases[one.take + 1]:
                    found.setdefault(chunk, one.at)
        return found

    @cached_property
    def time_of(self) -> Callable[[Fraction], float]:
        """A function that returns when a time of the score is seen; in a show that follows wall
        time, when that time is.
        """
        course = self.course
        if isinstance(course, Following):
            origin = course.origin
            return lambda seconds: float(origin + round(seconds * SECOND))
        return Seen(
            self.shown, self.length, course.parts.chunk, {take.base for take in course.takes}
        )

    @cached_property
    def known(self) -> bool:
        """Whether the network kept its pace and nobody paused: positions can be predicted while the
        model keeps its pace.
        """
        return self.length >= SHORT and not self.seen.was_paused and not self.seen.answers_late

    @cached_property
    def steady(self) -> bool:
        """Whether the model kept its pace as well."""
        return self.known and not self.show.faults.slow


def _comparison(seen: Evidence) -> Comparison | None:
    """Return the comparison for a calm show that was played to its end; otherwise None."""
    show = seen.show
    is_whole = seen.calm and not show.capped and seen.report.ended_well
    if not is_whole:
        return None
    known = _COMPARED.get(id(seen))
    if known is None or known[0] is not seen:
        _COMPARED.clear()
        known = _COMPARED[id(seen)] = seen, Comparison(seen)
    return None if isinstance(known[1].course, ByClock) and known[1].course.was_moved else known[1]


_COMPARED: dict[int, tuple[Evidence, Comparison]] = {}


def shows_the_score(seen: Evidence) -> Iterator[str]:
    """Every chunk was shown, and looked as the score requires: prompt, image, strength,
    super-resolution, seed and take.
    """
    compared = _comparison(seen)
    if compared is None:
        return
    course, show = compared.course, compared.show
    made = {
        (one.take, one.look.chunk): one.look for one in show.model if isinstance(one, ChunkMade)
    }
    displayed = {(one.take, one.chunk) for one in show.displayed}
    if (
        not course.is_over and not seen.report.chunks_beyond
    ):  # the musical time can end while the model is paused
        yield (
            f"it ended after {seen.report.chunks} chunks, at chunk {course.making} of the score, "
            f"which has {course.end}"
        )
        return
    for (take, chunk), look in course.looks(course.end).items():
        real = made.get((take, chunk))
        here = f"chunk {course.takes[take].base + chunk} (take {take}, chunk {chunk})"
        if real is None or (take, chunk) not in displayed:
            yield f"{here} of {course.end} was never {'made' if real is None else 'shown'}"
            continue
        wanted = _wanted(look, show)
        found = (real.prompt.strip(), real.image, real.strength, real.sr, real.seed)
        if found != wanted:
            yield f"{here} shows {found}, not {wanted}"


def _wanted(look: Look, show: Show) -> tuple[str, str | None, float, str, int]:
    strength = look.strength if show.faults.strength == "live" else look.captured
    value = 0.0 if look.image is None else FIRST_STRENGTH if strength is None else float(strength)
    return look.prompt, look.image, value, look.sr, look.seed


def shows_nothing_else(seen: Evidence) -> Iterator[str]:
    """Whatever went wrong, nothing is shown or sent that is not in the score.

    In a score without rules and live sections, no prompt is shown before its chunk.
    """
    show = seen.show
    parts = Parts(show.score)
    deeds = [deed.does for part in parts.play for deed in part.deeds]
    answers = [answer for part in parts.play for answer in part.answers]
    does = [*deeds, *(answer.does for answer in answers)]
    prompts: set[object] = {str(one["prompt"]) for one in does if "prompt" in one}
    prompts |= {text for answer in answers for text in answer.options or ()}
    known: dict[str, set[object]] = {
        "prompt": prompts,
        "image": {None, *(one.get("image") for one in does)},
        "sr": {MODELS_SR, parts.sr, *(one["sr"] for one in does if "sr" in one)},
        "strength": {
            0.0,
            FIRST_STRENGTH,
            *(float(cast("Fraction", one["strength"])) for one in does if "strength" in one),
        },
        "seed": {MODELS_SEED, parts.seed, *(one["cut"] for one in does if "cut" in one)},
    }
    is_certain = not show.following and not answers and not any(part.until for part in parts.play)
    # If a pause reaches the model a chunk later than expected, what is sent live in its last chunk
    # acts when it goes on. When a command reaches the model cannot be known.
    early = seen.begun_after_a_rest if seen.is_slow else frozenset()
    soonest: dict[str, int] = {}
    if is_certain:
        for one in Course(parts).pending:
            soonest.setdefault(str(one.does.get("prompt")), one.chunk)
    for made in seen.made:
        look = made.look
        for kind, value in (
            ("prompt", look.prompt.strip()),
            ("image", look.image),
            ("sr", look.sr),
            ("strength", look.strength),
            ("seed", look.seed),
        ):
            if value not in known[kind]:
                yield f"chunk {made.chunk} shows the {kind} {value!r}, which the score does not have"
        if soonest.get(look.prompt.strip(), 0) > made.chunk + (made.chunk in early):
            yield (
                f"chunk {made.chunk} shows {look.prompt!r}, which the score has on chunk "
                f"{soonest[look.prompt.strip()]} first"
            )
    messages_ = [
        one for part in parts.play for sending in part.sendings for one in sending.messages
    ]
    messages_ += [one for answer in answers for one in answer.messages]
    sendable = {one.data for one in messages_} | {
        one.released for one in messages_ if one.seconds is not None
    }
    for _, data in show.sent_messages:
        if data[0] < 0xF0 and data not in sendable:
            yield f"{data.hex()} was sent, which the score does not have"


def sends_the_score(seen: Evidence) -> Iterator[str]:
    """Every message of the score was sent, no other message was sent, and each was sent when
    its position was seen.
    """
    compared = _comparison(seen)
    if compared is None or not compared.shown:
        return
    wanted: dict[bytes, list[Due]] = defaultdict(list)
    sent: dict[bytes, list[int]] = defaultdict(list)
    dues = list(messages(compared.course, compared.time_of))
    if compared.show.faults.slow and isinstance(compared.time_of, Seen):
        overdue = messages(compared.course, compared.time_of.if_in_time)
        dues = [
            replace(due, sooner=(*due.sooner, one.at))
            for due, one in zip(dues, overdue, strict=True)
        ]
    for due in dues:
        wanted[due.data].append(due)
    for at, data in compared.show.sent_messages:
        if data[0] < 0xF0:
            sent[data].append(at)
    for data in {**wanted, **sent}:
        expected = sorted(wanted[data], key=lambda one: one.at)
        if len(expected) != len(sent[data]):
            is_loose = not compared.steady or isinstance(
                compared.course, ByClock
            )  # a clock may start before the model is warm
            # If frames are shown this unevenly, a predicted position may be too late once it is
            # known more exactly.
            is_loose = is_loose or compared.show.faults.delays.shown_jitter > TOO_LATE
            may_be_less = is_loose and data[0] < NOTES
            if not may_be_less or len(sent[data]) > len(expected):
                yield f"{data.hex()} was sent {len(sent[data])} times, not {len(expected)} times"
            continue
        for due, at in zip(expected, sent[data], strict=True):
            allowed = _allowed(compared, due)
            if not any(abs(at - one) <= allowed for one in (due.at, *due.sooner)):
                late = (at - due.at) / SECOND
                yield (
                    f"{data.hex()} was sent at {at / SECOND:.3f} s, {late:.3f} s late (allowed are "
                    f"{allowed / SECOND:.3f} s)"
                )
                break


def _allowed(compared: Comparison, due: Due) -> float:
    """Return how far a message may be from its time: predictions are only as exact as the model
    keeps its pace.
    """
    show = compared.show
    if isinstance(compared.course, ByClock):
        # the times of an external clock come from its fits; only whether messages were sent is
        # compared here
        return inf
    # What arrives while commands are being sent is handled afterwards: no operator event can be
    # answered before.
    waits = max(0.0, show.sending - due.length) if due.is_answer else 0.0
    if show.following:
        # What is due at the very beginning is sent once the report of the beginning is handled,
        # which waits for a send too.
        begun = next(one.handled_at for one in show.steps if one.takes)
        return 1_000_000 + max(waits, begun - due.at)
    faults = show.faults
    off: float = (
        waits
        + CLOSE
        + 2 * faults.jitter
        + faults.delays.shown_jitter
        + GAP * len(compared.course.takes)
    )
    if (
        len(compared.course.takes) > 1
    ):  # without numbers, frames are counted: a take's beginning is known to within a few
        off += compared.seen.counted_loosely
    if (
        "reactor" in show.script.stage
    ):  # frames are sent singly: the first does not wait for another, those of later chunks may
        off += SECOND / (show.faults.fps or show.schedule.grid.fps)
    off += OFFSET if any("offset" in hand for hand in show.script.operator_events) else 0
    nominal = float(show.schedule.grid.chunk) * SECOND
    off += 2 * abs(compared.length - nominal)
    if due.length:
        off += due.length * abs(compared.length - nominal) / nominal
        off += CATCHING_UP if len(compared.course.takes) > 1 else 0
    if compared.known and faults.slow:
        off += OVERDUE + max(float(one.factor - 1) * compared.length for one in faults.slow)
        # The end of a note is decided when it begins: a stall that comes later does not extend it.
        off += sum(one.by for one in faults.slow) if due.length else 0
    elif not compared.steady:
        off += 4 * max(compared.length, nominal) + sum(
            one.by + (one.factor - 1) * int(nominal) for one in faults.slow
        )
        off += 60 * SECOND if compared.seen.was_paused else 0
    return off


def ticks_the_score(seen: Evidence) -> Iterator[str]:
    """Our own clock ticks 24 times per quarter of the score, each tick when its position is seen,
    even if the model stalls.
    """
    compared = _comparison(seen)
    if (
        compared is None
        or compared.show.ends_at is None
        or not compared.shown
        or not compared.known
    ):
        return
    show = compared.show
    sent = [at for at, data in show.sent_messages if data == b"\xf8"]
    if any(data[0] == 0xF2 for _, data in show.sent_messages):
        return  # a song position relocated the devices: `clock-ticks` checks where they arrived
    wanted = list(ticks(compared.course, compared.time_of))
    if len(sent) != len(wanted):
        yield f"{len(sent)} ticks were sent, the score has {len(wanted)}"
        return
    unmeasured = abs(show.faults.delays.shown - DELAY) if len(compared.course.takes) > 1 else 0
    # If a frame happens to be late, that is not known before it is shown.
    uneven = 2 * show.faults.jitter + show.faults.delays.shown_jitter
    allowed: float = CATCHING_UP + uneven + unmeasured
    if (
        len(compared.course.takes) > 1
    ):  # a take begins after its reset, its opening and its start were sent
        allowed += SENDS_OF_A_CUT * show.sending
    overdue = wanted
    # The length of chunks is known after the second chunk of a take. A report before it, of the
    # first chunk after a cut, leaves the clock off by up to two of these chunks.
    unmeasured_length = 2 * abs(compared.length - float(show.schedule.grid.chunk) * SECOND)
    measured = min(
        (event.at for event in seen.events if isinstance(event, ChunkDone) and event.chunk),
        default=inf,
    )
    if show.faults.slow and isinstance(compared.time_of, Seen):
        # A chunk is known to be slow half a second after it is due: until then ticks may continue.
        overdue = list(ticks(compared.course, compared.time_of.if_in_time))
        allowed += unmeasured_length
        allowed += max(float(one.factor - 1) * compared.length for one in show.faults.slow)
    # After an offset and after the first chunks, the clock catches up gradually. It stops with the
    # frames, late or not.
    late = (
        uneven
        + unmeasured_length
        + (OFFSET if any("offset" in hand for hand in show.script.operator_events) else 0)
    )
    later_by_stalls = after_stalls(wanted, late) if show.faults.slow else wanted
    for number, (at, due, sooner, later) in enumerate(
        zip(sent, wanted, overdue, later_by_stalls, strict=True)
    ):
        unknown = unmeasured_length if at < measured else 0
        if min(abs(at - one) for one in (due, sooner, later)) > allowed + unknown:
            yield f"tick {number} was sent at {at / SECOND:.3f} s, not at {due / SECOND:.3f} s"
            return


def after_stalls(wanted: list[float], uneven: float) -> list[float]:
    """Return when ticks are due that our clock had not sent when the video stalled.

    If chunks or frames come unevenly, the clock may be late by that much, and it stops with them:
    the ticks that it had not sent come with the next frame.
    """
    found = list(wanted)
    for number in range(1, len(wanted)):
        stopped_at, goes_on = wanted[number - 1], wanted[number]
        earlier = number - 1
        while (
            goes_on - stopped_at > STOPPED
            and earlier >= 0
            and stopped_at - wanted[earlier] < uneven
        ):
            found[earlier] = goes_on
            earlier -= 1
    return found
