"""The clock line: each row is one spelling with its value, or with its code, columns and
replacement.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import Meter
from sequencer.language.score import ClockKind, ClockLine
from sequencer.language.values import writing as spelling
from sequencer.language.values.clock import read_clock
from tests.support.strategies import meters, tempi
from tests.support.value_tables import check_refusal, check_value, rows

CLOCKS: dict[str, ClockLine] = {
    "chunks": ClockLine(),
    "120 bpm": ClockLine(kind=ClockKind.BPM, bpm=Fraction(120)),
    "97.5bpm, 3/4": ClockLine(kind=ClockKind.BPM, bpm=Fraction(195, 2), meter=Meter(3, 4)),
    'midi "Digitakt", 4/4, nominal 120 bpm': ClockLine(
        kind=ClockKind.MIDI, bpm=Fraction(120), port="Digitakt"
    ),
    "midi, nominal 120": ClockLine(kind=ClockKind.MIDI, bpm=Fraction(120)),
    'midi "a, b", nominal 120, 3/4': ClockLine(
        kind=ClockKind.MIDI, bpm=Fraction(120), meter=Meter(3, 4), port="a, b"
    ),
    "link, 7/8, nominal 90 bpm": ClockLine(
        kind=ClockKind.LINK, bpm=Fraction(90), meter=Meter(7, 8)
    ),
    "mtc 25": ClockLine(kind=ClockKind.MTC, rate="25"),
    'mtc 29.97 "P"': ClockLine(kind=ClockKind.MTC, rate="29.97", port="P"),
    'file "song.mid"': ClockLine(kind=ClockKind.FILE, file="song.mid"),
}


@pytest.mark.parametrize(("written", "clock"), rows(CLOCKS))
def test_a_clock(written: str, clock: ClockLine) -> None:
    check_value(read_clock, written, clock)


REFUSED_CLOCKS: dict[str, str] = {
    "": "E247 1-1",
    "metronome": "E247 1-10",
    "120": "E247 1-4 → 120 bpm",
    "120 bm": "E247 1-7 → 120 bpm",
    "tempo 120": "E247 1-10 → 120 bpm",
    "120 bpm 4/4": "E247 9-12 → , ",
    "4/4, 120 bpm": "E247 1-13 → 120 bpm, 4/4",
    "120 bpm, nominal 90 bpm": "E247 10-24",
    "120 bpm, 90 bpm": "E247 10-16",
    "120 bpm, 4/4, 3/4": "E247 15-18",
    "120 bpm, in 4/4": "E247 10-16 → 4/4",
    "120 bpm, 5/3": "E241 10-13",
    "0 bpm": "E240 1-2",
    "120,5 bpm": "E203 4-5 → .",
    "midi": "E248 1-5 → , nominal 120 bpm",
    'midi "P", 3/4': "E248 1-14 → , nominal 120 bpm",
    "link": "E248 1-5 → , nominal 120 bpm",
    "midi P, nominal 120 bpm": 'E247 6-7 → "P"',
    'midi "", nominal 120 bpm': "E247 6-8 → ",
    "midi, 90 bpm": "E247 1-13 → midi, nominal 90 bpm",
    "link 4/4 nominal 120 bpm": "E247 1-25 → link, 4/4, nominal 120 bpm",
    "external, nominal 120 bpm": "E247 1-26 → midi, nominal 120 bpm",
    "chunk": "E247 1-6 → chunks",
    "chunks, 4/4": "E247 9-12",
    "mtc": "E247 1-4",
    "mtc 23": "E247 5-7",
    "mtc 25 fps": "E247 1-11 → mtc 25",
    "mtc 25, 4/4": "E247 9-12",
    "mtc25": "E247 1-6 → mtc 25",
    "smpte": "E247 1-6 → mtc 25",
    "smpte 30": "E247 1-9 → mtc",
    "file song.mid": 'E247 1-14 → "song.mid"',
    "file": "E247 1-5",
    '"song.mid"': 'E247 1-11 → file "song.mid"',
    'file "s.mid", 4/4': "E247 15-18",
    "midi 3/4 98 bpm": "E247 1-16 → midi, 3/4, nominal 98 bpm",
    "link, 120 bpm": "E247 1-14 → link, nominal 120 bpm",
    "120 BPMM": "E247 1-9 → 120 bpm",
}


@pytest.mark.parametrize(("written", "refusal"), rows(REFUSED_CLOCKS))
def test_no_clock(written: str, refusal: str) -> None:
    check_refusal(
        read_clock, written, refusal, chain=2
    )  # an unquoted word may need its number fixed next


ports = st.none() | st.text(st.sampled_from('aB1 ,"\\é'), min_size=1, max_size=9)


@given(
    st.one_of(
        st.just(ClockLine()),
        st.builds(
            lambda bpm, meter: ClockLine(kind=ClockKind.BPM, bpm=bpm, meter=meter), tempi, meters
        ),
        st.builds(
            lambda bpm, meter, port: ClockLine(
                kind=ClockKind.MIDI, bpm=bpm, meter=meter, port=port
            ),
            tempi,
            meters,
            ports,
        ),
        st.builds(
            lambda bpm, meter: ClockLine(kind=ClockKind.LINK, bpm=bpm, meter=meter), tempi, meters
        ),
        st.builds(
            lambda rate, port: ClockLine(kind=ClockKind.MTC, rate=rate, port=port),
            st.sampled_from(["24", "29.97"]),
            ports,
        ),
    )
)
def test_a_clock_is_spelled_as_it_is_read(line: ClockLine) -> None:
    check_value(read_clock, spelling.render_clock(line), line)
