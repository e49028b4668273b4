"""Render values in the one spelling that each has in both notations.

The inverse of the readers in `values`.

Each function returns text that the corresponding reader accepts, and raises ValueError for a value
that no score can contain (such as a denominator of twenty digits). The readers never produce
such a value.
"""

from __future__ import annotations

import re
from fractions import Fraction

from sequencer.language.score import (
    After,
    AtBar,
    AtMark,
    AtNext,
    AtOffset,
    AtTick,
    ChangeTempo,
    ClockKind,
    ClockLine,
    Comparison,
    Cut,
    Duration,
    FromEnd,
    GridLine,
    OnControl,
    OnGo,
    OnNote,
    OnOsc,
    OnProgram,
    OnRelease,
    OnTransport,
    PlayGroup,
    PlayPart,
    Position,
    SendControl,
    SendMidi,
    SendNote,
    SendOsc,
    SendProgram,
    SoundLine,
    StageName,
    Text,
    Together,
    Trigger,
    Unit,
    Variable,
)
from sequencer.language.values.amounts import MAX_AMOUNT, MAX_AMOUNT_DIGITS, MAX_DIGITS

_SINGLE_SPACE = re.compile(r"(?<![ \t]) (?![ \t])")


def render_number(value: Fraction | int) -> str:
    """Render a number as `24`, `23.976` or `960/11`: integer, exact decimal, or else fraction."""
    spelled = _render_decimal(value) or _render_fraction(value)
    if spelled is None:
        raise ValueError(f"{value} has more digits than a score can hold")
    return spelled


def _render_decimal(value: Fraction | int) -> str | None:
    """Render a value ≥ 0 with at most nine decimal places. Return None if that is not exact."""
    decimals = next((n for n in range(MAX_DIGITS + 1) if (value * 10**n).denominator == 1), None)
    if decimals is None or value < 0:
        return None
    digits = str(int(value * 10**decimals)).rjust(decimals + 1, "0")
    whole, fraction = (digits, "") if decimals == 0 else (digits[:-decimals], digits[-decimals:])
    if len(whole) > MAX_AMOUNT_DIGITS:
        return None
    return f"{whole}.{fraction}" if fraction else whole


def _render_fraction(value: Fraction | int) -> str | None:
    """Render a value ≥ 0 as `960/11`. Return None if it has too many digits."""
    if not 0 <= value <= MAX_AMOUNT or len(str(value.denominator)) > MAX_DIGITS:
        return None
    return str(value)


def render_amount(value: Fraction, unit: Unit, *, short: bool) -> str:
    """Render an amount of a unit.

    For example:

    `8 bars` (short: `8bar`), `4 beats` (`4b`), `2c`, `96f`, `350ms`, `12.5s`, `1m30s`.
    """
    match unit:
        case Unit.BARS | Unit.BEATS:
            spelled = _render_fraction(value)
            if spelled is None:
                raise ValueError(f"{value} {unit} has more digits than a score can hold")
            word = "bar" if unit is Unit.BARS else "beat"
            if short:
                return spelled + ("bar" if unit is Unit.BARS else "b")
            return f"{spelled} {word}" if value <= 1 else f"{spelled} {word}s"
        case Unit.CHUNKS:
            return f"{render_number(value)}c"
        case Unit.FRAMES:
            return f"{render_number(value)}f"
        case Unit.SECONDS:
            return _render_seconds(value)


def _render_seconds(value: Fraction) -> str:
    """Render seconds as a decimal, or as a fraction if no decimal is exact.

    Below one second they are whole milliseconds, from sixty seconds they have minutes.
    """
    if 0 < value < 1 and (value * 1000).denominator == 1:
        return f"{value * 1000}ms"
    decimal = _render_decimal(value)
    if value >= 60 and decimal is not None:
        return f"{int(value // 60)}m{_render_decimal(value % 60)}s"
    if decimal is not None:
        return f"{decimal}s"
    thousandth = _render_decimal(value * 1000)
    if thousandth is not None:
        return f"{thousandth}ms"
    fraction = _render_fraction(value)
    if fraction is not None:
        return f"{fraction}s"
    for scaled, unit in ((value * 1000, "ms"), (value / 60, "m")):
        spelled = _render_decimal(scaled) or _render_fraction(scaled)
        if spelled is not None:
            return spelled + unit
    raise ValueError(f"{value} seconds have more digits than a score can hold")


def render_duration(length: Duration, *, short: bool = False) -> str:
    """Render a duration.

    For example:

    `8 bars`, `1 beat`, `1/2 beat`, `2c`, `12.5s`, `96f`. With `short`, omit spaces: `8bar`, `1/2b`.
    """
    return render_amount(length.amount, length.unit, short=short)


def render_position(where: Position) -> str:
    """Render a position.

    For example:

    `9`, `9.3`, `9.3+1/2`, `9:3:240`, `32b`, `12.5s`, `+2bar`, `mark drop +1bar`, `end -1 bar`.
    """
    match where:
        case AtBar(bar, beat, rest):
            if rest:
                return f"{bar}.{beat}+{rest}"
            return str(bar) if beat == 1 else f"{bar}.{beat}"
        case AtTick(bar, beat, tick):
            return f"{bar}:{beat}:{tick}"
        case AtOffset(value, unit):
            return render_amount(value, unit, short=True)
        case After(by):
            return f"+{render_duration(by, short=True)}"
        case AtMark(name, plus):
            return (
                f"mark {name}"
                if plus is None
                else f"mark {name} +{render_duration(plus, short=True)}"
            )
        case FromEnd(by):
            return f"end -{render_duration(by)}"


def render_trigger(on: Trigger, *, in_quotes: bool = True) -> str:
    """Render a trigger: `note C3 ch 10`, `cc 20 > 64`, `program 5`, `start`, `go exit`.

    Args:
        on: The trigger.
        in_quotes: Whether an OSC address is in quotes, as in the text notation.
    """
    match on:
        case OnNote(written, channel, velocity):
            loud = "" if velocity is None else f" vel {_render_comparison(velocity)}"
            return f"note {written}{_channel_suffix(channel)}{loud}"
        case OnRelease(written, channel):
            return f"release {written}{_channel_suffix(channel)}"
        case OnControl(control, above, value, channel):
            return f"cc {control} {'>' if above else '<'} {value}{_channel_suffix(channel)}"
        case OnProgram(program, channel):
            return f"program {program}{_channel_suffix(channel)}"
        case OnTransport(what):
            return what
        case OnOsc(address, value):
            written = f'"{address}"' if in_quotes else address
            return f"osc {written}" + ("" if value is None else f" {_render_comparison(value)}")
        case OnGo(name):
            return f"go {name}"


def render_quantisation(at: AtNext) -> str:
    """Render where a rule lands: `next bar`, `next 2 bars`, `next beat`."""
    unit = "bar" if at.unit is Unit.BARS else "beat"
    return f"next {unit}" if at.count == 1 else f"next {at.count} {unit}s"


def _render_comparison(comparison: Comparison) -> str:
    return f"{comparison.operator} {render_number(comparison.value)}"


def _channel_suffix(channel: int | None) -> str:
    return "" if channel is None else f" ch {channel}"


def render_clock(line: ClockLine) -> str:
    """Render a clock without the word `clock`.

    For example:

    `chunks`, `120 bpm, 4/4`, `midi "Digitakt", 4/4, nominal 120 bpm`.
    """
    if line.kind is ClockKind.MTC:
        return f"mtc {line.rate}" + ("" if line.port is None else f" {render_string(line.port)}")
    if line.kind is ClockKind.FILE:
        return f"file {render_string(line.file or '')}"
    if line.kind is ClockKind.CHUNKS or line.bpm is None:
        return "chunks"
    if line.kind is ClockKind.BPM:
        return f"{render_number(line.bpm)} bpm, {line.meter}"
    port = "" if line.port is None else f" {render_string(line.port)}"
    return f"{line.kind}{port}, {line.meter}, nominal {render_number(line.bpm)} bpm"


def render_grid(line: GridLine) -> str:
    """Render a grid without the word `grid`: `12 frames @ 16 fps, first 9`."""
    first = "" if line.first in (None, line.frames) else f", first {line.first}"
    return f"{line.frames} frames @ {render_number(line.fps)} fps{first}"


def render_tempo(change: ChangeTempo) -> str:
    """Render a tempo without the word `tempo`: `96`, `120 -> 132 over 4 bars`."""
    ramp = "" if change.to is None else f" -> {render_number(change.to)}"
    over = "" if change.over is None else f" over {render_duration(change.over)}"
    return f"{render_number(change.bpm)}{ramp}{over}"


def render_cut(action: Cut) -> str:
    """Render a cut: `cut`, `cut seed 9`."""
    return "cut" if action.seed is None else f"cut seed {action.seed}"


def render_midi(action: SendMidi) -> str:
    """Render a MIDI message without the word `midi`.

    For example:

    `note C3 ch 10 vel 100 for 1 beat`, `cc 20 64`, `program 5 ch 1`.
    """
    match action:
        case SendNote(written, channel, velocity, length):
            loud = "" if velocity is None else f" vel {velocity}"
            lasts = "" if length is None else f" for {render_duration(length)}"
            return f"note {written}{_channel_suffix(channel)}{loud}{lasts}"
        case SendControl(control, value, channel):
            return f"cc {control} {value}{_channel_suffix(channel)}"
        case SendProgram(program, channel):
            return f"program {program}{_channel_suffix(channel)}"


def render_osc(action: SendOsc, *, in_quotes: bool = False) -> str:
    """Render an OSC message without the word `osc`: `/drop 1 0.5`.

    Args:
        action: The message.
        in_quotes: Whether the address is in quotes, as in the text notation.
    """
    address = f'"{action.address}"' if in_quotes else action.address
    return " ".join((address, *action.arguments))


def render_play(items: tuple[PlayPart, ...]) -> str:
    """Render a play order without the word `play`: `intro (verse drop*2)*2 finale`."""
    return " ".join(
        (f"({render_play(item.items)})" if isinstance(item, PlayGroup) else item.section)
        + ("" if item.times == 1 else f"*{item.times}")
        for item in items
    )


# ---- texts ---------------------------------------------------------------------------------------


def render_string(value: str) -> str:
    r"""Render a text without variables (title, path, port) in quotes, escaping `"` and `\`."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def render_sound(sound: SoundLine) -> str:
    """Render the sound of a score as in the text notation: `"song.wav" from 12.5s`."""
    start = f" from {render_sound_start(sound)}" if sound.start else ""
    return render_string(sound.path) + start


def render_sound_start(sound: SoundLine) -> str:
    """Render the second of the sound's file at which the score begins."""
    return render_amount(sound.start, Unit.SECONDS, short=True)


def render_content(text: Text) -> str:
    """Render a text as inside its quotes, but unescaped: variables as `{name}`, braces doubled."""
    return "".join(
        "{" + part.name + "}"
        if isinstance(part, Variable)
        else part.replace("{", "{{").replace("}", "}}")
        for part in text.parts
    )


def render_quoted(text: Text) -> str:
    """Render a text on one line, in quotes."""
    return render_string(render_content(text))


def wrap_text(content: str, width: int) -> list[str]:
    """Wrap a text into lines of about `width` characters.

    Lines break only at single spaces, because wider gaps would collapse to one space when the text
    is read back.
    """
    lines: list[str] = []
    start = last = 0
    for gap in _SINGLE_SPACE.finditer(content):
        if gap.start() - start > width and last > start:
            lines.append(content[start : last - 1])
            start = last
        last = gap.end()
    if len(content) - start > width and last > start:
        lines.append(content[start : last - 1])
        start = last
    return [*lines, content[start:]]


def render_stages(stages: tuple[StageName, ...]) -> str:
    """Render the names of stages: `left, right`."""
    return ", ".join(one.name for one in stages)


def render_together(together: Together) -> str:
    """Render when all stages wait for each other: `start`, `realign 16c`."""
    return "start" if together.realign is None else f"realign {together.realign}c"
