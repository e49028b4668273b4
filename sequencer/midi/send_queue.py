"""The queue of messages to send: cues' notes and controllers, and the generated clock's ticks.

This module is pure.

`Outbox` decides; a thread sends (see `scheduler`), or a test reads it in virtual time. The Stop
after the score's last tick is the last message: every sounding note is released before it, and
nothing is sent after it.
"""

from __future__ import annotations

import heapq
from collections import Counter

from sequencer.midi.clock_generator import STOP, TOO_FAR, MidiClockGenerator

NOTE_ON, NOTE_OFF, CONTROL, PROGRAM = 0x90, 0x80, 0xB0, 0xC0


def note_off(note: int, channel: int) -> bytes:
    """Return a note-off; the channel counts from 1."""
    return bytes((NOTE_OFF | channel - 1, note, 0))


class Outbox:
    """Messages in the order of their time.

    `clock` is the generated clock, if one is sent; set it before the first anchor.
    """

    def __init__(self) -> None:
        self.clock: MidiClockGenerator | None = None
        self._waiting: list[tuple[int, int, bytes]] = []
        self._order = 0
        self._sounding: Counter[tuple[int, int]] = Counter()
        """How many times each (channel, note) was started and not released yet."""

    @property
    def is_over(self) -> bool:
        """Whether the Stop after the score's last tick was sent: nothing is sent after it."""
        return self.clock is not None and self.clock.is_over

    def push(self, due: int, message: bytes) -> None:
        """Queue a message for nanosecond `due`; after the last Stop nothing is sent any more."""
        if not self.is_over:
            self._order += 1
            heapq.heappush(self._waiting, (due, self._order, message))

    def forget(self) -> None:
        """Drop what is not due yet; sounding notes are still released."""
        self._waiting = [one for one in self._waiting if self._releases(one[2])]
        heapq.heapify(self._waiting)

    @property
    def due(self) -> int | None:
        """The nanosecond of the next message; None while nothing is to be sent."""
        first = self._waiting[0][0] if self._waiting else None
        clock = (
            None
            if self.clock is None
            else self._ending()
            if self.clock.is_ending
            else self.clock.due
        )
        return min((one for one in (first, clock) if one is not None), default=None)

    @property
    def ends_at(self) -> int | None:
        """The predicted nanosecond of the last Stop; None if none is pending."""
        return None if self.clock is None else self.clock.ends_at

    def take(self, now: int) -> list[bytes]:
        """Return what is due by `now`, in order."""
        taken = [] if self.clock is None else self.clock.take(now, may_end=False)
        while self._waiting and self._waiting[0][0] <= now:
            due, _, message = heapq.heappop(self._waiting)
            taken.append((due, message))
        messages = [message for _, message in sorted(taken, key=lambda one: one[0])]
        for message in messages:
            self._note(message)
        ending = self._ending()
        if ending is not None and ending <= now and self.clock is not None:
            messages += self.release()
            messages += [message for _, message in self.clock.take(max(now, self.clock.due or now))]
            self._waiting.clear()
        return messages

    def release(self) -> list[bytes]:
        """Return note-offs for every sounding note."""
        messages = [note_off(note, channel) for channel, note in self._sounding.elements()]
        self._sounding.clear()
        return messages

    def close(self) -> list[bytes]:
        """Return the final messages, whatever is queued: note-offs, then Stop if the clock runs."""
        messages = self.release()
        if self.clock is not None and self.clock.is_running:
            messages.append(STOP)
        return messages

    # ---- internals

    def _ending(self) -> int | None:
        """Return when the last Stop is sent, if it is the clock's next message.

        It is sent after everything that the score still sends by then.

        The clock may be off by as much as it can catch up with: messages that are later by no more
        than that are sent first.
        """
        clock = self.clock
        if clock is None or not clock.is_ending or (due := clock.due) is None:
            return None
        late = [one[0] for one in self._waiting if one[0] <= due + TOO_FAR]
        return max([due, *late])

    def _releases(self, message: bytes) -> bool:
        return (
            message[0] & 0xF0 == NOTE_OFF and self._sounding[(message[0] & 15) + 1, message[1]] > 0
        )

    def _note(self, message: bytes) -> None:
        """Record which notes sound."""
        kind, channel = message[0] & 0xF0, (message[0] & 15) + 1
        if kind == NOTE_ON and message[2]:
            self._sounding[channel, message[1]] += 1
        elif kind in (NOTE_ON, NOTE_OFF) and self._sounding[channel, message[1]] > 0:
            self._sounding[channel, message[1]] -= 1
