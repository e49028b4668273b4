"""Read the values of options, for the command line and the Python API alike.

In messages of the Python API, options are named as in Python.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sequencer.core.errors import ScoreError, SequencerError, UsageError

if TYPE_CHECKING:
    from sequencer.renderers.choosing import RendererChoice
    from sequencer.runtime.osc.endpoints import Endpoint
    from sequencer.runtime.output.captioned_video import Part
    from sequencer.stages.simulated.rendering import Renderer

MIN_VIDEO_SIZE, MAX_VIDEO_SIZE = 64, 4096
"""The smallest and the largest width and height of a video, in pixels."""
MAX_AMOUNT = 100_000
"""The largest price and the longest time limit."""


def parse_video_size(text: str) -> tuple[int, int]:
    """Parse a size such as `1280x768`: even numbers from 64 to 4096. Raises UsageError."""
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise UsageError(f"{text!r} is not WIDTHxHEIGHT, such as 1280x768")
    width, height = int(parts[0]), int(parts[1])
    if any(side % 2 or not MIN_VIDEO_SIZE <= side <= MAX_VIDEO_SIZE for side in (width, height)):
        raise UsageError(
            f"{text}: both sides must be even and from {MIN_VIDEO_SIZE} to {MAX_VIDEO_SIZE}"
        )
    return width, height


def parse_caption(text: str) -> frozenset[Part]:
    """Parse parts of a caption, such as `title,position`, or `none`. Raises UsageError."""
    if text.strip().lower() == "none":
        return frozenset()
    return caption_of([part.strip().lower() for part in text.split(",")])


def caption_of(parts: Collection[str]) -> frozenset[Part]:
    """Return the parts of a caption. Raises UsageError for an unknown name."""
    from sequencer.runtime.output.captioned_video import PARTS

    for part in parts:
        if part not in PARTS:
            raise UsageError(
                f"{part!r} is not a part of a caption: these are {', '.join(PARTS)}; or none alone"
            )
    return frozenset(part for part in PARTS if part in parts)


def parse_amount(text: str) -> Fraction:
    """Parse a number from 0 to 100000, exactly. Raises UsageError."""
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{text!r} is not a number") from None
    if not 0 <= value <= MAX_AMOUNT:
        raise UsageError(f"{text} is not from 0 to {MAX_AMOUNT}")
    return value


# ---- values that Python gives --------------------------------------------------------------------


class Arguments:
    """Checks the arguments of a function of the Python API, and converts them.

    The results are what the command line would have given.

    Every method raises TypeError for another type. The message names the types and never shows the
    value: a key in the wrong place must not appear in a traceback.
    """

    def __init__(self, function: str) -> None:
        self._function = function

    def _wrong(self, name: str, expected: str, given: object) -> TypeError:
        return TypeError(
            f"{self._function}(): {name} must be {expected}, not {type(given).__name__}"
        )

    def flags(self, **values: object) -> None:
        """Check options that are on or off."""
        for name, value in values.items():
            if not isinstance(value, bool):
                raise self._wrong(name, "True or False", value)

    def texts(self, **values: object) -> None:
        """Check optional texts."""
        for name, value in values.items():
            if value is not None and not isinstance(value, str):
                raise self._wrong(name, "a str or None", value)

    def functions(self, **values: object) -> None:
        """Check optional callbacks."""
        for name, value in values.items():
            if value is not None and not callable(value):
                raise self._wrong(name, "a function or None", value)

    def integer(self, name: str, value: object) -> int | None:
        """Return an optional integer."""
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self._wrong(name, "an int", value)

    def choice(self, name: str, value: object, choices: Sequence[str]) -> str | None:
        """Return one of several texts, or None. Raises UsageError for another text."""
        if value is None:
            return None
        if not isinstance(value, str):
            raise self._wrong(name, f"one of {', '.join(map(repr, choices))}", value)
        if value not in choices:
            raise UsageError(f"{name} {value!r} is not one of {', '.join(map(repr, choices))}")
        return value

    def path(self, name: str, value: object) -> Path | None:
        """Return an optional path."""
        if value is None or isinstance(value, Path):
            return value
        if isinstance(value, str):
            return Path(value)
        raise self._wrong(name, "a path (str or Path) or None", value)

    def amount(self, name: str, value: object) -> Fraction | None:
        """Return an optional number from 0 to 100000. Raises UsageError for another number."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction | str):
            raise self._wrong(name, "a number or None", value)
        try:
            return parse_amount(
                str(value)
            )  # a float means the decimal number that it is written as
        except UsageError as error:
            raise UsageError(f"{name}: {error.message}") from None

    def video_size(self, value: object) -> tuple[int, int] | None:
        """Return an optional size, given as two numbers or as `1280x768`.

        Raises UsageError if it is not valid.
        """
        if value is None:
            return None
        if (
            isinstance(value, tuple | list)
            and len(value) == 2
            and all(type(side) is int for side in value)
        ):
            value = f"{value[0]}x{value[1]}"
        if not isinstance(value, str):
            raise self._wrong(
                "video_size", "two ints (width, height), a text such as '1280x768' or None", value
            )
        try:
            return parse_video_size(value)
        except UsageError as error:
            raise UsageError(f"video_size: {error.message}") from None

    def renderer(
        self, renderer: object, weights: object, options: object
    ) -> RendererChoice | Renderer:
        """Return a choice of a renderer with its weights and options, or one that was opened."""
        from sequencer.renderers.choosing import RendererChoice

        if not isinstance(renderer, str):
            if not callable(getattr(renderer, "take", None)):
                raise self._wrong("renderer", "a name or an opened renderer", renderer)
            return cast("Renderer", renderer)
        if weights is not None and not isinstance(weights, str | Path):
            raise self._wrong("weights", "a path (str or Path) or None", weights)
        if isinstance(options, str) or not isinstance(options, Mapping | Sequence):
            raise self._wrong("renderer_options", "a dict", options)
        return RendererChoice(
            name=renderer,
            weights=None if weights is None else str(weights),
            options={str(name): str(value) for name, value in dict(options).items()},
        )

    def caption(self, value: object) -> frozenset[Part] | None:
        """Return the parts of a caption, given as names or as a text.

        Raises UsageError for an unknown name.
        """
        if value is None:
            return None
        if not isinstance(value, str) and not (
            isinstance(value, Collection) and all(isinstance(one, str) for one in value)
        ):
            raise self._wrong(
                "caption", "names of parts, a text such as 'title,position' or None", value
            )
        try:
            return parse_caption(value) if isinstance(value, str) else caption_of(value)
        except UsageError as error:
            raise UsageError(f"caption: {error.message}") from None

    def osc_input(self, name: str, value: object) -> Endpoint | None:
        """Return where OSC is received, given as a port or a text such as `0.0.0.0:9000`.

        Raises UsageError if it is not valid.
        """
        from sequencer.runtime.osc.endpoints import parse_input

        if value is None:
            return None
        if not isinstance(value, int | str) or isinstance(value, bool):
            raise self._wrong(name, "a port, a text such as '0.0.0.0:9000' or None", value)
        try:
            return parse_input(str(value))
        except UsageError as error:
            raise UsageError(f"{name}: {error.message}", error.hint) from None

    def osc_targets(self, name: str, value: object) -> list[Endpoint]:
        """Return where OSC is sent, given as a text such as `127.0.0.1:9001`, or a list of them.

        Raises UsageError if one is not valid.
        """
        from sequencer.runtime.osc.endpoints import parse_target

        given = [value] if isinstance(value, str) else value
        if not isinstance(given, Sequence) or not all(isinstance(one, str) for one in given):
            raise self._wrong(name, "a text such as '127.0.0.1:9001' or a list of them", value)
        try:
            return [parse_target(one) for one in given]
        except UsageError as error:
            raise UsageError(f"{name}: {error.message}", error.hint) from None

    def events(self, value: Any, *kinds: type) -> list[Any]:
        """Return a list of scripted events: texts, or values of one of `kinds`."""
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self._wrong("events", "a list of texts such as 'go exit@12c'", value)
        for one in value:
            if not isinstance(one, (str, *kinds)):
                raise self._wrong("each of events", "a text such as 'go exit@12c'", one)
        return list(value)


# ---- names in messages ---------------------------------------------------------------------------

_BOOLEAN_OPTIONS = frozenset(
    {"bundle", "chunks", "constant", "draft", "follow", "force", "full", "local"}
    | {"notes-are-prompts", "realtime", "record", "send-clock", "takes", "write"}
)
"""The options that are on or off: messages write them with `=True`.

A test compares them with the commands.
"""
_RENAMED_OPTIONS = {
    "no-video": "video=False",
    "no-pictures": "pictures=False",
    "no-transport": "transport=False",
    "event": "events",
    "renderer-option": "renderer_options",
    "from": "from_",
}
_RENAMED_OPTIONS |= {"as": "kind", "clean": "caption=()", "id": "video_id"}
"""The options that have another name in Python."""
_COMMAND_LINE = re.compile(r"(`?sequencer [a-z]+ [^`;]*`?)")
"""A command to type, which stays as it is."""
_FUNCTION = re.compile(
    r"`sequencer (beats|check|sheet|timeline|rehearse|render|perform|diff|evolve|freeze|import"
    r"|export)`"
)
_STAGE = re.compile(r"--stage (reactor|simulated)\b")
_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*[a-z])")


@contextmanager
def python_names() -> Iterator[None]:
    """Name options in error messages as Python does.

    For example:

    `video_size` in place of `--video-size`.
    """
    try:
        yield
    except ScoreError:
        raise  # its message quotes the score
    except SequencerError as error:
        error.message = in_python(error.message)
        error.hint = None if error.hint is None else in_python(error.hint)
        error.args = (error.message,)
        raise


def in_python(text: str) -> str:
    """Return a message about the command line with the names of the Python API."""
    text = _FUNCTION.sub(lambda match: f"{match[1]}{'_' if match[1] == 'import' else ''}()", text)
    parts = _COMMAND_LINE.split(text)
    return "".join(part if index % 2 else _renamed(part) for index, part in enumerate(parts))


def _renamed(text: str) -> str:
    text = _STAGE.sub(r'stage="\1"', text)
    text = re.sub(r"(?<!\S)-o (?=\S)", "output=", text)
    text = re.sub(r"(?<!\S)-o\b", "output", text)
    return _OPTION.sub(_option, text)


def _option(match: re.Match[str]) -> str:
    name = match[1]
    if name in _RENAMED_OPTIONS:
        return _RENAMED_OPTIONS[name]
    python = name.replace("-", "_")
    return f"{python}=True" if name in _BOOLEAN_OPTIONS else python
