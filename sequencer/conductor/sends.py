"""What gear is told, when: each message leaves at the nanosecond at which its place is seen (or heard), never at a chunk.

In a fixed run a place is seen when the part of its chunk is shown in which it falls: the fits of chunk boundaries and the lag
behind them say when. In a following run it is when the clock is there. Messages are said a little ahead (`AHEAD`), so that
a plan may change until then, and nothing that was said must be taken back.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from statistics import median_low

from sequencer.conductor.follow import Follow
from sequencer.conductor.plan import Pass, Plan
from sequencer.events import BoundariesFitted, Command, SendMidi, WakeAt
from sequencer.schedule import ChooseProgram, MidiAct, MoveControl, PlayNote, Schedule, Send
from sequencer.schedule.words import act_in_words
from sequencer.timebase import DISPLAY_DELAY, SECOND, UNSEEN_TIME, nanoseconds

AHEAD = SECOND // 5
"""How long before its time a message is said, in nanoseconds."""
TOO_LATE = SECOND // 4
"""A note that is later than this is not played any more; controllers and programs set a state, and are sent all the same."""
NEAR, FAR = SECOND // 1000, 3 * SECOND
"""A wake that is so much too late is asked for anew; what is further off than this is asked for later."""
SAMPLES = 5
"""Of how many of the latest chunks the medians are taken."""
STRAYS = SECOND // 10
"""A fit that is further from the boundary it was told with has not got over a slow chunk yet: the boundary itself counts."""
UNSEEN = 2
"""Where no picture was seen by the end of so many chunks of a take, nobody counts pictures: its boundaries must do."""
NOTE_ON, NOTE_OFF, CONTROL, PROGRAM = 0x90, 0x80, 0xB0, 0xC0


@dataclass(frozen=True, slots=True)
class Sent:
    """One cue's (or one firing's) messages, and what became of them.

    `due` is the nanosecond of its place, `at` the one at which it was said (or left out, where not `was_sent`). `seconds` is
    where it stands in the model's own time: since the first chunk began, as chunks are counted.
    """

    section: str | None
    place: str
    line: int
    what: str
    due: int
    at: int
    was_sent: bool
    seconds: Fraction
    acts: tuple[MidiAct, ...] = ()

    @property
    def late_ms(self) -> float:
        """How many milliseconds behind its time it was said; 0 where it was said ahead."""
        return round(max(0, self.at - self.due) / 1e6, 3)


class Seen:
    """When the chunks of a fixed run are seen. Score chunks count on through cuts; each take has boundaries of its own.

    The fits say where boundaries are; how long after its end a chunk is seen (`_behind`), and how long it lasts, are the
    medians of the latest, the lower of two, so that one slow chunk changes nothing.
    """

    def __init__(self, schedule: Schedule, knows_takes: bool = True) -> None:
        """`knows_takes`: whether frames of the take before count for it, a take of which none was seen holds nothing up, and
        short chunks are waited for as long as their frames may take."""
        self.offset = 0
        self._knows_takes = knows_takes
        delay = DISPLAY_DELAY / (float(schedule.grid.chunk) * SECOND)
        self._unseen = max(UNSEEN, 2 * delay) if knows_takes else UNSEEN
        self._first_fit: int | None = None
        """When the take's boundaries were first fitted: frames may take long to arrive."""
        """After how many chunks nobody is taken to count pictures: short ones are over long before they are shown."""
        self._chunk = schedule.grid.chunk
        self._base = 0
        self._shown = False
        self._done: dict[int, int] = {}
        self._behind: deque[float] = deque(maxlen=SAMPLES)
        self._lengths: deque[float] = deque([float(schedule.grid.chunk) * SECOND], maxlen=SAMPLES)
        self._before: tuple[int, float, float] | None = None
        self._guess: tuple[int, float, float] | None = None
        self._now: tuple[int, float, float] | None = None
        """(score chunk, when it is seen, how long a chunk lasts) for the take before, and for the one that plays."""

    @property
    def is_streamed(self) -> bool:
        """Whether a chunk is seen while it is being made; else nobody knows when it is, before it is made."""
        return bool(self._behind) and median_low(self._behind) < 0

    def began(self, base: int, at: int) -> None:
        """A take began at a score chunk."""
        self._before = self._now or self._before
        self._base, self._now, self._guess, self._shown = base, None, None, False
        self._first_fit = None
        self._done = {-1: at}

    def done(self, chunk: int, at: int) -> None:
        """A chunk of the take is made."""
        self._done[chunk] = at
        self._done.pop(chunk - SAMPLES, None)

    def shown(self, chunk: int, at: int) -> None:
        """A chunk of the take was seen. The first one says where the take stands; later ones correct the fits."""
        length = median_low(self._lengths)
        if chunk in self._done:
            self._behind.append(float(at - self._done[chunk]))
        elif chunk - 1 in self._done:
            self._behind.append(at - self._done[chunk - 1] - length)
        if not self._shown:
            self._shown = True
            self._now = (self._base + chunk, float(at), length)

    def shown_before(self, chunk: int, at: int) -> None:
        """A score chunk of a take before was seen, while the next one was opened or after it began."""
        if self._knows_takes and chunk >= self._base:
            self.shown(chunk - self._base, at)
        elif self._knows_takes and self._before is None:
            self._before = (chunk, float(at), median_low(self._lengths))

    def fitted(self, fit: BoundariesFitted) -> None:
        """A new fit of the take's boundaries."""
        self._lengths.append(fit.chunk_ns)
        length = median_low(self._lengths)
        behind = median_low(self._behind) if self._behind else 0.0
        time = fit.time if abs(fit.at - fit.time) < STRAYS else fit.at
        self._guess = (self._base + fit.chunk - 1, time + behind, length)
        self._first_fit = fit.at if self._first_fit is None else self._first_fit
        waited = not self._knows_takes or fit.at - self._first_fit >= UNSEEN_TIME
        if self._shown or (fit.chunk > self._unseen and waited):
            self._now = self._guess

    def settle(self) -> None:
        """The run is over: where nothing of the take was seen yet, its boundaries must do."""
        self._now = self._now or self._guess

    def time_of(self, seconds: Fraction) -> int | None:
        """The nanosecond at which an exact nominal time is seen; None while nobody can know."""
        # The place in chunks is above / below, in whole numbers: this is asked after every event.
        above = seconds.numerator * self._chunk.denominator
        below = seconds.denominator * self._chunk.numerator
        known = self._now if above >= self._base * below else self._before
        if known is None and self._knows_takes and self._shown:
            known = self._now  # the take that plays is seen: what was made before it was seen before, if it was
        if known is None:
            return None
        chunk, time, length = known
        return round(time + (above - chunk * below) / below * length) - self.offset

    def seconds_at(self, time: int) -> float | None:
        """What of the model's time is seen at a nanosecond. None before anything was seen."""
        known = self._now or self._before
        if known is None:
            return None
        chunk, then, length = known
        return (chunk + (time + self.offset - then) / length) * float(self._chunk)


@dataclass(frozen=True, slots=True)
class Coming:
    """The next send of the plan. What is exact of its place is reckoned once: it is asked for after every event."""

    current: Pass
    index: int
    send: Send
    seconds: Fraction
    """Its nominal score time."""
    chunk: int
    """The score chunk within which that falls."""


class Sends:
    """The messages of a run that have not been said yet, in the order of the plan.

    It walks along the plan's passes: `_pass` and `_index` are the next send's. A pass that was left ends sooner, and what
    stood behind its end is passed over; what follows is laid anew behind it, and the walk has not come there yet.
    """

    def __init__(
        self, schedule: Schedule, plan: Plan, follow: Follow | None, ends_notes: bool = True, knows_takes: bool = True
    ) -> None:
        """`ends_notes`: whether a note ends by the end of the score at the latest. `knows_takes`: see `Seen`."""
        self._ends_notes = ends_notes
        self.is_needed = schedule.has_timed_sends
        self.seen = Seen(schedule, knows_takes)
        self.log: list[Sent] = []
        self.wake: int | None = None
        """The latest time that was asked for."""
        self._schedule = schedule
        self._plan = plan
        self._follow = follow
        self._pass = self._index = 0
        self._coming: Coming | None = None
        self._chased: deque[MidiAct] = deque()
        self._far = max(FAR, 2 * nanoseconds(schedule.grid.chunk))

    # ---- what is due -----------------------------------------------------------------------------------------------

    def due(self, at: int, until: int | None, everything: bool = False) -> list[Command]:
        """Say what is due soon. `until` is the first score chunk that may never come; `everything` says all of it at once."""
        commands: list[Command] = []
        while self._chased:
            commands += _messages(self._chased.popleft(), at, at)
        while (coming := self._next()) is not None:
            if until is not None and coming.chunk >= until:
                break
            due = self._time_of(coming.current, coming.send.quarter, coming.seconds)
            if due is None:
                break
            if due - AHEAD > at and not everything:
                commands += self._waking(due - AHEAD, at)
                break
            commands += self._said(coming.current, coming.send, due, at)
            self._index += 1
        return commands

    def _waking(self, due: int, at: int) -> list[Command]:
        """Ask to be woken, unless something is heard (and asked anew) before, or somebody wakes this run soon enough."""
        pending = self.wake is not None and self.wake > at and self.wake - due < NEAR
        if pending or due - at > self._far:
            return []
        self.wake = due
        return [WakeAt(due)]

    def _next(self) -> Coming | None:
        """The next send of the plan."""
        passes, known = self._plan.passes, self._coming
        while self._pass < len(passes):
            current = passes[self._pass]
            if known is not None and known.current is current and known.index == self._index:
                return known
            sends = current.stretch.sends
            if self._index < len(sends) and (seconds := current.start + sends[self._index].offset) < current.end:
                chunk = seconds // self._schedule.grid.chunk
                self._coming = Coming(current, self._index, sends[self._index], seconds, chunk)
                return self._coming
            self._pass, self._index = self._pass + 1, 0
        return None

    def _said(self, current: Pass, send: Send, due: int, at: int) -> list[Command]:
        late = at - due > TOO_LATE
        acts = tuple(act for act in send.acts if not (late and isinstance(act, PlayNote)))
        commands: list[Command] = []
        for act in acts:
            commands += _messages(act, due, self._end_of(act, current, send, due))
        if len(acts) < len(send.acts):
            left = tuple(act for act in send.acts if act not in acts)
            self._log(current, send.place, send.origin.line, left, due, at, False)
        if acts:
            self._log(current, send.place, send.origin.line, acts, due, at, True)
        return commands

    def _end_of(self, act: MidiAct, current: Pass, send: Send, due: int) -> int:
        """When a note is let go of: where the clock is then, or so much later, but not after the score."""
        if not isinstance(act, PlayNote):
            return due
        end = None if send.quarter is None or act.quarters is None else send.quarter + act.quarters
        time = None
        if end is not None or self._follow is None:
            time = self._time_of(current, end, current.start + send.offset + act.seconds)
        return self._by_the_end(due, due + nanoseconds(act.seconds) if time is None else time)

    def _by_the_end(self, due: int, end: int) -> int:
        """When a note ends that begins at `due`: at `end`, or sooner where the score is over before that."""
        last = self._plan.passes[-1]
        over = self._time_of_end(last) if self._ends_notes else None
        return max(due + 1, end if over is None else min(end, over))

    def _time_of_end(self, last: Pass) -> int | None:
        """The nanosecond at which the score is over, as it is planned now."""
        if self._follow is None:
            return self.seen.time_of(last.end)
        time = self._follow.time_of(float(last.end_quarter), float(last.end))
        return None if time is None else round(time)

    def _time_of(self, current: Pass, quarter: Fraction | None, seconds: Fraction) -> int | None:
        if self._follow is None:
            return self.seen.time_of(seconds)
        time = self._plan.time_of_place(current, quarter, seconds)
        return None if time is None else round(time)

    # ---- what hands do ---------------------------------------------------------------------------------------------

    def fired(self, acts: tuple[MidiAct, ...], current: Pass, place: str, line: int, at: int) -> list[Command]:
        """A rule tells gear something: at once."""
        commands: list[Command] = []
        for act in acts:
            end = self._by_the_end(at, at + nanoseconds(act.seconds)) if isinstance(act, PlayNote) else at
            commands += _messages(act, at, end)
        self._log(current, place, line, acts, at, at, True)
        return commands

    def located(self, number: int, quarter: Fraction) -> None:
        """The clock was moved to a quarter of a pass. Controllers and programs that are in force there are sent anew."""
        state: dict[tuple[str, int, int], MidiAct] = {}
        self._pass, self._index = number, 0
        for current in self._plan.passes[: number + 1]:
            for index, send in enumerate(current.stretch.sends):
                if current.number == number and current.quarter_of(send.quarter, current.start + send.offset) >= quarter:
                    break
                if current.number == number:
                    self._index = index + 1
                for act in send.acts:
                    match act:
                        case MoveControl():
                            state["cc", act.channel, act.control] = act
                        case ChooseProgram():
                            state["program", act.channel, 0] = act
                        case PlayNote():
                            pass
        self._chased = deque(state.values())

    # ---- what became of it -----------------------------------------------------------------------------------------

    def _log(self, current: Pass, place: str, line: int, acts: tuple[MidiAct, ...], due: int, at: int, was_sent: bool) -> None:
        what = ", ".join(act_in_words(act) for act in acts)
        seconds = self.seen.seconds_at(due) if self._follow is None else self._follow.seconds_at(due)
        nearest = Fraction(0) if seconds is None else Fraction(max(0, round(seconds * 1000)), 1000)
        self.log.append(Sent(current.stretch.section, place, line, what, due, at, was_sent, nearest, acts))


def _messages(act: MidiAct, due: int, end: int) -> list[Command]:
    """An act as messages; a note is let go of at `end`."""
    match act:
        case PlayNote():
            on = bytes((NOTE_ON | act.channel - 1, act.note, act.velocity))
            off = bytes((NOTE_OFF | act.channel - 1, act.note, 0))
            return [SendMidi(due, on.hex()), SendMidi(end, off.hex())]
        case MoveControl():
            return [SendMidi(due, bytes((CONTROL | act.channel - 1, act.control, act.value)).hex())]
        case ChooseProgram():
            return [SendMidi(due, bytes((PROGRAM | act.channel - 1, act.program - 1)).hex())]
