"""What is sent at the end of a score when its clock and its messages disagree: the clock's time is
an estimate too.
"""

from __future__ import annotations

from fractions import Fraction

from sequencer.core.timebase import SECOND, TempoMap
from sequencer.midi.clock_generator import STOP, TICK, TOO_FAR, ClockSection, MidiClockGenerator
from sequencer.midi.send_queue import Outbox

NOTE_ON, NOTE_OFF = bytes((0x90, 36, 100)), bytes((0x80, 36, 0))


def sent_with(*dues: int) -> list[tuple[int, bytes]]:
    """Return all messages except ticks.

    The last note begins and ends `dues` (ns) after the Stop of a clock of 1 s.
    """
    outbox = Outbox()
    outbox.clock = MidiClockGenerator(
        [ClockSection(Fraction(0), Fraction(0), TempoMap.constant(Fraction(120)))], end=Fraction(2)
    )
    outbox.clock.anchor(0, Fraction(0))
    for due, message in zip(dues, (NOTE_ON, NOTE_OFF), strict=True):
        outbox.push(SECOND + due, message)
    found: list[tuple[int, bytes]] = []
    while (due_next := outbox.due) is not None:
        found += [(due_next, message) for message in outbox.take(due_next) if message != TICK]
    return found[1:]


def test_the_last_stop_waits_for_messages_that_are_as_late_as_the_clock_may_be_early() -> None:
    for early in (83_000_000, 200_000_000, TOO_FAR - 1_000_000):
        over = SECOND + early
        assert sent_with(early - 1_000_000, early) == [
            (over - 1_000_000, NOTE_ON),
            (over, NOTE_OFF),
            (over, STOP),
        ]


def test_what_is_later_than_any_clock_is_early_is_not_waited_for() -> None:
    assert [message for _, message in sent_with(TOO_FAR + 2_000_000, TOO_FAR + 3_000_000)] == [STOP]
