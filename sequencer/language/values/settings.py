"""Read the values of header lines, section heads and actions: tempo, meter, grid, seed, strength and similar settings."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal, cast

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.timebase import Meter, Snap
from sequencer.language.score import ChangeTempo, Cut, GridLine, PlayItem, SuperResolution
from sequencer.language.source import closest_word, excerpt, make_locator, subspan
from sequencer.language.values.amounts import DASHES, check_ascii_digits, check_decimal_comma, parse_number, read_duration
from sequencer.language.values.strings import NAME, is_name, read_name

MAX_SEED = 2**32 - 1
MAX_BPM = 1_000
"""The fastest tempo, in bpm, and the highest frame rate, in fps."""
MAX_LEAD_CHUNKS = 1_000
MAX_FRAMES_PER_CHUNK = 10_000
"""Maximum number of frames in a chunk."""
MAX_BEATS_PER_BAR = 64
"""Maximum number of beats in a bar, and the shortest note value that can be a beat (1/64)."""
MAX_PASSES = 10_000

_NUMBER = re.compile(r"([0-9]+)(?:\.([0-9]+)|/([0-9]+))?\Z")
_METER = re.compile(r"([0-9]{1,3})/([0-9]{1,3})\Z")
_TEMPO = re.compile(r"(\S+?)(?:[ \t\n]*->[ \t\n]*(\S+))?(?:[ \t\n]+over[ \t\n]+(\S.*))?\Z")
_GRID = re.compile(r"(\S+)[ \t]+(?:frames?|fr?)[ \t]*@[ \t]*(\S+)[ \t]+fps\Z")
_CUT = re.compile(r"cut(?:[ \t]+seed[ \t]+(\S+))?\Z")
_LEAD = re.compile(r"([0-9]{1,9})c\Z")
_PASS = re.compile(rf"({NAME})(?:[ \t]*\*[ \t]*([0-9]{{1,20}}))?\Z")
_NAMES = re.compile(r"[^\W\d]\w*(?:-\w+)*(?:[ \t]+[^\W\d]\w*(?:-\w+)*)*+", re.ASCII)
_SEPARATED_COUNT = re.compile(rf"({NAME})[ \t]+[x×*][ \t]+([0-9]{{1,20}})(?![\w-])")
_COUNT_BEFORE_NAME = re.compile(rf"(?<!\S)([0-9]{{1,20}})[ \t]*(?:[x×*]|times\b)[ \t]+({NAME})(?=\s|\Z)")
_LIST_SYNTAX = re.compile(r"[\[\]()]|->|→|=>|;|\bthen\b")
_PASSES = re.compile(r"[^\s,*]+(?:[ \t]*\*[ \t]*[^\s,*]*)?|,|\*\S*")


def read_number(text: str, span: Span, faults: Diagnostics, code: str, what: str, example: str) -> Fraction | None:
    """Read an exact number written as `24`, `23.976` or `960/11`. Report `code` if it is not a number."""
    match = _NUMBER.match(text)
    if match is not None:
        return parse_number(match.group(1), match.group(2), match.group(3), span, faults)
    if check_ascii_digits(text, span, faults) and not check_decimal_comma(text, span, faults, "a number"):
        faults.error(code, f"{excerpt(text) or 'nothing'} is not {what}", span, f"write {example}")
    return None


def read_bpm(text: str, span: Span, faults: Diagnostics) -> Fraction | None:
    """Read a tempo in quarter notes per minute: `120`, `127.5` or `960/11`."""
    bare = re.match(r"(\S+?)[ \t]*bpm\Z", text, re.IGNORECASE)
    if bare is not None and _NUMBER.match(bare.group(1)):
        cured = bare.group(1)
        faults.error(
            "E240", "a tempo here is a bare number; bpm is what it counts", span, f"write {cured}", (Fix(span, cured),)
        )
        return None
    two = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)[-–]([0-9]+(?:\.[0-9]+)?)", text)
    if two is not None:
        cured = f"{two.group(1)} -> {two.group(2)}"
        faults.error("E240", "between two tempi stands ->", span, f"write {cured}", (Fix(span, cured),))
        return None
    value = read_number(text, span, faults, "E240", "a tempo", "a number of quarter notes a minute: 120, 127.5 or 960/11")
    if value is not None and not 1 <= value <= MAX_BPM:
        faults.error("E240", f"a tempo lies between 1 and {MAX_BPM} bpm", span, "write the quarter notes of one minute")
        return None
    return value


def read_meter(text: str, span: Span, faults: Diagnostics) -> Meter | None:
    """Read a meter: `4/4`, `7/8`."""
    match = _METER.match(text)
    if match is not None:
        top, bottom = int(match.group(1)), int(match.group(2))
        if 1 <= top <= MAX_BEATS_PER_BAR and 1 <= bottom <= MAX_BEATS_PER_BAR and bottom & (bottom - 1) == 0:
            return Meter(top, bottom)
        hint = f"below the line stands 1, 2, 4, 8, 16, 32 or 64, above it 1 to {MAX_BEATS_PER_BAR}"
        faults.error("E241", f"{excerpt(text)} is not a meter", span, hint)
        return None
    spaced = re.match(rf"([0-9]+)[ \t]*[/:|{''.join(DASHES)}-][ \t]*([0-9]+)\Z", text)
    if spaced is not None or check_ascii_digits(text, span, faults):
        cured = f"{spaced.group(1)}/{spaced.group(2)}" if spaced else ""
        fixes = (Fix(span, cured),) if cured else ()
        faults.error("E241", f"{excerpt(text) or 'nothing'} is not a meter", span, f"write {cured or '4/4, 3/4 or 7/8'}", fixes)
    return None


def read_fps(text: str, span: Span, faults: Diagnostics) -> Fraction | None:
    """Read a frame rate: `24`, `23.976`, `24000/1001`."""
    value = read_number(text, span, faults, "E242", "a frame rate", "frames a second: 24, 23.976 or 24000/1001")
    if value is not None and not 1 <= value <= MAX_BPM:
        faults.error(
            "E242", f"a frame rate lies between 1 and {MAX_BPM} fps", span, "Helios plays 24 fps, and 48 with 2x and 4x"
        )
        return None
    return value


def read_grid(text: str, span: Span, faults: Diagnostics) -> GridLine | None:
    """Read a grid: `33 frames @ 24 fps`."""
    match = _GRID.match(text)
    if match is None:
        faults.error("E249", f"{excerpt(text) or 'nothing'} is not a grid", span, "write 33 frames @ 24 fps")
        return None
    frames = _read_integer(
        match.group(1), subspan(text, span, *match.span(1)), faults, "E249", "frames to a chunk", 1, MAX_FRAMES_PER_CHUNK
    )
    fps = read_fps(match.group(2), subspan(text, span, *match.span(2)), faults)
    return None if frames is None or fps is None else GridLine(frames, fps, span)


def read_lead(text: str, span: Span, faults: Diagnostics) -> int | None:
    """Read a lead of at least one chunk: `2c`."""
    match = _LEAD.match(text)
    if match is not None and 1 <= int(match.group(1)) <= MAX_LEAD_CHUNKS:
        return int(match.group(1))
    if match is not None:
        faults.error("E250", f"a lead has 1 to {MAX_LEAD_CHUNKS} chunks", span, "write 2c, the default, or more")
        return None
    if check_ascii_digits(text, span, faults):
        bare = re.match(r"([0-9]{1,4})(?:[ \t]*chunks?)?\Z", text)
        cured = f"{min(MAX_LEAD_CHUNKS, max(1, int(bare.group(1))))}c" if bare else "2c"
        fixes = (Fix(span, cured),) if bare else ()
        faults.error("E250", "a lead is a whole number of chunks", span, f"write {cured}", fixes)
    return None


def read_strength(text: str, span: Span, faults: Diagnostics) -> Fraction | None:
    """Read a strength from 0 to 1."""
    percent = re.match(r"([0-9]{1,3})[ \t]*%\Z", text)
    if percent is not None and int(percent.group(1)) <= 100:
        hundredths = int(percent.group(1))
        cured = "1" if hundredths == 100 else f"0.{hundredths:02}".rstrip("0").rstrip(".")
        faults.error("E243", "a strength goes from 0 to 1, not in percent", span, f"write {cured}", (Fix(span, cured),))
        return None
    if re.match(r"\.[0-9]+\Z", text):
        faults.error("E223", "a number begins with a digit", span, f"write 0{excerpt(text)}", (Fix(span, "0" + text),))
        return None
    value = read_number(text, span, faults, "E243", "a strength", "a number from 0 to 1, such as 0.8")
    if value is not None and value > 1:
        faults.error("E243", "a strength goes from 0 to 1", span, "write 1 for the strongest, 0.8 for the usual")
        return None
    return value


def read_seed(text: str, span: Span, faults: Diagnostics) -> int | None:
    """Read a seed from 0 to 2³² − 1."""
    if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_SEED:
        return int(text)
    if re.match(r"[-−]1\Z", text):
        message = "with −1 the model draws a seed and does not tell which, so no run could be repeated"
        faults.error("E245", message, span, f"choose one yourself, from 0 to {MAX_SEED}", (Fix(span, "1"),))
        return None
    if check_ascii_digits(text, span, faults):
        faults.error(
            "E244", f"{excerpt(text) or 'nothing'} is not a seed", span, f"seeds are whole numbers from 0 to {MAX_SEED}"
        )
    return None


def read_sr(text: str, span: Span, faults: Diagnostics) -> SuperResolution | None:
    """Read a super-resolution mode: `off`, `2x`, `4x`."""
    if text in ("2x", "4x", "off"):
        return SuperResolution(text)
    cured = {"2": "2x", "4": "4x", "x2": "2x", "x4": "4x", "on": "2x", "none": "off", "1x": "off", "no": "off"}.get(
        text.casefold(), text.casefold()
    )
    known = cured in ("2x", "4x", "off")
    fixes = (Fix(span, cured),) if known else ()
    faults.error(
        "E246", f"super-resolution is off, 2x or 4x, not {excerpt(text)}", span, f"write {cured if known else '2x'}", fixes
    )
    return None


def read_snap(text: str, span: Span, faults: Diagnostics) -> Snap | None:
    """Read a snap mode: `nearest`, `floor`, `ceil`."""
    word = _read_choice(
        text, span, faults, "E251", "snap", ("nearest", "floor", "ceil"), {"ceiling": "ceil", "round": "nearest"}
    )
    return None if word is None else Snap(word)


def read_late(text: str, span: Span, faults: Diagnostics) -> Literal["shift", "drop"] | None:
    """Read what happens to a cue that is too late: `shift`, `drop`."""
    return cast(
        Literal["shift", "drop"] | None, _read_choice(text, span, faults, "E252", "late", ("shift", "drop"), {"skip": "drop"})
    )


def read_middle(text: str, span: Span, faults: Diagnostics) -> Literal["C3", "C4"] | None:
    """Read the name of note 60: `C3`, `C4`."""
    return cast(
        Literal["C3", "C4"] | None, _read_choice(text, span, faults, "E253", "middle", ("C3", "C4"), {"60": "C3", "c5": "C4"})
    )


def read_cut(text: str, span: Span, faults: Diagnostics) -> Cut | None:
    """Read a cut: `cut`, `cut seed 9`."""
    match = _CUT.match(text)
    if match is None:
        loose = re.match(r"cut[ \t]+([0-9]{1,10})\Z", text)
        loose = loose if loose is not None and int(loose.group(1)) <= MAX_SEED else None
        fixes = (Fix(span, f"cut seed {loose.group(1)}"),) if loose else ()
        hint = f"write cut seed {loose.group(1)}" if loose else "write cut, or cut seed 99"
        faults.error("E258", f"{excerpt(text)} is not a cut", span, hint, fixes)
        return None
    if match.group(1) is None:
        return Cut(None, span)
    seed = read_seed(match.group(1), subspan(text, span, *match.span(1)), faults)
    return None if seed is None else Cut(seed, span)


def read_tempo(text: str, span: Span, faults: Diagnostics, in_head: bool = False) -> ChangeTempo | None:
    """Read a tempo or a ramp without the word `tempo`: `96`, `120 -> 132 over 4 bars`.

    In a section's head (`in_head`) the ramp lasts as long as the section. Return None if a diagnostic was reported.
    """
    match = _TEMPO.match(text)
    if match is None:
        bare = re.match(r"([0-9./]+)[ \t]*bpm\Z", text)
        if bare is not None:
            read_bpm(text, span, faults)
            return None
        arrow = re.match(rf"([0-9./]+)[ \t]*(?:to|until|→|=>|[-{''.join(DASHES)}])[ \t]*([0-9./]+)(?=[ \t]+over\b|\Z)", text)
        if arrow is not None and _TEMPO.match(f"{arrow.group(1)} -> {arrow.group(2)}{text[arrow.end() :]}"):
            cured = f"{arrow.group(1)} -> {arrow.group(2)}"
            at = subspan(text, span, *arrow.span())
            faults.error("E240", "between two tempi stands ->", at, f"write {cured}", (Fix(at, cured),))
            return None
        form = "120, or 120 -> 132" if in_head else "96, or 120 -> 132 over 4 bars"
        faults.error("E254", f"{excerpt(text) or 'nothing'} is not a change of tempo", span, f"write {form}")
        return None
    bpm = read_bpm(match.group(1), subspan(text, span, *match.span(1)), faults)
    if bpm is None:
        return None
    if match.group(2) is None and match.group(3) is not None and not in_head:
        over = match.group(3) if read_duration(match.group(3), span, Diagnostics()) is not None else "4 bars"
        hint = f"write {match.group(1)} for a change at once; a ramp has both tempi: tempo 120 -> {match.group(1)} over {over}"
        message = f"a ramp needs two tempi, and here is only {match.group(1)}"
        faults.error("E254", message, span, hint, (Fix(span, match.group(1)),))
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
        hint = f"leave out over; a shorter ramp is an action: at 1 tempo {change.bpm}" + (
            f" -> {change.to} over …" if change.to else ""
        )
        faults.error("E254", "a tempo in a section's head lasts as long as the section", change.over.span, hint)
        return None
    if not in_head and change.to is not None and change.over is None:
        message = "a ramp needs the length it takes"
        at = change.span
        insert = Fix(Span(at.file, at.end_line, at.end_column, at.end_line, at.end_column), " over 4 bars")
        faults.error("E254", message, at, f"write tempo {change.bpm} -> {change.to} over 4 bars", (insert,))
        return None
    if change.to is None and change.over is not None:
        faults.error(
            "E254", "a tempo over a length needs the tempo it goes to", change.span, "write tempo 120 -> 132 over 4 bars"
        )
        return None
    return change


def _are_passes(words: list[str]) -> bool:
    """Return whether each word is the name of a section, with or without a count."""
    return all(_PASS.fullmatch(word) and is_name(word.partition("*")[0]) for word in words)


def read_play(text: str, span: Span, faults: Diagnostics) -> tuple[PlayItem, ...] | None:
    """Read a play order: `intro drop*2 jam finale`. Return None if a diagnostic was reported."""
    items: list[PlayItem] = []
    locate = make_locator(text, span)
    if _NAMES.fullmatch(text):  # fast path for the most common order: only names
        return tuple(PlayItem(match.group(), 1, locate(*match.span())) for match in re.finditer(r"\S+", text))
    listed = re.sub(r"[\[\]()]|[ \t]*(?:->|→|=>|,|;|>|\bthen\b)[ \t]*", " ", text).split()
    if _LIST_SYNTAX.search(text) is not None and _are_passes(listed) and not _are_passes(text.split()):  # `then` may be a name
        cured = " ".join(listed)
        faults.error(
            "E255",
            "the names in play stand without commas, arrows and brackets",
            span,
            f"write {excerpt(cured, 60)}",
            (Fix(span, cured),),
        )
        return None
    before = _COUNT_BEFORE_NAME.search(text)
    if before is not None and not _is_count(before.group(1)):
        _report_count(before.group(2), before.group(1), locate(*before.span()), faults)
        return None
    if before is not None:
        cured = f"{before.group(2)}*{before.group(1)}"
        at = locate(*before.span())
        faults.error("E255", "how often a section is played stands behind its name", at, f"write {cured}", (Fix(at, cured),))
        return None
    apart = list(_SEPARATED_COUNT.finditer(text))
    for match in apart:
        if not _is_count(match.group(2)):
            _report_count(match.group(1), match.group(2), locate(*match.span()), faults)
            continue
        cured = f"{match.group(1)}*{match.group(2)}"
        at = locate(*match.span())
        faults.error(
            "E255", f"{excerpt(match.group())} is not a section to play", at, f"write {excerpt(cured)}", (Fix(at, cured),)
        )
    if apart:
        return None
    for match in _PASSES.finditer(text):
        at = locate(*match.span())
        if match.group() == ",":
            faults.error("E255", "the names in play stand without commas", at, "leave the comma out", (Fix(at, ""),))
            continue
        item = read_pass(match.group(), at, faults)
        if item is not None:
            items.append(item)
    if not items and not faults.has_errors:
        faults.error("E255", "play needs the name of a section", span, "write play intro drop*2 finale, or leave the line out")
    return tuple(items) if items else None


def read_pass(text: str, span: Span, faults: Diagnostics) -> PlayItem | None:
    """Read one item of a play order: `drop`, `drop*2` (twice in total)."""
    match = _PASS.match(text)
    if match is not None:
        written, times = match.groups()
        name = read_name(written, subspan(text, span, 0, len(written)), faults, "a section")
        if name is None:
            return None
        if times is None:
            return PlayItem(name, 1, span)
        if _is_count(times):
            return PlayItem(name, int(times), span)
        _report_count(name, times, span, faults)
        return None
    swapped = re.match(rf"([0-9]{{1,20}})[x×*]?({NAME})\Z|({NAME})[ \t]*[x×*][ \t]*([0-9]{{1,20}})\Z", text)
    first = re.match(NAME, text)
    name, times = "drop" if first is None else first.group(), "2"
    if swapped is not None:
        name, times = swapped.group(2) or swapped.group(3), swapped.group(1) or swapped.group(4)
        if not _is_count(times):
            _report_count(name, times, span, faults)
            return None
    fixes = (Fix(span, f"{name}*{times}"),) if swapped else ()
    faults.error("E255", f"{excerpt(text)} is not a section to play", span, f"write a name, or {name}*{times}", fixes)
    return None


def _is_count(times: str) -> bool:
    return 1 <= int(times) <= MAX_PASSES


def _report_count(name: str, times: str, span: Span, faults: Diagnostics) -> None:
    """Report a number of repetitions that is out of range."""
    bound = "1" if int(times) < 1 else str(MAX_PASSES)
    message = f"a section is played 1 to {MAX_PASSES:,} times, not {int(times):,}"
    faults.error("E255", message, span, f"write {name}*{bound}", (Fix(span, f"{name}*{bound}"),))


def _read_integer(text: str, span: Span, faults: Diagnostics, code: str, what: str, low: int, high: int) -> int | None:
    if re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high:
        return int(text)
    if check_ascii_digits(text, span, faults):
        faults.error(code, f"{excerpt(text)} is not a number of {what}", span, f"write a whole number from {low} to {high}")
    return None


def _read_choice(
    text: str, span: Span, faults: Diagnostics, code: str, what: str, words: tuple[str, ...], others: dict[str, str]
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
    faults.error(code, f"{what} is {known}, not {excerpt(text) or 'nothing'}", span, hint, fixes)
    return None
