"""Convert events and commands to JSON and back."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sequencer.events.commands import Command, SchedulePrompt, Upload
from sequencer.events.events import Improvised, LocalEvent, Ready, StageEvent

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Event = StageEvent | LocalEvent
"""Everything that the conductor can receive."""


@cache
def _event_adapter() -> TypeAdapter[Any]:
    from typing import Annotated

    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Event, Field(discriminator="kind")])


@cache
def _command_adapter() -> TypeAdapter[Any]:
    from typing import Annotated

    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Command, Field(discriminator="kind")])


def event_from_json(value: object) -> Event:
    """Return the event of a JSON object.

    Raises pydantic's ValidationError (a ValueError) for anything else.
    """
    event: Event = _event_adapter().validate_python(value)
    return event


def command_from_json(value: object) -> Command:
    """Return the command of a JSON object.

    Raises pydantic's ValidationError (a ValueError) for anything else.
    """
    command: Command = _command_adapter().validate_python(value)
    return command


def event_to_json(event: Event) -> dict[str, Any]:
    """Return an event as a JSON object, including its `kind`."""
    return _fields(event)


def command_to_json(command: Command) -> dict[str, Any]:
    """Return a command as a JSON object, including its `kind`."""
    return _fields(command)


def _fields(value: Any) -> dict[str, Any]:
    """Return the fields of a record, which is flat but for an image.

    Hand-written: a journal writes thousands a second. Pydantic reads them back.
    """
    record = {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, Upload | Improvised):
        record["image"] = None if value.image is None else _fields(value.image)
    # Without fades, records are as in journals of versions that knew none.
    if isinstance(value, SchedulePrompt) and not value.fade:
        del record["fade"]
    if isinstance(value, Ready) and not value.fades:
        del record["fades"]
    if isinstance(value, Improvised):
        record["strength"] = None if value.strength is None else str(value.strength)
    return record
