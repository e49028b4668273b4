from __future__ import annotations

import pytest

from sequencer import compile_score, reads
from sequencer.reports.interchange import helios
from sequencer.reports.interchange.exported import Exported, ExportOptions, UnwritableError
from sequencer.reports.interchange.film import film_of_schedule


def write(score: str, interpolate_time: int | None = None) -> Exported:
    film = film_of_schedule(compile_score(reads(score)))
    return helios.write(film, ExportOptions(interpolate_time=interpolate_time))


def test_uneven_gaps_repeat_prompts_and_each_take_is_a_video() -> None:
    found = write('seed 7\nat 0c "A"\nat 8c "B, \\"b\\""\nat 12c cut, "C"\nend 20c\n')
    assert found.text == ('id,prompt_index,prompt\n1,0,A\n1,1,A\n1,2,"B, ""b"""\n2,0,C\n2,1,C\n')
    assert found.summary == "prompts: 5, videos: 2; run with --interpolate_time 4 --seed 7"


def test_what_does_not_fit_into_equal_slots_is_refused_with_its_gap() -> None:
    with pytest.raises(UnwritableError, match="the chunks 8 and 13 are 5 chunks apart"):
        write('at 0c "A"\nat 8c "B"\nat 13c "C"\nend 20c\n')
    with pytest.raises(UnwritableError, match="at least 4 chunks, not 3"):
        write('at 0c "A"\nend 20c\n', 3)
    with pytest.raises(UnwritableError, match="the prompt on chunk 8 is not on a multiple of 5"):
        write('at 0c "A"\nat 8c "B"\nend 20c\n', 5)


def test_a_video_that_is_longer_than_its_take_is_reported() -> None:
    found = write('at 0c "A"\nat 7c "B"\nend 9c\n')
    assert found.warnings[-1] == (
        "each prompt lasts 7 chunks, so the videos are up to 5 chunks longer than the takes"
    )
    assert write('at 0c "A"\nend 9c\n').summary.startswith("prompts: 1, videos: 1")
    assert write('at 0c "A"\nend 3c\n').summary.startswith("prompts: 1, videos: 1")
