"""LRC: a song's words with a time before each line.

`[mm:ss.xx]words`; a line may have several times. `<mm:ss.xx>` before a word is its own time. Tags
are `[ti:]`, `[ar:]`, `[al:]`, `[au:]`, `[by:]`, `[length:]`, `[re:]`, `[ve:]`, and `[offset:±ms]`:
a positive offset shifts everything earlier.
"""

from __future__ import annotations

import re
from fractions import Fraction

from sequencer.core.display import counted
from sequencer.language.interchange.decimals import read_decimal
from sequencer.language.interchange.imported import (
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    Tally,
    UnreadableError,
)
from sequencer.language.interchange.lyrics import TimedLine, point_of, scale_of, start_timeline
from sequencer.language.interchange.score_lines import ScoreLines, one_line
from sequencer.language.interchange.text_input import begin_text
from sequencer.language.interchange.text_lines import split_lines
from sequencer.language.interchange.timeline import Dropped

KIND = "lrc"

MAX_OFFSET_MS = 3_600_000

_STAMP = re.compile(r"\[([0-9]{1,4}):([0-9]{1,2})(?:[.:]([0-9]{1,3}))?\]", re.ASCII)
_WORD_STAMP = re.compile(r"<[0-9]{1,4}:[0-9]{1,2}(?:[.:][0-9]{1,3})?>", re.ASCII)
_TAG = re.compile(r"\[([A-Za-z#]+):(.*)\]\s*\Z")
_FIRST = re.compile(
    r"^\s*\[(?:[0-9]{1,4}:[0-9]{1,2}(?:[.:][0-9]{1,3})?\]|(?:ti|ar|al|au|by|length|re|ve|tool|offset):)"
)


def recognise(data: bytes) -> bool:
    """Return whether the first line that is not blank begins with a time or a tag of LRC."""
    return _FIRST.match(begin_text(data).lower()) is not None


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of a song's words: a mark for each line, or a prompt.

    Raises:
        UnreadableError: A line cannot be read, or the file exceeds a limit.
    """
    tags: list[tuple[str, str, int]] = []
    sung: list[tuple[Fraction, str, int]] = []
    word_times = 0
    bare: list[tuple[int, str]] = []
    for number, line in split_lines(data, options.encoding):
        rest = line.strip()
        stamps: list[Fraction] = []
        while (stamp := _STAMP.match(rest)) is not None:
            stamps.append(_seconds(stamp, number))
            rest = rest[stamp.end() :].lstrip()
        if stamps:
            words, removed = _WORD_STAMP.subn("", rest)
            word_times += removed
            shown = " ".join(words.split())
            sung += [(at, shown, number) for at in stamps]
        elif (tag := _TAG.match(rest)) is not None:
            tags.append((tag.group(1).lower(), tag.group(2).strip(), number))
        elif rest:
            bare.append((number, rest))
        if len(sung) > MAX_ENTRIES or len(bare) > MAX_ENTRIES or len(tags) > MAX_ENTRIES:
            raise UnreadableError(
                f"the file has more than {MAX_ENTRIES:,} lines", "split it", line=number
            )
    if not sung:
        raise UnreadableError(
            "no line has a time", "a line of LRC begins with one: [00:12.50]words"
        )
    return _score_of(sung, tags, bare, word_times, options)


def _seconds(stamp: re.Match[str], number: int) -> Fraction:
    minutes, seconds, part = int(stamp[1]), int(stamp[2]), stamp[3] or ""
    if seconds >= 60:
        raise UnreadableError(
            f"{stamp[0]} has {seconds} seconds", "a minute has 60 of them", line=number
        )
    return minutes * 60 + seconds + Fraction(int(part or 0), 10 ** len(part))


def _score_of(
    sung: list[tuple[Fraction, str, int]],
    tags: list[tuple[str, str, int]],
    bare: list[tuple[int, str]],
    word_times: int,
    options: ImportOptions,
) -> Imported:
    tally = Tally()
    title, offset = options.title, Fraction(0)
    for name, value, number in tags:
        if name == "ti" and value:
            title = value
        elif name == "offset":
            milliseconds = read_decimal(value.removeprefix("+"))
            if milliseconds is None or abs(milliseconds) > MAX_OFFSET_MS:
                raise UnreadableError(
                    f"{value[:40]!r} is not an offset in milliseconds",
                    "write, for example: [offset:+100]",
                    line=number,
                )
            offset = milliseconds / 1000
    lines = ScoreLines(title, tally)
    for name, value, _ in tags:
        if name not in {"ti", "offset"} and value:
            lines.comment(f"{name}: {one_line(value, 200)}")
    timeline = start_timeline(lines, tally, options)
    scale = scale_of(options)
    count = 0
    for at, words, line in sorted(sung, key=lambda one: (one[0], one[2])):
        time = at - offset
        if time < 0:
            timeline.add(
                Dropped(
                    at=Fraction(0),
                    what="lines before the beginning",
                    detail=f"{float(time):.3f} s, before the beginning: {one_line(words, 200)}",
                )
            )
        elif not words:  # an empty line clears the display
            timeline.add(
                Dropped(
                    at=time * scale, what="empty lines", detail=f"the empty line {line} of the file"
                )
            )
        else:
            count += 1
            timeline.add(
                point_of(TimedLine(number=count, at=time, words=words, line=line), options)
            )
    for number, text in bare:
        lines.dropped("lines without a time", f"line {number}: {one_line(text, 200)}")
    if word_times:
        lines.dropped(
            "times of words", f"{counted(word_times, 'time')} of single words", word_times
        )
    timeline.write()
    return tally.result(KIND, lines.text())
