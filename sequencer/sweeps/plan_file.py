"""Read and write the file of a plan: a small YAML file."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sequencer.api.options import parse_video_size
from sequencer.core.errors import InputError, SequencerError, UsageError
from sequencer.core.paths import is_file
from sequencer.core.plain_yaml import PositionMap, parse_yaml, read_text_file
from sequencer.renderers.choosing import check_choice
from sequencer.runs.store import check_sweep_name
from sequencer.sweeps.plan import (
    MAX_AXES,
    MAX_TAKES,
    MAX_VALUES,
    NUMBERED,
    RENDERERS,
    SIMPLE_AXES,
    STAGES,
    Axis,
    Plan,
    PlanError,
)

FORMAT = "1"
"""The value of the key `sweep`, by which a plan is recognised."""
MAX_PLAN_BYTES = 1_000_000
MAX_DEPTH = 4
MAX_SHOWN = 20
"""How many mistakes of one plan are shown."""
MAX_VALUE_LENGTH = 100_000
"""The longest value, in characters."""
_KEYS_HINT = "docs/takes.md lists every key"
_KEYS = (
    *("sweep", "name", "score", "combine", "takes", "size", "url", "local", "revision"),
    *("weights", "renderer-options"),
    *SIMPLE_AXES,
    *("let", "image"),
)
_RANGE = re.compile(r"(\d{1,10})\.\.(\d{1,10})")
_PLAIN = re.compile(r"[A-Za-z][\w-]*\Z", re.ASCII)


def read_plan(path: Path) -> Plan:
    """Read the file of a plan.

    Raises PlanError or InputError, with positions and a hint, if it is not valid.
    """
    if path.suffix.lower() == ".score" and is_file(path):
        plan = path.with_suffix(".yaml")
        raise InputError(
            f"{path} is a score, and this command takes a plan",
            f"make one: sequencer sweep plan {shlex.quote(str(path))} --seed 1..8 -o "
            f"{shlex.quote(str(plan))}",
        )
    text = read_text_file(
        path,
        MAX_PLAN_BYTES,
        missing="make a plan with: sequencer sweep plan SCORE --seed 1..8 -o PLAN",
        kind="a plan",
    )
    return reads_plan(text, str(path), path.parent)


def reads_plan(text: str, name: str, folder: Path) -> Plan:
    """Read a plan from a text, called `name` in messages; `folder` is where its score is."""
    document, positions = parse_yaml(text, name, _KEYS_HINT, MAX_DEPTH)
    return _PlanReader(document, name, positions).read(folder)


def parse_values(text: str) -> tuple[str, ...]:
    """Return the values of `1..8` or `1,2,5`; a comma separates values.

    Raises UsageError.
    """
    found: list[str] = []
    for part in text.split(","):
        found += _range_of(part.strip()) or (part.strip(),)
    return tuple(found)


def _range_of(text: str) -> tuple[str, ...]:
    """Return the numbers of a range such as `1..8`; nothing for any other text."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return ()
    first, last = int(match[1]), int(match[2])
    if last < first:
        raise UsageError(
            f"{text} is not a range: its first number is larger than its last", f"{last}..{first}"
        )
    if last >= first + MAX_VALUES:
        raise UsageError(
            f"{text} is not a range: it has {last - first + 1:,} numbers, and the maximum is "
            f"{MAX_VALUES:,}",
            f"{first}..{first + MAX_VALUES - 1}",
        )
    return tuple(str(number) for number in range(first, last + 1))


@dataclass(slots=True)
class _PlanReader:
    document: Any
    name: str
    positions: PositionMap

    def __post_init__(self) -> None:
        if not isinstance(self.document, dict):
            raise PlanError(f"{self.name}:1:1: a plan is a mapping of keys", _KEYS_HINT)

    def read(self, folder: Path) -> Plan:
        """Return the plan."""
        document = self.document
        if "sweep" not in document:
            raise PlanError(
                f"{self.name}:1:1: this is not the plan of a sweep: it has no line sweep: 1",
                "make one with: sequencer sweep plan SCORE --seed 1..8 -o PLAN",
            )
        if document["sweep"] != FORMAT:
            raise self._wrong(("sweep",), "this version reads plans of format 1", "sweep: 1")
        for key in document:
            if key not in _KEYS:
                meant = get_close_matches(str(key), _KEYS, 1)
                raise self._wrong(
                    (key,),
                    f"there is no key {str(key)[:60]}",
                    f"did you mean {meant[0]}?" if meant else _KEYS_HINT,
                )
        score = self._text("score")
        if not score:
            raise PlanError(f"{self.name}:1:1: score is required", "score: night-tram.score")
        if "\x00" in score:
            raise self._wrong(("score",), "a path has no null characters", "name a file")
        axes = tuple(self._axes())
        if len(axes) > MAX_AXES:
            raise PlanError(f"{self.name}:1:1: a plan has at most {MAX_AXES} axes")
        plan = Plan(
            name=self._checked("name", check_sweep_name, Path(self.name).stem),
            score=folder / score,
            axes=axes,
            zips=self._choice("combine", ("product", "zip"), "product") == "zip",
            takes=self._takes(),
            size=self._checked("size", parse_video_size, None),
            url=self._text("url") or None,
            local=self._choice("local", ("no", "yes"), "no") == "yes",
            revision=self._text("revision") or "",
            weights=self._weights(folder),
            renderer_options=self._renderer_options(),
            file=self.name,
        )
        self._check_model(plan)
        return plan

    def _check_model(self, plan: Plan) -> None:
        """Check the renderer with a model that rows use, as far as nothing needs to be read."""
        if plan.model is None:
            return
        try:
            check_choice(plan.model)
        except UsageError as error:
            key = "renderer-options" if "--renderer-option" in error.message else "weights"
            path = (key,) if key in self.document else ("renderer",)
            raise self._wrong(path, _as_keys(error.message), _as_keys(error.hint or "")) from None

    def _wrong(self, path: tuple[Any, ...], message: str, hint: str | None) -> PlanError:
        line, column = self.positions.of(path)
        return PlanError(f"{self.name}:{line}:{column}: {message}", hint)

    def _text(self, key: str) -> str | None:
        value = self.document.get(key)
        if value is not None and not isinstance(value, str):
            raise self._wrong((key,), f"{key} takes one value", f"{key}: …")
        return value

    def _checked(self, key: str, read: Any, default: Any) -> Any:
        text = self._text(key)
        try:
            return read(default if text is None else text) if text or default else default
        except SequencerError as error:
            raise self._wrong((key,), error.message, error.hint) from None

    def _choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        text = self._text(key)
        if text is None:
            return default
        if text not in choices:
            raise self._wrong(
                (key,), f"{key} is {' or '.join(choices)}, not {text[:60]}", f"{key}: {choices[-1]}"
            )
        return text

    def _weights(self, folder: Path) -> str | None:
        """Return the weights: a folder is relative to the plan, anything else is a name."""
        text = self._text("weights")
        if not text or "\x00" in text:
            return text or None
        return str(folder / text) if (folder / text).is_dir() else text

    def _renderer_options(self) -> tuple[tuple[str, str], ...]:
        value = self.document.get("renderer-options", {})
        if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
            raise self._wrong(
                ("renderer-options",),
                "renderer-options takes names, each with a value",
                "renderer-options: {size: 640x384}",
            )
        return tuple((str(name), text) for name, text in value.items())

    def _takes(self) -> int:
        text = self._text("takes") or "1"
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_TAKES):
            raise self._wrong(("takes",), f"takes is a number from 1 to {MAX_TAKES:,}", "takes: 3")
        return int(text)

    def _axes(self) -> list[Axis]:
        """Return the axes in the order of the file."""
        found: list[Axis] = []
        for key, value in self.document.items():
            if key in SIMPLE_AXES:
                found.append(self._axis((key,), key, value))
            elif key in ("let", "image"):
                if not isinstance(value, dict):
                    raise self._wrong(
                        (key,), f"{key} takes names with their values", _EXAMPLES[key]
                    )
                found += [
                    self._axis((key, name), f"{key}.{name}", one) for name, one in value.items()
                ]
        return found

    def _axis(self, path: tuple[str, ...], name: str, value: object) -> Axis:
        items = value if isinstance(value, list) else [value]
        if not items or not all(isinstance(one, str) for one in items):
            raise self._wrong(path, f"{name} takes a value or a list of values", f"{path[-1]}: …")
        values: list[str] = []
        for number, one in enumerate(items):
            at = (*path, number) if isinstance(value, list) else path
            if len(one) > MAX_VALUE_LENGTH:
                raise self._wrong(
                    at, f"a value has at most {MAX_VALUE_LENGTH:,} characters", "shorten it"
                )
            try:
                values += _range_of(one) if name in NUMBERED else ()
            except UsageError as error:
                raise self._wrong(at, error.message, error.hint) from None
            if not (name in NUMBERED and _RANGE.fullmatch(one)):
                values.append(one)
            if len(values) > MAX_VALUES:
                raise self._wrong(
                    at, f"an axis has at most {MAX_VALUES:,} values", "divide the plan"
                )
        double = (
            next((one for one in values if values.count(one) > 1), None)
            if (len(set(values)) < len(values))
            else None
        )
        if double is not None:
            raise self._wrong(path, f"{name} has {double[:60]} twice", "keep one of the two")
        choices = {"renderer": RENDERERS, "stage": STAGES}.get(name)
        for one in values if choices is not None else ():
            if one not in (choices or ()):
                raise self._wrong(
                    path,
                    f"{one[:60]} is not a {name}: these are {', '.join(choices or ())}",
                    f"{name}: {(choices or ('',))[0]}",
                )
        line, column = self.positions.of(path)
        return Axis(name, tuple(values), f"{self.name}:{line}:{column}: ")


_KEYS_OF_OPTIONS = (
    ("--renderer-option ", "renderer-options: "),
    ("--renderer ", "renderer: "),
    ("--weights ", "weights: "),
)


def _as_keys(message: str) -> str:
    """Return a message about options of a command with the keys of a plan in their place."""
    for option, key in _KEYS_OF_OPTIONS:
        message = message.replace(option, key)
    return message


_EXAMPLES: Mapping[str, str] = {
    "let": 'let: {light: ["in blue morning light", "at dusk"]}',
    "image": "image: {street.png: [street.png, rain.png]}",
}


def plan_text(plan: Plan, score: str, weights: str | None = None) -> str:
    """Return the file of a plan; `score` and `weights` are the paths as they are written there."""
    lines = [f"sweep: {FORMAT}", f"name: {plan.name}", f"score: {_scalar(score)}"]
    for word in ("let", "image"):
        group = [axis for axis in plan.axes if axis.name.startswith(f"{word}.")]
        if group:
            lines += [f"{word}:"]
            lines += [f"  {_scalar(axis.label)}: {_list(axis.values)}" for axis in group]
    for axis in plan.axes:
        if "." not in axis.name:
            values = _range_text(axis.values) if axis.name in NUMBERED else None
            lines.append(f"{axis.name}: {values or _list(axis.values)}")
    if plan.zips:
        lines.append("combine: zip")
    if plan.takes > 1:
        lines.append(f"takes: {plan.takes}")
    if plan.size is not None:
        lines.append(f"size: {plan.size[0]}x{plan.size[1]}")
    if plan.url is not None:
        lines.append(f"url: {_scalar(plan.url)}")
    if plan.local:
        lines.append("local: yes")
    if plan.revision:
        lines.append(f"revision: {_scalar(plan.revision)}")
    if weights is not None:
        lines.append(f"weights: {_scalar(weights)}")
    if plan.renderer_options:
        lines.append("renderer-options:")
        lines += [f"  {_scalar(name)}: {_scalar(text)}" for name, text in plan.renderer_options]
    return "\n".join(lines) + "\n"


def _range_text(values: tuple[str, ...]) -> str | None:
    """Return the range of consecutive numbers; None for other values."""
    if len(values) > 2 and all(one.isascii() and one.isdigit() for one in values):
        numbers = [int(one) for one in values]
        if [str(one) for one in range(numbers[0], numbers[0] + len(numbers))] == list(values):
            return f"{values[0]}..{values[-1]}"
    return None


def _list(values: tuple[str, ...]) -> str:
    """Return values as YAML."""
    if len(values) == 1:
        return _scalar(values[0])
    return "[" + ", ".join(map(_scalar, values)) + "]"


def _scalar(text: str) -> str:
    """Return a text as a YAML scalar; JSON's strings are a part of YAML's."""
    if _PLAIN.match(text) or (text.isascii() and text.isdigit()):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
