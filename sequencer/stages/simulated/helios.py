"""The simulated Helios model: a discrete-event machine on integer nanoseconds.

No I/O, no clock, no randomness.

::

    IDLE ──start──▶ STARTING ──conditioning encoded──▶ MAKING ──chunk done──▶ MAKING …
      ▲                                                 │  ▲
      │                                      pause, chunk done
      │                                                 ▼  │ resume
      └──────reset (at the end of the current chunk)─────── PAUSED

Commands and the passing of time go in; messages (in any dialect) come out, as well as what was
made: `ChunkBegun` with all that its frames depend on, and `ChunkMade`. A command sent while chunk k
is made takes effect at k+1 at the earliest; a command at the exact instant of a boundary is sent
during the chunk that begins there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction

from sequencer.core.images import Scale
from sequencer.core.timebase import ChunkGrid
from sequencer.events.commands import (
    Pause,
    Reset,
    Resume,
    SchedulePrompt,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Start,
)
from sequencer.events.events import (
    ChunkDone,
    CommandRefused,
    ConditionsReady,
    ImageAccepted,
    Paused,
    PromptAccepted,
    ResetDone,
    Resumed,
    Started,
    StateReported,
)
from sequencer.stages.simulated.faults import NO_FAULTS, Faults
from sequencer.stages.simulated.helios_state import (
    ChunkBegun,
    ChunkInputs,
    ChunkMade,
    Conditions,
    Output,
    RefusedError,
    UploadedImage,
    UploadedImages,
    hash64,
)
from sequencer.stages.simulated.outgoing import OutgoingMessages
from sequencer.stages.simulated.pending_commands import Asks
from sequencer.stages.simulated.snapshots import Snapshot, Snapshots, TakeState
from sequencer.stages.simulated.timing import ANSWER, BOUNDARY, ENCODED, EventQueue, ModelTiming
from sequencer.stages.wire.fields import Data
from sequencer.stages.wire.helios.commands import (
    HeliosCommand,
    ListSnapshots,
    Problem,
    Rewind,
    SaveSnapshot,
    SetPrompt,
    SnapshotCommand,
    read_any_command,
    read_command,
    read_fading_command,
)
from sequencer.stages.wire.helios.model_messages import (
    write_rewound,
    write_seed_set,
    write_snapshot_saved,
    write_snapshots_listed,
    write_switch,
)

DEFAULT_SR: Scale = "2x"
DEFAULT_STRENGTH = 1.0
DEFAULT_SEED = 0


class HeliosModel:
    """The model of one session.

    Call its methods in order of time; they return what leaves the model by then.
    """

    def __init__(
        self, faults: Faults = NO_FAULTS, grid: ChunkGrid | None = None, *, fades: bool = False
    ) -> None:
        """Make a model.

        Args:
            faults: What goes wrong.
            grid: The grid of chunks.
            fades: Whether its `schedule_prompt` has a `fade`, which the platform's model has not.
        """
        self._faults = faults
        self._fades = fades
        grid = grid or ChunkGrid()
        self._frames = grid.frames
        self._first_frames = grid.first or grid.frames
        self._pace = ModelTiming(faults, grid)
        self._agenda = EventQueue()
        self._outgoing = OutgoingMessages(faults)
        self._uploads = UploadedImages(faults.uploads_last)
        self._has_snapshots = faults.dialect == "1.x"
        self._asks = Asks(with_messages=faults.dialect == "1.x")
        self._received: Counter[str] = Counter()
        self._deaf_until = -1
        self._answered = 0
        self._old_states: list[StateReported] = []
        self._sr: Scale = DEFAULT_SR
        self._strength = DEFAULT_STRENGTH
        self.take = 0
        self._branch = 0
        """Counts resets and rewinds: what was pending before one of them is dropped."""
        self._clear()

    def _clear(self) -> None:
        """Clear what a reset clears.

        That is everything but super-resolution, strength, uploads and the count of takes.
        """
        self.chunk = 0
        self._frame = 0
        self._conditions = Conditions()
        self._seed_asked = DEFAULT_SEED
        self._seed = DEFAULT_SEED
        self._started = False
        self._paused = False
        self._pausing = False
        self._resetting = False
        self._making: ChunkInputs | None = None
        self._last: ChunkInputs | None = None
        self._snapshots = Snapshots()
        self._rewinding: Snapshot | None = None
        self._edge = Fraction(0)

    # ---- interface

    @property
    def deadline(self) -> int | None:
        """When something will happen by itself; None if nothing will."""
        return self._agenda.next

    @property
    def answered(self) -> int:
        """When the answers to the last command leave, in nanoseconds."""
        return self._answered

    @property
    def is_making(self) -> bool:
        """Whether a chunk is being made."""
        return self._making is not None

    def advance(self, now: int) -> tuple[Output, ...]:
        """Let time pass up to and including nanosecond `now`."""
        self._agenda.until(now)
        return self._outgoing.taken()

    def connect(self, at: int) -> tuple[Output, ...]:
        """Connect a client: `state` is sent."""
        self._agenda.until(at)
        self._deaf_until = at + self._faults.unheard
        self._state(at)
        return self.advance(at)

    def uploaded(self, upload: str, image: UploadedImage, at: int = 0) -> None:
        """Note that an upload's bytes have arrived under this id, at nanosecond `at`."""
        self._uploads.add(upload, image, at)

    def read(
        self, name: str, data: Mapping[str, object]
    ) -> HeliosCommand | SnapshotCommand | Problem:
        """Read a command of the wire format, as this model knows it."""
        if self._has_snapshots:
            return read_any_command(name, data)
        return read_fading_command(name, data) if self._fades else read_command(name, data)

    def receive(self, name: str, data: Mapping[str, object], at: int) -> tuple[Output, ...]:
        """Receive a wire format command; one that cannot be read is refused like any other."""
        return self._handle(self.read(name, data), at)

    def ask(self, name: str, data: Mapping[str, object], at: int, ask: int) -> tuple[Output, ...]:
        """Receive a command that expects an answer.

        Like `receive`, but the id `ask` is returned once, in the `answers` of a message or of an
        `Acknowledged`.
        """
        return self._handle(self.read(name, data), at, ask)

    def command(self, command: HeliosCommand | SnapshotCommand, at: int) -> tuple[Output, ...]:
        """Receive a command that was already read."""
        return self._handle(command, at)

    # ---- outgoing

    def _state(self, at: int) -> None:
        state = StateReported(
            at,
            running=self._started and not self._paused,
            started=self._started,
            paused=self._paused,
            frame=self._frame,
            chunk=self.chunk,
            prompt=self._conditions.prompt,
            scheduled=self._conditions.scheduled,
            image_set=self._conditions.has_image(at),
            strength=self._strength,
        )
        if self._faults.stale_states:
            self._old_states = [*self._old_states, state][-self._faults.stale_states :]
        self._outgoing.report(state, at)

    # ---- commands

    def _handle(
        self, command: HeliosCommand | SnapshotCommand | Problem, at: int, ask: int = 0
    ) -> tuple[Output, ...]:
        self._agenda.until(at)
        self._asks.begin(ask)
        if at < self._deaf_until:
            self._outgoing.acknowledge(self._asks.unclaimed(), at)
        else:
            name = command.command if isinstance(command, Problem) else command.kind
            self._received[name] += 1
            due = self._answer_due(name, at)
            try:
                self._check_script(name)
                self._do(command, at, due)
            except RefusedError as error:
                refused = CommandRefused(due, name, str(error))
                self._agenda.at(due, ANSWER, lambda now: self._outgoing.report(refused, now))
            self._agenda.at(due, ANSWER, self._state)
            unclaimed = self._asks.unclaimed()
            self._agenda.at(due, ANSWER, lambda now: self._outgoing.acknowledge(unclaimed, now))
        return self.advance(at)

    def _answer_due(self, name: str, at: int) -> int:
        """Return when the answers to a command leave: never before those to an earlier one."""
        due = at + self._pace.answer(name, self._received[name])
        if self._faults.delays.at_chunk and self._making is not None:
            due = max(due, self._boundary_due)
        self._answered = max(self._answered, due)
        return self._answered

    def _check_script(self, name: str) -> None:
        for rule in self._faults.refuse:
            if rule.covers(name, self._received[name], self.take, self.chunk):
                raise RefusedError(rule.reason)

    def _do(self, command: HeliosCommand | SnapshotCommand | Problem, at: int, due: int) -> None:
        """Carry out a command, its answers leaving at `due`.

        Nothing changes before the last check that can refuse it.
        """
        match command:
            case Problem():
                raise RefusedError(command.reason)
            case SetPrompt() | SchedulePrompt() | SetConditioning() | SetImage():
                self._condition(command, at, due)
            case SetImageStrength() | SetSrScale() | SetSeed():
                self._set(command, due)
            case Start():
                self._start(at)
            case Pause():
                self._pause(at)
            case Resume():
                self._resume(at, due)
            case Reset() if self._making is not None:
                self._asks.defer("reset")
                self._resetting = True
            case Reset():
                self._asks.defer("reset")
                self._reset(due)
            case SaveSnapshot():
                snapshot = self._snapshots.save(command.label, self._take_state())
                self._answer(write_snapshot_saved(snapshot.written()), due)
            case ListSnapshots():
                self._answer(
                    write_snapshots_listed([one.written() for one in self._snapshots.all]), due
                )
            case Rewind():
                self._rewind_to(self._snapshots.find(command.snapshot), due)

    def _answer(self, message: tuple[str, Data], due: int) -> None:
        """Send a message that answers the current command."""
        answers = self._asks.claim()
        self._agenda.at(due, ANSWER, lambda now: self._outgoing.send(message, now, answers))

    def _condition(
        self, command: SetPrompt | SchedulePrompt | SetConditioning | SetImage, at: int, due: int
    ) -> None:
        delays = self._faults.delays
        match command:
            case SetPrompt():
                self._accept_prompt(
                    command.prompt, self._next, at + delays.prompt, due, is_answer=True
                )
            case SchedulePrompt():
                if command.chunk < 0:
                    raise RefusedError("chunk must not be negative")
                if command.fade < 0:
                    raise RefusedError("fade must not be negative")
                if self._started and command.chunk < self._next:
                    raise RefusedError(
                        f"chunk {command.chunk} is in the past: the next chunk is {self._next}"
                    )
                self._accept_prompt(
                    command.prompt,
                    command.chunk,
                    at + delays.prompt,
                    due,
                    is_answer=True,
                    fade=command.fade,
                )
            case SetConditioning():
                upload = self._uploads.open(command.image, at)
                ready = at + max(delays.prompt, delays.image)
                self._accept_prompt(command.prompt, self._next, ready, due)
                self._accept_image(command.image, upload, ready, due)
            case SetImage():
                ready = at + delays.image
                self._accept_image(
                    command.image, self._uploads.open(command.image, at), ready, due, is_answer=True
                )
                self._later(max(ready, due), ANSWER, self._report_conditions)

    def _set(self, command: SetImageStrength | SetSrScale | SetSeed, due: int) -> None:
        match command:
            case SetImageStrength():
                if not 0 <= command.strength <= 1:
                    raise RefusedError("image_strength must lie between 0 and 1")
                self._strength = command.strength
            case SetSrScale():
                self._sr = command.scale
            case SetSeed():
                if command.seed < -1:
                    raise RefusedError("seed must be -1 or more")
                self._seed_asked = command.seed
                if self._faults.dialect == "2026-early":
                    self._agenda.at(
                        due,
                        ANSWER,
                        lambda now: self._outgoing.send(write_seed_set(command.seed), now),
                    )

    @property
    def _next(self) -> int:
        """The first chunk that a command sent now can affect."""
        return self.chunk + 1 if self._making is not None else self.chunk

    def _accept_prompt(
        self,
        prompt: str,
        chunk: int,
        ready: int,
        due: int,
        *,
        is_answer: bool = False,
        fade: int = 0,
    ) -> None:
        if not prompt.strip():
            raise RefusedError("prompt is empty")
        self._conditions.queue_prompt(prompt, chunk, ready, fade)
        accepted = PromptAccepted(due, prompt, chunk)
        at_once, at_last = (self._asks.claim(), ()) if is_answer else ((), self._asks.claim())
        self._agenda.at(
            due, ANSWER, lambda now: self._outgoing.report(accepted, now, answers=at_once)
        )
        self._later(
            max(ready, due), ANSWER, lambda now: self._report_conditions(now, at_last), at_last
        )

    def _report_conditions(self, at: int, answers: tuple[int, ...] = ()) -> None:
        self._outgoing.report(
            ConditionsReady(at, self._conditions.has_prompt, self._conditions.has_image(at)),
            at,
            answers=answers,
        )

    def _accept_image(
        self, upload: str, image: UploadedImage, ready: int, due: int, *, is_answer: bool = False
    ) -> None:
        self._conditions.queue_image(upload, self._strength, ready)
        accepted = ImageAccepted(ready, image.width, image.height)
        answers = self._asks.claim() if is_answer else ()
        self._later(
            max(ready, due),
            ENCODED,
            lambda now: self._outgoing.report(accepted, now, answers=answers),
            answers,
        )

    def _later(
        self, due: int, rank: int, act: Callable[[int], None], answers: tuple[int, ...] = ()
    ) -> None:
        """Schedule an action that a reset or rewind in between cancels.

        In that case, `answers` are only acknowledged.
        """
        branch = self._branch
        self._agenda.at(
            due,
            rank,
            lambda now: (
                act(now) if self._branch == branch else self._outgoing.acknowledge(answers, now)
            ),
        )

    # ---- running

    def _start(self, at: int) -> None:
        if self._started:
            raise RefusedError("already started")
        if self._conditions.opening() is None:
            raise RefusedError("no prompt set for chunk 0")
        self._started = True
        self._seed = self._seed_asked
        if self._seed == -1:
            self._seed = hash64(self._faults.seed, "seed", self.take) % 2**32
        self._asks.defer("start")
        self._begin_when_ready(at)

    def _begin_when_ready(self, at: int) -> None:
        """Begin the first chunk once its prompt, and any image that came with it, is encoded.

        It does not wait for other images.
        """
        if self._paused or self._making is not None or not self._started:
            return
        ready = self._conditions.opening()
        if ready is not None and ready > at:
            self._later(ready, BOUNDARY, self._begin_when_ready)
            return
        self._edge = Fraction(at)
        self._begin(at)
        started, answers = Started(at, 0, self._conditions.prompt), self._asks.settle("start")
        self._agenda.at(
            max(at, self._answered),
            ANSWER,
            lambda now: self._outgoing.report(started, now, answers=answers),
        )

    def _begin(self, at: int) -> None:
        """Begin the next chunk with everything that is in force now."""
        conditions = self._conditions
        before = conditions.prompt
        conditions.begin(self.chunk, self._frame, at, self._frames)
        is_first = self.chunk == self._faults.warmup  # a warm-up chunk has no frames
        frames = self._first_frames if is_first else self._frames
        if self.chunk < self._faults.warmup:
            frames = 0
        captured = conditions.strength if self._faults.strength == "captured" else self._strength
        self._edge += self._pace.chunk(self.take, self.chunk, is_first=is_first)
        self._boundary_due = int(self._edge)
        look = ChunkInputs(
            seed=self._seed,
            prompt=conditions.prompt or "",
            image=conditions.image,
            image_since=conditions.image_since,
            strength=0.0 if conditions.image is None else captured,
            sr=self._sr,
            chunk=self.chunk,
            first_frame=self._frame,
            frames=frames,
            fade=conditions.fade,
        )
        self._making = look
        self._outgoing.add(
            ChunkBegun(at=at, take=self.take, look=look, due=self._boundary_due, before=self._last)
        )
        if self._faults.dialect == "2026-early" and before is not None and look.prompt != before:
            self._outgoing.send(write_switch(self._frame, self.chunk, look.prompt, before), at)
        self._agenda.at(self._boundary_due, BOUNDARY, self._end)

    def _end(self, at: int) -> None:
        """Finish the current chunk."""
        look = self._making
        if look is None:
            return
        self._making, self._last = None, look
        self._frame += look.frames
        self._outgoing.add(ChunkMade(at, self.take, look))
        per_chunk = look.frames if self._faults.frames_emitted == "chunk" else None
        self._outgoing.report(
            ChunkDone(at, look.chunk, self._frame, look.prompt), at, chunk_frames=per_chunk
        )
        self.chunk += 1
        if self._resetting:
            self._state(at)
            self._reset(at)
            return
        if self._rewinding is not None:
            self._rewind(self._rewinding, at)
        if self._pausing:
            self._rest(at, look.chunk)
        else:
            self._begin(at)
            if self._faults.generation_started == "each":
                self._outgoing.report(Started(at, self.chunk, self._conditions.prompt), at)
        self._state(at)

    def _pause(self, at: int) -> None:
        if not self._started or self._paused:
            raise RefusedError("not running")
        self._asks.defer("pause")
        if self._making is not None:
            self._pausing = True
        else:  # started, but its conditioning is still being encoded
            self._rest(at, self.chunk)

    def _rest(self, at: int, chunk: int) -> None:
        self._pausing, self._paused = False, True
        self._outgoing.report(Paused(at, chunk), at, answers=self._asks.settle("pause"))

    def _resume(self, at: int, due: int) -> None:
        if self._pausing:  # it has not paused yet, and now never will
            self._pausing = False
            self._outgoing.acknowledge(self._asks.settle("pause"), at)
        elif self._paused:
            self._paused = False
            if self._frame == 0 and self.chunk == 0:
                self._begin_when_ready(at)
            else:
                self._edge = Fraction(at)
                self._begin(at)
        else:
            raise RefusedError("not paused")
        resumed, answers = Resumed(due, self.chunk), self._asks.claim()
        self._agenda.at(
            due, ANSWER, lambda now: self._outgoing.report(resumed, now, answers=answers)
        )

    def _reset(self, at_reported: int) -> None:
        """Clear everything now, and report it at nanosecond `at_reported`."""
        self.take += 1
        self._branch += 1
        self._clear()
        if not self._faults.reset_keeps:
            self._sr, self._strength = DEFAULT_SR, DEFAULT_STRENGTH
        stale, self._old_states = self._old_states, []
        answers, overtaken = self._asks.settle("reset"), self._asks.settle()
        self._agenda.at(at_reported, ANSWER, lambda now: self._report_reset(now, stale, answers))
        self._agenda.at(at_reported, ANSWER, lambda now: self._outgoing.acknowledge(overtaken, now))

    def _report_reset(self, at: int, stale: list[StateReported], answers: tuple[int, ...]) -> None:
        self._outgoing.report(ResetDone(at), at, answers=answers)
        for state in stale:
            self._outgoing.report(state, at)
        self._state(at)

    # ---- snapshots

    def _take_state(self) -> TakeState:
        """Return what the next chunk is made from; the current chunk counts as still to be made."""
        return TakeState(
            chunk=self.chunk,
            frame=self._frame,
            conditions=self._conditions.copy(),
            seed=self._seed,
            strength=self._strength,
            sr=self._sr,
            last=self._last,
        )

    def _rewind_to(self, snapshot: Snapshot, due: int) -> None:
        """Continue from a snapshot: after the current chunk, if there is one."""
        self._asks.defer("rewind")
        self._rewinding = snapshot
        if self._making is None:
            self._rewind(snapshot, due)

    def _rewind(self, snapshot: Snapshot, at_reported: int) -> None:
        state = snapshot.state
        self._branch += 1
        self._rewinding = None
        self.chunk, self._frame, self._last = state.chunk, state.frame, state.last
        self._conditions = state.conditions.copy()
        self._seed, self._strength, self._sr = state.seed, state.strength, state.sr
        self._snapshots.rewound(snapshot)
        message, answers = write_rewound(snapshot.index, state.chunk), self._asks.settle("rewind")
        self._agenda.at(at_reported, ANSWER, lambda now: self._outgoing.send(message, now, answers))
