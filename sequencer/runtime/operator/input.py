"""Handle the operator's input in a real-time run.

Keys and `sequencer tell` become events, or an explanation why not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sequencer.core.errors import UsageError
from sequencer.engine.conductor.expected_input import (
    describe_awaited,
    find_unfired_crossings,
    is_too_late,
)
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.events import (
    BeginRequested,
    ClipRequested,
    ControlChanged,
    OperatorPause,
)
from sequencer.runtime.loop import Performance
from sequencer.runtime.operator.commands import (
    FindImage,
    IgnoredError,
    names_image,
    parse_operator_command,
)
from sequencer.runtime.operator.debounce import KEY_DEBOUNCE_MS, Debounce, ExitDebounce
from sequencer.runtime.operator.keyboard import ACTING, ENTER, KeyInterpreter
from sequencer.runtime.operator.reload_control import ReloadControl, is_reload_command
from sequencer.schedule.describe import firing_by_name
from sequencer.schedule.model import GoTrigger


class Operator:
    """Passes text commands (`handle_line`) and keys (`press`) to a performance as events.

    Args:
        performance: The run.
        now: Returns the time of the run's clock, in nanoseconds.
        notify: Prints a line for the operator.
        show_typed: Called after every key with the text typed so far.
        offset: Answers the command `offset` with more than its value.
        can_clip: Whether the stage makes clips.
        find_image: Inspects an image that is improvised (see `parse_operator_command`).
        reloads: Handles `reload` and `undo`; None in a run that watches no score.
        exits: Ignores what a button sends again, where `handle_line` is called for a device.
        key_debounce_ms: Within how many milliseconds a key that is pressed again is ignored; 0
            ignores none.
        go_from: From when on a GO begins a run that waits for it, in nanoseconds: an earlier one
            was meant for the score before.
    """

    def __init__(
        self,
        performance: Performance,
        now: Callable[[], int],
        notify: Callable[[str], None],
        *,
        show_typed: Callable[[str], None] | None = None,
        offset: Callable[[], str] | None = None,
        can_clip: bool = True,
        find_image: FindImage | None = None,
        reloads: ReloadControl | None = None,
        exits: ExitDebounce | None = None,
        key_debounce_ms: int = KEY_DEBOUNCE_MS,
        go_from: int = 0,
    ) -> None:
        self._exits = exits
        self._go_from = go_from
        self._keys = Debounce(key_debounce_ms, notify)
        self._reloads = reloads
        self._performance = performance
        self._now = now
        self._notify = notify
        self._show_typed = show_typed
        self._offset = offset
        self._can_clip = can_clip
        self._find_image = find_image
        self._pressed: set[asyncio.Task[None]] = set()
        self._typing = KeyInterpreter(lambda: performance.conductor.view.will_be_paused)

    @property
    def typed(self) -> str:
        """The text typed so far, or what the last key asks for."""
        return self._typing.asks

    async def answer(self, text: str) -> str | None:
        """Handle a command as `handle_line` does.

        An image or an edited score is read without delaying the run.
        """
        if is_reload_command(text):
            if self._reloads is None:
                raise UsageError(
                    "this run does not watch its score", "begin it with the option --reload"
                )
            return await self._reloads.answer(text)
        if not names_image(text):
            return self.handle_line(text)
        middle = self._performance.conductor.view.schedule.middle
        command = await asyncio.to_thread(parse_operator_command, text, middle, self._find_image)
        return self._handle(text, command(self._now()))

    def handle_line(self, text: str, *, from_device: bool = False) -> str | None:
        """Handle a command. Return an answer if there is more to report than that it was accepted.

        Args:
            text: The command.
            from_device: Whether a device sent it, whose contacts may bounce.

        Raises:
            IgnoredError: The command is valid, but nothing in the run waits for it.
            UsageError: The command is not valid.
        """
        run = self._performance.conductor.view
        words = text.split()
        if words == ["offset"]:
            return f"offset {run.offset / 1e6:+.0f} ms" if self._offset is None else self._offset()
        if words == ["go"] and run.waits_for_go:
            return self._begin()
        if words == ["go"]:
            own = [one for one in run.listening_pass.stretch.until if isinstance(one, GoTrigger)]
            if not own:
                raise UsageError(
                    "the current section does not end on a go-cue, so go needs a name",
                    describe_awaited(run),
                )
            text = f"go {own[0].name}"
        command = parse_operator_command(text, run.schedule.middle, self._find_image)
        return self._handle(text, command(self._now()), from_device=from_device)

    def _begin(self) -> str | None:
        """Begin a run that waits for its operator."""
        now = self._now()
        if now < self._go_from:
            raise IgnoredError(
                "the score before has only just ended", "go again to begin the next one"
            )
        self._performance.deliver(BeginRequested(now))
        is_armed = self._performance.conductor.phase is Phase.ARMED
        return None if is_armed else "go: the score begins as soon as it is set up"

    def _handle(self, text: str, event: Event, *, from_device: bool = False) -> str | None:
        answer = self._performance.explain_unanswered(event)
        if answer is not None:
            raise IgnoredError(answer.message, answer.hint)
        if isinstance(event, ClipRequested) and not self._can_clip:
            raise IgnoredError("the simulator makes no clips", "record the entire run instead")
        if from_device and self._exits is not None and not self._exits.admits(event):
            return None
        note = self._note(event)
        self._performance.deliver(event)
        return note and f"{' '.join(text.split())}: {note}"

    def _note(self, event: Event) -> str | None:
        """Explain why an event that is accepted has no effect yet."""
        run = self._performance.conductor.view
        if is_too_late(run, event):
            return "it is too late: the section ends by itself before it can be left"
        match event:
            case OperatorPause() if event.paused == run.will_be_paused:
                return "the model is paused already" if event.paused else "the model is not paused"
            case ControlChanged():
                crossings = ", ".join(
                    firing_by_name(one, run.schedule.middle)
                    for one in find_unfired_crossings(run, event)
                )
                return crossings and (
                    f"{crossings} does not trigger: the value has to cross it from the other side"
                )
            case _:
                return None

    def press(self, key: str) -> None:
        """Handle a key; print the answer to the command that it completes.

        A key that acts by itself is ignored while it repeats.
        """
        if self._is_repeated(key):
            return
        text = self._typing.feed(key)
        if text is not None and (names_image(text) or is_reload_command(text)):
            task = asyncio.ensure_future(self._answer_key(text))
            self._pressed.add(task)
            task.add_done_callback(self._pressed.discard)
        elif text is not None:
            try:
                answer = self.handle_line(text)
            except UsageError as error:
                answer = _in_one_line(error)
            if answer:
                self._notify(answer)
        if self._show_typed is not None:
            self._show_typed(self._typing.asks)

    def _is_repeated(self, key: str) -> bool:
        """Return whether a key is ignored because it was pressed, or is held, already.

        The Enter that ends a typed line always acts, but it is a press: one that is held a little
        too long must not be a GO as well.
        """
        is_typing = bool(self._typing.line)
        if key not in (ENTER if is_typing else ACTING):
            return False
        name = "the key Enter" if key in ENTER else "the space key" if key == " " else f"key {key}"
        if is_typing:
            self._keys.press(name, self._now())
            return False
        return not self._keys.admits(name, self._now())

    async def _answer_key(self, text: str) -> None:
        try:
            answer = await self.answer(text)
        except UsageError as error:
            answer = _in_one_line(error)
        if answer:
            self._notify(answer)


def _in_one_line(error: UsageError) -> str:
    return error.message if error.hint is None else f"{error.message}; {error.hint}"
