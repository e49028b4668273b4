from __future__ import annotations

from sequencer import compile_score, reads
from sequencer.reports.interchange import reaper
from sequencer.reports.interchange.exported import ExportOptions
from sequencer.reports.interchange.film import film_of_schedule

SCORE = """
clock 120 bpm, 4/4
section drift 4 bars {
  at 1 "A boat, once."
  at 3.2+1/2 mark rest
}
section tail 5.5s {
  at 0s mark end
}
play drift tail
"""


def test_positions_are_measures_if_the_tempo_is_constant() -> None:
    found = reaper.write(film_of_schedule(compile_score(reads(SCORE))), ExportOptions())
    assert found.text == (
        "#,Name,Start,End,Length\n"
        "R1,drift,1.1.00,5.1.00,4.0.00\n"
        'M1,"chunk 0 · 1.1 · prompt A boat, once.",1.1.00,,\n'
        "M2,rest,3.2.50,,\n"
        "R2,tail,5.1.00,7.4.00,2.3.00\n"
        "M3,end,5.1.00,,\n"
    )
    assert found.summary == "regions: 2, markers: 3"
    assert found.warnings[-1] == "set REAPER's project to 120 bpm and 4/4 first"


def test_other_positions_are_times() -> None:
    score = 'section a 65.25s {\n  at 0c "A"\n  at 47c "B"\n}\nsection b 1h {\n}\nplay a\n'
    score = score.replace("section b 1h {\n}\n", "")
    found = reaper.write(film_of_schedule(compile_score(reads(score))), ExportOptions())
    assert found.text is not None
    assert "R1,a,0:00.000,1:05.250,1:05.250\n" in found.text
    assert "M2,chunk 47 · 47c · prompt B,1:04.625,,\n" in found.text


def test_rounded_times_are_reported() -> None:
    score = SCORE.replace("120 bpm", "97 bpm")
    score = score.replace("at 3.2+1/2 mark rest", 'at 3 "It turns."')
    found = reaper.write(film_of_schedule(compile_score(reads(score))), ExportOptions())
    assert "rounded times by at most 1 ms" in found.warnings
