"""Lines of a text with their times: how LRC and SRT become marks or prompts."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.timebase import COMMON_TIME
from sequencer.language.interchange.imported import ImportOptions, Tally, UnreadableError
from sequencer.language.interchange.score_lines import ScoreLines, render_prompt
from sequencer.language.interchange.timeline import BarsGrid, Grid, Point, SecondsGrid, Timeline

PLACEHOLDER = "{line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedLine:
    """A line of a text: its number among the lines, its time, words, and line in the file."""

    number: int
    at: Fraction
    words: str
    line: int


def start_timeline(lines: ScoreLines, tally: Tally, options: ImportOptions) -> Timeline:
    """Return the timeline of a text; with a tempo in the options it counts bars."""
    grid: Grid = SecondsGrid()
    if options.bpm is not None:
        grid = BarsGrid(options.bpm, options.meter or COMMON_TIME)
        lines.header(grid.clock)
    return Timeline(lines, tally, grid)


def scale_of(options: ImportOptions) -> Fraction:
    """Return the number of the timeline's units in a second."""
    return Fraction(1) if options.bpm is None else options.bpm / 60


def point_of(line: TimedLine, options: ImportOptions) -> Point:
    """Return a line as a mark with its words in a comment, or as a prompt.

    Raises:
        UnreadableError: The words are too long, or the template has no `{line}`.
    """
    at = line.at * scale_of(options)
    if options.template is None and options.words != "prompts":
        return Point(at=at, text=f"l{line.number}", comment=line.words or f"line {line.line}")
    template = PLACEHOLDER if options.template is None else options.template
    if PLACEHOLDER not in template:
        raise UnreadableError(
            "the template does not contain {line}", 'write --template "A paper boat. {line}"'
        )
    prompt = render_prompt(template.replace(PLACEHOLDER, line.words), line=line.line)
    return Point(at=at, text=line.words, prompt=prompt, comment=f"line {line.line}")
