"""What the writers of files for other programs share: options and result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sequencer.core.errors import SequencerError
from sequencer.reports.interchange.film import Film

START_TC = "01:00:00:00"
"""The time code at which timelines of video editors begin."""


class UnwritableError(SequencerError):
    """A film that a format cannot contain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What the user chose. A writer uses what its format needs, and ignores the rest.

    `name` is the name of the output without its ending, for files that name others. `video` is the
    recording that a timeline refers to.
    """

    name: str = "film"
    start_tc: str = START_TC
    interpolate_time: int | None = None
    video: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The content of a file, further files beside it by name, and what was lost.

    If `text` is None, the output is a folder with the files `beside`.
    """

    text: str | None
    summary: str
    warnings: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)


class Writer(Protocol):
    """What the module of a format provides."""

    @property
    def KIND(self) -> str:  # noqa: N802 - a constant of each module
        """The name of the format, as `--as` takes it."""

    @property
    def ENDING(self) -> str:  # noqa: N802 - a constant of each module
        """The ending of its files; empty if it is a folder."""

    def write(self, film: Film, options: ExportOptions) -> Exported:
        """Return the content of a file.

        Raises:
            UnwritableError: The format cannot contain this film.
        """
