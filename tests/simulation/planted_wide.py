"""Faults planted in what only some dimensions of a show reach: the stage at Reactor, long shows,
time code, texts, display.
"""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor import show_end as showing
from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.ledger import Ledger
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.run_actions import RunActions
from sequencer.engine.conductor.run_state import RunState
from sequencer.events.codec import Event
from sequencer.events.commands import Command, SchedulePrompt
from sequencer.events.events import ConnectionRestored, Uploaded
from sequencer.language.compiler import prompts as texts
from sequencer.runtime.live import attachments as sending
from sequencer.runtime.loop import Performance
from sequencer.stages.reactor.client_protocol import ClientProtocol
from sequencer.stages.reactor.frame_takes import ShownTakes
from sequencer.stages.reactor.session import Session
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.stages.reactor.uploads import ImageUploader
from sequencer.stages.wire.codec import Wire
from sequencer.stages.wire.messages import ClientMessage, CommandRequest, Frame, ModelMessage
from sequencer.sync.timecode import PIECES, RATES, TimecodeFeed, TimecodeFollower
from tests.simulation.edits import EDITED
from tests.simulation.families import LAUNCHES, RESETS, TAPES


def _prompts_changed(patch: pytest.MonkeyPatch, change: Any) -> None:
    """Change each scheduled prompt:

    `change(command)` returns another command, or None to omit it.
    """
    original = Ledger.prompts_due

    def prompts_due(self: Ledger, base: int, making: int, started: bool, at: int) -> list[Command]:
        found = original(self, base, making, started, at)
        changed = [change(one) if isinstance(one, SchedulePrompt) else one for one in found]
        return [one for one in changed if one is not None]

    patch.setattr(Ledger, "prompts_due", prompts_due)


# ---- durations


def a_display_that_is_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(showing, "SHOWING", 2 * SECOND)


def a_clock_that_starts_before_anything_is_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sending, "UNSEEN_TIME", 0)


# ---- long shows, texts, clocks


def nothing_sent_after_a_thousand_chunks(patch: pytest.MonkeyPatch) -> None:
    _prompts_changed(patch, lambda one: one if one.chunk < 1000 else None)


def a_long_prompt_cut_off(patch: pytest.MonkeyPatch) -> None:
    _prompts_changed(patch, lambda one: replace(one, prompt=one.prompt[:15_000]))


def a_prompt_composed_otherwise(patch: pytest.MonkeyPatch) -> None:
    _prompts_changed(
        patch, lambda one: replace(one, prompt=unicodedata.normalize("NFKC", one.prompt))
    )


def a_valid_score_refused(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(texts, "MAX_PROMPT_LENGTH", 19_000)


def followed_chunks_taken_for_beats(patch: pytest.MonkeyPatch) -> None:
    def quarter_at(self: Pass, seconds: Fraction) -> Fraction:
        assert self.stretch.tempo is not None or self.counts_seconds
        return self.quarter + seconds - self.start

    patch.setattr(Pass, "quarter_at", quarter_at)


def time_code_read_late(patch: pytest.MonkeyPatch) -> None:
    original = TimecodeFeed.__init__

    def init(self: TimecodeFeed, expected: Any = RATES[1], origin: Fraction = Fraction(0)) -> None:
        original(self, expected, origin + 4)

    patch.setattr(TimecodeFeed, "__init__", init)


def time_code_read_two_frames_late(patch: pytest.MonkeyPatch) -> None:
    """A time is known two frames after the frame that it names; this fault ignores that."""
    original = TimecodeFollower._whole

    def whole(self: TimecodeFollower) -> None:
        self._count += PIECES - 1
        original(self)
        self._count -= PIECES - 1

    patch.setattr(TimecodeFollower, "_whole", whole)


def a_cue_of_time_code_late(patch: pytest.MonkeyPatch) -> None:
    original = ClockSync.time_of

    def time_of(self: ClockSync, quarter: float, seconds: float) -> float | None:
        time = original(self, quarter, seconds)
        return None if time is None else time + 3 * SECOND

    patch.setattr(ClockSync, "time_of", time_of)


# ---- sends that take long


def an_event_stamped_when_it_is_handled(patch: pytest.MonkeyPatch) -> None:
    original = Performance._handle

    async def handle(self: Performance, event: Event) -> None:
        await original(self, replace(event, at=max(event.at, self._clock.now())))

    patch.setattr(Performance, "_handle", handle)


def events_lost_during_a_send(patch: pytest.MonkeyPatch) -> None:
    original = Performance._carry_out

    async def carry_out(self: Performance, commands: tuple[Command, ...]) -> None:
        before = len(self._inbox)
        await original(self, commands)
        while len(self._inbox) > before:
            self._inbox.pop()

    patch.setattr(Performance, "_carry_out", carry_out)


def commands_sent_one_by_one(patch: pytest.MonkeyPatch) -> None:
    original = Performance._carry_out

    async def carry_out(self: Performance, commands: tuple[Command, ...]) -> None:
        for command in commands:
            await original(self, (command,))

    patch.setattr(Performance, "_carry_out", carry_out)


def a_send_that_nobody_waits_for(patch: pytest.MonkeyPatch) -> None:
    original = Performance._carry_out
    sending: set[asyncio.Task[None]] = set()

    async def carry_out(self: Performance, commands: tuple[Command, ...]) -> None:
        sending.add(asyncio.create_task(original(self, commands)))
        await asyncio.sleep(0)

    patch.setattr(Performance, "_carry_out", carry_out)


# ---- resets that are reported again


def a_repeated_reset_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RunState, "may_be_reset", property(lambda _run: True))


# ---- Reactor


def a_session_at_reactor_left_open(patch: pytest.MonkeyPatch) -> None:
    async def close(self: Session) -> None:
        return None

    patch.setattr(Session, "close", close)


def the_other_image_sent(patch: pytest.MonkeyPatch) -> None:
    original = ClientProtocol.command

    def command(self: ClientProtocol, one: Any, uploads: dict[str, Any]) -> None:
        original(self, one, {name: next(iter(uploads.values())) for name in uploads})

    patch.setattr(ClientProtocol, "command", command)


def an_upload_believed_too_soon(patch: pytest.MonkeyPatch) -> None:
    async def bring(self: ImageUploader, image: Any) -> Any:
        reference, _ = await self._slot(image, image.path.rsplit("/", 1)[-1], image.size)
        self.references[image.sha256] = reference
        return reference

    patch.setattr(ImageUploader, "_upload", bring)


def an_upload_never_reported(patch: pytest.MonkeyPatch) -> None:
    original = ReactorStage._handle

    def handle_event(self: ReactorStage, event: Event) -> None:
        if not isinstance(event, Uploaded) or len(self._uploads.references) < 2:
            original(self, event)

    patch.setattr(ReactorStage, "_handle", handle_event)


def a_connection_never_reported_restored(patch: pytest.MonkeyPatch) -> None:
    original = ReactorStage._release

    def release(self: ReactorStage, first: Event) -> None:
        if not isinstance(first, ConnectionRestored):
            original(self, first)

    patch.setattr(ReactorStage, "_release", release)


def frames_of_the_take_before_taken_for_the_next(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ShownTakes, "_has_more", lambda _self, _takes, _skipped: False)


def an_answer_read_as_another_message(patch: pytest.MonkeyPatch) -> None:
    """Models from 1.x answer with a message that everybody receives: the client that asked receives
    it twice.
    """
    patch.setattr(ClientProtocol, "_was_received", lambda _self, _message: False)


def an_answer_not_recognised(patch: pytest.MonkeyPatch) -> None:
    """An answer of a model from 1.x is a message, and with this fault it no longer ends the wait
    for an answer.
    """
    original = ClientProtocol._model_message

    def model_message(self: ClientProtocol, message: ModelMessage, now: int) -> None:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(self._answers, "answered", lambda *_: None)
            original(self, message, now)

    patch.setattr(ClientProtocol, "_model_message", model_message)


def _chunk_forgotten(patch: pytest.MonkeyPatch, wire: Wire) -> None:
    original = Wire.write_client

    def write_client(self: Wire, message: ClientMessage) -> Frame:
        if self is wire and isinstance(message, CommandRequest):
            message = replace(
                message, data={key: value for key, value in message.data.items() if key != "chunk"}
            )
        return original(self, message)

    patch.setattr(Wire, "write_client", write_client)


def a_chunk_forgotten_in_protocol_v0(patch: pytest.MonkeyPatch) -> None:
    _chunk_forgotten(patch, Wire.V0)


def a_chunk_forgotten_in_protocol_v1(patch: pytest.MonkeyPatch) -> None:
    _chunk_forgotten(patch, Wire.V1)


# ---- edits


def prompts_of_the_old_score_left(patch: pytest.MonkeyPatch) -> None:
    original = Plan.adopt
    patch.setattr(Plan, "adopt", lambda *given: replace(original(*given), leaving=[]))


def a_takeover_never_reported(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RunActions, "taken_over", lambda *_: None)


WIDE = (
    prompts_of_the_old_score_left,
    a_takeover_never_reported,
    a_display_that_is_not_waited_for,
    a_clock_that_starts_before_anything_is_seen,
    nothing_sent_after_a_thousand_chunks,
    a_long_prompt_cut_off,
    a_prompt_composed_otherwise,
    a_valid_score_refused,
    followed_chunks_taken_for_beats,
    time_code_read_late,
    time_code_read_two_frames_late,
    a_cue_of_time_code_late,
    an_event_stamped_when_it_is_handled,
    events_lost_during_a_send,
    commands_sent_one_by_one,
    a_send_that_nobody_waits_for,
    a_repeated_reset_believed,
    a_session_at_reactor_left_open,
    the_other_image_sent,
    an_upload_believed_too_soon,
    an_upload_never_reported,
    a_connection_never_reported_restored,
    frames_of_the_take_before_taken_for_the_next,
    an_answer_read_as_another_message,
    an_answer_not_recognised,
    a_chunk_forgotten_in_protocol_v0,
    a_chunk_forgotten_in_protocol_v1,
)

FROM = {
    "a_repeated_reset_believed": RESETS,
    "a_cue_of_time_code_late": TAPES,
    "prompts_of_the_old_score_left": EDITED,
    "a_takeover_never_reported": EDITED,
    "a_launch_a_line_late": LAUNCHES,
    "a_beat_counted_in_pairs": LAUNCHES,
    "a_launch_lost_with_its_section": LAUNCHES,
    "a_launch_for_a_chunk_out_of_reach": LAUNCHES,
}
"""The first seed of the shows that must find a fault, if it is not 0."""
BY_INVARIANT = {
    "a_cue_of_time_code_late": "on-the-tape",
    "time_code_read_two_frames_late": "time-code-read",
    "events_lost_during_a_send": "events-in-order",
    "commands_sent_one_by_one": "commands-in-order",
    "a_send_that_nobody_waits_for": "commands-in-order",
    "an_answer_read_as_another_message": "messages-read-once",
    "an_answer_not_recognised": "answers-known",
}
"""The invariant that must find a fault, if others could find it by luck."""
