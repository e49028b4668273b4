"""A schedule as JSON, both ways, and its digest.

The document is ``{"helios-schedule": FORMAT, "digest": hex, "schedule": {…}}``. Fractions are written as text (`"11/8"`),
so nothing is lost. FORMAT is 1, or 2 where times are long numbers and those that follow from others are left out (`compact`).
The digest is SHA-256 over canonical JSON of what is performed: grid, snap, lead, late policy, clock,
seed, takes, entries with their exact places, live stretches and rules, and images by their content. Titles, spans,
notation and paths are not in it.
"""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sequencer.collection import paused_collection
from sequencer.errors import ScheduleError
from sequencer.images import ImageFile
from sequencer.schedule.acts import ShowImage
from sequencer.schedule.bounds import beyond
from sequencer.schedule.compact import compacted, expanded, has_long_numbers
from sequencer.schedule.model import FORMAT, PLAIN_FORMAT, Entry, RuleEntry, Schedule, Send, Stretch, Take
from sequencer.timebase import is_wide

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_MARK = "helios-schedule"


@cache
def _adapter() -> TypeAdapter[Schedule]:
    from pydantic import TypeAdapter

    return TypeAdapter(Schedule)


def to_document(schedule: Schedule) -> dict[str, Any]:
    """The schedule as a JSON-able object, with its format number and digest."""
    with paused_collection():
        number, written = (FORMAT, compacted(schedule)) if has_long_numbers(schedule) else (PLAIN_FORMAT, schedule)
        return {_MARK: number, "digest": digest(schedule), "schedule": _adapter().dump_python(written, mode="json")}


def from_document(document: object) -> Schedule:
    """The schedule of a JSON object. Raises ScheduleError where it is none, is newer than this reader, or was altered."""
    if not isinstance(document, dict) or not isinstance(document.get(_MARK), int):
        raise ScheduleError("this is not a compiled schedule", "make one with: sequencer compile SCORE -o FILE")
    if document[_MARK] > FORMAT:
        raise ScheduleError(
            f"this schedule has format {document[_MARK]}, and this version reads up to {FORMAT}", "update the sequencer"
        )
    with paused_collection():
        return _read(document)


def _read(document: dict[str, Any]) -> Schedule:
    """The schedule of a document whose format is known."""
    from pydantic import ValidationError

    try:
        schedule = _adapter().validate_python(document.get("schedule"))
        if document[_MARK] > PLAIN_FORMAT:
            schedule = expanded(schedule)
    except (ValidationError, ValueError) as error:
        raise ScheduleError(f"this schedule cannot be read: {first_fault(error)}", "compile the score again") from None
    try:
        found = digest(schedule)
        (schedule.title or "").encode()
    except UnicodeEncodeError:  # JSON can spell half of a character, and nothing else can
        raise ScheduleError("this schedule cannot be read: a text holds half a character", "compile the score again") from None
    if document.get("digest") != found:
        raise ScheduleError("this schedule was altered: its digest does not fit", "compile the score again")
    odd = beyond(schedule)
    if odd is not None:
        raise ScheduleError(f"this schedule cannot be played: no score has {odd}", "compile the score again")
    return schedule


def first_fault(error: Exception) -> str:
    """The first fault of a validation error, with its place in the document where it has one."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        return ": ".join(part for part in (".".join(str(one) for one in fault["loc"]), fault["msg"]) if part)
    return str(error)


def to_json(schedule: Schedule) -> str:
    """The document as text, one line a key, ending in a newline."""
    return json.dumps(to_document(schedule), ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> Schedule:
    """The schedule of a document's text. Raises ScheduleError."""
    try:
        with paused_collection():
            document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScheduleError(f"this is not JSON: {error}", "make a schedule with: sequencer compile SCORE -o FILE") from None
    return from_document(document)


# ---- digest --------------------------------------------------------------------------------------------------------


def digest(schedule: Schedule) -> str:
    """SHA-256 (hex) of what is performed."""
    return hashlib.sha256(canonical(performed(schedule)).encode()).hexdigest()


def canonical(value: object) -> str:
    """Canonical JSON: sorted keys, no spaces, text as it is. Fractions as text, images as their content's digest."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return f"{_digits(value.numerator)}/{_long_digits(value.denominator)}" if is_wide(value) else str(value)
    if isinstance(value, ImageFile):
        return value.sha256
    raise TypeError(f"{type(value).__name__} has no canonical form")


DIGITS_AT_ONCE = 300
"""Up to so many digits Python writes numbers quickly; the time that it takes grows with the square of their length."""


def _digits(number: int) -> str:
    """The digits of a positive number, like `str`: long ones in halves."""
    count = number.bit_length() * 3 // 20
    if count < DIGITS_AT_ONCE:
        return str(number)
    head, tail = divmod(number, 10**count)
    return _digits(head) + _digits(tail).zfill(count)


_long_digits = lru_cache(maxsize=8)(_digits)  # cues that follow each other often have the same denominator


def performed(schedule: Schedule) -> dict[str, Any]:
    """What the digest is taken over."""
    return {
        "grid": [schedule.grid.frames, schedule.grid.fps],
        "clock": [schedule.clock.kind, schedule.clock.bpm, *([schedule.clock.rate] if schedule.clock.rate else ())],
        "snap": schedule.snap,
        "lead": schedule.lead,
        "late": schedule.late,
        "seed": schedule.seed,
        "sr": schedule.sr,
        "end": schedule.end,
        "takes": [_take(take) for take in schedule.takes],
        "stretches": [_stretch(stretch) for stretch in schedule.stretches],
    }


def _take(take: Take) -> list[object]:
    opening = take.opening
    bundles = [[one.chunk, one.prompt, one.image, one.strength, one.sr] for one in take.bundles]
    return [take.start, opening.seed, opening.sr, opening.strength, opening.image, opening.prompt, bundles]


def _stretch(stretch: Stretch) -> dict[str, Any]:
    live: dict[str, Any] = {}
    if stretch.is_live or stretch.rules:
        live = {
            "section": stretch.section,
            "until": [_fields(one) for one in stretch.until],
            "rules": [_rule(one) for one in stretch.rules],
            "meters": None if stretch.meters is None else [[bar, str(meter)] for bar, meter in stretch.meters.changes],
        }
    sends = {"sends": [_send(one) for one in stretch.sends]} if stretch.sends else {}
    return {"seconds": stretch.seconds, "entries": [_entry(one) for one in stretch.entries], **live, **sends}


def _entry(entry: Entry) -> list[object]:
    return [entry.offset, entry.quarter, entry.snap, entry.chunk, [_fields(act) for act in entry.acts]]


def _send(send: Send) -> list[object]:
    return [send.offset, send.quarter, [_fields(act) for act in send.acts]]


def _rule(rule: RuleEntry) -> list[object]:
    return [rule.key, _fields(rule.trigger), [_fields(act) for act in rule.acts]]


def _fields(value: Any) -> list[object]:
    """The fields of a frozen value, in order: small closed vocabularies, so their order is part of the format."""
    if isinstance(value, ShowImage):
        return [value.kind, value.image]
    return [getattr(value, name) for name in reversed(value.__dataclass_fields__)]
