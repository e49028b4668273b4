"""What the numbers of a schedule may be. Those of a score are so by its language; a document may come from anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise

from sequencer.images import ImageFile
from sequencer.schedule.acts import (
    ChooseProgram,
    CueAct,
    CutTake,
    MoveControl,
    PickPrompt,
    PlayNote,
    RuleAct,
    ShowImage,
    Strength,
)
from sequencer.schedule.model import ClockSpec, Schedule, Stretch, Take
from sequencer.timebase import ChunkGrid, MeterMap, TempoMap, is_before

MOST_CHUNKS = 1_000_000
"""The longest score, in chunks (about sixteen days): beyond it a slip is likelier than a show."""
MOST_BARS = 1_000_000
"""The most bars of one pass of a section, for the same reason."""
MOST = 10**12
"""No place is so many seconds or quarters away, and no tempo is so many quarters a minute or has so few."""
MOST_FRAMES = 10_000
MOST_FPS = 1_000
LONGEST_LEAD = 1_000
LARGEST_SEED = 2**32 - 1
RATES = (None, "24", "25", "29.97", "30")
"""Of MIDI time code, in frames a second."""


def bars(stretch: Stretch) -> int:
    """How many bars a pass has, begun ones included; 0 where it has none."""
    if stretch.meters is None or stretch.tempo is None:
        return 0
    quarters = stretch.quarters if stretch.quarters is not None else stretch.tempo.quarter_at(stretch.seconds)
    return stretch.meters.bar_beat_at(quarters).bar


def beyond(schedule: Schedule) -> str | None:
    """What of a schedule no score could have made, as a few words; None where everything is within its bounds."""
    return next(_beyond(schedule), None)


def _beyond(schedule: Schedule) -> Iterator[str]:
    yield from _grid(schedule.grid)
    yield from _clock(schedule.clock)
    if not 1 <= schedule.lead <= LONGEST_LEAD:
        yield f"a lead of {_short(schedule.lead)} chunks"
    yield from _seed(schedule.seed)
    if not 0 <= schedule.end <= MOST_CHUNKS:
        yield f"{_short(schedule.end)} chunks"
    if not schedule.stretches or not schedule.takes:
        yield "fewer than one section and one take"
    for stretch in schedule.stretches:
        yield from _stretch(stretch)
    for take in schedule.takes:
        yield from _take(take)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"{text[:12]}…"


def _grid(grid: ChunkGrid) -> Iterator[str]:
    if not 1 <= grid.frames <= MOST_FRAMES:
        yield f"{_short(grid.frames)} frames to a chunk"
    if not 0 < grid.fps <= MOST_FPS:
        yield f"{_short(grid.fps)} frames a second"


def _clock(clock: ClockSpec) -> Iterator[str]:
    if clock.bpm is not None and not Fraction(1, MOST) < clock.bpm < MOST:
        yield f"a tempo of {_short(clock.bpm)}"
    if clock.rate not in RATES:
        yield f"time code of {_short(clock.rate)} frames a second"


def _seed(seed: int | None) -> Iterator[str]:
    if seed is not None and not 0 <= seed <= LARGEST_SEED:
        yield f"the seed {_short(seed)}"


def _far(name: str, *values: Fraction | int | None) -> Iterator[str]:
    for value in values:
        if value is not None and not 0 <= value < MOST:
            yield f"{name} of {_short(value)}"


def _stretch(stretch: Stretch) -> Iterator[str]:
    yield from _far("a section's place or length", stretch.start, stretch.soonest, stretch.seconds, stretch.quarters)
    yield from _far("a section's chunk", stretch.earliest, stretch.latest)
    if stretch.tempo is not None:
        yield from _tempo(stretch.tempo)
    if stretch.meters is not None:
        yield from _meters(stretch.meters)
    if bars(stretch) > MOST_BARS:
        yield f"a section of more than {MOST_BARS:,} bars"
    for entry in stretch.entries:
        yield from _far("a cue's place", entry.offset, entry.quarter, entry.chunk)
        yield from _acts(entry.acts)
    for send in stretch.sends:
        yield from _far("a message's place", send.offset, send.quarter)
        yield from _acts(send.acts)
    for mark in stretch.marks:
        yield from _far("a mark's place", mark.offset, mark.quarter)
    for rule in stretch.rules:
        yield from _acts(rule.acts)


def _tempo(tempo: TempoMap) -> Iterator[str]:
    if not tempo.segments or tempo.segments[0].quarter != 0 or tempo.segments[0].seconds != 0:
        yield "a tempo that does not begin with its section"
    for segment in tempo.segments:
        yield from _far("a tempo's place", segment.quarter, segment.seconds)
        paces = (segment.first, segment.last)
        if not all(Fraction(1, MOST) < pace < MOST for pace in paces):
            yield f"a tempo of {_short(segment.first)} seconds a quarter"
        if segment.length is not None and not 0 < segment.length < MOST:
            yield f"a tempo that lasts {_short(segment.length)} quarters"
    for one, following in pairwise(tempo.segments):
        if one.length is None or following.quarter <= one.quarter or not is_before(one.seconds, following.seconds):
            yield "tempi that do not follow each other"
    if tempo.segments and tempo.segments[-1].length is not None:  # beyond the end of a ramp its formula goes back in time
        yield "a tempo that ends before its section"


def _meters(meters: MeterMap) -> Iterator[str]:
    try:
        whole = MeterMap.of(meters.changes)
    except ValueError:
        whole = None
    if whole != meters or any(bar >= MOST for bar, _ in meters.changes):
        yield "meters that do not follow each other"


def _acts(acts: Iterable[CueAct | RuleAct]) -> Iterator[str]:
    for act in acts:
        match act:
            case Strength() if not 0 <= act.value <= 1:
                yield f"a strength of {_short(act.value)}"
            case CutTake():
                yield from _seed(act.seed)
            case ShowImage():
                yield from _image(act.image)
            case PickPrompt() if not act.texts:
                yield "a pick from nothing"
            case PlayNote():
                yield from _far("a note's length", act.seconds, act.quarters)
                yield from _midi(act.channel, act.note, act.velocity)
            case MoveControl():
                yield from _midi(act.channel, act.control, act.value)
            case ChooseProgram():
                yield from _midi(act.channel, act.program - 1)
            case _:
                pass


def _midi(channel: int, *values: int) -> Iterator[str]:
    if not 1 <= channel <= 16:
        yield f"MIDI channel {_short(channel)}"
    for value in values:
        if not 0 <= value <= 127:
            yield f"the MIDI value {_short(value)}"


def _image(image: ImageFile | None) -> Iterator[str]:
    if image is not None and not all(0 <= value < MOST for value in (image.width, image.height, image.size)):
        yield f"an image of {_short(image.width)}×{_short(image.height)} pixels"


def _take(take: Take) -> Iterator[str]:
    yield from _far("a take's chunk", take.start)
    yield from _seed(take.opening.seed)
    yield from _image(take.opening.image)
    for strength in (take.opening.strength, *(bundle.strength for bundle in take.bundles)):
        if strength is not None and not 0 <= strength <= 1:
            yield f"a strength of {_short(strength)}"
    for bundle in take.bundles:
        yield from _far("a bundle's chunk", bundle.chunk)
        yield from _image(bundle.image)
