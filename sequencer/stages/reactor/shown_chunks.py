"""Which chunk a frame belongs to. The model does not number its frames, so they are counted. Pure.

Counting begins with the first frame that is not dark once generation runs. After a reset, the new
take's frames follow the dark frame that a reset leaves or, if there is none, the new take's first
report. The totals reported with each chunk give the number of frames of a chunk; before its report
a chunk is assumed to have the usual number.

Not every frame that arrives is a new one: if a sender has nothing new at a tick of its clock, it
may send the last frame again (the model is slower than playout, or is paused). `Novelty` is what is
known of each frame. If only the image can show it, a repeat and a still image look the same, so the
count is set anew at each boundary. A chunk begins with a frame that

- comes after as many frames as the previous chunk has, and
- is new, or differs from the previous frame, at a time at which the chunk can be there: not sooner
  after its report than chunks have been seen before (`_soonest`), or
- looks like the previous frame, when the chunk is there by all experience: then the image is still.

Reports are absolute times, so an error at one boundary does not persist beyond the next one. If
there is no report, or one that cannot be right, frames that were counted beyond the end of a chunk
are assigned to the next one. A sender that has nothing to send between two chunks shows where the
second one begins.

A sender that has never repeated a frame is trusted: its frames are counted whenever they arrive.
Frames that were lost on the way show in the sender's numbers or, if it has none, in the time
stamps: within a chunk frames follow each other evenly, so a stamp that stays ahead of the count
shows how many are missing. After a lost connection it is unknown how many frames passed: the count
is set by the lag that was measured before.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from statistics import median

from sequencer.stages.reactor.frame_pacing import Pace

MEASURED = 9
"""The number of lags over which the median is taken."""

MAX_KEPT = 64
"""The number of lags among which the shortest are sought, and of chunks whose reports are kept."""

SOON = 60_000_000_000
"""Nanoseconds from which a lag is considered a mistake."""

EARLY = 1.5
"""How many frames early a chunk may begin: one for the sender's tick, the rest for jitter."""

OVERDUE = 0.1
"""How many frames after its expected time a chunk is assumed to begin with a still image."""

SLACK = 0.2
"""By what part of a chunk times may deviate from what is expected of a sender."""

PAUSE = 2
"""Consecutive similar frames after which a different one shows that the sender has a new frame."""

RUN = 6
"""Consecutive frames that differ from each other: those are new, whatever was expected."""

GAP = 2.5
"""The time without a frame, in frames, after which a sender without repeats has a new frame."""

NEAR = 3
"""How many frames after its assumed beginning a chunk can still turn out to begin later.

A sender that has nothing to send shows this. If it is certain that no frames were lost, half of the
chunk is used instead.
"""

SKIPPED = 1.5
"""The time between frames, in frames, beyond which a frame was lost or never sent.

It is measured from one frame to the next.
"""

LATE_CHUNKS, LATE = 3, 5_000_000_000
"""No chunk is this much later than expected: otherwise the count is wrong.

The longer of the two values applies.
"""

MAX_AHEAD, QUICKEST = 4, 4
"""How far ahead a report may be before it is in doubt until a later one confirms it.

The limit is `MAX_AHEAD` chunks more than a model makes that is `QUICKEST` times as fast as its
playout.
"""


class Novelty(Enum):
    """What is known of a frame, compared with the previous one."""

    NEW = auto()
    """It is another frame: its metadata shows it."""
    REPEATED = auto()
    """It is the same frame again: its metadata shows it."""
    DIFFERENT = auto()
    """The image differs."""
    ALIKE = auto()
    """The image does not differ: a repeat, or a still image."""


FRESH = (Novelty.NEW, Novelty.DIFFERENT)


@dataclass(frozen=True, slots=True)
class _Report:
    """A chunk that has been made: how many frames it has, and when it was reported."""

    frames: int
    at: int


class ChunkFrameCounter:
    """Determines from the frames of a take which chunk is shown. Times are nanoseconds."""

    def __init__(self, frames_per_chunk: int, first_frames: int | None = None) -> None:
        """Create the counter.

        Args:
            frames_per_chunk: The frames of a chunk, before it is reported.
            first_frames: Those of the first chunk of a take, if it has fewer.
        """
        self._usual = frames_per_chunk
        self._first = first_frames or frames_per_chunk
        self._lags: deque[int] = deque(maxlen=MEASURED)
        self._ways: deque[float] = deque(maxlen=MAX_KEPT)
        """From a chunk's report to its first frame, if nothing else waited to be sent.

        The value is below 0 if frames come first.
        """
        self._next_ways: deque[float] = deque(maxlen=MAX_KEPT)
        """From a chunk's report to the first frame of the next one."""
        self._pace = Pace()
        self._repeats = False
        """Whether this sender has been seen to send a frame twice."""
        self._running = False
        self._counting = False
        self._needs_dark = False
        self.waits = False
        """Whether frames of earlier takes are still to come: those of this take follow them."""
        self._latest: tuple[int, float] = (0, 0.0)
        """When the latest frame arrived, and when it was sent."""
        self._restart(needs_dark=False)

    def _restart(self, needs_dark: bool) -> None:
        self._running = False
        self._needs_dark = needs_dark
        self._follows_report = False
        self._was_dark = False
        """Whether a dark frame came early, while frames of earlier takes were due.

        These frames may have been discarded.
        """
        self._counting = False
        self._started: int | None = None
        """When generation was reported to run, if it was."""
        self._doubted: int | None = None
        """A chunk whose report cannot be right, unless a later one confirms it."""
        self._reports: dict[int, _Report] = {}
        self._last: tuple[int, int, int] = (-1, 0, 0)
        """The latest chunk reported, the take's frames up to its end, and when."""
        self._chunk = self._last_reported = -1
        self._began: float | None = None
        """When the current chunk began, while its report is still to come."""
        self._sure = False
        """Whether the sender has been seen to have nothing to send before the chunk that begins."""
        self._anchor: tuple[int, int] | None = None
        self._lost = False
        self._rests = False
        self._rested_after: int | None = None
        """The latest chunk reported before a pause, until its silence or, as it may have none, the
        chunk after next.
        """
        self._pace.forget()
        self._clear_count()

    def _clear_count(self) -> None:
        self._ticks = self._fresh = self._alike = self._repeated = self._held = 0

    # ---- state

    @property
    def lag(self) -> int:
        """The measured nanoseconds from a chunk's report to its first frame; 0 if not measured."""
        return int(median(self._lags)) if self._lags else 0

    @property
    def is_counting(self) -> bool:
        """Whether frames of the take are arriving."""
        return self._counting

    @property
    def started_at(self) -> int | None:
        """When generation was reported to run, if it was."""
        return self._started

    @property
    def last_reported(self) -> int:
        """The latest chunk that was reported; -1 before the first."""
        return self._last[0]

    @property
    def repeats(self) -> bool:
        """Whether this sender has been seen to send a frame twice."""
        return self._repeats

    @property
    def has_frames_to_come(self) -> bool:
        """Whether a take without any frame seen has made frames, all on a connection still up."""
        return not self._counting and not self._lost and self._last[1] > 0

    def before_reset(self) -> ChunkFrameCounter:
        """Return a copy of this take's count, to continue alongside the next take's.

        Measurements of the sender are shared.
        """
        kept = copy.copy(self)
        kept._pace = copy.deepcopy(self._pace)
        return kept

    def frames_of(self, chunk: int) -> int:
        """Return how many frames a chunk has, as far as is known."""
        return self._length(chunk)

    @property
    def _soonest(self) -> float:
        """The time from a chunk's report to its first frame if nothing waits before it.

        It is one of the shorter times seen.
        """
        return sorted(self._ways)[(len(self._ways) - 1) // 4] if self._ways else 0.0

    # ---- reports of the model

    def reset(self) -> None:
        """Note that the model was reset: another take begins."""
        self._restart(needs_dark=self._counting or self._needs_dark or self.last_reported >= 0)

    def comes_after_frames(self) -> None:
        """Note that the previous take has made frames after all.

        They come before those of this one.
        """
        self._needs_dark = not self._counting

    def started(self, chunk: int, at: int | None = None) -> None:
        """Note that generation runs, as was reported at nanosecond `at`."""
        if chunk == 0 and not self._running:
            self._running, self._started = True, at

    def rested(self) -> None:
        """Note that generation is paused.

        Frames that arrive now were made before, or are repeated.
        """
        self._rests, self._rested_after = True, self._last[0]

    def resumed(self) -> None:
        """Note that generation continues."""
        self._rests = False

    def lost(self) -> None:
        """Note that the connection broke: frames pass unseen."""
        self._lost, self._counting, self._anchor = True, False, None
        self._began = None
        self._pace.restart()

    def was_shown(self, chunk: int, at: int) -> None:
        """Note that a chunk was shown to the client whose session was adopted.

        It is not shown again, and its lag is valid here too.
        """
        report = self._reports.get(chunk)
        if report is not None and 0 <= at - report.at < SOON:
            self._lags.append(at - report.at)
            self._ways.append(at - report.at)
        self._last_reported = max(self._last_reported, chunk)

    def done(self, chunk: int, frames: int, at: int) -> None:
        """Note that a chunk was reported: the take holds `frames` up to its end."""
        last, before, when = self._last
        self._running, self._rests = True, False
        if chunk <= last:
            self._doubted = None
            return  # reported twice, or out of order
        if self._is_doubtful(chunk, at) and (self._doubted is None or chunk <= self._doubted):
            self._doubted = chunk
            return
        self._doubted = None
        since = when if last >= 0 else at if self._started is None else self._started
        for number, one in _shared(chunk - last, max(0, frames - before), since, at):
            self._reports[last + number] = one
        self._reports = {
            number: one for number, one in self._reports.items() if number > chunk - MAX_KEPT
        }
        self._last = (chunk, max(before, frames), at)
        if self._counting:
            if self._began is not None and self._chunk in self._reports:
                self._measure(self._began, self._reports[self._chunk].at)
                self._began = None
        elif frames > before and self._lost:
            if self._anchor is None:
                self._anchor = (chunk, at + self.lag)
        elif frames > before and self._needs_dark:
            self._needs_dark, self._follows_report = False, True

    def _is_doubtful(self, chunk: int, at: int) -> bool:
        """Whether a chunk cannot have been made yet, judged by the last report."""
        last, _, when = self._last
        elapsed = at - when if last >= 0 else 0 if self._started is None else at - self._started
        return not self._lost and chunk - last > MAX_AHEAD + QUICKEST * elapsed / (
            self._usual * self._pace.tick
        )

    def is_sooner_than_possible(self, chunk: int, elapsed: int) -> bool:
        """Whether no model makes a take's chunks up to this one within `elapsed` nanoseconds."""
        return elapsed < (chunk * self._usual + self._first) * self._pace.tick / QUICKEST

    # ---- frames

    def pass_over(self, at: int, stamp: int | None) -> None:
        """Take the time of a frame that belongs to no chunk: there was nothing else to send."""
        self._pace.take(at, stamp)
        self._pace.forget()

    def take_back(self) -> None:
        """Count the frame that was skipped after all: it belonged to the current chunk."""
        self._ticks += 1
        self._fresh += 1

    def begins_after_all(self, novelty: Novelty) -> int | None:
        """Return the chunk that begins with the latest frame.

        It is known because the earlier takes have turned out to be over.
        """
        self.waits = False
        at, sent = self._latest
        first = self._begins(at, sent, novelty)
        if (
            first is None
            and novelty is Novelty.NEW
            and self._running
            and not (self._needs_dark or self._lost)
        ):
            first = self._following(-1)  # all frames before it are known, and it is not one of them
        return None if first is None else self._show(first, at, sent)

    def frame(
        self,
        is_dark: bool,
        at: int,
        stamp: int | None = None,
        novelty: Novelty = Novelty.DIFFERENT,
        skipped: int | None = None,
    ) -> int | None:
        """Count a frame, and return the chunk that is shown from it on, if another one begins.

        Args:
            is_dark: Whether it is the dark frame that is shown if the model has none.
            at: When it arrived.
            stamp: Its time at the sender, in 1/90000 s, if known.
            novelty: What is known of it, compared with the previous frame.
            skipped: How many frames were lost between the two, if the sender numbers its frames.
        """
        sent = self._pace.take(at, stamp)
        self._latest = at, sent
        if (
            self._rested_after is not None
            and not self._repeats
            and self._pace.step > GAP * self._pace.tick
        ):
            self._rested_after = None
            self._pace.forget()  # nothing was lost: nothing was made
        if is_dark and not self._counting:
            streams = bool(self._ways) and self._streams
            self._needs_dark = False
            self._follows_report = self._was_dark = self.waits and not streams
            return None
        if not self._counting:
            first = self._begins(at, sent, novelty)
            return None if first is None else self._show(first, at, sent)
        if self._idled(
            skipped
        ):  # what appeared to be the chunk's first frames were the last ones of the previous chunk
            self._pace.forget()
            self._clear_count()
        missing = (
            skipped if skipped is not None else 0 if self._streams else self._pace.missing(stamp)
        )
        ticks = self._ticks
        own = min(missing, max(0, self._length(self._chunk) - self._ticks))
        self._ticks += own
        self._fresh += 0 if self._streams else own
        following, length = self._following(self._chunk), self._length(self._chunk)
        if self._next_begins(following, sent, novelty, ticks):
            waited = self._waited(following, sent)
            gap = self._pace.step / self._pace.tick
            is_silence = gap > GAP and (
                ticks == length
                or self._is_silence(following, sent, round(gap) - 1 - (length - ticks))
            )
            held = max(
                0, self._held - 1
            )  # frames that came after the previous chunk was complete belong to this one
            held = min(held, int(waited)) if following in self._reports else held
            found = self._show(following, at, sent)
            begun = min(
                missing - own, int(waited)
            )  # lost frames of this chunk, but not where the sender had none to send
            self._ticks = self._fresh = 1 + max(begun, held)
            if is_silence or (gap > SKIPPED and waited < 1):
                self._pace.forget()  # the sender had nothing to send
            return found
        self._ticks += 1
        self._fresh += novelty in FRESH
        self._alike = 0 if novelty in FRESH else self._alike + 1
        self._repeated = self._repeated + 1 if novelty is Novelty.REPEATED else 0
        return None

    def _idled(self, skipped: int | None) -> bool:
        """Whether a chunk begins with this frame instead, after the sender paused.

        This is so if the sender paused soon after the chunk's assumed beginning.

        It sends the frames of a chunk one after the other, and has nothing to send only between two
        chunks, if at all.
        """
        near = NEAR if skipped is None else self._length(self._chunk) // 2
        rested = self._pace.step > GAP * self._pace.tick
        return rested and not (skipped or self._repeats or self._streams) and self._ticks <= near

    def _begins(self, at: int, sent: float, novelty: Novelty) -> int | None:
        """Return the chunk that counting can begin with at this frame."""
        if self._anchor is not None:
            if at < self._anchor[1]:
                return None
            chunk, self._anchor, self._lost = self._anchor[0], None, False
            return chunk
        if not self._running or self._needs_dark or self._lost:
            return None
        first = self._following(-1)
        if not self._follows_report or self._is_after_loss(first, sent):
            return first
        if self._was_dark and novelty in FRESH and not self._can_be_there(first, sent):
            self._was_dark = False  # nothing was discarded: the previous take continues
        if novelty is Novelty.REPEATED:
            return None
        if self.waits and not self._was_dark and (novelty in FRESH or not self._repeats):
            return None  # a frame of an earlier take
        if not self._is_overdue(first, sent):
            return first if novelty in FRESH and self._can_be_there(first, sent) else None
        return first

    def _next_begins(self, chunk: int, sent: float, novelty: Novelty, ticks: int) -> bool:
        """Whether a chunk begins with this frame, `ticks` frames after the current one began."""
        self._sure = False
        if self._is_after_loss(chunk, sent):
            return True
        if novelty is Novelty.REPEATED:
            self._repeats = True
            return False
        length = self._length(self._chunk)
        can_be_there = self._can_be_there(chunk, sent)
        if novelty is Novelty.NEW:
            # A sender that repeated a frame had nothing else: all that was made was sent, though
            # some of it may be lost.
            self._sure = self._repeated >= PAUSE and can_be_there
            if self._fresh >= length or self._sure:
                return True
        gap = self._pace.step / self._pace.tick
        if (
            not self._repeats
            and gap > GAP
            and (ticks >= length or (can_be_there and ticks + round(gap) > length))
        ):
            self._sure = True
            return True
        if self._ticks < length:
            return False
        if self._streams:
            return chunk in self._reports or self._next_streams(sent, novelty, length)
        if novelty is Novelty.ALIKE:
            self._held = 0
            self._repeats = self._repeats or not can_be_there
            return self._is_overdue(chunk, sent)
        self._held += 1
        self._sure = self._alike >= PAUSE or self._held >= RUN
        return (
            can_be_there or self._held >= RUN or (chunk in self._reports and self._alike >= PAUSE)
        )

    def _next_streams(self, sent: float, novelty: Novelty, length: int) -> bool:
        """Whether the next chunk begins, if frames come one by one while their chunk is made."""
        report = self._reports.get(self._chunk)
        enough = self._fresh >= length and (report is not None or not self._repeats)
        if report is None or not self._next_ways:
            return enough and novelty in FRESH
        follows = sent >= report.at + min(self._next_ways) - OVERDUE * self._pace.tick
        if novelty is Novelty.ALIKE:
            return (
                follows and self._fresh <= 1 and not self._rests
            )  # nothing at all moves, and it is not a pause
        return follows or enough

    @property
    def _streams(self) -> bool:
        """Whether frames come long before their chunk is reported."""
        if not self._ways:
            return self._chunk not in self._reports
        return self._soonest < -SLACK * self._usual * self._pace.tick

    def _can_be_there(self, chunk: int, sent: float) -> bool:
        """Whether a chunk's first frame can have been sent by now.

        It is not sent sooner after its report than was ever seen.
        """
        report = self._reports.get(chunk)
        return report is not None and sent >= report.at + self._soonest - EARLY * self._pace.tick

    def _waited(self, chunk: int, sent: float) -> float:
        """Return how many frames ago a chunk could have been shown already; 0 if unknown."""
        report = self._reports.get(chunk)
        return (
            0.0
            if report is None
            else max(0.0, (sent - report.at - self._soonest) / self._pace.tick)
        )

    def _is_silence(self, chunk: int, sent: float, missing: int) -> bool:
        """Return whether fewer frames can be lost than are missing before a chunk's first frame.

        If so, there were none.

        None are lost before the chunk is there, as long after its report as it was when the sender
        had to wait for it.
        """
        report = self._reports.get(chunk)
        if report is None or not self._ways:
            return False
        latest = sorted(self._ways)[3 * len(self._ways) // 4]
        return missing > 1 + max(0.0, sent - report.at - latest) / self._pace.tick

    def _is_overdue(self, chunk: int, sent: float) -> bool:
        """Whether a chunk's first frame must have been sent, unless it takes longer than usual."""
        report = self._reports.get(chunk)
        return (
            report is not None
            and sent >= report.at + max(0.0, self._soonest) + OVERDUE * self._pace.tick
        )

    def _is_after_loss(self, chunk: int, sent: float) -> bool:
        """Whether a chunk was reported so long ago that it must be shown by now."""
        report = self._reports.get(chunk)
        if report is None:
            return False
        patience = max(LATE, LATE_CHUNKS * self._usual * self._pace.tick)
        return sent >= report.at + max(0.0, self._soonest) + patience

    def _show(self, chunk: int, at: int, sent: float) -> int | None:
        """Begin a chunk with the frame that arrived at `at`.

        Return it unless it was shown before the connection broke.
        """
        before, report = self._reports.get(self._chunk), self._reports.get(chunk)
        if self._counting and before is not None:
            self._next_ways.append(sent - before.at)
        self._began = None
        is_certain = not self._counting or self._sure
        if report is not None:
            if is_certain:
                self._measure(sent - max(0, self._held - 1) * self._pace.tick, report.at)
            if 0 <= at - report.at < SOON:
                self._lags.append(at - report.at)
        elif not self._counting or self._streams:
            self._began = sent
        self._counting, self._follows_report = True, False
        self._chunk = chunk
        if self._rested_after is not None and chunk > self._rested_after + 1:
            self._rested_after = None
        self._clear_count()
        self._ticks = self._fresh = 1
        if chunk <= self._last_reported:
            return None
        self._last_reported = chunk
        return chunk

    def _measure(self, sent: float, reported: int) -> None:
        if abs(sent - reported) < SOON:
            self._ways.append(sent - reported)

    def _length(self, chunk: int) -> int:
        """Return how many frames a chunk has, as far as is known."""
        report = self._reports.get(chunk)
        if report is not None:
            return report.frames
        return self._first if chunk == 0 else self._usual

    def _following(self, chunk: int) -> int:
        """Return the next chunk that has frames: a warm-up chunk has none."""
        following = chunk + 1
        while self._length(following) == 0:
            following += 1
        return following


def _shared(chunks: int, frames: int, since: int, at: int) -> Iterable[tuple[int, _Report]]:
    """Return the reports of several chunks if only the last was received.

    They are returned as:

    (1 …, its report), frames and times shared evenly.
    """
    for number in range(max(1, chunks - MAX_KEPT), chunks + 1):
        own = frames * number // chunks - frames * (number - 1) // chunks
        yield number, _Report(own, since + (at - since) * number // chunks)
