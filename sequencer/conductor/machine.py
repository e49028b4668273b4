"""The conductor: a state machine that hears events and answers with commands. No clock, no chance, no world.

::

    WAITING ──ready──▶ UPLOADING ──all uploaded──▶ OPENING ──conditions there──▶ STARTING ──started──▶ PLAYING
                                                      ▲                                                  │ a cut is due
                                                      └───────────── reset reported ◀── CUTTING ◀────────┘
    any ──last chunk done, session ended, closing, start refused──▶ FINISHED

`TABLE` below says which handler hears which event in which phase; what is not in it is not heard. Score chunks are the
model's chunks plus `base`, the score chunk at which the take began; `making` is the score chunk being made now (before
`start`: the one that will be made first).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sequencer.conductor.ledger import MOST_TRIES, Flight, Ledger
from sequencer.conductor.lines import Line, Status, kind_of
from sequencer.conductor.plan import Pass, Plan
from sequencer.conductor.report import Report, cue_report
from sequencer.conductor.triggers import Ear, Trigger
from sequencer.events import (
    ChunkDone,
    ClockMoved,
    Closing,
    Command,
    ConditionsReady,
    ControlMoved,
    Event,
    Finish,
    HandPaused,
    ImageAccepted,
    Lost,
    NotePlayed,
    Pause,
    Paused,
    ProgramChosen,
    PromptAccepted,
    Ready,
    Refused,
    Reset,
    Restored,
    Resume,
    Resumed,
    SchedulePrompt,
    SessionEnded,
    Start,
    Started,
    StateReported,
    Upload,
    Uploaded,
    UploadFailed,
    WakeAt,
    WasReset,
    Went,
    Woke,
)
from sequencer.schedule import (
    CueAct,
    CutTake,
    Firing,
    GotoSection,
    PauseModel,
    PickPrompt,
    ResumeModel,
    RuleEntry,
    Schedule,
)

SECOND = 1_000_000_000
PATIENCE = 10 * SECOND
"""How long an opening or a reset may go unanswered before the next step is taken all the same."""
RETRY = SECOND
"""How long to wait before a refused start is tried again."""
MOST_STARTS = 3
MOST_AHEAD = 32
"""How many prompts a certain stretch sends ahead: the model repeats them all in every `state`, whose size has a limit."""


class Phase(StrEnum):
    """Where a run is."""

    WAITING = "waiting"
    UPLOADING = "uploading"
    OPENING = "opening"
    STARTING = "starting"
    PLAYING = "playing"
    CUTTING = "cutting"
    FINISHED = "finished"


class Conductor:
    """One run of one schedule: `receive` every event in the order in which it came, do what the commands say."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.phase = Phase.WAITING
        self.plan = Plan(schedule)
        self.ledger = Ledger(schedule.seed, schedule.sr)
        self.ear = Ear(schedule)
        self.base = 0
        self.making = 0
        self.takes = 0
        self.paused = False
        self.connected = True
        self.ended = ""
        self.refusals: list[str] = []
        self.notes: list[str] = []
        self._uploads: set[str] = set()
        self._has_prompt = self._has_image = False
        self._due: int | None = None
        self._starts = 0
        self._fresh = False
        self._restarted = False
        self._next_base = 0
        self._firings: dict[str, int] = {}
        self._held: list[frozenset[Firing] | HandPaused] = []

    # ---- the one door ----------------------------------------------------------------------------------------------

    def receive(self, event: Event) -> tuple[Command, ...]:
        """What is to be done now that this has happened. Chunks in the commands count within the take."""
        handler = TABLE.get((self.phase, type(event)))
        if handler is None:
            return ()
        return tuple(handler(self, event))

    @property
    def is_finished(self) -> bool:
        """Whether the run is over."""
        return self.phase is Phase.FINISHED

    @property
    def reach(self) -> int:
        """The first score chunk that a prompt can still be scheduled for."""
        return self.making + self.schedule.lead if self.is_running else self.base

    @property
    def is_running(self) -> bool:
        """Whether the take has started."""
        return self.phase in (Phase.PLAYING, Phase.CUTTING)

    # ---- opening ---------------------------------------------------------------------------------------------------

    def _ready(self, event: Ready) -> list[Command]:
        images = self.schedule.images
        self._uploads = {image.sha256 for image in images}
        if not images:
            return self._open(event.at)
        self.phase = Phase.UPLOADING
        return [Upload(image) for image in images]

    def _uploaded(self, event: Uploaded) -> list[Command]:
        self._uploads.discard(event.sha256)
        return [] if self._uploads else self._open(event.at)

    def _upload_failed(self, event: UploadFailed) -> list[Command]:
        path = next((image.path for image in self.schedule.images if image.sha256 == event.sha256), event.sha256[:12])
        return self._finish(f"the image {path} could not be uploaded: {event.reason}", well=False)

    def _open(self, at: int) -> list[Command]:
        """Set a take up at `base`: its settings, and every prompt that may leave already."""
        self.phase = Phase.OPENING
        self.making = self.base
        self._has_prompt = self._has_image = False
        for line in self.plan.take_up_to(self.base):
            self._commit(line)
        self._commit_up_to(self._limit())
        commands = self.ledger.opening(self.base, at)
        commands += self.ledger.prompts_due(self.base, self.making, False, at)
        return [*commands, self._wake(at + PATIENCE)]

    def _wake(self, due: int) -> WakeAt:
        self._due = due
        return WakeAt(due)

    def _wants_image(self) -> bool:
        slot = self.ledger.slots.get(self.base)
        return slot is not None and slot.image is not None

    def _conditioned(self, event: ConditionsReady) -> list[Command]:
        self._has_prompt = self._has_prompt or event.has_prompt
        self._has_image = self._has_image or event.has_image
        return self._start_if_ready()

    def _opening_prompt(self, event: PromptAccepted) -> list[Command]:
        self.ledger.accepted_prompt(event.prompt)
        self._has_prompt = self._has_prompt or event.prompt.strip() == (self.ledger.active_at(self.base) or "").strip()
        return self._start_if_ready()

    def _opening_image(self, event: ImageAccepted) -> list[Command]:
        self.ledger.accepted_image(self.making)
        self._has_image = True
        return self._start_if_ready()

    def _start_if_ready(self) -> list[Command]:
        if not self._has_prompt or (self._wants_image() and not self._has_image):
            return []
        return self._start()

    def _start(self) -> list[Command]:
        self.phase = Phase.STARTING
        self._starts += 1
        return [Start()]

    def _opening_refused(self, event: Refused) -> list[Command]:
        """What opens a take cannot be done without; the other prompts can be sent again later."""
        self.refusals.append(f"{event.command}: {event.reason}")
        flight = self.ledger.refused(event.command)
        if event.command == "start":
            if self._starts >= MOST_STARTS:
                return self._finish(f"the model refused to start: {event.reason}", well=False)
            self.phase = Phase.OPENING
            self._has_prompt = self._has_image = False
            return [self._wake(event.at + RETRY)]
        if flight is not None and flight.chunk == self.base:
            self._end_lines(flight, Status.REFUSED, event.reason)
            return self._finish(f"the model refused what the take opens with ({event.command}): {event.reason}", well=False)
        if flight is not None:
            return self._retry(flight, event)
        return []

    def _opening_woke(self, event: Woke) -> list[Command]:
        """No answer in time, or a refused start's rest is over: try all the same, the model will say what it lacks."""
        if event.due != self._due:
            return []
        if not self.connected:
            return [self._wake(event.at + PATIENCE)]
        if self._starts and not self._has_prompt:
            commands = self.ledger.opening(self.base, event.at)
            self._has_prompt = self._has_image = True
            return [*commands, *self._start()]
        self.notes.append("the model did not say that it has what it needs to start; it was started all the same")
        return self._start()

    def _started(self, event: Started) -> list[Command]:
        self.phase = Phase.PLAYING
        self._starts = 0
        self._fresh = False
        self.takes += 1
        self.making = self.base
        self.ledger.opened(self.base)
        self.ledger.began(self.base, event.at)
        commands = self._send(event.at)
        held, self._held = self._held, []
        for earlier in held:
            commands += self._hand_pause(earlier) if isinstance(earlier, HandPaused) else self._act_on(earlier, event.at)
        return commands

    def _started_before(self, event: StateReported) -> list[Command]:
        """A `state` that says it runs stands for a start whose own message was lost."""
        if not (event.started and self._restarted):
            return []
        commands = self._started(Started(event.at, event.chunk))
        self._fresh = True
        return commands + self._state(event)

    # ---- playing ---------------------------------------------------------------------------------------------------

    def _chunk_done(self, event: ChunkDone) -> list[Command]:
        if event.frames == 0 and event.chunk == 0 and self.making == self.base:
            return []  # a warm-up chunk: nothing was made yet
        chunk = self.base + event.chunk
        if chunk < self.making:
            return []  # said twice, or out of order
        self._fresh = True
        self.ledger.done(chunk, event.prompt)
        self.making = chunk + 1
        self.ledger.began(self.making, event.at)
        self.ledger.forget_landed(chunk)
        if self.making >= self.plan.end_chunk():
            return self._finish("the score is over", well=True)
        return self._send(event.at)

    def _last_chunk_of_take(self, event: ChunkDone) -> list[Command]:
        """While a reset is on its way, the chunk in the making is still finished and counts."""
        chunk = self.base + event.chunk
        if chunk >= self.making:
            self.ledger.done(chunk, event.prompt)
            self.making = chunk + 1
        return []

    def _state(self, event: StateReported) -> list[Command]:
        """The model's own count, believed when this take has shown itself: late `state`s of the take before may still come."""
        if not event.started or not self._fresh:
            return []
        ahead = self.base + event.chunk > self.making
        if ahead:
            self.making = self.base + event.chunk
            self.ledger.began(self.making, event.at)
        if self._restarted:
            self._restarted = False
            self.ledger.recheck({self.base + chunk for chunk, _ in event.scheduled}, self.making)
            return self._send(event.at)
        return self._send(event.at) if ahead else []

    def _send(self, at: int) -> list[Command]:
        """Everything that is due now: commit what is within reach, then send it; begin a cut when its chunk is the next."""
        if not self.connected:
            return []
        self._commit_up_to(self._limit())
        commands = self.ledger.live_due(self.base, self.making, at)
        commands += self.ledger.prompts_due(self.base, self.making, True, at)
        cut = self.plan.next_cut()
        if cut is not None and self.making >= cut - 1:
            commands += self._cut(max(cut, self.making + 1), at)
        return commands

    def _limit(self) -> int:
        """The last score chunk that may be committed now; what a coming cut opens with waits for it."""
        limit = max(self.making + self.schedule.lead, self.plan.certain_until(self.making))
        cut = self.plan.next_cut()
        return limit if cut is None else min(limit, cut - 1)

    def _commit_up_to(self, limit: int) -> None:
        reach = self.making + self.schedule.lead
        while (line := self.plan.next_line()) is not None and self.plan.chunk_of(line) <= limit:
            if line.nominal > reach and self.ledger.prompts_beyond(self.making) >= MOST_AHEAD:
                return
            self._commit(self.plan.pop())

    def _commit(self, line: Line) -> None:
        chunk = line.planned = self.plan.chunk_of(line)
        soonest = self._soonest(line, chunk)
        if chunk < soonest:
            if self.schedule.late == "drop":
                line.end(Status.DROPPED, f"chunk {chunk} could not be reached any more")
                return
            line.reason = f"chunk {chunk} could not be reached any more"
            chunk = soonest
        self.ledger.commit(line, chunk)

    def _soonest(self, line: Line, chunk: int) -> int:
        """The first chunk at which a line can still act."""
        if not self.is_running:
            return self.base
        kinds = {kind_of(act) for act in line.acts}
        slot = self.ledger.slots.get(chunk)
        carried = "image" in kinds or (slot is not None and slot.image is not None and "image" not in slot.sent)
        return self.making + (self.schedule.lead if "prompt" in kinds and not carried else 1)

    # ---- cuts ------------------------------------------------------------------------------------------------------

    def _cut(self, chunk: int, at: int) -> list[Command]:
        """End the take before `chunk`: everything up to there that was not committed opens the new take."""
        self.phase = Phase.CUTTING
        self._next_base = chunk
        for line in self.plan.take_up_to(chunk):
            line.planned = self.plan.chunk_of(line)
            if line.planned < chunk and self.schedule.late == "drop" and not _cuts(line):
                line.end(Status.DROPPED, f"chunk {line.planned} could not be reached any more")
                continue
            if line.planned < chunk:
                line.reason = f"chunk {line.planned} could not be reached any more"
            self.ledger.commit(line, chunk)
        return [Reset(), self._wake(at + PATIENCE)]

    def _was_reset(self, event: WasReset) -> list[Command]:
        self.base = self._next_base
        self.ledger.began(self.base, event.at)
        self.ledger.renew(self.base)
        return self._open(event.at)

    def _cutting_woke(self, event: Woke) -> list[Command]:
        if event.due != self._due:
            return []
        if not self.connected:
            return [self._wake(event.at + PATIENCE)]
        self.notes.append("the model did not report the reset; the new take was opened all the same")
        return self._was_reset(WasReset(event.at))

    def _reset_refused(self, event: Refused) -> list[Command]:
        self.refusals.append(f"{event.command}: {event.reason}")
        if event.command != "reset":
            return []
        slot = self.ledger.slots[self._next_base]
        for line in slot.lines:
            if "cut" in line.open:
                line.end(Status.REFUSED, event.reason)
        self.phase = Phase.PLAYING
        return self._send(event.at)

    # ---- answers ---------------------------------------------------------------------------------------------------

    def _prompt_accepted(self, event: PromptAccepted) -> list[Command]:
        self.ledger.accepted_prompt(event.prompt)
        return []

    def _image_accepted(self, event: ImageAccepted) -> list[Command]:
        self.ledger.accepted_image(self.making + 1)
        return []

    def _refused(self, event: Refused) -> list[Command]:
        self.refusals.append(f"{event.command}: {event.reason}")
        flight = self.ledger.refused(event.command)
        if flight is None:
            return []
        if flight.chunk in self.ledger.overwritten and flight.command == "schedule_prompt":
            line = self.ledger.overwritten.pop(flight.chunk)
            line.status, line.reason = Status.STUCK, event.reason
            return []
        return self._retry(flight, event) + self._send(event.at)

    def _retry(self, flight: Flight, event: Refused) -> list[Command]:
        """A refused prompt is sent again for the next chunk in reach; what else was refused is reported."""
        slot = self.ledger.slots[flight.chunk]
        lines = [line for line in slot.lines if "prompt" in line.open]
        again = flight.command == "schedule_prompt" and self.schedule.late == "shift" and flight.tries < MOST_TRIES
        if not again or not lines or slot.prompt != flight.prompt:
            self._end_lines(flight, Status.REFUSED, event.reason)
            return []
        line = lines[-1]
        line.reason = f"refused at chunk {flight.chunk} ({event.reason}), sent again"
        chunk = max(flight.chunk, self.reach)
        if chunk != flight.chunk:
            slot.remove(line)
            if self.ledger.has_later_prompt(line, chunk):
                line.end(Status.OVERTAKEN, "a later cue acts where it could have landed")
                return []
            self.ledger.commit(line, chunk)
        return [self.ledger.resend(Flight(flight.command, chunk, flight.prompt, flight.tries), self.base)]

    def _end_lines(self, flight: Flight, status: Status, reason: str) -> None:
        kinds = _KINDS_OF_COMMAND.get(flight.command, frozenset())
        for line in self.ledger.slots[flight.chunk].lines:
            if line.open & kinds:
                line.end(status, reason)

    # ---- hands and gear --------------------------------------------------------------------------------------------

    def _hand_pause(self, event: HandPaused) -> list[Command]:
        return [Pause() if event.paused else Resume()]

    def _paused(self, event: Paused) -> list[Command]:
        self.paused = True
        return []

    def _resumed(self, event: Resumed) -> list[Command]:
        self.paused = False
        return []

    def _trigger(self, event: Trigger) -> list[Command]:
        """Rules and exits of the pass that plays now."""
        firings = self.ear.heard(event)
        return self._act_on(firings, event.at) if firings else []

    def _hold(self, event: Trigger | HandPaused) -> list[Command]:
        """Nothing an operator did is lost while a take is being opened: it acts as soon as the take runs."""
        heard = event if isinstance(event, HandPaused) else self.ear.heard(event)
        if heard:
            self._held.append(heard)
        return []

    def _act_on(self, firings: frozenset[Firing], at: int) -> list[Command]:
        if self.phase is not Phase.PLAYING:
            self._held.append(firings)
            return []
        current = self.plan.pass_at(self.making)
        commands: list[Command] = []
        if any(trigger in firings for trigger in current.stretch.until):
            commands += self._leave(current, current.stretch.index + 1, "the live section was left")
            current = self.plan.passes[current.number]
        for rule in current.stretch.rules:
            if rule.trigger in firings:
                commands += self._fire(rule, current, at)
        return commands + self._send(at)

    def _fire(self, rule: RuleEntry, current: Pass, at: int) -> list[Command]:
        count = self._firings.get(rule.key, 0)
        self._firings[rule.key] = count + 1
        commands: list[Command] = []
        acts: list[CueAct] = []
        for act in rule.acts:
            match act:
                case PauseModel():
                    commands.append(Pause())
                case ResumeModel():
                    commands.append(Resume())
                case GotoSection():
                    target = self.plan.next_stretch_named(act.section, current.stretch.index)
                    if target is not None:
                        commands += self._leave(current, target, f"goto {act.section}")
                case PickPrompt():
                    acts.append(act.drawn(self.schedule.seed, count))
                case _:
                    acts.append(act)
        if acts:
            commands += self._act(rule, tuple(acts), current, at)
        return commands

    def _act(self, rule: RuleEntry, acts: tuple[CueAct, ...], current: Pass, at: int) -> list[Command]:
        kinds = {kind_of(act) for act in acts}
        if "cut" in kinds:
            chunk = self.making + 1
            line = self.plan.fire(rule, acts, current, chunk, at)
            commands = self._cut(chunk, at)
            self.ledger.commit(line, chunk)
            return commands
        chunk = self.making + (self.schedule.lead if "prompt" in kinds and "image" not in kinds else 1)
        cut = self.plan.next_cut()
        if cut is not None:
            chunk = min(chunk, max(cut, self.making + 1))
        self.ledger.commit(self.plan.fire(rule, acts, current, chunk, at), chunk)
        return []

    def _leave(self, current: Pass, following: int, reason: str) -> list[Command]:
        """Leave a pass at the next bar line within reach and lay what follows from there."""
        exit_at = self.plan.exit_from(current, self.making + self.schedule.lead)
        if exit_at is None and following == current.stretch.index + 1:
            return []  # it ends by itself before it could be left
        exit_at = current.end if exit_at is None else exit_at
        self.plan.leave(current, exit_at, following, reason)
        self._commit_up_to(self._limit())
        commands: list[Command] = []
        for line in self.ledger.committed_from(self.making + 1):
            if line.rule is None and line.time >= exit_at and line.pass_number == current.number:
                overwrite = self.ledger.withdraw(line, reason)
                if overwrite is not None:
                    commands.append(SchedulePrompt(overwrite.prompt, overwrite.chunk - self.base))
        return commands

    # ---- the line --------------------------------------------------------------------------------------------------

    def _lost(self, event: Lost) -> list[Command]:
        self.connected = False
        self.notes.append(f"the connection was lost: {event.reason}")
        return []

    def _restored(self, event: Restored) -> list[Command]:
        """Connected again: what was on its way may be lost, and every command here can safely be sent twice."""
        self.connected = True
        self._restarted = True
        match self.phase:
            case Phase.PLAYING:
                return self._send(event.at)
            case Phase.UPLOADING:
                return [Upload(image) for image in self.schedule.images if image.sha256 in self._uploads]
            case Phase.OPENING | Phase.STARTING:
                self.ledger.renew(self.base)
                return self._open(event.at)
            case Phase.CUTTING:
                return [Reset(), self._wake(event.at + PATIENCE)]
            case Phase.WAITING | Phase.FINISHED:
                return []

    def _session_ended(self, event: SessionEnded) -> list[Command]:
        return self._finish(f"the session was ended: {event.reason}", well=False)

    def _closing(self, event: Closing) -> list[Command]:
        return self._finish(event.reason, well=False)

    def _finish(self, reason: str, well: bool) -> list[Command]:
        self.phase = Phase.FINISHED
        self.ended = reason
        why = "no chunk was reported with it" if well else f"the run ended first: {reason}"
        for line in self.plan.lines:
            if not line.is_final:
                line.end(Status.MISSED, line.reason or why)
        return [Finish(reason)]

    # ---- the report ------------------------------------------------------------------------------------------------

    def report(self) -> Report:
        """What became of every cue so far."""
        return Report(
            cues=tuple(cue_report(line, self.schedule.grid) for line in self.plan.lines),
            ended=self.ended,
            takes=self.takes,
            chunks=self.making,
            refused=tuple(self.refusals),
            notes=tuple(self.notes),
        )


def _cuts(line: Line) -> bool:
    return any(isinstance(act, CutTake) for act in line.acts)


_KINDS_OF_COMMAND: dict[str, frozenset[str]] = {
    "schedule_prompt": frozenset({"prompt"}),
    "set_conditioning": frozenset({"prompt", "image"}),
    "set_image": frozenset({"image"}),
    "set_image_strength": frozenset({"strength"}),
    "set_sr_scale": frozenset({"sr"}),
}

Handler = Callable[[Any, Any], list[Command]]

_ANYWHERE: dict[type[Event], Handler] = {
    SessionEnded: Conductor._session_ended,
    Closing: Conductor._closing,
    Lost: Conductor._lost,
    Restored: Conductor._restored,
}
_TRIGGERS = (NotePlayed, ControlMoved, ProgramChosen, Went, ClockMoved)

_HELD: dict[type[Event], Handler] = dict.fromkeys((*_TRIGGERS, HandPaused), Conductor._hold)

_PHASES: dict[Phase, dict[type[Event], Handler]] = {
    Phase.WAITING: {Ready: Conductor._ready},
    Phase.UPLOADING: {Uploaded: Conductor._uploaded, UploadFailed: Conductor._upload_failed},
    Phase.OPENING: {
        ConditionsReady: Conductor._conditioned,
        PromptAccepted: Conductor._opening_prompt,
        ImageAccepted: Conductor._opening_image,
        Refused: Conductor._opening_refused,
        Woke: Conductor._opening_woke,
    },
    Phase.STARTING: {
        Started: Conductor._started,
        StateReported: Conductor._started_before,
        Refused: Conductor._opening_refused,
        PromptAccepted: Conductor._prompt_accepted,
        ImageAccepted: Conductor._image_accepted,
    },
    Phase.PLAYING: {
        ChunkDone: Conductor._chunk_done,
        StateReported: Conductor._state,
        PromptAccepted: Conductor._prompt_accepted,
        ImageAccepted: Conductor._image_accepted,
        Refused: Conductor._refused,
        HandPaused: Conductor._hand_pause,
        Paused: Conductor._paused,
        Resumed: Conductor._resumed,
        **dict.fromkeys(_TRIGGERS, Conductor._trigger),
    },
    Phase.CUTTING: {
        ChunkDone: Conductor._last_chunk_of_take,
        WasReset: Conductor._was_reset,
        Refused: Conductor._reset_refused,
        Woke: Conductor._cutting_woke,
        PromptAccepted: Conductor._prompt_accepted,
        ImageAccepted: Conductor._image_accepted,
    },
    Phase.FINISHED: {},
}

TABLE: dict[tuple[Phase, type[Event]], Handler] = {
    (phase, kind): handler
    for phase, own in _PHASES.items()
    for kind, handler in ({} if phase is Phase.FINISHED else {**_ANYWHERE, **_HELD, **own}).items()
}
"""(phase, event) → handler. `docs/architecture.md`'s diagram is made from it."""
