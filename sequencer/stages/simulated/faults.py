"""The faults file: what the simulator does wrong, slowly or in its other dialect, and when.

A small YAML file.

Every key may be left out; an empty file is a model without faults. Durations are written `350ms`,
`12.5s`, `1m30s`; `nth` counts from 1, `chunk` and `take` from 0, chunks within their take.
docs/faults.md explains each key with an example. Nothing here is random: jitter comes from hashes
of `seed` and of where it is used, so that the same file gives the same run.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sequencer.core.errors import InputError
from sequencer.core.plain_yaml import PositionMap, parse_yaml, read_text_file
from sequencer.core.timebase import DISPLAY_DELAY
from sequencer.stages.wire.helios.commands import COMMAND_NAMES, SNAPSHOT_COMMAND_NAMES
from sequencer.stages.wire.helios.model_messages import Dialect

MAX_FILE_BYTES = 64 * 1024
"""Size limit of a faults file, in bytes."""

DEEPEST = 8
"""How deeply lists and maps may be nested; no key needs more than three."""

_KEYS_HINT = "docs/faults.md lists every key"

MAX_SHOWN = 20
"""How many problems of one file are shown."""

_COMMAND_NAMES = (*COMMAND_NAMES, *SNAPSHOT_COMMAND_NAMES)
_DURATION = re.compile(r"(?:(\d{1,6})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)(ms|s))?")
_MESSAGE_TYPES = (
    "state", "chunk_complete", "prompt_accepted", "image_accepted", "conditions_ready",
    "generation_started", "generation_paused", "generation_resumed", "generation_reset",
    "command_error", "prompt_scheduled", "prompt_switched", "image_set", "seed_set", "error",
    "snapshot_saved", "snapshots_listed", "generation_rewound",
)  # fmt: skip


def _nanoseconds(value: object) -> object:
    """Convert `1m30s`, `12.5s`, `350ms` to nanoseconds.

    Integers are nanoseconds already (for settings made in code).
    """
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip())
    if not value.strip() or found is None:
        raise ValueError(f"{value!r} is not a duration: write 350ms, 12.5s or 1m30s")
    minutes, amount, unit = found.groups()
    seconds = Fraction(int(minutes or 0) * 60)
    if amount is not None:
        seconds += Fraction(amount) / (1000 if unit == "ms" else 1)
    return int(seconds * 10**9)


def _rational(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9}|/0*[1-9]\d{0,8})?", value.strip()):
        raise ValueError(f"{value!r} is not a number: write 24, 19.5 or 30000/1001")
    return Fraction(value.strip())


Duration = Annotated[int, BeforeValidator(_nanoseconds), Field(ge=0, le=10**9 * 86400)]
Rational = Annotated[Fraction, BeforeValidator(_rational), Field(gt=0, le=1000)]
Count = Annotated[int, Field(ge=1, le=10**9)]
Index = Annotated[int, Field(ge=0, le=10**9)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Delays(_Part):
    """How long things take."""

    connect: Duration = 300_000_000
    """From opening to `Ready`."""
    answer: Duration = 20_000_000
    """From a command to its answers (`prompt_accepted`, `command_error`, `state`, …)."""
    jitter: Duration = 0
    """Up to this much is added to each answer."""
    commands: dict[Literal[_COMMAND_NAMES], Duration] = Field(default_factory=dict)  # type: ignore[valid-type]  # names from one tuple
    """Added to `answer` for commands of these names."""
    at_chunk: bool = False
    """While generating, answers wait for the end of the current chunk."""
    prompt: Duration = 0
    """Encoding a prompt.

    If it is not encoded when its chunk begins, it takes effect on the first chunk that begins
    later.
    """
    image: Duration = 180_000_000
    """Encoding an image; `image_accepted` follows it."""
    upload: Duration = 300_000_000
    """Transferring an image's bytes to the model."""
    shown: Duration = DISPLAY_DELAY
    """From a chunk's report to its first frame shown. Over a network 1.1 to 1.5 s were measured."""
    shown_jitter: Duration = 0
    """Up to this much is added to `shown`."""


class Slow(_Part):
    """A chunk, or several, that take longer: `factor` times, then `by` more."""

    chunk: Index | None = None
    """The chunk; alternatively `from` and `to` (both inclusive) give a range."""
    first: Index | None = Field(default=None, alias="from")
    last: Index | None = Field(default=None, alias="to")
    take: Index | None = None
    """Only in this take; otherwise in every take."""
    factor: Rational = Fraction(1)
    by: Duration = 0

    @model_validator(mode="after")
    def _which(self) -> Slow:
        if (self.chunk is None) == (self.first is None):
            raise ValueError("specify the slow chunks: chunk: 5, or from: 5 and to: 9")
        if self.last is not None and (self.first is None or self.last < self.first):
            raise ValueError("to: needs a from: at or before it")
        return self

    def covers(self, take: int, chunk: int) -> bool:
        """Whether this chunk is affected."""
        if self.take is not None and take != self.take:
            return False
        if self.first is None:
            return chunk == self.chunk
        return self.first <= chunk and (self.last is None or chunk <= self.last)


class Refusal(_Part):
    """A valid command that is refused: the `nth` of its name, or those during `chunk`.

    The latter are sent while the chunk is being made.
    """

    command: Literal[_COMMAND_NAMES]  # type: ignore[valid-type]  # names from one tuple
    nth: Count | None = None
    chunk: Index | None = None
    take: Index | None = None
    reason: str = "refused by the faults file"

    def covers(self, command: str, nth: int, take: int, chunk: int) -> bool:
        """Whether this command is affected.

        Without `nth`, `chunk` and `take` all of its name are.
        """
        return (
            command == self.command
            and self.nth in (None, nth)
            and self.chunk in (None, chunk)
            and self.take in (None, take)
        )  # fmt: skip


class MessageFault(_Part):
    """A message that is lost, repeated, delayed by `by`, swapped with the next, or spoilt.

    A spoilt message is wrong in one field.
    """

    do: Literal["lose", "repeat", "delay", "swap", "spoil"]
    type: Literal[_MESSAGE_TYPES]  # type: ignore[valid-type]  # names from one tuple
    """The message's type; in the early dialect its event's name."""
    nth: Count | None = None
    """The nth message of its type; without it every message of that type."""
    by: Duration = 1_000_000_000
    field: str | None = None
    """With `spoil`: the field that is missing, or holds `value`."""
    value: str | None = None
    """The field's value:

    JSON if it is valid JSON (`7`, `null`, `[]`), otherwise text. Without it the field is missing.
    """

    @model_validator(mode="after")
    def _fits(self) -> MessageFault:
        if "by" in self.model_fields_set and self.do not in ("delay", "repeat"):
            raise ValueError(
                f"by: has no meaning with do: {self.do}; it belongs to delay and repeat"
            )
        if (self.do == "spoil") != (self.field is not None):
            raise ValueError("do: spoil and field: are only valid together")
        if self.value is not None and self.field is None:
            raise ValueError("value: needs a field:")
        return self


class FaultTime(_Part):
    """When something happens once: at time `at` from opening, or when `chunk` begins.

    It happens in the first take that reaches the chunk.

    `take` selects another take.
    """

    chunk: Index | None = None
    take: Index | None = None
    at: Duration | None = None

    @model_validator(mode="after")
    def _which(self) -> FaultTime:
        if (self.chunk is None) == (self.at is None):
            raise ValueError("specify the time: chunk: 5, or at: 12s")
        if self.take is not None and self.chunk is None:
            raise ValueError("take: needs chunk:")
        return self

    def at_chunk(self, take: int, chunk: int) -> bool:
        """Whether it happens at the beginning of this chunk."""
        return self.chunk == chunk and self.take in (None, take)


class Drop(FaultTime):
    """The connection breaks for a while: nothing arrives at either end, and the model continues."""

    lasting: Duration = Field(default=3_000_000_000, alias="for")
    reason: str = "connection dropped by the faults file"


class End(FaultTime):
    """The session ends for good."""

    reason: str = "session ended by the faults file"


class UploadFault(_Part):
    """An upload that fails: the `nth`, or that of an image whose path ends in `image`."""

    nth: Count | None = None
    image: str | None = None
    reason: str = "upload failed by the faults file"

    def covers(self, nth: int, path: str) -> bool:
        """Whether this upload is affected. Without `nth` and `image` all are."""
        return self.nth in (None, nth) and (self.image is None or path.endswith(self.image))


class Faults(_Part):
    """A complete faults file. The default is a model without faults."""

    seed: int = 0
    """The source of jitter and of the seeds that the model chooses."""
    fps: Rational | None = None
    """The true frame rate; without it the grid's."""
    dialect: Dialect = "current"
    scheduled_prompts: Literal["map", "list"] = "map"
    """How `state` holds its schedule."""
    frames_emitted: Literal["total", "chunk"] = "total"
    """What `chunk_complete` counts."""
    generation_started: Literal["once", "each"] = "once"
    """Once on start, or for each chunk."""
    warmup: Index = 0
    """How many chunks at a take's beginning have no frames."""
    reset_keeps: bool = False
    """Whether super-resolution and image strength survive a reset."""
    strength: Literal["captured", "live"] = "captured"
    """Whether image strength is captured with an image, or takes effect on the next chunk."""
    unheard: Duration = 0
    """For this long after each connect, commands are ignored."""
    jitter: Duration = 0
    """Each chunk takes up to this much more or less."""
    slow: tuple[Slow, ...] = ()
    delays: Delays = Delays()
    refuse: tuple[Refusal, ...] = ()
    messages: tuple[MessageFault, ...] = ()
    stale_states: Annotated[int, Field(ge=0, le=100)] = 0
    """How many older `state`s still arrive after each `generation_reset`."""
    drops: tuple[Drop, ...] = ()
    end: End | None = None
    uploads: tuple[UploadFault, ...] = ()
    uploads_last: Duration | None = None
    """How long an upload can be used; without it without limit.

    Afterwards a command that names it is refused.
    """


NO_FAULTS = Faults()
"""A model without faults."""


# ---- reading -------------------------------------------------------------------------------------


def read_faults(path: Path) -> Faults:
    """Read the faults of a file.

    Raises InputError, with position and hint, if it cannot be read or is not valid.
    """
    text = read_text_file(
        path, MAX_FILE_BYTES, missing="give a faults file that exists", kind="a faults file"
    )
    return reads_faults(text, str(path))


def reads_faults(text: str, name: str = "faults") -> Faults:
    """Read the faults of a text, called `name` in messages. Raises InputError."""
    document, positions = parse_yaml(text, name, _KEYS_HINT, DEEPEST)
    try:
        return Faults.model_validate(document)
    except ValidationError as error:
        raise InputError(_explain(error, name, positions), _KEYS_HINT) from error


def _explain(error: ValidationError, name: str, positions: PositionMap) -> str:
    problems = error.errors(include_url=False)
    lines = []
    for one in problems[:MAX_SHOWN]:
        line, column = positions.of(one["loc"])
        key = ".".join(str(part) for part in one["loc"]) or "the file"
        lines.append(f"{name}:{line}:{column}: {key}: {_sentence(one)}")
    if len(problems) > MAX_SHOWN:
        lines.append(f"and {len(problems) - MAX_SHOWN} more")
    return "\n".join(lines)


def _sentence(problem: Any) -> str:
    """Reword Pydantic's messages where they would be hard to understand."""
    match problem["type"]:
        case "extra_forbidden":
            return "there is no such key"
        case "missing":
            return "is required"
        case "value_error":
            return str(problem["ctx"]["error"])
        case "model_type" | "model_attributes_type":
            return "should be a map of keys"
        case "tuple_type":
            return "should be a list: begin each item with a dash"
        case _:
            pass
    text: str = problem["msg"]
    return text[0].lower() + text[1:]
