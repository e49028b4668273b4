"""Events and commands as JSON, both ways."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sequencer.events.commands import Command, Upload
from sequencer.events.events import LocalEvent, StageEvent

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Event = StageEvent | LocalEvent
"""Whatever the conductor can receive."""


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
    """The event of a JSON object. Raises pydantic's ValidationError (a ValueError) for anything that is not one."""
    event: Event = _event_adapter().validate_python(value)
    return event


def command_from_json(value: object) -> Command:
    """The command of a JSON object. Raises pydantic's ValidationError (a ValueError) for anything that is not one."""
    command: Command = _command_adapter().validate_python(value)
    return command


def event_to_json(event: Event) -> dict[str, Any]:
    """An event as a JSON object, its `kind` included."""
    return _fields(event)


def command_to_json(command: Command) -> dict[str, Any]:
    """A command as a JSON object, its `kind` included."""
    return _fields(command)


def _fields(value: Any) -> dict[str, Any]:
    """The fields of a flat record. Written by hand because a journal writes thousands a second; read back by pydantic."""
    record = {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, Upload):
        record["image"] = _fields(value.image)
    return record
