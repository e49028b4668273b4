"""Handle the operator's input in a real-time run: turn keys and `sequencer tell` into events, or explain why not."""

from __future__ import annotations

from collections.abc import Callable

from sequencer.core.errors import UsageError
from sequencer.engine.conductor.expected_input import comes_too_late, resting_crossings, rests, unanswered, waiting_in_words
from sequencer.events.codec import Event
from sequencer.events.events import ClipRequested, ControlChanged, OperatorPause
from sequencer.runtime.loop import Performance
from sequencer.runtime.operator.commands import IgnoredError, parse_operator_command
from sequencer.runtime.operator.keyboard import KeyInterpreter
from sequencer.schedule.describe import firing_by_name


class Operator:
    """Passes text commands (`handle_line`) and keys (`press`) to a performance as events.

    Args:
        performance: The run.
        now: Returns the time of the run's clock, in nanoseconds.
        say: Prints a line for the operator.
        show_typed: Called after every key with the text typed so far.
        offset: Answers the command `offset` with more than its value.
        can_clip: Whether the stage makes clips.
    """

    def __init__(
        self,
        performance: Performance,
        now: Callable[[], int],
        say: Callable[[str], None],
        *,
        show_typed: Callable[[str], None] | None = None,
        offset: Callable[[], str] | None = None,
        can_clip: bool = True,
    ) -> None:
        self._performance = performance
        self._now = now
        self._say = say
        self._show_typed = show_typed
        self._offset = offset
        self._can_clip = can_clip
        self._typing = KeyInterpreter(lambda: rests(performance.conductor.run))

    @property
    def typed(self) -> str:
        """The text typed so far, or what the last key asks for."""
        return self._typing.asks

    def handle_line(self, text: str) -> str | None:
        """Handle a command. Return an answer if there is more to report than that it was accepted.

        Raises:
            IgnoredError: The command is valid, but nothing in the run waits for it.
            UsageError: The command is not valid.
        """
        run = self._performance.conductor.run
        words = text.split()
        if words == ["offset"]:
            return f"offset {run.sends.seen.offset / 1e6:+.0f} ms" if self._offset is None else self._offset()
        if words == ["go"]:
            raise UsageError("go needs a name", waiting_in_words(run))
        event = parse_operator_command(text, run.schedule.middle)(self._now())
        answer = unanswered(run, event)
        if answer is not None:
            raise IgnoredError(answer.message, answer.hint)
        if isinstance(event, ClipRequested) and not self._can_clip:
            raise IgnoredError("the embedded stage makes no clips", "record the whole run instead")
        note = self._note(event)
        self._performance.deliver(event)
        return note and f"{' '.join(words)}: {note}"

    def _note(self, event: Event) -> str | None:
        """Explain why an event that is accepted has no effect yet."""
        run = self._performance.conductor.run
        if comes_too_late(run, event):
            return "it comes too late: the section ends by itself before it could be left"
        match event:
            case OperatorPause() if event.paused == rests(run):
                return "the model is paused already" if event.paused else "the model is not paused"
            case ControlChanged():
                crossings = ", ".join(firing_by_name(one, run.schedule.middle) for one in resting_crossings(run, event))
                return crossings and f"{crossings} does not fire: the value has to cross it, coming from the other side"
            case _:
                return None

    def press(self, key: str) -> None:
        """Handle a key; print the answer to the command that it completes."""
        text = self._typing.feed(key)
        if text is not None:
            try:
                answer = self.handle_line(text)
            except UsageError as error:
                answer = error.message if error.hint is None else f"{error.message}; {error.hint}"
            if answer:
                self._say(answer)
        if self._show_typed is not None:
            self._show_typed(self._typing.asks)
