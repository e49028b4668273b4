"""Turn OSC messages into operator commands and events of a run. No sockets.

Nothing is dropped silently: a message that cannot be used is answered with `/sequencer/warn`, and
the operator gets the reason, once in ten seconds for each. The exceptions are the release of a
button, a GO of a button that bounces, which only the operator learns of, and the messages that a
run sends itself, which come back where programs pass on what they receive.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from sequencer.core.diagnostics import escape_control
from sequencer.core.display import counted
from sequencer.core.errors import UsageError
from sequencer.core.osc_values import (
    MAX_ARGUMENTS,
    MAX_INTEGER,
    MAX_STRING_LENGTH,
    MIN_INTEGER,
    OscValue,
)
from sequencer.core.timebase import SECOND
from sequencer.events.codec import Event
from sequencer.events.events import OscReceived
from sequencer.runtime.operator.debounce import Debounce
from sequencer.runtime.osc.packets import Message
from sequencer.runtime.osc.table import (
    GO,
    INPUTS,
    OUTPUTS,
    PING,
    PONG,
    PREFIX,
    WARN,
    Input,
    describe,
    find_input,
    is_release,
    read_arguments,
)
from sequencer.schedule.model import Schedule

MAX_MESSAGES_PER_SECOND = 1_000
"""More messages in a second are dropped, and counted for the operator."""
MAX_ANSWERS_PER_SECOND = 20
"""More answers in a second are not sent, so that nobody can be flooded with them."""
MIN_NOTICE_INTERVAL_NS = 10 * SECOND
"""The least time between two notices for the operator with the same text, in nanoseconds."""
MAX_NOTICES = 100
"""How many of the latest notices are remembered."""
MAX_SHOWN = 80
"""The longest part of an address that is shown, in characters."""
_SENT = frozenset(one.address for one in OUTPUTS)


@dataclass(frozen=True, slots=True)
class Answer:
    """A message that goes back to a sender."""

    address: str
    arguments: tuple[OscValue, ...]


class _PerSecond:
    """Counts up to a maximum in each second of the run's clock."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._second = -1
        self._count = 0

    def admits(self, now: int) -> bool:
        """Count one more; return whether it is within the maximum of this second."""
        if now // SECOND != self._second:
            self._second, self._count = now // SECOND, 0
        self._count += 1
        return self._count <= self._most


class OscReceiver:
    """Handles the messages of all senders.

    Args:
        schedule: Returns the schedule that is played: its triggers have addresses of their own.
        handle_line: Handles an operator command; raises UsageError if it is not valid or has no
            effect now.
        deliver: Delivers an event to the run.
        notify: Prints a message for the operator.
        now: Returns the time of the run's clock, in nanoseconds.
        debounce: Decides which GO is a repetition of the one before it.
    """

    def __init__(
        self,
        schedule: Callable[[], Schedule],
        *,
        handle_line: Callable[[str], str | None],
        deliver: Callable[[Event], object],
        notify: Callable[[str], object],
        now: Callable[[], int],
        debounce: Debounce,
    ) -> None:
        self._schedule = schedule
        self._handle_line = handle_line
        self._deliver = deliver
        self._notify = notify
        self._now = now
        self._debounce = debounce
        self._noticed: dict[str, int] = {}
        self._messages = _PerSecond(MAX_MESSAGES_PER_SECOND)
        self._answers = _PerSecond(MAX_ANSWERS_PER_SECOND)
        self._dropped = 0
        self._known: tuple[Schedule, tuple[str, ...]] | None = None

    def handle(self, message: Message) -> Answer | None:
        """Handle a message; return what its sender is answered, if anything."""
        if not self._messages.admits(self._now()):
            self._dropped += 1
            return None
        self._report_dropped()
        try:
            answer = self._respond(message)
        except UsageError as error:
            text = error.message if error.hint is None else f"{error.message}; {error.hint}"
            return self.refuse(f"OSC {_shown(message.address)}: {text}")
        if answer is None or not self._answers.admits(self._now()):
            return None
        return answer

    def refuse(self, text: str) -> Answer | None:
        """Report why a message or a packet has no effect; return the answer to its sender."""
        text = escape_control(text)
        now = self._now()
        if now - self._noticed.get(text, -MIN_NOTICE_INTERVAL_NS) >= MIN_NOTICE_INTERVAL_NS:
            self._noticed.pop(text, None)
            self._noticed[text] = now
            if len(self._noticed) > MAX_NOTICES:
                del self._noticed[next(iter(self._noticed))]
            self._notify(text)
        return Answer(WARN, (text,)) if self._answers.admits(now) else None

    def _report_dropped(self) -> None:
        if self._dropped:
            count, self._dropped = self._dropped, 0
            self.refuse(
                f"{counted(count, 'OSC message')} dropped: a run takes at most "
                f"{MAX_MESSAGES_PER_SECOND:,} in a second"
            )

    def _respond(self, message: Message) -> Answer | None:
        address = message.address
        if address in _SENT:
            return None
        if address == PING:
            return Answer(PONG, _values(message))
        awaited = self._awaited()
        if address in awaited:
            self._deliver(OscReceived(self._now(), address, _values(message)))
            return None
        found = find_input(address)
        if found is None:
            raise UsageError(*_explain_unknown(address, awaited))
        row, names = found
        line = self._line(row, names, message)
        if line is None or self._is_repeated(row, address):
            return None
        answer = self._handle_line(line)
        return None if answer is None else Answer(WARN, (escape_control(answer),))

    def _awaited(self) -> tuple[str, ...]:
        """Return the addresses of the score's triggers, found once for each schedule."""
        schedule = self._schedule()
        if self._known is None or self._known[0] is not schedule:
            self._known = (schedule, schedule.osc_addresses)
        return self._known[1]

    def _line(self, row: Input, names: tuple[str, ...], message: Message) -> str | None:
        """Return the operator command of a message; None for the release of a button."""
        if not row.is_button:
            return row.command(*read_arguments(row, message.arguments))
        if is_release(message.arguments):
            return None
        if message.arguments not in ((), (True,)):
            read_arguments(row, message.arguments)
        return row.command(*names)

    def _is_repeated(self, row: Input, address: str) -> bool:
        """Return whether a GO follows the last one of its address too soon."""
        if not row.address.startswith(GO):
            return False
        return not self._debounce.admits(escape_control(_shown(address)), self._now())


def _shown(address: str) -> str:
    return address if len(address) <= MAX_SHOWN else address[:MAX_SHOWN] + "…"


def _values(message: Message) -> tuple[OscValue, ...]:
    """Return the arguments of a message that goes into the journal.

    Raises:
        UsageError: There are too many, or one has a type or a size that a score cannot have.
    """
    arguments = message.arguments
    if len(arguments) > MAX_ARGUMENTS:
        raise UsageError(f"{len(arguments)} arguments", f"send at most {MAX_ARGUMENTS}")
    values = tuple(one for one in arguments if _is_value(one))
    if len(values) != len(arguments):
        raise UsageError(
            f"its arguments are not valid: {describe(arguments)}",
            f"send 32-bit integers, decimals, texts of up to {MAX_STRING_LENGTH} characters, "
            "true or false",
        )
    return values  # type: ignore[return-value]  # each of them is a value


def _is_value(value: object) -> bool:
    match value:
        case bool():
            return True
        case int():
            return MIN_INTEGER <= value <= MAX_INTEGER
        case float():
            return math.isfinite(value)
        case str():
            return len(value) <= MAX_STRING_LENGTH
        case _:
            return False


def _explain_unknown(address: str, awaited: tuple[str, ...]) -> tuple[str, str]:
    if address.startswith(PREFIX):
        return "there is no such address", "it may be " + ", ".join(
            [*(one.address for one in INPUTS), PING]
        )
    if not awaited:
        return "no rule of this score waits for OSC", 'write for example: on osc "/drop" -> …'
    return "no rule of this score waits for it", f"the score waits for {', '.join(awaited)}"
