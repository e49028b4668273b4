"""What must be sent to MIDI: messages and clock ticks, each at the time when its position is seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from tests.simulation.oracle.course import Course

SECOND = 10**9
TICKS = 24
OVERDUE = SECOND // 2
"""By how much a chunk may be late before it counts as overdue, in nanoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A message, and the nanosecond at which it must be sent."""

    at: float
    data: bytes
    length: float = 0.0
    """If a note ends here: how long it sounded, in nanoseconds."""
    sooner: tuple[float, ...] = ()
    """When it may end instead: at an end that was planned for the score when the note began."""
    is_answer: bool = False
    """Whether a rule sends it in answer to an operator event, or it ends a note that a rule sent."""


class Seen:
    """Computes when positions of a fixed show are seen, from their position in a chunk and when that
    chunk was shown.

    `shown` are the nanoseconds at which score chunks were shown, `length` is the length of a chunk,
    `opens` are the first chunks of takes: the chunk before one of them ends after its own length.
    """

    def __init__(
        self, shown: dict[int, int], length: float, chunk: Fraction, opens: Collection[int]
    ) -> None:
        self._shown, self._length, self._chunk, self._opens = shown, length, chunk, opens
        self._last = max(shown, default=0)

    def __call__(self, seconds: Fraction) -> float:
        """Return the nanosecond at which a time of the score is seen."""
        x = seconds / self._chunk
        chunk = min(floor(x), self._last)
        while chunk > 0 and chunk not in self._shown:
            chunk -= 1
        following = None if chunk + 1 in self._opens else self._shown.get(chunk + 1)
        here = self._shown[chunk]
        length = (
            self._length
            if following is None or following - here > 1.5 * self._length
            else following - here
        )
        return here + float(x - chunk) * length

    def if_in_time(self, seconds: Fraction) -> float:
        """Return when a time of the score would have been seen if its chunk had come in time.

        This applies only to times so soon after the beginning of their chunk that the chunk was not
        yet known to be late.
        """
        x = seconds / self._chunk
        chunk = floor(x)
        before, at = self._shown.get(chunk - 1), self(seconds)
        if before is None or chunk in self._opens or float(x - chunk) * self._length > OVERDUE:
            return at
        return min(at, before + float(x - chunk + 1) * self._length)


def messages(course: Course, time_of: Callable[[Fraction], float]) -> Iterator[Due]:
    """Yield every message of the score's cues, and of the rules that fired.

    A note ends with the score at the latest.
    """
    ends = [time_of(end) for end in course.ends]
    for passage in course.passages:
        for sending in passage.part.sendings:
            position = passage.start + sending.seconds
            if position >= passage.end:
                continue
            at = time_of(position)
            for message in sending.messages:
                yield Due(at=at, data=message.data)
                if message.seconds is not None:
                    yield _release(at, time_of(position + message.seconds), message.released, ends)
    for answer in course.answer_messages:
        yield Due(at=answer.at, data=answer.message.data, is_answer=True)
        if answer.message.seconds is not None:
            end = answer.at + float(answer.message.seconds) * SECOND
            yield replace(_release(answer.at, end, answer.message.released, ends), is_answer=True)


def _release(at: float, end: float, data: bytes, ends: list[float]) -> Due:
    """Return the end of a note that begins at `at`: at `end`, or with the score."""
    *sooner, last = (max(at + 1, min(over, end)) for over in ends)
    return Due(at=last, data=data, length=max(1.0, last - at), sooner=tuple(sooner))


def ticks(course: Course, time_of: Callable[[Fraction], float]) -> Iterator[float]:
    """Yield when each tick of our own clock is due: 24 per quarter, to the end of the score."""
    quarter = Fraction(0)
    tick = 0
    for passage in course.passages:
        music = passage.part.music
        quarters = passage.quarters
        if quarters is None:
            quarters = music.quarter_of(passage.end - passage.start)
        end = quarter + quarters
        while Fraction(tick, TICKS) < end:
            yield time_of(passage.start + music.seconds_at(Fraction(tick, TICKS) - quarter))
            tick += 1
        quarter = end
