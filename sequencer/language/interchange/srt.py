"""SRT subtitles: a number, `HH:MM:SS,mmm --> HH:MM:SS,mmm`, lines of text, and a blank line."""

from __future__ import annotations

import re
from fractions import Fraction

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

KIND = "srt"

_TIME = r"([0-9]{1,4}):([0-9]{2}):([0-9]{2})[,.]([0-9]{1,3})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s+\S.*)?\s*", re.ASCII)
_FIRST = re.compile(rf"(?:\s*[0-9]+\s*\n)?\s*{_TIME}\s*-->", re.ASCII)
_MARKUP = re.compile(r"</?(?:b|i|u|s|font)(?:\s[^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE)


def recognise(data: bytes) -> bool:
    """Return whether the file begins with the times of a subtitle."""
    return _FIRST.match(begin_text(data).lstrip()) is not None


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of subtitles: a mark for each of them, or a prompt.

    Raises:
        UnreadableError: A subtitle cannot be read, or the file exceeds a limit.
    """
    tally = Tally()
    lines = ScoreLines(options.title, tally)
    timeline = start_timeline(lines, tally, options)
    scale = scale_of(options)
    last = Fraction(0)
    count = 0
    for start, end, words, line in _subtitles(data, options.encoding):
        last = max(last, end)
        if not words:
            timeline.add(
                Dropped(
                    at=start * scale, what="empty subtitles", detail=f"the empty one of line {line}"
                )
            )
            continue
        plain, removed = _MARKUP.subn("", words)
        plain = " ".join(plain.split())
        if removed:
            timeline.add(
                Dropped(
                    at=start * scale,
                    what="formats",
                    detail=f"the format of line {line}: {one_line(words, 200)}",
                )
            )
        if not plain:
            continue
        count += 1
        timeline.add(point_of(TimedLine(number=count, at=start, words=plain, line=line), options))
    timeline.write(end=last * scale)
    return tally.result(KIND, lines.text())


def _subtitles(data: bytes, encoding: str | None) -> list[tuple[Fraction, Fraction, str, int]]:
    """Return (start, end, text, line of the times) of each subtitle."""
    found: list[tuple[Fraction, Fraction, list[str], int]] = []
    is_text = False
    previous = ""
    for number, line in split_lines(data, encoding):
        times = _TIMES.fullmatch(line)
        if times is not None:
            if is_text and found[-1][2][-1:] == [previous] and previous.isdecimal():
                found[-1][2].pop()  # its number, after a missing blank line
            start, end = _seconds(times, 1, number), _seconds(times, 5, number)
            if end < start:
                raise UnreadableError(
                    "this subtitle ends before it begins", "correct its times", line=number
                )
            found.append((start, end, [], number))
            is_text = True
            if len(found) > MAX_ENTRIES:
                raise UnreadableError(
                    f"the file has more than {MAX_ENTRIES:,} subtitles", "split it", line=number
                )
        elif not line.strip():
            is_text = False
        elif is_text:
            found[-1][2].append(line.strip())
        elif "-->" in line:
            raise UnreadableError(
                "these are not the times of a subtitle",
                "write, for example: 00:00:04,100 --> 00:00:08,000",
                line=number,
            )
        elif not line.strip().isdecimal():
            raise UnreadableError(
                "a subtitle is a number, a line with its times, and its text",
                "write the number and the times before this line",
                line=number,
            )
        previous = line.strip()
    if not found:
        raise UnreadableError(
            "the file has no subtitle", "its times are written 00:00:04,100 --> 00:00:08,000"
        )
    return [(start, end, " ".join(words), line) for start, end, words, line in found]


def _seconds(times: re.Match[str], first: int, number: int) -> Fraction:
    hours, minutes, seconds, part = (times[first + at] for at in range(4))
    if int(minutes) >= 60 or int(seconds) >= 60:
        raise UnreadableError(
            f"{hours}:{minutes}:{seconds} is not a time",
            "minutes and seconds end at 59",
            line=number,
        )
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return whole + Fraction(int(part), 10 ** len(part))
