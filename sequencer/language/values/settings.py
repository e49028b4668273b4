"""Read the values of header lines, section heads and actions, such as tempo, meter and seed."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import cast

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.midi_notes import MiddleC
from sequencer.core.timebase import Meter, Snap
from sequencer.language.score import ChangeTempo, Cut, GridLine, SuperResolution
from sequencer.language.source import closest_word, excerpt, subspan
from sequencer.language.values.amounts import (
    DASHES,
    check_ascii_digits,
    check_decimal_comma,
    parse_number,
    read_duration,
)
from sequencer.language.values.strings import NAME
from sequencer.models.catalog import NAMES, closest_model
from sequencer.schedule.model import (
    DEFAULT_LEAD_CHUNKS,
    MAX_FRAMES_PER_CHUNK,
    MAX_LEAD_CHUNKS,
    MAX_SEED,
    LatePolicy,
)

MAX_BPM = 1_000
"""The fastest tempo, in bpm, and the highest frame rate, in fps."""
MAX_BEATS_PER_BAR = 64
"""Maximum number of beats in a bar, and the shortest note value that can be a beat (1/64)."""

_NUMBER = re.compile(r"([0-9]+)(?:\.([0-9]+)|/([0-9]+))?\Z")
_METER = re.compile(r"([0-9]{1,3})/([0-9]{1,3})\Z")
_TEMPO = re.compile(r"(\S+?)(?:[ \t\n]*->[ \t\n]*(\S+))?(?:[ \t\n]+over[ \t\n]+(\S.*))?\Z")
_GRID = re.compile(
    r"(\S+)[ \t]+(?:frames?|fr?)[ \t]*@[ \t]*(\S+)[ \t]+fps(?:[ \t]*,\s*first[ \t]+(\S+))?\Z"
)
_GRID_WITH_FIRST = re.compile(
    r"(\S+)[ \t]+frames?[ \t]*@[ \t]*(\S+)[ \t]+fps[ \t]*,?[ \t]*first\b[^0-9]*([0-9]+)?.*\Z"
)
"""A grid with a first chunk that is not written as it has to be: without a comma, for example."""
_CUT = re.compile(r"cut(?:[ \t]+seed[ \t]+(\S+))?\Z")
_LEAD = re.compile(r"([0-9]{1,9})c\Z")

SECTION_COPY = re.compile(
    rf"(?:=|:|\b(?:like|extends|copies|copy(?:[ \t]+of)?|as|from|is|same[ \t]+as)\b)[ \t]*({NAME})"
)
"""`= a` or `like a` after a section's name: it was meant as a copy of the section in group 1."""

COPY_MESSAGE = "a section with everything of another one is written with `like`"


def read_number(
    text: str, span: Span, faults: Diagnostics, *, code: str, what: str, example: str
) -> Fraction | None:
    """Read an exact number written as `24`, `23.976` or `960/11`.

    Report `code` if it is not a number.
    """
    match = _NUMBER.match(text)
    if match is not None:
        return parse_number(match.group(1), match.group(2), match.group(3), span, faults)
    if check_ascii_digits(text, span, faults) and not check_decimal_comma(
        text, span, faults, "a number"
    ):
        faults.error(
            code, f"{excerpt(text) or 'nothing'} is not {what}", span, hint=f"write {example}"
        )
    return None


def read_bpm(text: str, span: Span, faults: Diagnostics) -> Fraction | None:
    """Read a tempo in quarter notes per minute: `120`, `127.5` or `960/11`."""
    bare = re.match(r"(\S+?)[ \t]*bpm\Z", text, re.IGNORECASE)
    if bare is not None and _NUMBER.match(bare.group(1)):
        corrected = bare.group(1)
        faults.error(
            "E240",
            "a tempo here is a number without bpm",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return None
    two = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)[-–]([0-9]+(?:\.[0-9]+)?)", text)
    if two is not None:
        corrected = f"{two.group(1)} -> {two.group(2)}"
        faults.error(
            "E240",
            "two tempi are joined by ->",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return None
    value = read_number(
        text,
        span,
        faults,
        code="E240",
        what="a tempo",
        example="a number of quarter notes per minute: 120, 127.5 or 960/11",
    )
    if value is not None and not 1 <= value <= MAX_BPM:
        faults.error(
            "E240",
            f"a tempo is between 1 and {MAX_BPM} bpm",
            span,
            hint="write the quarter notes per minute",
        )
        return None
    return value


def read_meter(text: str, span: Span, faults: Diagnostics) -> Meter | None:
    """Read a meter: `4/4`, `7/8`."""
    match = _METER.match(text)
    if match is not None:
        top, bottom = int(match.group(1)), int(match.group(2))
        if (
            1 <= top <= MAX_BEATS_PER_BAR
            and 1 <= bottom <= MAX_BEATS_PER_BAR
            and bottom & (bottom - 1) == 0
        ):
            return Meter(top, bottom)
        hint = (
            f"the lower number is 1, 2, 4, 8, 16, 32 or 64, the upper one 1 to {MAX_BEATS_PER_BAR}"
        )
        faults.error("E241", f"{excerpt(text)} is not a meter", span, hint=hint)
        return None
    spaced = re.match(rf"([0-9]+)[ \t]*[/:|{''.join(DASHES)}-][ \t]*([0-9]+)\Z", text)
    if spaced is not None or check_ascii_digits(text, span, faults):
        corrected = f"{spaced.group(1)}/{spaced.group(2)}" if spaced else ""
        fixes = (Fix(span, corrected),) if corrected else ()
        faults.error(
            "E241",
            f"{excerpt(text) or 'nothing'} is not a meter",
            span,
            hint=f"write {corrected or '4/4, 3/4 or 7/8'}",
            fix=fixes,
        )
    return None


def read_fps(text: str, span: Span, faults: Diagnostics) -> Fraction | None:
    """Read a frame rate: `24`, `23.976`, `24000/1001`."""
    value = read_number(
        text,
        span,
        faults,
        code="E242",
        what="a frame rate",
        example="frames per second: 24, 23.976 or 24000/1001",
    )
    if value is not None and not 1 <= value <= MAX_BPM:
        faults.error(
            "E242",
            f"a frame rate is between 1 and {MAX_BPM} fps",
            span,
            hint="Helios plays 24 fps, and 48 with 2x and 4x",
        )
        return None
    return value


def read_grid(text: str, span: Span, faults: Diagnostics) -> GridLine | None:
    """Read a grid: `33 frames @ 24 fps`, `12 frames @ 16 fps, first 9`."""
    match = _GRID.match(text)
    if match is None:
        like = _GRID_WITH_FIRST.match(text)
        corrected = None
        if like is not None and like.group(3):
            corrected = f"{like.group(1)} frames @ {like.group(2)} fps, first {like.group(3)}"
        example = "33 frames @ 24 fps" if like is None else "12 frames @ 16 fps, first 9"
        faults.error(
            "E249",
            f"{excerpt(text) or 'nothing'} is not a grid",
            span,
            hint=f"write {corrected or example}",
            fix=() if corrected is None else (Fix(span, corrected),),
        )
        return None
    frames = _read_integer(
        match.group(1),
        subspan(text, span, *match.span(1)),
        faults,
        code="E249",
        what="frames per chunk",
        low=1,
        high=MAX_FRAMES_PER_CHUNK,
    )
    fps = read_fps(match.group(2), subspan(text, span, *match.span(2)), faults)
    if match.group(3) is None:
        return None if frames is None or fps is None else GridLine(frames, fps, span=span)
    first = _read_first(match.group(3), subspan(text, span, *match.span(3)), frames, faults)
    if frames is None or fps is None or first is None:
        return None
    return GridLine(frames, fps, None if first == frames else first, span=span)


def _read_first(text: str, span: Span, frames: int | None, faults: Diagnostics) -> int | None:
    """Read the number of frames of the first chunk of a take, for chunks of `frames`."""
    first = _read_integer(
        text,
        span,
        faults,
        code="E249",
        what="the frames of the first chunk",
        low=1,
        high=MAX_FRAMES_PER_CHUNK,
    )
    if first is not None and frames is not None and first > frames:
        faults.error(
            "E249",
            f"the first chunk of a take is not longer than the others: {first} > {frames} frames",
            span,
            hint=f"write a number from 1 to {frames}; models with causal video decoders have "
            f"{max(1, frames - 3)}",
        )
        return None
    return first


def read_lead(text: str, span: Span, faults: Diagnostics) -> int | None:
    """Read a lead of at least one chunk: `2c`."""
    match = _LEAD.match(text)
    if match is not None and 1 <= int(match.group(1)) <= MAX_LEAD_CHUNKS:
        return int(match.group(1))
    if match is not None:
        faults.error(
            "E250",
            f"a lead is 1 to {MAX_LEAD_CHUNKS} chunks",
            span,
            hint=f"write {DEFAULT_LEAD_CHUNKS}c, the default, or more",
        )
        return None
    if check_ascii_digits(text, span, faults):
        bare = re.match(r"([0-9]{1,4})(?:[ \t]*chunks?)?\Z", text)
        corrected = (
            f"{min(MAX_LEAD_CHUNKS, max(1, int(bare.group(1))))}c"
            if bare
            else f"{DEFAULT_LEAD_CHUNKS}c"
        )
        fixes = (Fix(span, corrected),) if bare else ()
        faults.error(
            "E250", "a lead is a whole number of chunks", span, hint=f"write {corrected}", fix=fixes
        )
    return None


def read_strength(text: str, span: Span, faults: Diagnostics) -> Fraction | None:
    """Read a strength from 0 to 1."""
    percent = re.match(r"([0-9]{1,3})[ \t]*%\Z", text)
    if percent is not None and int(percent.group(1)) <= 100:
        hundredths = int(percent.group(1))
        corrected = "1" if hundredths == 100 else f"0.{hundredths:02}".rstrip("0").rstrip(".")
        faults.error(
            "E243",
            "a strength is a number from 0 to 1, not a percentage",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return None
    if re.match(r"\.[0-9]+\Z", text):
        faults.error(
            "E223",
            "a number begins with a digit",
            span,
            hint=f"write 0{excerpt(text)}",
            fix=Fix(span, "0" + text),
        )
        return None
    value = read_number(
        text,
        span,
        faults,
        code="E243",
        what="a strength",
        example="a number from 0 to 1, such as 0.8",
    )
    if value is not None and value > 1:
        faults.error(
            "E243",
            "a strength is a number from 0 to 1",
            span,
            hint="write 1 for the strongest, 0.8 for the usual",
        )
        return None
    return value


def read_seed(text: str, span: Span, faults: Diagnostics) -> int | None:
    """Read a seed from 0 to 2³² − 1."""
    if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_SEED:
        return int(text)
    if re.match(r"[-−]1\Z", text):
        message = (
            "with −1 the model chooses a seed and does not report it, so the run could not be "
            "repeated"
        )
        faults.error(
            "E245",
            message,
            span,
            hint=f"choose one yourself, from 0 to {MAX_SEED}",
            fix=Fix(span, "1"),
        )
        return None
    if check_ascii_digits(text, span, faults):
        faults.error(
            "E244",
            f"{excerpt(text) or 'nothing'} is not a seed",
            span,
            hint=f"seeds are whole numbers from 0 to {MAX_SEED}",
        )
    return None


def read_sr(text: str, span: Span, faults: Diagnostics) -> SuperResolution | None:
    """Read a super-resolution mode: `off`, `2x`, `4x`."""
    if text in ("2x", "4x", "off"):
        return SuperResolution(text)
    corrected = {
        "2": "2x",
        "4": "4x",
        "x2": "2x",
        "x4": "4x",
        "on": "2x",
        "none": "off",
        "1x": "off",
        "no": "off",
    }.get(text.casefold(), text.casefold())
    known = corrected in ("2x", "4x", "off")
    fixes = (Fix(span, corrected),) if known else ()
    faults.error(
        "E246",
        f"super-resolution is off, 2x or 4x, not {excerpt(text)}",
        span,
        hint=f"write {corrected if known else '2x'}",
        fix=fixes,
    )
    return None


def read_snap(text: str, span: Span, faults: Diagnostics) -> Snap | None:
    """Read a snap mode: `nearest`, `floor`, `ceil`."""
    word = _read_choice(
        text,
        span,
        faults,
        code="E251",
        what="snap",
        words=tuple(str(mode) for mode in Snap),
        others={"ceiling": "ceil", "round": "nearest"},
    )
    return None if word is None else Snap(word)


MODELS = NAMES
"""The names of the models that are known."""


def read_model(text: str, span: Span, faults: Diagnostics) -> str | None:
    """Read the name of a model."""
    if text in MODELS:
        return text
    guess = closest_model(text)
    hint = "write the grid of another model instead: grid 12 frames @ 16 fps"
    if guess is not None:
        hint = f"did you mean {guess}?"
    faults.error(
        "E262",
        f"{excerpt(text)} is not one of the known models: {', '.join(MODELS)}",
        span,
        hint=hint,
        fix=() if guess is None else (Fix(span, guess),),
    )
    return None


def read_late(text: str, span: Span, faults: Diagnostics) -> LatePolicy | None:
    """Read what happens to a cue that is too late: `shift`, `drop`."""
    return cast(
        LatePolicy | None,
        _read_choice(
            text,
            span,
            faults,
            code="E252",
            what="late",
            words=("shift", "drop"),
            others={"skip": "drop"},
        ),
    )


def read_middle(text: str, span: Span, faults: Diagnostics) -> MiddleC | None:
    """Read the name of note 60: `C3`, `C4`."""
    return cast(
        MiddleC | None,
        _read_choice(
            text,
            span,
            faults,
            code="E253",
            what="middle",
            words=("C3", "C4"),
            others={"60": "C3", "c5": "C4"},
        ),
    )


def read_cut(text: str, span: Span, faults: Diagnostics) -> Cut | None:
    """Read a cut: `cut`, `cut seed 9`."""
    match = _CUT.match(text)
    if match is None:
        loose = re.match(r"cut[ \t]+([0-9]{1,10})\Z", text)
        loose = loose if loose is not None and int(loose.group(1)) <= MAX_SEED else None
        fixes = (Fix(span, f"cut seed {loose.group(1)}"),) if loose else ()
        hint = f"write cut seed {loose.group(1)}" if loose else "write cut, or cut seed 99"
        faults.error("E258", f"{excerpt(text)} is not a cut", span, hint=hint, fix=fixes)
        return None
    if match.group(1) is None:
        return Cut(None, span)
    seed = read_seed(match.group(1), subspan(text, span, *match.span(1)), faults)
    return None if seed is None else Cut(seed, span)


def read_tempo(
    text: str, span: Span, faults: Diagnostics, in_head: bool = False
) -> ChangeTempo | None:
    """Read a tempo or a ramp without the word `tempo`: `96`, `120 -> 132 over 4 bars`.

    In a section's head (`in_head`) the ramp lasts as long as the section. Return None if a
    diagnostic was reported.
    """
    match = _TEMPO.match(text)
    if match is None:
        bare = re.match(r"([0-9./]+)[ \t]*bpm\Z", text)
        if bare is not None:
            read_bpm(text, span, faults)
            return None
        sign = rf"[ \t]*(?:to|until|→|=>|[-{''.join(DASHES)}])[ \t]*"
        arrow = re.match(rf"([0-9./]+){sign}([0-9./]+)(?=[ \t]+over\b|\Z)", text)
        if arrow is not None and _TEMPO.match(
            f"{arrow.group(1)} -> {arrow.group(2)}{text[arrow.end() :]}"
        ):
            corrected = f"{arrow.group(1)} -> {arrow.group(2)}"
            at = subspan(text, span, *arrow.span())
            faults.error(
                "E240",
                "two tempi are joined by ->",
                at,
                hint=f"write {corrected}",
                fix=Fix(at, corrected),
            )
            return None
        form = "120, or 120 -> 132" if in_head else "96, or 120 -> 132 over 4 bars"
        faults.error(
            "E254",
            f"{excerpt(text) or 'nothing'} is not a change of tempo",
            span,
            hint=f"write {form}",
        )
        return None
    bpm = read_bpm(match.group(1), subspan(text, span, *match.span(1)), faults)
    if bpm is None:
        return None
    if match.group(2) is None and match.group(3) is not None and not in_head:
        over = (
            match.group(3)
            if read_duration(match.group(3), span, Diagnostics()) is not None
            else "4 bars"
        )
        hint = (
            f"write {match.group(1)} for a sudden change; a ramp has both tempi: tempo 120 -> "
            f"{match.group(1)} over {over}"
        )
        message = f"a ramp needs two tempi, but there is only {match.group(1)}"
        faults.error("E254", message, span, hint=hint, fix=Fix(span, match.group(1)))
        return None
    to = None
    if match.group(2) is not None:
        to = read_bpm(match.group(2), subspan(text, span, *match.span(2)), faults)
        if to is None:
            return None
    length = None
    if match.group(3) is not None:
        length = read_duration(match.group(3), subspan(text, span, *match.span(3)), faults)
        if length is None:
            return None
    return check_tempo(ChangeTempo(bpm, to, length, span), faults, in_head)


def check_tempo(change: ChangeTempo, faults: Diagnostics, in_head: bool) -> ChangeTempo | None:
    """Return `change` if its parts are consistent, otherwise None (reported).

    A ramp in a cue must state its length; a ramp in a section's head must not.
    """
    if in_head and change.over is not None:
        hint = f"remove over; a shorter ramp is an action: at 1 tempo {change.bpm}" + (
            f" -> {change.to} over …" if change.to else ""
        )
        faults.error(
            "E254",
            "a tempo in a section's head lasts as long as the section",
            change.over.span,
            hint=hint,
        )
        return None
    if not in_head and change.to is not None and change.over is None:
        message = "a ramp needs a length"
        at = change.span
        insert = Fix(
            Span(at.file, at.end_line, at.end_column, at.end_line, at.end_column), " over 4 bars"
        )
        faults.error(
            "E254",
            message,
            at,
            hint=f"write tempo {change.bpm} -> {change.to} over 4 bars",
            fix=insert,
        )
        return None
    if change.to is None and change.over is not None:
        faults.error(
            "E254",
            "a ramp needs the tempo at its end",
            change.span,
            hint="write tempo 120 -> 132 over 4 bars",
        )
        return None
    return change


def _read_integer(
    text: str, span: Span, faults: Diagnostics, *, code: str, what: str, low: int, high: int
) -> int | None:
    if re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high:
        return int(text)
    if check_ascii_digits(text, span, faults):
        faults.error(
            code,
            f"{excerpt(text)} is not a number of {what}",
            span,
            hint=f"write a whole number from {low} to {high}",
        )
    return None


def _read_choice(
    text: str,
    span: Span,
    faults: Diagnostics,
    *,
    code: str,
    what: str,
    words: tuple[str, ...],
    others: dict[str, str],
) -> str | None:
    """Read one of `words`."""
    if text in words:
        return text
    low = text.casefold()
    folded = {word.casefold(): word for word in words}
    guess = others.get(low) or folded.get(low) or closest_word(text, words)
    known = ", ".join(words[:-1]) + f" or {words[-1]}"
    hint = f"did you mean {guess}?" if guess else f"write {known}"
    fixes = (Fix(span, guess),) if guess else ()
    faults.error(
        code, f"{what} is {known}, not {excerpt(text) or 'nothing'}", span, hint=hint, fix=fixes
    )
    return None
