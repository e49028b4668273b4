"""Compare two runs: where they differ in cues, messages to devices, and frames of each chunk."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from typing import Any

from sequencer.core.display import counted, summary_repr
from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.message_output import SentMessages
from sequencer.engine.conductor.report import CueReport, Report
from sequencer.engine.journal import Journal
from sequencer.engine.play_range import PlayRange
from sequencer.engine.replay import follow_record
from sequencer.events.events import ChunkDone, FramesRendered
from sequencer.schedule.describe import describe_act
from sequencer.schedule.model import ControlAct, MessageAct, NoteAct, OscAct, ProgramAct


@dataclass(frozen=True, slots=True)
class CueDifference:
    """A cue on which two runs differ.

    `before` or `after` is None where that run does not contain the cue.
    """

    before: CueReport | None
    after: CueReport | None
    what: str

    def __str__(self) -> str:
        cue = self.before or self.after
        where = (
            ""
            if cue is None
            else (cue.place if cue.section is None else f"{cue.section} {cue.place}")
        )
        line = "" if cue is None or not cue.line else f" (line {cue.line})"
        return f"{where}{line}: {self.what}"


@dataclass(frozen=True, slots=True)
class SendDifference:
    """A message of a cue or a rule that only one run sent, or that the other run left out.

    `message` describes it.
    """

    send: SentMessages
    message: str
    what: str

    def __str__(self) -> str:
        send = self.send
        where = send.place if send.section is None else f"{send.section} {send.place}"
        line = f" (line {send.line})" if send.line else ""
        return f"{where}{line}: {self.message}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs between two runs.

    `pictures` are the score chunks whose frames differ; None where the frames cannot be compared,
    for the reason `why_not`.
    """

    settings: tuple[str, ...]
    cues: tuple[CueDifference, ...]
    prompts: tuple[int, ...]
    """Score chunks that showed different prompts."""
    frame_digests: tuple[int, ...] | None
    why_not: str
    chunks: tuple[int, int]
    first_chunks: tuple[int, int] = (0, 0)
    """The score chunks with which the two runs begin: not 0 for a run that plays a range."""
    sends: tuple[SendDifference, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether the two runs showed the same."""
        found = self.settings or self.cues or self.prompts or self.frame_digests or self.sends
        same = self.chunks[0] == self.chunks[1] and self.first_chunks[0] == self.first_chunks[1]
        return not found and same

    def __repr__(self) -> str:
        if self.is_equal:
            return summary_repr(self, None, "equal", counted(self.chunks[0], "chunk"))
        parts = ("setting", self.settings), ("cue", self.cues), ("send", self.sends)
        chunks = ("prompt", self.prompts), ("frame", self.frame_digests or ())
        return summary_repr(
            self,
            None,
            "different",
            *(f"{counted(len(found), what)}" for what, found in parts if found),
            *(f"{what}s of {counted(len(found), 'chunk')}" for what, found in chunks if found),
            f"{self.chunks[0]} and {self.chunks[1]} chunks",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _RunContent:
    report: Report
    played: PlayRange | None
    prompts: dict[int, str | None]
    frame_digests: dict[int, str]
    renderers: frozenset[str]


def _read_content(journal: Journal) -> _RunContent:
    """Return what a run showed, by score chunk. The conductor knows which take begins where."""
    conductor = Conductor.of_journal(journal)
    prompts: dict[int, str | None] = {}
    frame_digests: dict[int, str] = {}
    renderers: set[str] = set()
    for record in journal.records:
        match record.event:
            case FramesRendered() as made if conductor.is_of_the_score(made.chunk):
                frame_digests[conductor.base + made.chunk] = made.sha256
                renderers.add(made.renderer)
            case ChunkDone() as done if done.frames and conductor.is_of_the_score(done.chunk):
                prompts[conductor.base + done.chunk] = done.prompt
            case _:
                pass
        follow_record(conductor, record)
    return _RunContent(
        report=conductor.report(),
        played=journal.played,
        prompts=prompts,
        frame_digests=frame_digests,
        renderers=frozenset(renderers),
    )


def compare(before: Journal, after: Journal) -> Comparison:
    """Return where two runs differ."""
    first, second = _read_content(before), _read_content(after)
    is_other_score = before.header.get("schedule_digest") != after.header.get("schedule_digest")
    common = first.prompts.keys() & second.prompts.keys()
    frame_digests, why_not = _compare_frames(first, second)
    return Comparison(
        settings=tuple(_compare_settings(before, after)),
        cues=tuple(
            one
            for one in _compare_cues(first.report.cues, second.report.cues)
            if not _is_outside_a_range(one, first, second)
            and not (is_other_score and _never_acted(one))
        ),
        prompts=tuple(
            sorted(chunk for chunk in common if first.prompts[chunk] != second.prompts[chunk])
        ),
        frame_digests=frame_digests,
        why_not=why_not,
        chunks=(first.report.chunks, second.report.chunks),
        first_chunks=(first.report.first_chunk, second.report.first_chunk),
        sends=tuple(
            _compare_sends(
                _sends_within(first.report.sends, second, before),
                _sends_within(second.report.sends, first, before),
            )
        ),
    )


def _never_acted(one: CueDifference) -> bool:
    """Return whether a cue did nothing in the only run that contains it.

    It was skipped or overtaken, and the score that was frozen from the run omits it.
    """
    cue = one.before if one.after is None else one.after if one.before is None else None
    return cue is not None and cue.status in (Status.SKIPPED, Status.OVERTAKEN)


def _is_outside_a_range(one: CueDifference, first: _RunContent, second: _RunContent) -> bool:
    """Return whether only one run contains a cue because the other one played a range without it.

    This includes what a range opens with instead of the cues before it.
    """
    if one.before is not None and one.after is not None:
        return False
    cue, own, other = (
        (one.before, first, second) if one.before is not None else (one.after, second, first)
    )
    if cue is None:
        return False
    is_opening = cue.entry is None and cue.rule is None and cue.planned == own.report.first_chunk
    if own.played is not None and is_opening:
        return True
    if other.played is None:
        return False
    chunk = cue.landed if cue.landed is not None else cue.planned
    return chunk is None or not _has_chunk(other.report, chunk)


def _has_chunk(report: Report, chunk: int) -> bool:
    return report.first_chunk <= chunk < report.first_chunk + report.chunks


def _sends_within(
    sends: Sequence[SentMessages], other: _RunContent, journal: Journal
) -> Sequence[SentMessages]:
    """Return the messages of one run that the range of the other one includes."""
    if other.played is None:
        return sends
    grid = journal.schedule.grid
    first = grid.boundary(other.report.first_chunk)
    end = grid.boundary(other.report.first_chunk + other.report.chunks)
    return [one for one in sends if first <= one.seconds < end]


def _compare_frames(first: _RunContent, second: _RunContent) -> tuple[tuple[int, ...] | None, str]:
    if not first.frame_digests or not second.frame_digests:
        return None, "at least one of the runs has no frames of its own"
    if first.renderers != second.renderers:
        return None, "they were drawn by different renderers, whose frames always differ"
    common = first.frame_digests.keys() & second.frame_digests.keys()
    return tuple(
        sorted(
            chunk for chunk in common if first.frame_digests[chunk] != second.frame_digests[chunk]
        )
    ), ""


def _compare_settings(before: Journal, after: Journal) -> list[str]:
    found = []
    for name in ("title", "seed", "grid", "mode", "schedule_digest"):
        one, other = before.header.get(name), after.header.get(name)
        if one != other:
            found.append(f"{name.replace('_', ' ')}: {_shorten(one)} against {_shorten(other)}")
    ranges = _range_of(before), _range_of(after)
    if ranges[0] != ranges[1]:
        found.append(f"range: {ranges[0]} against {ranges[1]}")
    return found


def _range_of(journal: Journal) -> str:
    return "the whole score" if journal.played is None else str(journal.played)


def _shorten(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 24 else text[:12] + "…"


def _cue_key(cue: CueReport) -> tuple[str | None, str, str]:
    return cue.section, cue.place, cue.what


def _compare_cues(before: Sequence[CueReport], after: Sequence[CueReport]) -> list[CueDifference]:
    found: list[CueDifference] = []
    first: list[CueReport] = []
    second: list[CueReport] = []
    matcher = SequenceMatcher(
        None, [_cue_key(cue) for cue in before], [_cue_key(cue) for cue in after], autojunk=False
    )
    for kind, low, high, other_low, other_high in matcher.get_opcodes():
        if kind == "equal":
            for one, other in zip(before[low:high], after[other_low:other_high], strict=True):
                what = _describe_difference(one, other)
                if what:
                    found.append(CueDifference(one, other, what))
            continue
        first += before[low:high]
        second += after[other_low:other_high]
    # A repeated or frozen run names its positions anew: cues with equal acts that landed on the
    # same chunk are the same cue.
    both = Counter(map(_landing, first)) & Counter(map(_landing, second))
    found += [
        CueDifference(one, None, "only in the first run") for one in _unmatched_cues(first, both)
    ]
    found += [
        CueDifference(None, one, "only in the second run") for one in _unmatched_cues(second, both)
    ]
    return found


_LOST = re.compile(r"without its ([a-z, ]+):")
"""Which acts of a cue that landed did not, in its reason."""


def _landing(cue: CueReport) -> tuple[int, frozenset[str]] | None:
    """Return (score chunk, acts in any order) of a cue that landed, without the acts it lost."""
    if cue.landed is None or cue.status is not Status.LANDED:
        return None
    lost = {kind for found in _LOST.findall(cue.reason) for kind in found.split(", ")}
    return cue.landed, frozenset(cue.what.split(", ")) - lost


def _unmatched_cues(
    cues: Sequence[CueReport], others: Counter[tuple[int, frozenset[str]] | None]
) -> Iterator[CueReport]:
    """Yield the cues that are not among `others`, the landings of both runs.

    Each landing matches one cue.
    """
    left = others.copy()
    for cue in cues:
        landing = _landing(cue)
        if landing is not None and left[landing]:
            left[landing] -= 1
        else:
            yield cue


def _describe_difference(one: CueReport, other: CueReport) -> str:
    """Describe how the same cue went differently; empty where it did not.

    Times of day and leads are not compared.
    """
    parts = []
    if one.status is not other.status:
        parts.append(f"{one.status.value} against {other.status.value}")
    if one.landed != other.landed:
        parts.append(f"on chunk {_format_chunk(one.landed)} against {_format_chunk(other.landed)}")
    return ", ".join(parts)


_Message = tuple[str | int, ...]
"""What a device receives.

Of a MIDI message it is the kind, channel, numbers, and note length in ms; of an OSC message the
kind, the address and the arguments.
"""


@dataclass(frozen=True, slots=True)
class _RunMessage:
    """One message of a run: its content, its origin, and whether it was sent."""

    message: _Message
    send: SentMessages
    words: str

    def content_key(self) -> object:
        """Return what was sent."""
        return self.message

    def position_key(self) -> object:
        """Return what was sent, with the position of the score that it was sent for."""
        return self.send.section, self.send.place, self.message


FIRST_SEARCH_DISTANCE_S, SECOND_SEARCH_DISTANCE_S = Fraction(1, 50), Fraction(3, 2)
"""The largest distance between equal messages of two runs, in seconds of the model's time.

The first value applies in a first search, the second in a second search.
"""


def _compare_sends(
    before: Sequence[SentMessages], after: Sequence[SentMessages]
) -> Iterator[SendDifference]:
    """Yield each message in which two runs differ.

    The grouping of messages into cues and the notation of their positions are not compared. Neither
    is the time of sending, which depends on the chunk boundaries of the particular run.
    """
    both, only_first, only_second = _pair_messages(
        _collect_messages(before), _collect_messages(after)
    )
    for one, other in both:
        if one.send.was_sent is not other.send.was_sent:
            yield SendDifference(
                one.send,
                one.words,
                "sent against left out" if one.send.was_sent else "left out against sent",
            )
    yield from (SendDifference(one.send, one.words, "only in the first run") for one in only_first)
    yield from (
        SendDifference(one.send, one.words, "only in the second run") for one in only_second
    )


def _pair_messages(
    first: list[_RunMessage], second: list[_RunMessage]
) -> tuple[list[tuple[_RunMessage, _RunMessage]], list[_RunMessage], list[_RunMessage]]:
    """Return the pairs of equal messages, and those that only one of the two runs contains.

    The messages of only the first run come before those of only the second.

    Messages with equal content are paired in three steps: first those from the same position of the
    score, as in two runs that left a live section at different times; then those at the same time,
    as in a frozen score; then those a little apart in time.
    """
    both: list[tuple[_RunMessage, _RunMessage]] = []
    for key, apart in (
        (_RunMessage.position_key, None),
        (_RunMessage.content_key, FIRST_SEARCH_DISTANCE_S),
        (_RunMessage.content_key, SECOND_SEARCH_DISTANCE_S),
    ):
        waiting: dict[object, deque[_RunMessage]] = {}
        for posted in second:
            waiting.setdefault(key(posted), deque()).append(posted)
        left: list[_RunMessage] = []
        taken: set[int] = set()
        for posted in first:
            others = waiting.get(key(posted), deque())
            while (
                apart is not None
                and others
                and others[0].send.seconds < posted.send.seconds - apart
            ):
                others.popleft()
            if others and (apart is None or others[0].send.seconds <= posted.send.seconds + apart):
                taken.add(id(others[0]))
                both.append((posted, others.popleft()))
            else:
                left.append(posted)
        first, second = left, [posted for posted in second if id(posted) not in taken]
    return both, first, second


def _collect_messages(sends: Sequence[SentMessages]) -> list[_RunMessage]:
    """Return every message of a run in order of time, then of content."""
    found = [
        (round(send.seconds * 1000), _RunMessage(_message_content(act), send, describe_act(act)))
        for send in sends
        for act in send.acts
    ]
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].message))]


def _message_content(act: MessageAct) -> _Message:
    match act:
        case NoteAct():
            # At least one millisecond, as in a frozen score.
            return "note", act.channel, act.note, act.velocity, round(act.seconds * 1000) or 1
        case ControlAct():
            return "cc", act.channel, act.control, act.value, 0
        case ProgramAct():
            return "program", act.channel, act.program, 0, 0
        case OscAct():
            return "osc", act.address, *act.arguments


def _format_chunk(chunk: int | None) -> str:
    return "none" if chunk is None else str(chunk)
