"""Compare two runs: where they part, cue by cue, what gear was told, and which chunks' pictures differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sequencer.conductor import Conductor, CueReport, Report, Sent, Status
from sequencer.events import ChunkDone, PicturesMade
from sequencer.journal import Journal


@dataclass(frozen=True, slots=True)
class CueDifference:
    """A cue on which two runs part: `before` or `after` is None where that run has no such cue."""

    before: CueReport | None
    after: CueReport | None
    what: str

    def __str__(self) -> str:
        cue = self.before or self.after
        where = "" if cue is None else (cue.place if cue.section is None else f"{cue.section} {cue.place}")
        line = "" if cue is None or not cue.line else f" (line {cue.line})"
        return f"{where}{line}: {self.what}"


@dataclass(frozen=True, slots=True)
class SendDifference:
    """What one cue (or one firing of a rule) told gear in one run only, or told in one run and left out in the other."""

    send: Sent
    what: str

    def __str__(self) -> str:
        send = self.send
        where = send.place if send.section is None else f"{send.section} {send.place}"
        line = f" (line {send.line})" if send.line else ""
        return f"{where}{line}: {send.what}: {self.what}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs. `pictures` are score chunks whose pictures differ, None where they cannot be compared (`why_not`)."""

    settings: tuple[str, ...]
    cues: tuple[CueDifference, ...]
    prompts: tuple[int, ...]
    """Score chunks that showed another prompt."""
    pictures: tuple[int, ...] | None
    why_not: str
    chunks: tuple[int, int]
    sends: tuple[SendDifference, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether the two runs showed the same."""
        found = self.settings or self.cues or self.prompts or self.pictures or self.sends
        return not found and self.chunks[0] == self.chunks[1]


@dataclass(frozen=True, slots=True)
class _Shown:
    report: Report
    prompts: dict[int, str | None]
    pictures: dict[int, str]
    renderers: frozenset[str]


def _shown(journal: Journal) -> _Shown:
    """What a run showed, by score chunk: the conductor knows which take begins where."""
    conductor = Conductor(journal.schedule, journal.following, journal.revision)
    prompts: dict[int, str | None] = {}
    pictures: dict[int, str] = {}
    renderers: set[str] = set()
    for record in journal.records:
        match record.event:
            case None:
                continue
            case PicturesMade() as made if conductor.is_of_the_score(made.chunk):
                pictures[conductor.base + made.chunk] = made.sha256
                renderers.add(made.renderer)
            case ChunkDone() as done if done.frames and conductor.is_of_the_score(done.chunk):
                prompts[conductor.base + done.chunk] = done.prompt
            case _:
                pass
        conductor.receive(record.event)
    return _Shown(conductor.report(), prompts, pictures, frozenset(renderers))


def compare(before: Journal, after: Journal) -> Comparison:
    """Where two runs part."""
    first, second = _shown(before), _shown(after)
    common = first.prompts.keys() & second.prompts.keys()
    pictures, why_not = _pictures(first, second)
    return Comparison(
        settings=tuple(_settings(before, after)),
        cues=tuple(_cues(first.report.cues, second.report.cues)),
        prompts=tuple(sorted(chunk for chunk in common if first.prompts[chunk] != second.prompts[chunk])),
        pictures=pictures,
        why_not=why_not,
        chunks=(first.report.chunks, second.report.chunks),
        sends=tuple(_sends(first.report.sends, second.report.sends)),
    )


def _pictures(first: _Shown, second: _Shown) -> tuple[tuple[int, ...] | None, str]:
    if not first.pictures or not second.pictures:
        return None, "not both runs have pictures of their own"
    if first.renderers != second.renderers:
        return None, "they were drawn by different renderers, whose pictures are never the same"
    common = first.pictures.keys() & second.pictures.keys()
    return tuple(sorted(chunk for chunk in common if first.pictures[chunk] != second.pictures[chunk])), ""


def _settings(before: Journal, after: Journal) -> list[str]:
    found = []
    for name in ("title", "seed", "grid", "mode", "schedule_digest"):
        one, other = before.header.get(name), after.header.get(name)
        if one != other:
            found.append(f"{name.replace('_', ' ')}: {_brief(one)} against {_brief(other)}")
    return found


def _brief(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 24 else text[:12] + "…"


def _key(cue: CueReport) -> tuple[str | None, str, str]:
    return cue.section, cue.place, cue.what


def _cues(before: Sequence[CueReport], after: Sequence[CueReport]) -> list[CueDifference]:
    found: list[CueDifference] = []
    matcher = SequenceMatcher(None, [_key(cue) for cue in before], [_key(cue) for cue in after], autojunk=False)
    for kind, low, high, other_low, other_high in matcher.get_opcodes():
        if kind == "equal":
            for one, other in zip(before[low:high], after[other_low:other_high], strict=True):
                what = _parted(one, other)
                if what:
                    found.append(CueDifference(one, other, what))
            continue
        first, second = before[low:high], after[other_low:other_high]
        # A run done again, or frozen, names its places anew: what landed there as the same is the same cue.
        both = Counter(map(_landing, first)) & Counter(map(_landing, second))
        found += [CueDifference(one, None, "only in the first run") for one in _without(first, both)]
        found += [CueDifference(None, one, "only in the second run") for one in _without(second, both)]
    return found


def _landing(cue: CueReport) -> tuple[int, frozenset[str]] | None:
    """(score chunk, what it did, in whatever order) of a cue that landed."""
    if cue.landed is None or cue.status is not Status.LANDED:
        return None
    return cue.landed, frozenset(cue.what.split(", "))


def _without(cues: Sequence[CueReport], others: Counter[tuple[int, frozenset[str]] | None]) -> Iterator[CueReport]:
    """The cues that are not among the landings of both runs, each of which stands for one cue."""
    left = others.copy()
    for cue in cues:
        landing = _landing(cue)
        if landing is not None and left[landing]:
            left[landing] -= 1
        else:
            yield cue


def _parted(one: CueReport, other: CueReport) -> str:
    """How the same cue went differently; empty where it did not. Times of day and leads are no difference."""
    parts = []
    if one.status is not other.status:
        parts.append(f"{one.status.value} against {other.status.value}")
    if one.landed != other.landed:
        parts.append(f"on chunk {_at(one.landed)} against {_at(other.landed)}")
    return ", ".join(parts)


def _sends(before: Sequence[Sent], after: Sequence[Sent]) -> Iterator[SendDifference]:
    """Where gear was told something else. When it was told is no difference: that hangs on the day's boundaries."""
    first, second = ([(send.section, send.place, send.acts) for send in sends] for sends in (before, after))
    for kind, low, high, other_low, other_high in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind == "equal":
            for one, other in zip(before[low:high], after[other_low:other_high], strict=True):
                if one.was_sent is not other.was_sent:
                    yield SendDifference(one, "sent against left out" if one.was_sent else "left out against sent")
            continue
        yield from (SendDifference(one, "only in the first run") for one in before[low:high])
        yield from (SendDifference(one, "only in the second run") for one in after[other_low:other_high])


def _at(chunk: int | None) -> str:
    return "none" if chunk is None else str(chunk)
