"""Send MIDI and OSC messages at the exact nanosecond of their positions, never snapped to a chunk.

In a fixed run this is the time at which the part of the chunk is shown that contains the position:
the fits of the chunk boundaries and the lag after them give it. In a run that follows a clock it is
the time at which the clock reaches the position. Each message is issued a little ahead of time
(`AHEAD`), so that the plan may change until then, and nothing that was issued has to be taken back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from statistics import median_low

from sequencer.core.timebase import DISPLAY_DELAY, SECOND, UNSEEN_TIME, ChunkGrid, nanoseconds
from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.message_commands import send_commands
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.take_seen import MAX_MADE, MIN_FREEZE_NS, Line, TakeSeen
from sequencer.events.commands import Command, WakeAt
from sequencer.events.events import BoundariesFitted
from sequencer.schedule.describe import describe_act
from sequencer.schedule.model import (
    ControlAct,
    MessageAct,
    NoteAct,
    OscAct,
    ProgramAct,
    Schedule,
    Send,
)

AHEAD = SECOND // 5
"""How long before its time a message is issued, in nanoseconds."""
TOO_LATE = SECOND // 4
"""A note later than this many nanoseconds is not played.

Controllers and programs set a state and are sent all the same, and so are OSC messages, because
many of them do.
"""
WAKE_TOLERANCE_NS, SEND_HORIZON_NS = SECOND // 1000, 3 * SECOND
"""In nanoseconds: a pending wake-up that is too late by the tolerance or more is requested again.

A wake-up beyond the horizon is requested later: when an event arrives before it, or, in a run that
follows a clock, at an intermediate wake-up.
"""
SAMPLES = 5
"""The number of latest chunks over which the medians are taken."""
STRAYS = SECOND // 10
"""In nanoseconds: for a fit further than this from its own boundary, the boundary is used.

Such a fit has not recovered from a slow chunk.
"""
UNSEEN = 2
"""If no frame was seen by the end of this many chunks of a take, only boundaries are used."""
MAX_TAKES = 16
"""The number of earlier takes whose display times are kept.

Short takes are over long before their frames arrive.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessages:
    """The messages of one cue (or one firing of a rule), and what happened to them.

    Attributes:
        due: The nanosecond of its position.
        at: The nanosecond at which it was issued (or left out, if `was_sent` is false).
        seconds: Its position in the model's own time: seconds since the first chunk began, as
            chunks are counted.
    """

    section: str | None
    place: str
    line: int
    what: str
    due: int
    at: int
    was_sent: bool
    seconds: Fraction
    acts: tuple[MessageAct, ...] = ()

    @property
    def late_ms(self) -> float:
        """How many milliseconds after its time it was issued; 0 if it was issued ahead of time."""
        return round(max(0, self.at - self.due) / 1e6, 3)


class DisplayClock:
    """When the chunks of a fixed run are shown.

    Score chunks count on through cuts; each take has its own boundaries.

    The fits give the boundaries. How long after its end a chunk is shown (`_delays`), and how long
    it lasts, are medians of the latest values, the lower one of two, so that a single slow chunk
    changes nothing.
    """

    def __init__(
        self,
        schedule: Schedule,
        knows_takes: bool = True,
        *,
        in_order: bool = True,
        plan: Plan | None = None,
    ) -> None:
        """Create the display clock of a run.

        Args:
            schedule: The schedule that is played.
            knows_takes: Whether to act as revisions from 3 on do. Then each earlier take has its
                own times, a take of which no frame was seen delays nothing, short chunks are waited
                for as long as their frames may take, only measured chunks give the length of a
                chunk, and the time at which a chunk was made is kept until the chunk is shown
                (earlier revisions forgot it after five more).
            in_order: Whether to act as revisions from 4 on do. Then the chunk before the boundary
                of a new fit lasts from its own boundary to that one (earlier revisions extended the
                new fit back into it, and so moved its positions if chunks had another length).
            plan: The plan of the run, which knows its takes; None for those of the schedule.
        """
        self._schedule, self._plan = schedule, plan
        self.offset = 0
        self._knows_takes = knows_takes
        self._in_order = in_order
        self._remembered = MAX_MADE if knows_takes else SAMPLES
        delay = DISPLAY_DELAY / (float(schedule.grid.chunk) * SECOND)
        self._unseen = max(UNSEEN, 2 * delay) if knows_takes else UNSEEN
        """After this many chunks frames are assumed not to be counted.

        Short chunks are over long before they are shown.
        """
        self._first_fit: int | None = None
        """When the boundaries of the take were first fitted; frames may arrive much later."""
        self._chunk = schedule.grid.chunk
        self._nominal = float(schedule.grid.chunk) * SECOND
        self._shown = False
        self._delays: deque[float] = deque(maxlen=SAMPLES)
        self._lengths: deque[float] = deque([self._nominal], maxlen=SAMPLES)
        self._earlier: deque[TakeSeen] = deque(maxlen=MAX_TAKES if knows_takes else 1)
        self._playing = TakeSeen(base=0, done={})
        self._guess: Line | None = None

    @property
    def is_streamed(self) -> bool:
        """Whether a chunk is shown while it is made; if not, its time is unknown until then."""
        return bool(self._delays) and median_low(self._delays) < 0

    def began(self, base: int, at: int) -> None:
        """Begin a take at a score chunk."""
        before = self._playing
        if not self._knows_takes:
            if before.line is not None:
                self._earlier.append(before)
        elif before.done and before.base < base:  # otherwise the take is being set up again
            before.line = before.line or self._predict_line(before)
            self._earlier.append(before)
        if self._grid.first is not None:  # a chunk with all frames would have begun sooner
            at -= round(self._grid.lacks * Fraction(median_low(self._lengths)))
        self._playing = TakeSeen(base=base, done={-1: at})
        self._guess, self._shown = None, False
        self._first_fit = None

    def done(self, chunk: int, at: int) -> None:
        """Record that a chunk of the take is made."""
        self._playing.done[chunk] = at
        self._playing.done.pop(chunk - self._remembered, None)

    def warms_up(self) -> None:
        """Record that chunks are made but none has frames yet: the wait for one has not begun."""
        self._first_fit = None

    def shown(self, chunk: int, at: int) -> None:
        """Record that a chunk of the take was shown.

        The first one gives the times of the take; later ones correct the fits.
        """
        length = self._seen_of(self._playing, chunk, at)
        if not self._shown:
            self._shown = True
            if self._in_order:
                self._playing.lines_before.clear()  # they assumed no delay
            self._playing.line = (self._playing.base + chunk, float(at), length)

    def shown_before(self, chunk: int, at: int) -> None:
        """Record that a score chunk of an earlier take was shown.

        The next take is then being opened, or has begun.
        """
        if not self._knows_takes:
            return
        if chunk >= self._playing.base:
            self.shown(chunk - self._playing.base, at)
            return
        take = self._take_of(chunk)
        if take is not None:
            line = (chunk, float(at), self._seen_of(take, chunk - take.base, at))
            if self._in_order and take.lines_before:
                return  # the fits of its boundaries are known, also those of later chunks
            take.line = line

    def _seen_of(self, take: TakeSeen, chunk: int, at: int) -> float:
        """Record how long after its end a chunk of a take was shown.

        Return the length of a chunk.
        """
        length = median_low(self._lengths)
        if chunk in take.done:
            self._delays.append(float(at - take.done[chunk]))
        elif chunk - 1 in take.done:
            self._delays.append(at - take.done[chunk - 1] - length)
        return length

    def fitted(self, fit: BoundariesFitted) -> None:
        """Handle a new fit of the take's boundaries."""
        is_measured = fit.chunk_ns != self._nominal or len(self._lengths) > 1
        if is_measured or not self._knows_takes:  # the very first fit has not measured anything yet
            self._lengths.append(fit.chunk_ns)
        length = median_low(self._lengths)
        delay = median_low(self._delays) if self._delays else 0.0
        time = fit.time if abs(fit.at - fit.time) < STRAYS else fit.at
        self._guess = (self._playing.base + fit.chunk - 1, time + delay, length)
        self._first_fit = fit.at if self._first_fit is None else self._first_fit
        waited = not self._knows_takes or fit.at - self._first_fit >= UNSEEN_TIME
        if self._shown or (fit.chunk > self._unseen and waited):
            if self._in_order:
                self._playing.keep_before(self._guess)
            else:
                self._note_stall(fit, length)
            self._playing.line = self._guess

    def _note_stall(self, fit: BoundariesFitted, length: float) -> None:
        """If the chunk before a boundary took far too long, keep the predicted times before it."""
        before, line = self._playing.done.get(fit.chunk - 2), self._playing.line
        if (
            self._knows_takes
            and before is not None
            and line is not None
            and fit.at - before - length > MIN_FREEZE_NS
        ):
            self._playing.lines_before.append((self._playing.base + fit.chunk - 1, line))

    def finalise(self) -> None:
        """End the run: if nothing of the take was shown yet, its boundaries are used."""
        self._playing.line = self._playing.line or self._guess

    def time_of(self, seconds: Fraction) -> int | None:
        """Return the nanosecond at which an exact nominal time is shown; None while not known."""
        above, below = self._position(seconds)
        known = self._line_at(above, below)
        return None if known is None else self._time_by(known, above, below)

    def end_of(self, seconds: Fraction) -> int | None:
        """Return when a score that ends at an exact nominal time is over.

        It is predicted, if possible, before its take is shown.
        """
        above, below = self._position(seconds)
        known = self._line_at(above, below)
        if known is None and self._knows_takes:
            known = self._predict_line(self._playing)
        return None if known is None else self._time_by(known, above, below)

    @property
    def _grid(self) -> ChunkGrid:
        """The chunks of the run, with the takes that are known."""
        return self._schedule.grid if self._plan is None else self._plan.grid

    def _position(self, seconds: Fraction) -> tuple[int, int]:
        """Return where a nominal time is shown, in chunks, as above / below.

        They are integers, because this is called after every event. A chunk is shown as soon as it
        is made, also if the one before it has fewer frames: the video then freezes after these.
        """
        if self._grid.first is None:
            return (
                seconds.numerator * self._chunk.denominator,
                seconds.denominator * self._chunk.numerator,
            )
        chunk = self._grid.chunk_at(seconds)
        position = chunk + max(Fraction(0), seconds - self._begins(chunk)) / self._chunk
        return position.numerator, position.denominator

    def _begins(self, chunk: int) -> Fraction:
        """Return the nominal time of the first frame of a score chunk."""
        first = 0 if self._plan is None else self._plan.first_chunk
        return self._grid.time_of_frame(chunk, 0, first=first)

    def _line_at(self, above: int, below: int) -> Line | None:
        """Return the fit by which a position in chunks is shown."""
        playing = self._playing
        if above >= playing.base * below:
            return playing.line_at(above // below) if playing.lines_before else playing.line
        known = self._earlier_line(above // below)
        if known is None and self._knows_takes and self._shown:
            return (
                playing.line
            )  # the current take is shown, so what was made before it was shown earlier, if at all
        return known

    def _time_by(self, line: Line, above: int, below: int) -> int:
        chunk, time, length = line
        return round(time + (above - chunk * below) / below * length) - self.offset

    def _take_of(self, chunk: int) -> TakeSeen | None:
        """Return the earlier take that a score chunk belongs to."""
        return next((one for one in reversed(self._earlier) if one.base <= chunk), None)

    def _earlier_line(self, chunk: int) -> Line | None:
        """Return the fit of a score chunk's earlier take, or of the nearest known one before it."""
        known = [one for one in self._earlier if one.line is not None]
        take = next((one for one in reversed(known) if one.base <= chunk), next(iter(known), None))
        return None if take is None else take.line_at(chunk)

    def _predict_line(self, take: TakeSeen) -> Line | None:
        """Predict from its chunks when a take will be shown. None if no delay is measured yet."""
        if not self._delays or not take.done:
            return None
        made, length = max(take.done), median_low(self._lengths)
        return take.base + made + 1, take.done[made] + length + median_low(self._delays), length

    def seconds_at(self, time: int) -> float | None:
        """Return the seconds of the model's time that are shown at a nanosecond.

        None before anything was shown.
        """
        now = time + self.offset
        takes = [(one, one.begins_at(self._in_order)) for one in (*self._earlier, self._playing)]
        seen = [(one, begin) for one, begin in takes if begin is not None]
        if not seen:
            return None
        begun = [one for one, begin in seen if begin <= now]
        take = begun[-1] if begun and self._knows_takes else seen[0 if self._knows_takes else -1][0]
        chunk = take.chunk_at(now, self._in_order)
        if chunk is None or self._grid.first is None:
            return None if chunk is None else chunk * float(self._chunk)
        whole = max(0, floor(chunk))
        inside = Fraction(chunk - whole) * self._chunk
        return float(min(self._begins(whole) + inside, self._grid.boundary(whole + 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSend:
    """The next send of the plan.

    Its exact values are computed once, because it is requested after every event.
    """

    current: Pass
    index: int
    send: Send
    seconds: Fraction
    """Its nominal score time in seconds."""
    grid: ChunkGrid
    """The chunks of the run when this was computed: a cut that was not planned moves them."""
    chunk: int
    """The score chunk that contains that time."""


class MessageOutput:
    """The messages of a run that have not been issued yet, in the order of the plan.

    It advances along the plan's passes: `_pass` and `_index` are those of the send after the last
    one that was issued. A pass that was left ends sooner, and its sends after that end are skipped;
    the plan has new passes after it.
    """

    def __init__(
        self,
        schedule: Schedule,
        plan: Plan,
        follow: ClockSync | None,
        ends_notes: bool = True,
        knows_takes: bool = True,
        *,
        in_order: bool = True,
        may_reload: bool = False,
    ) -> None:
        """Create the output of a run.

        Args:
            schedule: The schedule that is played.
            plan: The plan of the run.
            follow: The clock that the run follows, or None for a fixed run.
            ends_notes: Whether a note ends by the end of the score at the latest.
            knows_takes: See `DisplayClock`. It also decides whether the output waits after what was
                issued (earlier revisions advanced to the next send at once, and lost those that a
                jump had created anew), and whether a run that follows a clock is woken if no event
                arrives for long.
            in_order: See `DisplayClock`. It also decides whether no message is due before one that
                was issued for an earlier position.
            may_reload: Whether a version of the score that sends messages may take over.
        """
        self._in_order = in_order
        self._ends_notes = ends_notes
        self._waits = knows_takes
        self.is_needed = schedule.has_timed_sends or may_reload
        self.display = DisplayClock(schedule, knows_takes, in_order=in_order, plan=plan)
        self.log: list[SentMessages] = []
        self.wake: int | None = None
        """The latest time that was requested for a wake-up."""
        self._latest: int | None = None
        """When the last message that was issued is due."""
        self._schedule = schedule
        self._plan = plan
        self._follow = follow
        self._pass = self._index = 0
        self._coming: NextSend | None = None
        self._searched: Pass | None = None
        """The plan's last pass, if nothing remains to be sent up to it."""
        self._chased: deque[MessageAct] = deque()
        self._far = max(SEND_HORIZON_NS, 2 * nanoseconds(schedule.grid.chunk))
        if plan.first_chunk:
            self._begin_at(plan.first_chunk)

    # ---- what is due -----------------------------------------------------------------------------

    def due(self, at: int, until: int | None, everything: bool = False) -> list[Command]:
        """Return the commands that are due soon.

        Args:
            at: The current nanosecond.
            until: The first score chunk that may never come, or None.
            everything: Whether to issue all remaining messages at once.
        """
        commands: list[Command] = []
        while self._chased:
            commands += send_commands(self._chased.popleft(), at, at)
        while (coming := self._next()) is not None:
            if until is not None and coming.chunk >= until:
                break
            due = self._time_of(coming.current, coming.send.quarter, coming.seconds)
            if due is None:
                break
            if self._in_order and self._latest is not None:
                due = max(due, self._latest)
            if due - AHEAD > at and not everything:
                commands += self._waking(due - AHEAD, at)
                break
            commands += self._issue(coming.current, coming.send, due, at)
            self._latest = due
            self._go_to(coming.current.number, coming.index + 1)
        return commands

    def _waking(self, due: int, at: int) -> list[Command]:
        """Request a wake-up unless another event requests it, or one is pending, soon enough."""
        if self.wake is not None and self.wake > at and self.wake - due < WAKE_TOLERANCE_NS:
            return []
        if due - at > self._far:
            if self._follow is None or not self._waits:
                return []
            due = (
                at + self._far
            )  # the clock goes on while the model is paused or stalled and no event arrives
        self.wake = due
        return [WakeAt(due)]

    def _next(self) -> NextSend | None:
        """Return the next send of the plan."""
        passes, known = self._plan.passes, self._coming
        if (
            known is not None
            and known.grid is self._plan.grid
            and known.current.number < len(passes)
            and passes[known.current.number] is known.current
        ):
            return known
        if self._searched is passes[-1]:
            return None
        number, index = self._pass, self._index
        while number < len(passes):
            current = passes[number]
            sends = current.sends
            if (
                index < len(sends)
                and (seconds := current.start + sends[index].offset) < current.end
            ):
                self._coming = NextSend(
                    current=current,
                    index=index,
                    send=sends[index],
                    seconds=seconds,
                    grid=self._plan.grid,
                    chunk=self._plan.grid.chunk_at(seconds),
                )
                break
            number, index = number + 1, 0
        else:
            self._coming = None
            self._searched = passes[-1] if self._waits else None
        if not self._waits:
            self._pass, self._index = number, index
        return self._coming

    def _go_to(self, number: int, index: int) -> None:
        """Advance to a send."""
        self._pass, self._index = number, index
        self._coming = self._searched = None

    def _issue(self, current: Pass, send: Send, due: int, at: int) -> list[Command]:
        late = at - due > TOO_LATE
        acts = tuple(act for act in send.acts if not (late and isinstance(act, NoteAct)))
        commands: list[Command] = []
        for act in acts:
            commands += send_commands(act, due, self._end_of(act, current, send, due))
        if len(acts) < len(send.acts):
            left = tuple(act for act in send.acts if act not in acts)
            self._log(
                current, send.place, send.origin.line, acts=left, due=due, at=at, was_sent=False
            )
        if acts:
            self._log(
                current, send.place, send.origin.line, acts=acts, due=due, at=at, was_sent=True
            )
        return commands

    def _end_of(self, act: MessageAct, current: Pass, send: Send, due: int) -> int:
        """Return when a note is released: by clock or length, but not after the score's end."""
        if not isinstance(act, NoteAct):
            return due
        end = None if send.quarter is None or act.quarters is None else send.quarter + act.quarters
        time = None
        if end is not None or self._follow is None:
            time = self._time_of(current, end, current.start + send.offset + act.seconds)
        return self._by_the_end(due, due + nanoseconds(act.seconds) if time is None else time)

    def _by_the_end(self, due: int, end: int) -> int:
        """Return when a note that begins at `due` ends: at `end`, or the score's end if sooner."""
        last = self._plan.passes[-1]
        over = self._time_of_end(last) if self._ends_notes else None
        return max(due + 1, end if over is None else min(end, over))

    def _time_of_end(self, last: Pass) -> int | None:
        """Return the nanosecond at which the score is over by the current plan."""
        if self._follow is None:
            return self.display.end_of(last.end)
        time = self._follow.time_of(float(last.end_quarter), float(last.end))
        return None if time is None else round(time)

    def _time_of(self, current: Pass, quarter: Fraction | None, seconds: Fraction) -> int | None:
        if self._follow is None:
            return self.display.time_of(seconds)
        time = self._plan.time_of_position(current, quarter, seconds)
        return None if time is None else round(time)

    # ---- what the operator does ------------------------------------------------------------------

    def fired(
        self, acts: tuple[MessageAct, ...], current: Pass, place: str, line: int, at: int
    ) -> list[Command]:
        """Send a rule's messages to external devices at once."""
        commands: list[Command] = []
        for act in acts:
            end = (
                self._by_the_end(at, at + nanoseconds(act.seconds))
                if isinstance(act, NoteAct)
                else at
            )
            commands += send_commands(act, at, end)
        self._log(current, place, line, acts=acts, due=at, at=at, was_sent=True)
        return commands

    def located(self, number: int, quarter: Fraction) -> None:
        """Handle a clock jump to a pass's quarter: controllers and programs in force are resent."""
        self._latest = None  # a jump may go back
        self._move_to(
            number,
            lambda current, send: (
                current.quarter_of(send.quarter, current.start + send.offset) >= quarter
            ),
        )

    def adopted(self, number: int, at: Fraction) -> None:
        """Go on after the plan has adopted another version of the score.

        Args:
            number: The number of the pass in which, or at the end of which, it takes over.
            at: The nominal score time of that.
        """
        current = self._plan.passes[number]
        before = sum(1 for send in current.sends if current.start + send.offset < at)
        if self._pass > number:
            self._go_to(number, before)
        else:
            self._go_to(
                self._pass, min(self._index, before) if self._pass == number else self._index
            )

    def _begin_at(self, chunk: int) -> None:
        """Begin a fixed run at a score chunk: controllers and programs in force are sent first."""
        first = self._schedule.grid.opening_time(chunk)
        passes = self._plan.passes
        current = next((one for one in passes if first < one.end), passes[-1])
        self._move_to(
            current.number,
            lambda current, send: current.start + send.offset >= first,
        )

    def _move_to(self, number: int, is_after: Callable[[Pass, Send], bool]) -> None:
        """Go to the first send of a pass that comes after a position.

        What is in force there is sent again. OSC messages are not: which of them set a state is
        known only to their receiver, and one that starts something must not start it again.
        """
        state: dict[tuple[str, int, int], MessageAct] = {}
        self._go_to(number, 0)
        for current in self._plan.passes[: number + 1]:
            for index, send in enumerate(current.sends):
                if current.number == number and is_after(current, send):
                    break
                if current.number == number:
                    self._index = index + 1
                for act in send.acts:
                    match act:
                        case ControlAct():
                            state["cc", act.channel, act.control] = act
                        case ProgramAct():
                            state["program", act.channel, 0] = act
                        case NoteAct() | OscAct():
                            pass
        self._chased = deque(state.values())

    # ---- results ---------------------------------------------------------------------------------

    def _log(
        self,
        current: Pass,
        place: str,
        line: int,
        *,
        acts: tuple[MessageAct, ...],
        due: int,
        at: int,
        was_sent: bool,
    ) -> None:
        what = ", ".join(describe_act(act) for act in acts)
        seconds = (
            self.display.seconds_at(due)
            if self._follow is None
            else self._follow.seconds_at(due, self._plan.grid)
        )
        nearest = Fraction(0) if seconds is None else Fraction(max(0, round(seconds * 1000)), 1000)
        self.log.append(
            SentMessages(
                section=current.stretch.section,
                place=place,
                line=line,
                what=what,
                due=due,
                at=at,
                was_sent=was_sent,
                seconds=nearest,
                acts=acts,
            )
        )
