"""The messages that a page sends: their form and limits. Everything else is refused."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sequencer.core.errors import UsageError
from sequencer.studio.page_keys import MAX_KEY_LENGTH

MAX_MESSAGE_BYTES = 1024 * 1024
"""The largest message, in bytes. A longer text is sent in several edits."""
MAX_CHANGES = 10_000
"""The most replacements in one edit."""
MAX_COMMAND_LENGTH = 8192
"""The longest operator command, in characters: an improvised prompt."""
MAX_INTEGER = 2**53 - 1
"""The largest integer that JavaScript represents exactly."""

Id = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Name = Annotated[str, Field(max_length=256)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class KeyMessage(_Message):
    """The first message on a websocket."""

    t: Literal["key"]
    key: Annotated[str, Field(max_length=MAX_KEY_LENGTH)]


class Ping(_Message):
    """A measurement of the clock's offset."""

    t: Literal["ping"]
    id: Id


class Change(_Message):
    """A replacement of the text from `from` to `to`, in UTF-16 code units, by `text`."""

    start: Annotated[int, Field(alias="from", ge=0, le=MAX_INTEGER)]
    end: Annotated[int, Field(alias="to", ge=0, le=MAX_INTEGER)]
    text: str


class Edit(_Message):
    """Changes of the score's text of version `version`, with positions in that version."""

    t: Literal["edit"]
    id: Id = 0
    version: Id
    changes: Annotated[tuple[Change, ...], Field(max_length=MAX_CHANGES)]


class Ask(BaseModel):
    """A question about the score or the run; the fields depend on `what`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    t: Literal["ask"]
    id: Id
    what: Name

    @property
    def fields(self) -> dict[str, Any]:
        """The fields beside `t`, `id` and `what`."""
        return dict(self.model_extra or {})


class CommandMessage(_Message):
    """An operator command for the run that the page shows."""

    t: Literal["command"]
    id: Id
    run: Name
    command: Annotated[str, Field(max_length=MAX_COMMAND_LENGTH)]


class TakeOver(_Message):
    """Let the text of version `version` take over."""

    t: Literal["take_over"]
    id: Id
    run: Name
    version: Id
    where: Literal["bar", "chunk", "section"] = "bar"
    section: Annotated[str, Field(max_length=1024)] | None = None


class Undo(_Message):
    """Let the version before the last takeover take over again."""

    t: Literal["undo"]
    id: Id
    run: Name
    where: Literal["bar", "chunk", "section"] = "bar"


class Save(_Message):
    """Save the text of version `version`; `overwrite` also if the file was changed meanwhile."""

    t: Literal["save"]
    id: Id
    version: Id
    overwrite: bool = False
    name: Name | None = None
    """The file's name, for a score that has none yet."""


class ModeOptions(_Message):
    """How to begin a run."""

    real_time: bool = True
    """For a rehearsal: in real time, or as fast as possible."""
    start: Annotated[str | None, Field(alias="from", max_length=256)] = None
    """The position from which it plays."""
    record: bool = False


class SetMode(_Message):
    """Edit, rehearse, perform, or look at the report."""

    t: Literal["mode"]
    id: Id
    mode: Literal["edit", "rehearse", "show", "report"]
    options: ModeOptions = ModeOptions()


class Lock(_Message):
    """Lock or unlock the editor during a show."""

    t: Literal["lock"]
    id: Id
    locked: bool


class Open(_Message):
    """Open a score of the folder that the studio was started with; an empty name for a new one."""

    t: Literal["open"]
    id: Id
    file: Annotated[str, Field(max_length=1024)]


class Learn(_Message):
    """Write the next MIDI message into the rule of a pad as its trigger; None to cancel."""

    t: Literal["learn"]
    id: Id
    pad: Name | None


Request = (
    Ping | Edit | Ask | CommandMessage | TakeOver | Undo | Save | SetMode | Lock | Open | Learn
)  # fmt: skip

_REQUESTS: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="t")])
_KEYS = TypeAdapter(KeyMessage)


def parse_request(data: str) -> Request:
    """Return a message of a page.

    Raises UsageError: It is not one, or exceeds a limit.
    """
    try:
        return _REQUESTS.validate_json(data)
    except ValidationError as error:
        raise UsageError(
            f"this message is not valid: {describe(error)}", "reload the page"
        ) from None


def parse_key(data: str) -> str | None:
    """Return the key of a first message, or None if it is none."""
    try:
        return _KEYS.validate_json(data).key
    except ValidationError:
        return None


def id_of(data: str) -> int:
    """Return the `id` of a message that is not valid, so that it can be answered; 0 without one."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return 0
    number = value.get("id") if isinstance(value, dict) else None
    return number if isinstance(number, int) and 0 <= number <= MAX_INTEGER else 0


def describe(error: ValidationError) -> str:
    """Describe the first fault of a message, without its values: they may be secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(one) for one in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
