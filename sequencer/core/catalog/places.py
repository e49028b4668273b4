"""E201–E224: the notation of positions and lengths."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, code

HEAD = "clock 120 bpm, 4/4\n"
OPENING = 'at 1 "A tram waits at an empty stop."\n'


def _placed(wrong: str, cured: str, end: str = "end 99\n") -> tuple[str, str]:
    """Return a score whose second cue has a position, first wrong and then fixed."""
    before, behind = f"{HEAD}{OPENING}at ", f' "The tram rolls on."\n{end}'
    return before + wrong + behind, before + cured + behind


def _long(wrong: str, cured: str) -> tuple[str, str]:
    """Return a score with a section whose length is wrong, then fixed."""
    before, behind = f"{HEAD}section ride ", f" {{\n  {OPENING}}}\n"
    return before + wrong + behind, before + cured + behind


CODES: tuple[Code, ...] = (
    code(
        "E201",
        "not a place, or not a length",
        """Places are written 9 (a bar), 9.3 (bar and beat), 9.3+1/2, 9:3:240 (with ticks), 32b (beats), 12.5s, 14c
        (chunks), 396f (frames), +2bar (on from the cue before) or mark NAME; lengths 8 bars, 4b, 2c, 12.5s or 96f.""",
        *_placed("9..3", "9.3"),
    ),
    code(
        "E202",
        "a time or a bar and a beat?",
        """9:03 is nine minutes and three seconds to one reader and bar 9, beat 3 to another. Times are written 9m3s, bars
        and beats 9.3; with ticks a place has two colons (1:3:240).""",
        *_placed("1:03", "1m03s"),
    ),
    code(
        "E203",
        "a comma inside a number or a place",
        "A comma stands between actions. Bars and beats, and decimals, have a point.",
        *_placed("9,3", "9.3"),
    ),
    code("E204", "bar 0", "Bars count from 1, as musicians count them.", *_placed("0.3", "1.3")),
    code("E205", "beat 0", "Beats count from 1, as musicians count them.", *_placed("9.0", "9.1")),
    code(
        "E206",
        "a place before the start, or a length below zero",
        """Places count on from the start of their section, lengths are positive. A pickup is a section of its own:
        section upbeat 1 beat.""",
        *_placed("-2", "2"),
    ),
    code(
        "E207",
        "a third number behind a dot",
        """Some sequencers write bar.beat.sixteenth. Here a part of a beat is written as a fraction (9.3+1/4) or in ticks
        (9:3:120), because a sixteenth is not the same part of every meter's beat.""",
        *_placed("9.3.2", "9.3+1/4"),
    ),
    code("E208", "more ticks than a beat has", "A beat has 480 ticks, counted from 0 to 479.", *_placed("9:3:480", "9:4:0")),
    code(
        "E209",
        "a part of a chunk or of a frame",
        "Chunks and frames are what the model makes one after the other: they are whole.",
        *_placed("4.5c", "4c"),
    ),
    code(
        "E210",
        "no unit",
        "A unit is bars, b (beats of the meter), c (chunks), s, ms, m (minutes) or f (frames).",
        *_long("8 barz", "8 bars"),
    ),
    code(
        "E211",
        "a unit or a number is missing",
        "A length is a number and its unit. (As a place a bare number is a bar.)",
        *_long("8", "8 bars"),
    ),
    code("E212", "a length of nothing", "A length is longer than nothing.", *_long("0 bars", "1 bar")),
    code(
        "E213",
        "a number that is too large or too exact",
        """Numbers go up to 10,000,000 and have at most nine digits behind the point: more is a slip, and no clock is so
        exact.""",
        *_long("99999999 bars", "99 bars"),
    ),
    code(
        "E214",
        "two amounts in one length",
        "A length has one number and one unit; only minutes and seconds stand together (1m30s).",
        *_long("3 bars 2 beats", "14b"),
    ),
    code(
        "E215",
        "digits that only look right",
        "Numbers are written with the digits 0 to 9 and a plain minus; other writing systems' digits and dashes look alike.",
        *_placed("９", "9"),
    ),
    code(
        "E216",
        "a unit that is spelled otherwise",
        "Each unit has one spelling, right behind its number: 4c, 12s, 350ms, 96f. Only bars and beats may stand apart.",
        *_long("12 seconds", "12s"),
    ),
    code(
        "E217",
        "bars or beats with a decimal point",
        """9.5 bars could be nine and a half bars, or bar 9, beat 5. Parts of bars and beats are written as fractions: 19/2
        bars.""",
        *_long("8.5 bars", "17/2 bars"),
    ),
    code(
        "E218",
        "bars as a place",
        """As a place bars are counted from 1 and have no unit: `9`. Two bars on from the cue before is +2 bars.""",
        *_placed("2 bars", "3"),
    ),
    code(
        "E219",
        "a mark without its name, or with too much behind it",
        "A mark's place is written mark NAME, or mark NAME +LENGTH.",
        "cues:\n  - {at: 0c, mark: lift, prompt: A tram waits.}\n  - {at: mark, prompt: The tram rolls on.}\n",
        "cues:\n  - {at: 0c, mark: lift, prompt: A tram waits.}\n  - {at: mark lift +4c, prompt: The tram rolls on.}\n",
        yaml=True,
    ),
    code(
        "E220",
        "a length with a sign",
        "Lengths have no sign. A plus belongs to places: at +2 bars.",
        *_long("+8 bars", "8 bars"),
    ),
    code("E221", "divided by zero", "A fraction has something under its bar.", *_long("1/0b", "1/2b")),
    code("E222", "too many seconds behind minutes", "Behind minutes seconds go up to 59.", *_placed("1m75s", "2m15s")),
    code("E223", "a number without its first digit", "A number begins with a digit: 0.5.", *_long(".5s", "0.5s")),
    code(
        "E224",
        "a part of a beat that is none",
        """Behind bar and beat a + and a fraction below one say how far into the beat: 9.3+1/2. A whole beat more is the
        next beat.""",
        *_placed("9.3+3/2", "9.4+1/2"),
    ),
)
