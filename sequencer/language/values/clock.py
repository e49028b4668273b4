"""Read the clock line.

It has one of these forms:

`chunks`, `120 bpm, 4/4`, `midi "Digitakt", 4/4, nominal 120 bpm`, `link, …`, `mtc 25`, `file "…"`.
"""

from __future__ import annotations

import re
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.timebase import COMMON_TIME, Meter
from sequencer.language.score import ClockKind, ClockLine
from sequencer.language.source import closest_word, excerpt, subspan
from sequencer.language.values.settings import read_bpm, read_meter
from sequencer.language.values.strings import read_string
from sequencer.schedule.model import FRAME_RATES

CLOCK_FORMS = (
    'write chunks, 120 bpm, 4/4, midi "port", 4/4, nominal 120 bpm, link, 4/4, nominal 120 bpm, '
    'mtc 25, or file "song.mid"'
)

_PIECE = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*"|")+')
_BPM = re.compile(r"(\S+?)[ \t]*bpm\Z", re.IGNORECASE)
_METER_OR_TEMPO = r"[0-9]+/[0-9]+\Z|[0-9./]+[ \t]*bpm\Z"
_NO_COMMA = re.compile(
    rf'([0-9./]+[ \t]*bpm|midi[ \t]+"[^"]*"|midi|link)([ \t]+)(?={_METER_OR_TEMPO})', re.IGNORECASE
)
_COMMA = re.compile(r"([0-9]+),([0-9]+)[ \t]*bpm\b", re.IGNORECASE)
_BPM_MISSPELLINGS = frozenset({"BPM", "Bpm", "bm", "pbm", "beats", "quarters", "q"})
_NUMBER_OF_PART = r"(?:nominal[ \t]+)?[0-9]+(?:[./][0-9]+)?[ \t]*(?:bpm\b)?"
_PART = rf"(?:[ \t]*[,;|@]?[ \t]*(?:\bat[ \t]+)?({_NUMBER_OF_PART}))?"
_PARTS = re.compile(
    rf'(midi|link|external|ext|slave|ableton)(?:[ \t]*,?[ \t]*("[^"]+"))?{_PART}{_PART}{_PART}',
    re.IGNORECASE,
)
_FILLER_WORDS = frozenset(
    {
        "bpm",
        "beats",
        "beat",
        "per",
        "minute",
        "at",
        "in",
        "time",
        "signature",
        "meter",
        "tempo",
        "quarters",
    }
)
_VALID_TEMPO = re.compile(r"[0-9./]+[ \t]*bpm[ \t]*(?:,[^,]*)?", re.IGNORECASE)
_VALID_PART = r"[0-9]+/[0-9]+|nominal[ \t]+[0-9./]+(?:[ \t]*bpm)?"
_VALID_EXTERNAL_CLOCK = re.compile(
    rf'(?:midi(?:[ \t]+"[^"]*")?|link)(?:[ \t]*,[ \t]*(?:{_VALID_PART}))*'
)
_BARE = re.compile(r"nominal[ \t]+|[ \t]*bpm", re.IGNORECASE)
_MIDI = re.compile(r"midi(?:[ \t]+(.+))?\Z")
_MTC = re.compile(r"mtc(?:[ \t]+([^\s\"]+))?(?:[ \t]*(\".*))?\Z")
_MTC_FPS = re.compile(r'mtc[ \t]+([0-9.]+)[ \t]*(?:fps|frames)([ \t]+".*")?')
_FOREIGN_CLOCKS = {
    "smpte": "mtc",
    "ltc": "mtc",
    "timecode": "mtc",
    "external": "midi",
    "ext": "midi",
    "slave": "midi",
    "ableton": "link",
}
_SONG = re.compile(r'(?:midi[ \t]+)?("[^"]+\.midi?")', re.IGNORECASE)
_FILE = re.compile(r"file(?:[ \t]*(\".*)|[ \t]+(\S.*))?\Z")
_CLOCK_WITHOUT_TEMPO = re.compile(r"chunks\Z|(?:mtc|file)(?![\w\-])")
_NOMINAL = re.compile(r"nominal[ \t]+(\S+?)(?:[ \t]*bpm)?\Z")


def read_clock(text: str, span: Span, faults: Diagnostics) -> ClockLine | None:
    """Read a clock without the word `clock`. Return None if a diagnostic was reported.

    An external clock needs a nominal tempo, because planning relies on it.
    """
    pieces: list[tuple[str, Span]] = []
    for match in _PIECE.finditer(text):
        piece = match.group().strip()
        start = match.start() + match.group().index(piece) if piece else match.start()
        pieces.append((piece, subspan(text, span, start, start + len(piece))))
    if not pieces or not pieces[0][0]:
        faults.error("E247", "the clock is missing", span, hint=CLOCK_FORMS)
        return None
    first, at = pieces[0]
    reported = (
        _report_decimal_comma(text, span, faults)
        or _report_parts(text, span, faults)
        or _report_missing_comma(first, at, faults)
    )
    more = (
        None
        if reported
        else _read_meter_and_nominal(pieces[1:], first.startswith(("midi", "link")), faults)
    )
    if more is None:
        return None
    meter, nominal, nominal_at = more
    if _CLOCK_WITHOUT_TEMPO.match(first):
        return _read_clock_without_tempo(first, at, pieces[1:], span, faults)
    bpm = _BPM.match(first)
    midi = _MIDI.match(first)
    if bpm is not None:
        value = read_bpm(bpm.group(1), subspan(first, at, *bpm.span(1)), faults)
        if value is None:
            return None
        if nominal_at is not None:
            faults.error(
                "E247", "a clock of fixed tempo has no nominal tempo", nominal_at, hint="remove it"
            )
            return None
        return ClockLine(kind=ClockKind.BPM, bpm=value, meter=meter, port=None, span=span)
    if midi is None and first != "link":
        _report_unknown_clock(first, at, faults)
        return None
    port: str | None = None
    if midi is not None and midi.group(1) is not None:
        port = _read_port(midi.group(1), subspan(first, at, *midi.span(1)), faults)
        if port is None:
            return None
    if nominal is None:
        message = (
            "an external clock needs a nominal tempo, which is used for planning until the clock "
            "starts"
        )
        end = Span(span.file, span.end_line, span.end_column, span.end_line, span.end_column)
        tail = ", nominal 120 bpm"
        faults.error(
            "E248", message, span, hint=f"write {excerpt(text, 60)}{tail}", fix=Fix(end, tail)
        )
        return None
    return ClockLine(
        kind=ClockKind.MIDI if midi is not None else ClockKind.LINK,
        bpm=nominal,
        meter=meter,
        port=port,
        span=span,
    )


def _read_clock_without_tempo(
    first: str, at: Span, more: list[tuple[str, Span]], span: Span, faults: Diagnostics
) -> ClockLine | None:
    """Read a clock without tempo and meter: chunks and time code have none, a MIDI file its own."""
    if more and first == "chunks":
        faults.error(
            "E247",
            "chunks have no tempo and no meter",
            more[0][1],
            hint="remove it, or write clock 120 bpm, 4/4",
        )
        return None
    if more:
        what = (
            "time code has no tempo and no meter"
            if first.startswith("mtc")
            else "the MIDI file sets the tempi and meters"
        )
        faults.error("E247", what, more[0][1], hint="remove it")
        return None
    if first == "chunks":
        return ClockLine(kind=ClockKind.CHUNKS, bpm=None, meter=COMMON_TIME, port=None, span=span)
    fps = _MTC_FPS.fullmatch(first)
    if fps is not None:
        corrected = f"mtc {fps.group(1)}{fps.group(2) or ''}"
        faults.error(
            "E247",
            "time code takes only a number",
            at,
            hint=f"write {corrected}",
            fix=Fix(at, corrected),
        )
        return None
    mtc = _MTC.match(first)
    if mtc is not None:
        if mtc.group(1) not in FRAME_RATES:
            where = at if mtc.group(1) is None else subspan(first, at, *mtc.span(1))
            hint = (
                "write the frame rate of your source: mtc 24, mtc 25, mtc 29.97 (drop frame) or "
                "mtc 30"
            )
            faults.error(
                "E247", "time code has 24, 25, 29.97 or 30 frames per second", where, hint=hint
            )
            return None
        port = (
            None
            if mtc.group(2) is None
            else _read_port(mtc.group(2), subspan(first, at, *mtc.span(2)), faults)
        )
        if port is None and mtc.group(2) is not None:
            return None
        return ClockLine(
            kind=ClockKind.MTC, bpm=None, meter=COMMON_TIME, port=port, rate=mtc.group(1), span=span
        )
    file = _FILE.match(first)
    if (
        file is not None
        and file.group(1) is not None
        and file.group(1).endswith('"')
        and len(file.group(1)) > 2
    ):
        path = read_string(file.group(1), subspan(first, at, *file.span(1)), faults)
        return (
            None
            if path is None
            else ClockLine(kind=ClockKind.FILE, bpm=None, meter=COMMON_TIME, file=path, span=span)
        )
    fixes: tuple[Fix, ...] = ()
    if file is not None and file.group(2) is not None and '"' not in file.group(2):
        fixes = (Fix(subspan(first, at, *file.span(2)), f'"{file.group(2)}"'),)
    faults.error(
        "E247",
        "the path of a MIDI file is written in quotes",
        at,
        hint='write file "song.mid"',
        fix=fixes,
    )
    return None


def _report_decimal_comma(text: str, span: Span, faults: Diagnostics) -> bool:
    """Report a tempo with a decimal comma. Return whether it was reported."""
    match = _COMMA.match(text)
    if match is None:
        return False
    at = subspan(text, span, match.end(1), match.end(1) + 1)
    hint = f"write {match.group(1)}.{match.group(2)} bpm"
    faults.error(
        "E203",
        "a comma goes before the meter, never inside a number",
        at,
        hint=hint,
        fix=Fix(at, "."),
    )
    return True


def _report_parts(text: str, span: Span, faults: Diagnostics) -> bool:
    """Report the parts of a clock with wrong separators or in the wrong order.

    Return whether they were reported.
    """
    song = _SONG.fullmatch(text)
    if song is not None:
        corrected_song = f"file {song.group(1)}"
        faults.error(
            "E247",
            "a MIDI file needs the keyword `file`",
            span,
            hint=f"write {excerpt(corrected_song, 60)}",
            fix=Fix(span, corrected_song),
        )
        return True
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return _report_tempo_and_meter(text, span, faults)
    kind, port = parts.group(1), parts.group(2)
    rest = [one.strip() for one in parts.groups()[2:] if one]
    found = {"meter": [one for one in rest if re.fullmatch(r"[0-9]+/[0-9]+", one)]}
    found["tempo"] = [one for one in rest if one not in found["meter"]]
    if any(len(one) > 1 for one in found.values()):
        return False
    kind = _FOREIGN_CLOCKS.get(kind.casefold(), kind.casefold())
    corrected = [f"{kind} {port}" if port else kind, *found["meter"]]
    corrected += [f"nominal {_BARE.sub('', one)} bpm" for one in found["tempo"]]
    new = ", ".join(corrected)
    if _VALID_EXTERNAL_CLOCK.fullmatch(text):
        return False
    faults.error(
        "E247",
        "the parts of a clock are separated by commas",
        span,
        hint=f"write {excerpt(new, 60)}",
        fix=Fix(span, new),
    )
    return True


def _report_tempo_and_meter(text: str, span: Span, faults: Diagnostics) -> bool:
    """Report a tempo and a meter in the wrong order or with extra words.

    Return whether they were reported.
    """
    numbers = re.findall(r"(?<![\w./,-])[0-9]+(?:[./][0-9]+)?", text)
    meters = [one for one in numbers if re.fullmatch(r"[0-9]{1,2}/(?:1|2|4|8|16|32)", one)]
    tempi = [one for one in numbers if one not in meters]
    rest = re.sub(r"[0-9]+(?:[./][0-9]+)?|[\s,;|@:=.]+", " ", text).split()
    if (
        len(meters) > 1
        or len(tempi) > 1
        or not numbers
        or not {one.casefold() for one in rest} <= _FILLER_WORDS
    ):
        return False
    if not meters and (text[0].isdigit() and "minute" not in text.casefold()):
        return False  # a tempo alone has its own message
    if _VALID_TEMPO.fullmatch(text) or _NO_COMMA.match(text):
        return False
    new = f"{tempi[0] if tempi else '120'} bpm" + (f", {meters[0]}" if meters else "")
    faults.error(
        "E247",
        "a clock is a tempo, a comma and a meter",
        span,
        hint=f"write {new}",
        fix=Fix(span, new),
    )
    return True


def _read_meter_and_nominal(
    pieces: list[tuple[str, Span]], is_external: bool, faults: Diagnostics
) -> tuple[Meter, Fraction | None, Span | None] | None:
    """Read what follows the first comma: a meter and a nominal tempo, each at most once."""
    meter: Meter | None = None
    nominal: Fraction | None = None
    nominal_at: Span | None = None
    for piece, at in pieces:
        found = _NOMINAL.match(piece)
        if found is not None and nominal is None:
            nominal, nominal_at = (
                read_bpm(found.group(1), subspan(piece, at, *found.span(1)), faults),
                at,
            )
            if nominal is None:
                return None
        elif (
            worded := re.fullmatch(
                r"(?:in|time|time[ \t]+signature|meter|signature)[ \t]+([0-9]+/[0-9]+)", piece
            )
        ) is not None:
            faults.error(
                "E247",
                "the meter is written without the keyword `meter` here",
                at,
                hint=f"write {worded[1]}",
                fix=Fix(at, worded[1]),
            )
            return None
        elif (
            meter is None
            and re.match(r"[0-9\W]", piece)
            and not piece.startswith('"')
            and "bpm" not in piece
        ):
            meter = read_meter(piece, at, faults)
            if meter is None:
                return None
        else:
            hint = "after the comma write a meter (4/4), and with midi or link also nominal 120 bpm"
            fixes = (
                (Fix(at, f"nominal {piece}"),)
                if is_external and nominal is None and _BPM.match(piece)
                else ()
            )
            faults.error(
                "E247",
                f"expected a meter or a nominal tempo, found {excerpt(piece) or 'nothing'}",
                at,
                hint=hint,
                fix=fixes,
            )
            return None
    return meter or COMMON_TIME, nominal, nominal_at


def _report_missing_comma(first: str, at: Span, faults: Diagnostics) -> bool:
    """Report a meter or tempo that follows the clock without a comma.

    Return whether it was reported.
    """
    match = _NO_COMMA.match(first)
    if match is None:
        return False
    rest = first[match.end(2) :]
    corrected = f", nominal {rest}" if rest.endswith("bpm") else ", "
    gap = subspan(
        first, at, match.start(2), match.end(2) + (len(rest) if rest.endswith("bpm") else 0)
    )
    message = "a meter or a nominal tempo needs a comma before it"
    after = "" if rest.endswith("bpm") else rest
    hint = f"write {excerpt(first[: match.start(2)].rstrip() + corrected + after)}"
    faults.error(
        "E247",
        message,
        subspan(first, at, match.end(2), len(first)),
        hint=hint,
        fix=Fix(gap, corrected),
    )
    return True


def _read_port(literal: str, span: Span, faults: Diagnostics) -> str | None:
    if literal.startswith('"') and literal.endswith('"') and len(literal) >= 2:
        port = read_string(literal, span, faults)
        if port == "":
            faults.error(
                "E247",
                "this port has no name",
                span,
                hint="remove it to use the first port",
                fix=Fix(span, ""),
            )
            return None
        return port
    corrected = '"' + literal.strip("\"'‘’“”„`") + '"'
    faults.error(
        "E247",
        "a port's name is written in quotes",
        span,
        hint=f"write midi {excerpt(corrected)}",
        fix=Fix(span, corrected),
    )
    return None


def _report_unknown_clock(first: str, at: Span, faults: Diagnostics) -> None:
    if re.match(r"[0-9./]+\Z", first):
        faults.error(
            "E247",
            "a tempo is followed by bpm",
            at,
            hint=f"write {excerpt(first)} bpm",
            fix=Fix(at, f"{first} bpm"),
        )
        return
    tempo = re.match(r"([0-9./]+)[ \t]*([^\W\d]+)\Z", first)
    if tempo is not None and (
        tempo.group(2) in _BPM_MISSPELLINGS or closest_word(tempo.group(2), ("bpm",))
    ):
        corrected = f"{tempo.group(1)} bpm"
        faults.error(
            "E247",
            "a tempo is followed by bpm",
            at,
            hint=f"write {excerpt(corrected)}",
            fix=Fix(at, corrected),
        )
        return
    word = re.match(r"\S*", first)
    name = word.group() if word else ""
    guess = _FOREIGN_CLOCKS.get(name.casefold()) or closest_word(
        name, ("chunks", "midi", "link", "mtc", "file")
    )
    rate = re.fullmatch(r"mtc([0-9.]+)", name)
    if (
        guess == "mtc"
        and re.fullmatch(
            rf"\S+[ \t]+(?:{'|'.join(map(re.escape, FRAME_RATES))})(?:[ \t].*)?", first
        )
        is None
    ):
        # `mtc` without a rate is not a clock
        guess = f"mtc {rate[1] if rate is not None and rate[1] in FRAME_RATES else '25'}"
    hint = f"did you mean {guess}?" if guess else CLOCK_FORMS
    fixes = (Fix(subspan(first, at, 0, len(name)), guess),) if guess else ()
    faults.error("E247", f"{excerpt(first)} is not a clock", at, hint=hint, fix=fixes)
