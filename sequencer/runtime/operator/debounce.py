"""Decide which inputs are repetitions of one press: pads and buttons bounce, held keys repeat.

OSC buttons, MIDI devices and the terminal's keys all ask here. What is ignored never reaches the
conductor and is no event of the journal, so a replay needs to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sequencer.engine.conductor.expected_input import describe_input, find_leaving_triggers
from sequencer.engine.conductor.view import RunView
from sequencer.events.codec import Event
from sequencer.events.events import ControlChanged, NoteReceived, OscReceived, ProgramChanged
from sequencer.schedule.model import ControlCrossing, OscCrossing

DEBOUNCE_MS = 100
"""The default for MIDI and OSC: contacts bounce for up to a few hundredths of a second."""
KEY_DEBOUNCE_MS = 700
"""The default for keys: longer than most systems wait before a held key repeats (250 to 660 ms)."""
MAX_DEBOUNCE_MS = 5000
"""The longest time that can be set, in milliseconds."""
MAX_SOURCES = 100
"""Of how many inputs the last press is remembered."""


@dataclass(slots=True)
class _Burst:
    at: int
    is_reported: bool = False


class Debounce:
    """Recognises presses that follow the one before them too soon.

    Each repetition extends the burst: it is over once nothing came for the whole interval.

    Args:
        interval_ms: The interval, in milliseconds; 0 ignores nothing.
        notify: Prints a line for the operator, once for each burst.
    """

    def __init__(self, interval_ms: int, notify: Callable[[str], object]) -> None:
        self._interval_ms = interval_ms
        self._notify = notify
        self._bursts: dict[str, _Burst] = {}

    def press(self, source: str, at: int) -> None:
        """Count a press that acts whenever it comes.

        Args:
            source: The name of the key, button or pad.
            at: When it was pressed, in nanoseconds.
        """
        self._bursts.pop(source, None)
        self._bursts[source] = _Burst(at)
        if len(self._bursts) > MAX_SOURCES:
            del self._bursts[next(iter(self._bursts))]

    def admits(self, source: str, at: int) -> bool:
        """Count a press; return whether it acts. Arguments are those of `press`."""
        burst = self._bursts.get(source)
        if burst is None or at - burst.at >= self._interval_ms * 1_000_000:
            self.press(source, at)
            return True
        self.ignore(source, at)
        return False

    def ignore(self, source: str, at: int) -> None:
        """Count a press that is ignored, and report it if it is the first of its burst."""
        burst = self._bursts.setdefault(source, _Burst(at))
        burst.at = at
        if not burst.is_reported:
            burst.is_reported = True
            self._notify(
                f"{source} ignored: it came within {self._interval_ms} ms of the press before it"
            )


class ExitDebounce:
    """Ignores repeated notes, controllers, programs and OSC messages that would leave a section.

    A pad that bounces could leave two sections with one hit. Rules are not debounced, except those
    that go to a section: a drummer may play them faster than a contact bounces.

    Args:
        debounce: Remembers the presses.
        view: Returns the state of the run.
    """

    def __init__(self, debounce: Debounce, view: Callable[[], RunView]) -> None:
        self._debounce = debounce
        self._view = view
        self._beyond: set[str] = set()
        """Controllers whose last value was ignored.

        For the conductor they are still on the near side of their threshold.
        """

    def admits(self, event: Event) -> bool:
        """Return whether an event of a device goes to the run."""
        if not isinstance(event, NoteReceived | ControlChanged | ProgramChanged | OscReceived):
            return True
        view = self._view()
        source = describe_input(event, view.schedule)
        leaving = find_leaving_triggers(view, event)
        if not leaving:
            self._beyond.discard(source)
            return True
        if source in self._beyond:
            self._debounce.ignore(source, event.at)
            return False
        if self._debounce.admits(source, event.at):
            return True
        if any(isinstance(one, ControlCrossing | OscCrossing) for one in leaving):
            self._beyond.add(source)
        return False
