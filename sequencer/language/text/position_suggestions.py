"""Suggest fixes for positions in another form.

For example:

`at bar 5 beat 3`, `at 5-3`, `at 5,3`, `at 8 bars 2 beats`.

The correct position depends on the meter, so unlike the other suggestions these take the whole
score into account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.score_meters import BAR_BEAT_HINT, has_beat, suggest_position
from sequencer.language.text.suggestion import Suggestion, find_outside_quotes
from sequencer.language.values.amounts import COMMA_MESSAGE, DASHES, MAX_DIGITS, read_duration

_AT = r"^(at|end)[ \t]+"
_FORMS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(rf"{_AT}bars?[ \t]+(\d+)[ \t,]+beats?[ \t]+(\d+)"),
        "E219",
        "a bar is written as its number alone",
    ),
    (
        re.compile(rf"{_AT}(\d+)[ \t,]+beats?[ \t]+(\d+)"),
        "E219",
        "bar and beat are joined by a dot",
    ),
    (re.compile(rf"{_AT}()beats?[ \t]+(\d+)"), "E219", "the beat follows the bar, as in `9.3`"),
    (re.compile(rf"{_AT}(\d+),(\d+)(?=[ \t]|$)"), "E203", COMMA_MESSAGE),
)
_BAR = re.compile(rf"{_AT}bars?[ \t]+(\d+)")
_RANGE = re.compile(rf"{_AT}(\d+)[ \t]*[-{''.join(DASHES)}][ \t]*(\d+)(?=[ \t]|$)")
_LENGTH = re.compile(
    r"^(?:at|every)[ \t]+(?:\+[ \t]*)?"
    r"(\d+[ \t]*(?:bars?|beats?)[ \t,]+(?:and[ \t]+)?\d+[ \t]*(?:beats?|ticks?)\b)"
)


class PositionSuggestions:
    """Finds suggestions in the statements of the score that `span` points into."""

    def __init__(self, span: Span, faults: Diagnostics) -> None:
        self.span = span
        self.faults = faults

    def find(self, _: str, masked: str) -> Iterator[Suggestion]:
        """Yield the suggestions for a statement."""
        yield from self._find_ranges(masked)
        for pattern, code, message in _FORMS:
            for match in find_outside_quotes(pattern.pattern, masked):
                word, bar, beat = match.groups()
                if max(len(bar), len(beat)) > MAX_DIGITS:
                    continue
                position = self._spell_position(bar or "1", beat)
                new = f"{word} {bar or 1}.{beat}" if position is None else f"{word} {position}"
                hint = BAR_BEAT_HINT if position is None else f"write {new}"
                yield Suggestion(
                    code=code,
                    start=match.start(),
                    end=match.end(),
                    text=new,
                    message=message,
                    hint=hint,
                    is_certain=position is not None,
                )
        for match in find_outside_quotes(_BAR.pattern, masked):
            new = f"{match.group(1)} {match.group(2)}"
            yield Suggestion(
                code="E219",
                start=match.start(),
                end=match.end(),
                text=new,
                message="a bar is written as its number alone",
                hint=f"write {new}",
            )
        yield from self._find_lengths(masked)

    def _spell_position(self, bar: str, beat: str) -> str | None:
        return suggest_position(
            max(1, int(bar)), max(1, int(beat)), Fraction(0), self.span, self.faults
        )

    def _find_ranges(self, masked: str) -> Iterator[Suggestion]:
        """Find `at 5-3`: bar and beat if the bar has that beat, otherwise a range of bars."""
        for match in find_outside_quotes(_RANGE.pattern, masked):
            word, bar, beat = match.groups()
            if max(len(bar), len(beat)) > MAX_DIGITS:
                continue
            if has_beat(int(beat), self.span, self.faults):
                new, message = f"{word} {bar}.{beat}", "bar and beat are joined by a dot"
                hint = f"write {new}"
            else:
                new, message = f"{word} {bar}", "a cue has one position, not a range"
                hint = f"write {new}; bar {beat} needs a cue of its own"
            yield Suggestion(
                code="E219",
                start=match.start(),
                end=match.end(),
                text=new,
                message=message,
                hint=hint,
            )

    def _find_lengths(self, masked: str) -> Iterator[Suggestion]:
        """Find `at 8 bars 2 beats`: one amount with two units."""
        for match in find_outside_quotes(_LENGTH.pattern, masked):
            own = Diagnostics()
            own.texts = self.faults.texts
            read_duration(match.group(1), self.span, own)
            for one in own.diagnostics:
                new = one.fixes[0].text if one.fixes else "4b"
                yield Suggestion(
                    code=one.code,
                    start=match.start(1),
                    end=match.end(1),
                    text=new,
                    message=one.message,
                    hint=one.hint or "",
                    is_certain=bool(one.fixes),
                )
