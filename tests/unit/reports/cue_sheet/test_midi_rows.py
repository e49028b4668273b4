"""MIDI messages appear in cue sheets and timelines at their exact time, on no chunk and without a
number.
"""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.reports.cue_sheet.export import as_csv, as_json, as_markdown
from sequencer.reports.cue_sheet.html import as_html
from sequencer.reports.cue_sheet.rows import sheet_of
from sequencer.reports.cue_sheet.terminal import as_table
from sequencer.reports.timeline import timeline_svg
from sequencer.reports.timeline.from_schedule import plot_schedule
from sequencer.schedule.model import Schedule

SCORE = """clock 120 bpm, 4/4
section a 4 bars {
  at 1 "One."
  at 2.2+1/2 midi note C3 ch 10 vel 90 for 1 beat
  at 3 "Two.", midi cc 20 64, midi program 5
}
"""


def schedule() -> Schedule:
    return compile_score(reads(SCORE))


def test_rows_are_ordered_by_time() -> None:
    rows = sheet_of(schedule()).rows
    assert [(row.is_message, row.seconds) for row in rows] == [
        (False, 0),
        (True, Fraction(11, 4)),
        (False, 4),
        (True, 4),
    ]
    assert [row.number for row in rows if not row.is_message] == [1, 2]


def test_every_format_shows_what_is_sent() -> None:
    sheet = sheet_of(schedule())
    note = "midi note 60 ch 10 vel 90 for 500 ms"
    for text in (as_table(sheet), as_markdown(sheet), as_html(sheet)):
        assert note in text
        assert "exact" in text
        assert "3 messages to MIDI devices" in text
    read = list(csv.DictReader(io.StringIO(as_csv(sheet))))
    sent = [row for row in read if row["action"].startswith("midi")]
    assert [(row["cue"], row["chunk"], row["snap"], row["seconds"]) for row in sent] == [
        ("", "", "", "2.75"),
        ("", "", "", "4"),
    ]
    cues = json.loads(as_json(sheet))["parts"][0]["cues"]
    assert [(cue["cue"], cue["chunk"]) for cue in cues] == [
        (1, 0),
        (None, None),
        (2, 3),
        (None, None),
    ]


def test_a_timeline_has_a_lane_for_midi() -> None:
    plot = plot_schedule(schedule())
    assert [mark.at for mark in plot.messages] == [2, Fraction(32, 11)]
    assert ">MIDI</text>" in timeline_svg(schedule())
    both = compile_score(reads(SCORE.replace("midi program 5", 'osc "/go" 1 "x"')))
    assert ">MIDI, OSC</text>" in timeline_svg(both)
    assert "MIDI or OSC message" in timeline_svg(both)
    assert "osc /go 1 &quot;x&quot;" in timeline_svg(both)
    assert "2 messages to MIDI devices, 1 OSC message" in as_table(sheet_of(both))
    without = compile_score(reads('clock 120 bpm\nat 1 "One."\n'))
    assert ">MIDI</text>" not in timeline_svg(without)
