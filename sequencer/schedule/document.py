"""Convert schedules to JSON documents and back, check their numbers, and compute their digest.

The language guarantees that the numbers of a compiled score are within their bounds, but a document
can come from anybody, so `from_document` checks them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sequencer.core.errors import ScheduleError
from sequencer.core.gc_pause import paused_collection
from sequencer.core.images import ImageFile
from sequencer.core.osc_values import is_message
from sequencer.core.timebase import ChunkGrid, MeterMap, TempoMap
from sequencer.core.wide_numbers import is_before, is_wide
from sequencer.schedule.compact import compacted, expanded, has_long_numbers
from sequencer.schedule.model import (
    COMPACT_FORMAT,
    DEFAULT_MODEL,
    FORMAT,
    FRAME_RATES,
    MAX_FADE_CHUNKS,
    MAX_FPS,
    MAX_FRAMES_PER_CHUNK,
    MAX_LEAD_CHUNKS,
    MAX_QUANTISATION,
    MAX_SEED,
    PLAIN_FORMAT,
    ClockSpec,
    ControlAct,
    CueAct,
    CutAct,
    Entry,
    ImageAct,
    NoteAct,
    OscAct,
    PickAct,
    ProgramAct,
    PromptAct,
    Quantisation,
    RuleAct,
    RuleEntry,
    Schedule,
    Send,
    ShuffleAct,
    StrengthAct,
    Stretch,
    Take,
)

MAX_CHUNKS = 1_000_000
"""The longest score, in chunks (about sixteen days).

Beyond it a mistake is likelier than a show.
"""
MAX_BARS = 1_000_000
"""The most bars of one pass of a section, for the same reason."""
MAX_MAGNITUDE = 10**12
"""Positions in seconds or quarters are below this number.

Tempi in quarters a minute are between its inverse and it.
"""


def bars(stretch: Stretch) -> int:
    """Return the number of bars of a pass, including a last incomplete one; 0 if it has none."""
    if stretch.meters is None or stretch.tempo is None:
        return 0
    quarters = (
        stretch.quarters
        if stretch.quarters is not None
        else stretch.tempo.quarter_at(stretch.seconds)
    )
    return stretch.meters.bar_beat_at(quarters).bar


def check_bounds(schedule: Schedule) -> str | None:
    """Return in a few words what in a schedule no score could have produced.

    The result is None if everything is within its bounds.
    """
    return next(_beyond(schedule), None)


def _beyond(schedule: Schedule) -> Iterator[str]:
    yield from _grid(schedule.grid)
    yield from _clock(schedule.clock)
    if not 1 <= schedule.lead <= MAX_LEAD_CHUNKS:
        yield f"a lead of {_short(schedule.lead)} chunks"
    yield from _seed(schedule.seed)
    if schedule.sound is not None:
        yield from _far("a start of its sound", schedule.sound.start)
    if not 0 <= schedule.end <= MAX_CHUNKS:
        yield f"{_short(schedule.end)} chunks"
    if not schedule.stretches or not schedule.takes:
        yield "fewer than one section and one take"
    for stretch in schedule.stretches:
        yield from _check_stretch(stretch)
    for take in schedule.takes:
        yield from _check_take(take)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"{text[:12]}…"


def _grid(grid: ChunkGrid) -> Iterator[str]:
    if not 1 <= grid.frames <= MAX_FRAMES_PER_CHUNK:
        yield f"{_short(grid.frames)} frames per chunk"
    if grid.first is not None and not 1 <= grid.first < grid.frames:
        yield f"{_short(grid.first)} frames in the first chunk of a take"
    if not 0 < grid.fps <= MAX_FPS:
        yield f"{_short(grid.fps)} frames per second"


def _clock(clock: ClockSpec) -> Iterator[str]:
    if clock.bpm is not None and not Fraction(1, MAX_MAGNITUDE) < clock.bpm < MAX_MAGNITUDE:
        yield f"a tempo of {_short(clock.bpm)}"
    if clock.rate is not None and clock.rate not in FRAME_RATES:
        yield f"time code of {_short(clock.rate)} frames per second"


def _seed(seed: int | None) -> Iterator[str]:
    if seed is not None and not 0 <= seed <= MAX_SEED:
        yield f"the seed {_short(seed)}"


def _far(name: str, *values: Fraction | int | None) -> Iterator[str]:
    for value in values:
        if value is not None and not 0 <= value < MAX_MAGNITUDE:
            yield f"{name} of {_short(value)}"


def _check_stretch(stretch: Stretch) -> Iterator[str]:
    yield from _far(
        "a section's position or length",
        stretch.start,
        stretch.soonest,
        stretch.seconds,
        stretch.quarters,
    )
    yield from _far("a section's chunk", stretch.earliest, stretch.latest)
    if stretch.tempo is not None:
        yield from _tempo(stretch.tempo)
    if stretch.meters is not None:
        yield from _meters(stretch.meters)
    if bars(stretch) > MAX_BARS:
        yield f"a section of more than {MAX_BARS:,} bars"
    for entry in stretch.entries:
        yield from _far("a cue's position", entry.offset, entry.quarter, entry.chunk)
        yield from _acts(entry.acts)
    for send in stretch.sends:
        yield from _far("a message's position", send.offset, send.quarter)
        yield from _acts(send.acts)
    for mark in stretch.marks:
        yield from _far("a mark's position", mark.offset, mark.quarter)
    for rule in stretch.rules:
        yield from _acts(rule.acts)
        if rule.quantisation is not None:
            yield from _quantisation(rule.quantisation, stretch)


def _quantisation(quantisation: Quantisation, stretch: Stretch) -> Iterator[str]:
    if not 1 <= quantisation.count <= MAX_QUANTISATION:
        yield f"a rule at every {_short(quantisation.count)} {quantisation.unit}"
    if stretch.meters is None or stretch.tempo is None:
        yield f"a rule at {quantisation.unit} where there are none"


def _tempo(tempo: TempoMap) -> Iterator[str]:
    if not tempo.segments or tempo.segments[0].quarter != 0 or tempo.segments[0].seconds != 0:
        yield "a tempo that does not begin with its section"
    for segment in tempo.segments:
        yield from _far("a tempo's position", segment.quarter, segment.seconds)
        paces = (segment.first, segment.last)
        if not all(Fraction(1, MAX_MAGNITUDE) < pace < MAX_MAGNITUDE for pace in paces):
            yield f"a tempo of {_short(segment.first)} seconds per quarter note"
        if segment.length is not None and not 0 < segment.length < MAX_MAGNITUDE:
            yield f"a tempo that lasts {_short(segment.length)} quarters"
    for one, following in pairwise(tempo.segments):
        if (
            one.length is None
            or following.quarter <= one.quarter
            or not is_before(one.seconds, following.seconds)
        ):
            yield "tempi that do not follow each other"
    if (
        tempo.segments and tempo.segments[-1].length is not None
    ):  # after the end of a ramp its formula goes back in time
        yield "a tempo that ends before its section"


def _meters(meters: MeterMap) -> Iterator[str]:
    try:
        whole = MeterMap.of(meters.changes)
    except ValueError:
        whole = None
    if whole != meters or any(bar >= MAX_MAGNITUDE for bar, _ in meters.changes):
        yield "meters that do not follow each other"


def _acts(acts: Iterable[CueAct | RuleAct]) -> Iterator[str]:
    for act in acts:
        match act:
            case StrengthAct() if not 0 <= act.value <= 1:
                yield f"a strength of {_short(act.value)}"
            case CutAct():
                yield from _seed(act.seed)
            case ImageAct():
                yield from _image(act.image)
            case PromptAct():
                yield from _fade(act.fade)
            case PickAct() | ShuffleAct():
                yield from _fade(act.fade)
                if not act.texts:
                    yield "a pick from nothing"
            case NoteAct():
                yield from _far("a note's length", act.seconds, act.quarters)
                yield from _midi(act.channel, act.note, act.velocity)
            case ControlAct():
                yield from _midi(act.channel, act.control, act.value)
            case ProgramAct():
                yield from _midi(act.channel, act.program - 1)
            case OscAct() if not is_message(act.address, act.arguments):
                yield f"the OSC message {_short(act.address)}"
            case _:
                pass


def _fade(chunks: int) -> Iterator[str]:
    if not 0 <= chunks <= MAX_FADE_CHUNKS:
        yield f"a fade of {_short(chunks)} chunks"


def _midi(channel: int, *values: int) -> Iterator[str]:
    if not 1 <= channel <= 16:
        yield f"MIDI channel {_short(channel)}"
    for value in values:
        if not 0 <= value <= 127:
            yield f"the MIDI value {_short(value)}"


def _image(image: ImageFile | None) -> Iterator[str]:
    if image is not None and not all(
        0 <= value < MAX_MAGNITUDE for value in (image.width, image.height, image.size)
    ):
        yield f"an image of {_short(image.width)}×{_short(image.height)} pixels"


def _check_take(take: Take) -> Iterator[str]:
    yield from _far("a take's chunk", take.start)
    yield from _seed(take.opening.seed)
    yield from _image(take.opening.image)
    for strength in (take.opening.strength, *(bundle.strength for bundle in take.bundles)):
        if strength is not None and not 0 <= strength <= 1:
            yield f"a strength of {_short(strength)}"
    for bundle in take.bundles:
        yield from _far("a bundle's chunk", bundle.chunk)
        yield from _fade(bundle.fade)
        yield from _image(bundle.image)


if TYPE_CHECKING:
    from pydantic import TypeAdapter

_MARK = "helios-schedule"


@cache
def _adapter() -> TypeAdapter[Schedule]:
    from pydantic import TypeAdapter

    return TypeAdapter(Schedule)


def to_document(schedule: Schedule) -> dict[str, Any]:
    """Return the schedule as an object for JSON, with its format number and digest."""
    with paused_collection():
        is_compact = has_long_numbers(schedule)
        number = COMPACT_FORMAT if is_compact else PLAIN_FORMAT
        document = _adapter().dump_python(
            compacted(schedule) if is_compact else schedule, mode="json"
        )
        grid = document["grid"]
        del grid["cut_times"], grid["cut_chunks"]  # they follow from the cues
        if schedule.grid.first is None:  # as in schedules of versions that knew no first chunk
            del grid["first"]
        else:
            number = FORMAT
        if schedule.sound is None:  # as in schedules of versions that knew no sound
            del document["sound"]
        if schedule.model == DEFAULT_MODEL:  # likewise
            del document["model"]
        _leave_out_no_fades(document)
        return {_MARK: number, "digest": digest(schedule), "schedule": document}


SLICE = 64
"""How many cues `document_in_slices` converts at once."""


def document_in_slices(schedule: Schedule) -> dict[str, Any]:
    """Return the object that `to_document` returns, converting some cues at a time.

    A thread that calls it lets others run in between: a long schedule takes a second.
    """
    if has_long_numbers(schedule):
        return to_document(schedule)  # its times are left out or kept together
    bare = replace(
        schedule,
        stretches=tuple(replace(one, entries=()) for one in schedule.stretches),
        takes=tuple(replace(one, bundles=()) for one in schedule.takes),
    )
    document = to_document(bare)
    document["digest"] = digest(schedule)
    inside = document["schedule"]
    for stretch, written in zip(schedule.stretches, inside["stretches"], strict=True):
        one = replace(stretch, rules=(), sends=(), marks=())
        for start in range(0, len(stretch.entries), SLICE):
            entries = stretch.entries[start : start + SLICE]
            part = replace(bare, stretches=(replace(one, entries=entries),), takes=())
            written["entries"] += to_document(part)["schedule"]["stretches"][0]["entries"]
    for take, written in zip(schedule.takes, inside["takes"], strict=True):
        for start in range(0, len(take.bundles), SLICE):
            bundles = take.bundles[start : start + SLICE]
            part = replace(bare, stretches=(), takes=(replace(take, bundles=bundles),))
            written["bundles"] += to_document(part)["schedule"]["takes"][0]["bundles"]
    return document


def _leave_out_no_fades(document: dict[str, Any]) -> None:
    """Leave `fade` out where a prompt has none, as in schedules of versions that knew no fades."""
    for stretch in document["stretches"]:
        for one in (*stretch["entries"], *stretch["rules"]):
            for act in one["acts"]:
                if act.get("fade") == 0:
                    del act["fade"]
    for take in document["takes"]:
        for bundle in take["bundles"]:
            if bundle["fade"] == 0:
                del bundle["fade"]


def from_document(document: object) -> Schedule:
    """Return the schedule of a JSON object.

    Args:
        document: The object, as `to_document` returns it.

    Returns:
        The schedule.

    Raises:
        ScheduleError: The object is not a schedule, is newer than this reader, was altered, or
            exceeds the bounds.
    """
    if not isinstance(document, dict) or not isinstance(document.get(_MARK), int):
        raise ScheduleError(
            "this is not a compiled schedule", "make one with: sequencer compile SCORE -o FILE"
        )
    if document[_MARK] > FORMAT:
        raise ScheduleError(
            f"this schedule has format {document[_MARK]}, and this version reads up to {FORMAT}",
            "update the sequencer",
        )
    with paused_collection():
        return _read(document)


def _read(document: dict[str, Any]) -> Schedule:
    """Return the schedule of a document whose format is known."""
    from pydantic import ValidationError

    try:
        schedule = _adapter().validate_python(document.get("schedule"))
        if document[_MARK] > PLAIN_FORMAT or schedule.grid.first is not None:
            schedule = expanded(schedule)
    except (ValidationError, ValueError) as error:
        raise ScheduleError(
            f"this schedule cannot be read: {first_fault(error)}", "compile the score again"
        ) from None
    try:
        found = digest(schedule)
        (schedule.title or "").encode()
    except UnicodeEncodeError:  # JSON can encode half of a character, which nothing else can
        raise ScheduleError(
            "this schedule cannot be read: a text contains half a character",
            "compile the score again",
        ) from None
    if document.get("digest") != found:
        raise ScheduleError(
            "this schedule was altered: its digest does not match", "compile the score again"
        )
    odd = check_bounds(schedule)
    if odd is not None:
        raise ScheduleError(
            f"this schedule cannot be played: no score has {odd}", "compile the score again"
        )
    return schedule


def first_fault(error: Exception) -> str:
    """Return the first problem of a validation error, with any path in the document."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        return ": ".join(
            part for part in (".".join(str(one) for one in fault["loc"]), fault["msg"]) if part
        )
    return str(error)


def to_json(schedule: Schedule) -> str:
    """Return the document as text, one key per line, ending in a newline."""
    return json.dumps(to_document(schedule), ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> Schedule:
    """Return the schedule of a document's text. Raises ScheduleError."""
    try:
        with paused_collection():
            document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScheduleError(
            f"this is not JSON: {error}", "make a schedule with: sequencer compile SCORE -o FILE"
        ) from None
    return from_document(document)


# ---- digest --------------------------------------------------------------------------------------


def digest(schedule: Schedule) -> str:
    """Return the SHA-256 (hexadecimal) of what is performed."""
    return hashlib.sha256(canonical(performed(schedule)).encode()).hexdigest()


def canonical(value: object) -> str:
    """Return canonical JSON: sorted keys, no spaces, text as it is, and text for fractions.

    Images are represented by the digest of their content.
    """
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    )


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return (
            f"{_digits(value.numerator)}/{_long_digits(value.denominator)}"
            if is_wide(value)
            else str(value)
        )
    if isinstance(value, ImageFile):
        return value.sha256
    raise TypeError(f"{type(value).__name__} has no canonical form")


DIGITS_AT_ONCE = 300
"""Up to this many digits, Python converts numbers quickly.

The time that it takes grows with the square of their length.
"""


def _digits(number: int) -> str:
    """Return the digits of a positive number, like `str`, but convert long numbers in halves."""
    count = number.bit_length() * 3 // 20
    if count < DIGITS_AT_ONCE:
        return str(number)
    head, tail = divmod(number, 10**count)
    return _digits(head) + _digits(tail).zfill(count)


_long_digits = lru_cache(maxsize=8)(
    _digits
)  # cues that follow each other often have the same denominator


def performed(schedule: Schedule) -> dict[str, Any]:
    """Return the values over which the digest is computed."""
    return {
        "grid": [
            schedule.grid.frames,
            schedule.grid.fps,
            *([] if schedule.grid.first is None else [schedule.grid.first]),
        ],
        "clock": [
            schedule.clock.kind,
            schedule.clock.bpm,
            *([schedule.clock.rate] if schedule.clock.rate else ()),
        ],
        "snap": schedule.snap,
        "lead": schedule.lead,
        "late": schedule.late,
        "seed": schedule.seed,
        "sr": schedule.sr,
        **({} if schedule.model == DEFAULT_MODEL else {"model": schedule.model}),
        "end": schedule.end,
        "takes": [_take(take) for take in schedule.takes],
        "stretches": [_stretch(stretch) for stretch in schedule.stretches],
    }


def _take(take: Take) -> list[object]:
    opening = take.opening
    bundles = [
        [one.chunk, one.prompt, one.image, one.strength, one.sr, *([one.fade] if one.fade else ())]
        for one in take.bundles
    ]
    return [
        take.start,
        opening.seed,
        opening.sr,
        opening.strength,
        opening.image,
        opening.prompt,
        bundles,
    ]


def _stretch(stretch: Stretch) -> dict[str, Any]:
    live: dict[str, Any] = {}
    if stretch.is_live or stretch.rules:
        live = {
            "section": stretch.section,
            "until": [_fields(one) for one in stretch.until],
            "rules": [_rule(one) for one in stretch.rules],
            "meters": None
            if stretch.meters is None
            else [[bar, str(meter)] for bar, meter in stretch.meters.changes],
        }
    sends = {"sends": [_send(one) for one in stretch.sends]} if stretch.sends else {}
    return {
        "seconds": stretch.seconds,
        "entries": [_entry(one) for one in stretch.entries],
        **live,
        **sends,
    }


def _entry(entry: Entry) -> list[object]:
    return [
        entry.offset,
        entry.quarter,
        entry.snap,
        entry.chunk,
        [_fields(act) for act in entry.acts],
    ]


def _send(send: Send) -> list[object]:
    return [send.offset, send.quarter, [_fields(act) for act in send.acts]]


def _rule(rule: RuleEntry) -> list[object]:
    at = [] if rule.quantisation is None else [[rule.quantisation.count, rule.quantisation.unit]]
    return [rule.key, _fields(rule.trigger), [_fields(act) for act in rule.acts], *at]


def _fields(value: Any) -> list[object]:
    """Return the fields of an immutable value, in order.

    The classes are a small closed set, so the order is part of the format. A prompt without a fade
    has the fields that it had before there were fades.
    """
    if isinstance(value, ImageAct):
        return [value.kind, value.image]
    names = reversed(value.__dataclass_fields__)
    return [getattr(value, name) for name in names if name != "fade" or value.fade]
