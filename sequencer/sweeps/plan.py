"""What a sweep varies: axes with their values, and how they are combined."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sequencer.core.errors import InputError
from sequencer.renderers.choosing import HELIOS, RendererChoice

MAX_ROWS = 10_000
"""The most rows of a sweep."""
MAX_VALUES = 1_000
"""The most values of an axis."""
MAX_AXES = 50
MAX_TAKES = 1_000

SIMPLE_AXES = ("seed", "noise", "tempo", "snap", "sr", "strength", "renderer", "stage")
"""The axes that are named by one word; `let` and `image` need a name of the score."""
RENDERERS = ("full", "draft", "none", HELIOS)
"""What makes the video: drawn frames, small ones, nothing, or Helios' open weights."""
STAGES = ("simulated", "reactor")


NUMBERED = ("seed", "noise")
"""The axes of whole numbers, whose values can be written as a range such as `1..8` in a plan."""


class PlanError(InputError):
    """A plan that is not valid, with the position of each mistake in its message."""


class PlannedFileError(PlanError):
    """A plan that is valid, but not for the score or the images that it names."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What varies, such as `seed` or `let.light`, and its values as texts."""

    name: str
    values: tuple[str, ...]
    where: str = ""
    """The position in the plan's file, for messages."""

    @property
    def label(self) -> str:
        """The name in tables: the last part."""
        return self.name.partition(".")[2] or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A sweep of one score.

    Attributes:
        name: The name of the sweep in a store.
        score: The path of the score.
        axes: What varies, the slowest first.
        zips: Whether the first values belong together, then the second ones, and so on. Otherwise
            every value is combined with every other one.
        takes: How often each row is played on a stage that gives another result each time.
        size: The size of the video in pixels; None for that of the renderer.
        url: The address of another platform or runtime, for the stage `reactor`.
        local: Whether that is a local runtime, which needs no key and costs nothing.
        revision: The revision of the model there: another one means other results.
        weights: For the renderer `helios`: the folder of its weights, or a name and a revision.
        renderer_options: For the renderer `helios`: its options and their values.
        file: The name of the plan's file, for messages.
    """

    name: str
    score: Path
    axes: tuple[Axis, ...]
    zips: bool = False
    takes: int = 1
    size: tuple[int, int] | None = None
    url: str | None = None
    local: bool = False
    revision: str = ""
    weights: str | None = None
    renderer_options: tuple[tuple[str, str], ...] = ()
    file: str = ""

    @property
    def model(self) -> RendererChoice | None:
        """The renderer with a model that rows use; None if none does."""
        if not any(axis.name == "renderer" and HELIOS in axis.values for axis in self.axes):
            return None
        weights = self.weights
        if weights and "\x00" not in weights and Path(weights).is_dir():
            weights = str(Path(weights).resolve())  # workers may run in other folders
        return RendererChoice(name=HELIOS, weights=weights, options=dict(self.renderer_options))

    @property
    def varying(self) -> tuple[Axis, ...]:
        """The axes with more than one value, which labels show."""
        return tuple(axis for axis in self.axes if len(axis.values) > 1)

    def count(self) -> int:
        """Return the number of rows, takes included."""
        lengths = [len(axis.values) for axis in self.axes]
        return self.takes * (max(lengths, default=1) if self.zips else math.prod(lengths))

    def combinations(self) -> Iterator[tuple[Mapping[str, str], int]]:
        """Yield the values of each row by axis, and its take from 0.

        Raises:
            PlanError: There are too many rows, or the axes that are zipped differ in length.
        """
        if self.count() > MAX_ROWS:
            raise PlanError(
                f"{self.file or 'the plan'} has {self.count():,} rows; the maximum is {MAX_ROWS:,}",
                "give the axes fewer values, or divide the plan",
            )
        names = [axis.name for axis in self.axes]
        groups = self._zipped() if self.zips else itertools.product(*(a.values for a in self.axes))
        for values in groups:
            for take in range(self.takes):
                yield dict(zip(names, values, strict=True)), take

    def _zipped(self) -> Iterator[tuple[str, ...]]:
        length = max((len(axis.values) for axis in self.axes), default=1)
        for axis in self.varying:
            if len(axis.values) != length:
                longest = next(one for one in self.axes if len(one.values) == length)
                raise PlanError(
                    f"{axis.where}{axis.name} has {len(axis.values)} values and {longest.name} has "
                    f"{length}, but zip needs one for each",
                    "give both as many values, or "
                    + ("combine them with: combine: product" if self.file else "omit --zip"),
                )
        for number in range(length):
            yield tuple(axis.values[number if len(axis.values) > 1 else 0] for axis in self.axes)
