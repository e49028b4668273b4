"""A score that a reader builds from prompts, with what keeps it performable.

Two prompts cannot be on one chunk, and a take begins with a prompt on its first chunk. The files of
other programs know neither rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from sequencer.core.prompt_texts import MAX_PROMPT_LENGTH
from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.language.interchange.imported import (
    MAX_DURATION,
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    Tally,
    UnreadableError,
)
from sequencer.language.interchange.names import NameAllocator
from sequencer.language.interchange.score_lines import ScoreLines
from sequencer.language.score import AtOffset, Duration, Position, Text, Unit, Variable
from sequencer.language.values.writing import render_quoted

MAX_DECIMALS = 9
"""How many decimal places a number of a score has at most."""
MAX_SMALL_DENOMINATOR = 10**6
"""A time with such a denominator is written as a fraction if it is not a decimal number."""

Words = str | Iterable[str | Variable]
"""The words of a prompt, with references to variables."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_LINE_END = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")


def clean_text(text: str) -> str:
    """Return a text as one paragraph: line ends and control characters become spaces."""
    return _UNPRINTABLE.sub(" ", _LINE_END.sub(" ", text)).replace("\t", " ").strip()


def seconds(value: Fraction) -> AtOffset:
    """Return a position in seconds since the beginning of the section."""
    return AtOffset(value, Unit.SECONDS)


def chunks(value: int) -> AtOffset:
    """Return a position in chunks since the beginning of the section."""
    return AtOffset(Fraction(value), Unit.CHUNKS)


def nearest_time(value: Fraction) -> Fraction:
    """Return the nearest time in seconds that a score can contain: equal, or nine decimals."""
    if value.denominator < MAX_SMALL_DENOMINATOR:
        return value
    return Fraction(round(value * 10**MAX_DECIMALS), 10**MAX_DECIMALS)


def nearest_beat(value: Fraction) -> Fraction:
    """Return the nearest number of beats that a score can contain.

    Beats are fractions, whose denominators have at most nine digits.
    """
    if value.denominator < MAX_SMALL_DENOMINATOR:
        return value
    return Fraction(round(value * MAX_SMALL_DENOMINATOR), MAX_SMALL_DENOMINATOR)


@dataclass(slots=True, kw_only=True)
class _Line:
    """A cue with the comments above it; `chunk` is where its prompt lands, `cut_chunk` its cut."""

    position: Position
    actions: list[str]
    prompt: str | None = None
    chunk: int | None = None
    cut_chunk: int | None = None
    comments: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Part:
    """A section that is being built, or the cues of a score without sections."""

    name: str = ""
    duration: Duration | None = None
    start: Fraction = Fraction(0)
    begins_take: bool = False
    head: str = ""
    comments: list[str] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)
    marks: NameAllocator = field(default_factory=NameAllocator)


class ScoreDraft:
    """Collects the cues of a score in their order, and counts what became of a file's entries.

    Args:
        options: The options of the reader.
        title: The title in the file; if empty, that of the options.
        header: Statements of the header, such as `seed 42`.
        grid: The grid, if it is not 33 frames at 24 fps.
    """

    def __init__(
        self,
        options: ImportOptions,
        *,
        title: str = "",
        header: Iterable[str] = (),
        grid: ChunkGrid | None = None,
    ) -> None:
        self.tally = Tally()
        self._title = title.strip() or options.title
        self._header = list(header)
        self._grid = grid or ChunkGrid()
        self._parts: list[_Part] = []
        self._outside = _Part(begins_take=True)
        self._lets: list[str] = []
        self._lengths: dict[str, int] = {}
        self._variables = NameAllocator()
        self._sections = NameAllocator()
        self._comments: list[str] = []
        self._last: _Line | None = None
        self._entries = 0

    @property
    def _part(self) -> _Part:
        return self._parts[-1] if self._parts else self._outside

    def comment(self, text: str) -> None:
        """Add a comment before the next cue or section."""
        self._comments.append(text)

    def drop(self, what: str, detail: str, count: int = 1) -> None:
        """Count what a score cannot hold, with a comment before the next cue.

        Args:
            what: Its kind, for the count: `weights`.
            detail: What is lost, for the comment: `30 % "It rests."`.
            count: How many entries it is.
        """
        self.tally.drop(what, count)
        self.comment(f"dropped: {detail}")

    def let(self, name: str, text: str) -> Variable:
        """Add a variable, and return the reference to it."""
        found = self._variables.allocate(name)
        self._lengths[found] = len(clean_text(text))
        self._lets.append(f"let {found} = {render_quoted(Text((clean_text(text),)))}")
        return Variable(found)

    def section(
        self, name: str, duration: Duration, *, at: Fraction, cut: str = "", default: str = "part"
    ) -> str:
        """Begin a section.

        Args:
            name: The name in the file, any text.
            duration: Its length.
            at: When it begins, in seconds since the start of the score.
            cut: `cut` or `cut seed 9` if it begins a new take.
            default: The name if the text has no letters.

        Returns:
            The name that it got.
        """
        self._count_entry()
        found = self._sections.allocate(name, default)
        if found != name and name.strip():
            self.comment(f'named "{name}"')
        begins_take = bool(cut) or not self._parts
        self._parts.append(
            _Part(
                name=found,
                duration=duration,
                start=at,
                begins_take=begins_take,
                head=cut if cut and self._parts else "",
                comments=self._take_comments(),
            )
        )
        if begins_take:
            self._last = None
        return found

    def mark(self, position: Position, name: str, *, default: str = "mark") -> str:
        """Add a cue with a mark, and return the name that it got."""
        found = self._part.marks.allocate(name, default)
        if found != name and name.strip():
            self.comment(name)
        self.cue(position, f"mark {found}")
        return found

    def prompt(
        self,
        position: Position,
        words: Words,
        *actions: str,
        at: Fraction,
        line: int = 0,
        pointer: str = "",
    ) -> None:
        """Add a cue with a prompt.

        If its chunk has a prompt already, that one becomes a comment: it would never be shown.

        Args:
            position: Where it is, from the beginning of the section.
            words: The prompt.
            actions: Other actions of the cue, as they are written; `cut` begins a new take.
            at: When it is, in seconds since the start of the score: chunk × 1.375 for a chunk.
            line: Its line in the file, for the error.
            pointer: Its path in the file, for the error.

        Raises:
            UnreadableError: The prompt is longer than 20,000 characters.
        """
        parts = (words,) if isinstance(words, str) else tuple(words)
        cleaned = tuple(one for one in (clean_parts(parts)) if isinstance(one, Variable) or one)
        length = sum(
            len(one) if isinstance(one, str) else self._lengths.get(one.name, 0) for one in cleaned
        )
        if length > MAX_PROMPT_LENGTH:
            raise UnreadableError(
                f"this prompt has {length:,} characters; the maximum is {MAX_PROMPT_LENGTH:,}",
                "shorten it",
                line=line,
                pointer=pointer,
            )
        chunk = self.chunk_at(at)
        is_cut = any(action.startswith("cut") for action in actions)
        if is_cut and self._last is not None and (self._last.chunk or 0) < chunk:
            self._last = None  # it is shown to the end of its take
        if not any(isinstance(one, Variable) or one.strip() for one in cleaned):
            self.drop("empty prompts", "an empty prompt")
            if actions:
                self.cue(position, *actions).cut_chunk = chunk if is_cut else None
            return
        if self._last is not None and (self._last.chunk or 0) >= chunk:
            self._replace_prompt(self._last)
        cue = self.cue(position, *actions)
        cue.prompt, cue.chunk = render_quoted(Text(cleaned)), chunk
        self._last = cue

    def cue(self, position: Position, *actions: str) -> _Line:
        """Add a cue without a prompt, with its actions as they are written."""
        self._count_entry()
        line = _Line(position=position, actions=list(actions), comments=self._take_comments())
        self._part.lines.append(line)
        return line

    def cut(self, position: Position, action: str, *, at: Fraction) -> None:
        """Add a cut that has no prompt of its own, as it is written.

        Args:
            position: Where it is, from the beginning of the section.
            action: `cut` or `cut seed 9`.
            at: When it is, in seconds since the start of the score.
        """
        self.cue(position, action).cut_chunk = self.chunk_at(at)

    def chunk_at(self, at: Fraction) -> int:
        """Return the chunk on which a time lands."""
        return self._grid.snap(max(at, Fraction(0)), Snap.NEAREST)

    def _count_entry(self) -> None:
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise UnreadableError(
                f"it has more than {MAX_ENTRIES:,} entries, the most that are read",
                "split the file",
            )

    def _replace_prompt(self, line: _Line) -> None:
        """Turn a prompt that the next one replaces on its chunk into a comment."""
        self.tally.drop("prompts on one chunk")
        self.tally.kept -= 1
        line.comments.append(f"dropped: {line.prompt} (the next prompt is on the same chunk)")
        line.prompt = line.chunk = None

    def _take_comments(self) -> list[str]:
        taken, self._comments = self._comments, []
        return taken

    # ---- the result --------------------------------------------------------------------------

    def finish(self, kind: str, end: Position | None = None) -> Imported:
        """Return the score.

        Args:
            kind: The format.
            end: The end of a score without sections.

        Raises:
            UnreadableError: There is nothing in it.
        """
        parts = self._parts or [self._outside]
        if not any(line.actions or line.prompt for part in parts for line in part.lines) and (
            not self._parts
        ):
            raise UnreadableError("there is nothing in it that a score can contain")
        self._prompt_cuts(parts)
        self._open_takes(parts)
        out = ScoreLines(self._title, self.tally)
        for statement in (*self._header, *self._lets):
            out.header(statement)
        if self._parts:
            for part in parts:
                self._write_section(out, part)
            out.header("")
            out.header(f"play {' '.join(part.name for part in parts)}")
        else:
            out.header("")
            _write_lines(out, self._outside.lines)
            if end is not None:
                out.end(end)
        for comment in self._comments:
            out.comment(comment)
        return self.tally.result(kind, out.text())

    def _write_section(self, out: ScoreLines, part: _Part) -> None:
        if part.duration is None:
            return
        out.header("")
        for comment in part.comments:
            out.comment(comment)
        out.open_section(part.name, part.duration, head=part.head)
        _write_lines(out, part.lines)
        out.close_section()

    def _prompt_cuts(self, parts: list[_Part]) -> None:
        """Add a text to be replaced to each cut on whose chunk no prompt lands."""
        prompted = {line.chunk for part in parts for line in part.lines if line.chunk is not None}
        for part in parts:
            for line in part.lines:
                if line.cut_chunk is not None and line.cut_chunk not in prompted:
                    line.prompt = render_quoted(Text(("Write here what is shown after the cut.",)))
                    line.chunk = line.cut_chunk
                    prompted.add(line.chunk)

    def _open_takes(self, parts: list[_Part]) -> None:
        """Add a text to be replaced where a take or a section has no prompt of its own.

        A take needs one on its first chunk; another section gets one only if its first chunk is
        free.
        """
        prompted = [line.chunk for part in parts for line in part.lines]
        position, last = 0, -1
        for part in parts:
            count = len(part.lines)
            first = self.chunk_at(part.start)
            used = [one for one in prompted[position : position + count] if one is not None]
            following = next((one for one in prompted[position:] if one is not None), None)
            is_free = (part.begins_take or first > last) and (
                following is None or following > first
            )
            if is_free and (part.begins_take or not used):
                words = f"Write here what {part.name or 'the beginning'} shows."
                line = _Line(position=seconds(Fraction(0)), actions=[], chunk=first)
                line.prompt = render_quoted(Text((words,)))
                part.lines.insert(0, line)
                used.append(first)
            last = max([last, *used])
            position += count


def clean_parts(parts: tuple[str | Variable, ...]) -> tuple[str | Variable, ...]:
    """Return the parts of a text without line ends and control characters."""
    if len(parts) == 1 and isinstance(parts[0], str):
        return (clean_text(parts[0]),)
    return tuple(
        one
        if isinstance(one, Variable)
        else _UNPRINTABLE.sub(" ", _LINE_END.sub(" ", one)).replace("\t", " ")
        for one in parts
    )


def _write_lines(out: ScoreLines, lines: Iterable[_Line]) -> None:
    for line in lines:
        for comment in line.comments:
            out.comment(comment)
        actions = [*line.actions, *([line.prompt] if line.prompt is not None else [])]
        if actions:
            out.cue(line.position, *actions)


def check_time(value: Fraction) -> str | None:
    """Return what is wrong with a time in seconds, or None."""
    if value < 0:
        return "a time cannot be negative"
    if value > MAX_DURATION:
        return f"a time is at most {MAX_DURATION:,} seconds"
    return None
