"""Read which stages do the actions of a cue or a rule in YAML."""

from __future__ import annotations

from collections.abc import Mapping

from sequencer.core.diagnostics import Fix
from sequencer.language import values
from sequencer.language.score import StageName
from sequencer.language.spec import STAGES_KEY
from sequencer.language.yaml.fields import FieldReader
from sequencer.language.yaml.nodes import Node, Scalar, Sequence

Entries = Mapping[str, tuple[Scalar, Node]]


def read_item_stages(reader: FieldReader, entries: Entries) -> tuple[StageName, ...] | None:
    """Return the stages of an item; empty if it names none, None if a diagnostic was reported."""
    if STAGES_KEY not in entries:
        return ()
    key, value = entries[STAGES_KEY]
    return reader.read_stages(value, key)


def report_stages_as_trigger(reader: FieldReader, entries: Entries) -> bool:
    """Report `{at: 9, on: left}`, as in the text notation. Return whether it was reported."""
    if "on" not in entries or not ({"at", "every"} & entries.keys()):
        return False
    place = entries["at"][1] if "at" in entries else None
    key, value = entries["on"]
    is_name = isinstance(value, Scalar) and values.is_name(value.value)
    if not (is_name or isinstance(value, Sequence)) or (
        isinstance(place, Scalar) and place.value.startswith("next")
    ):
        return False
    at = reader.key_span(key)
    reader.faults.error(
        "E612",
        "`on` is the trigger of a rule",
        at,
        hint="the stages of a cue are written with the key stages",
        fix=Fix(at, STAGES_KEY),
    )
    return True
