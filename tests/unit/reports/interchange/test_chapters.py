from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from sequencer import compile_score, reads, rehearse
from sequencer.api.exporting import export
from sequencer.core.errors import OutputError, UsageError
from sequencer.reports.interchange import chapters
from sequencer.reports.interchange.exported import UnwritableError
from sequencer.reports.interchange.film import film_of_schedule

SCORE = 'section drift 2c {\n  at 0c "A boat."\n}\nsection pool 1c {\n}\nplay drift pool\n'


def test_chapters_are_sections_or_takes() -> None:
    film = film_of_schedule(compile_score(reads(SCORE)))
    assert chapters.chapters_of(film) == [
        ("drift", Fraction(0), Fraction(11, 4)),
        ("pool", Fraction(11, 4), Fraction(33, 8)),
    ]
    plain = film_of_schedule(compile_score(reads('at 0c "A"\nat 2c cut, "B"\nend 3c\n')))
    assert [title for title, _, _ in chapters.chapters_of(plain)] == ["take 1", "take 2"]


def test_a_copy_of_the_video_of_a_run_has_chapters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(av.container.OutputContainer, "set_chapters"):
        pytest.skip("this PyAV cannot write chapters")
    monkeypatch.chdir(tmp_path)
    result = rehearse(reads(SCORE), video_size=(64, 64), out="run")
    assert export(result, kind="chapters", output="film.mp4") == ""
    with av.open("film.mp4") as film, av.open("run/video.mp4") as video:
        found = [
            (one["start"] * (one["time_base"] or 0), one["metadata"]) for one in film.chapters()
        ]
        assert found == [
            (Fraction(0), {"title": "drift"}),
            (Fraction(11, 4), {"title": "pool"}),
        ]
        frames = [sum(1 for _ in one.decode(video=0)) for one in (film, video)]
    assert frames == [99, 99]
    with pytest.raises(UsageError, match="is the video itself"):
        export("run", kind="chapters", output="run/video.mp4", force=True)
    with pytest.raises(UsageError, match="there is no video of this"):
        export(reads(SCORE), kind="chapters", output="other.mp4")
    with pytest.raises(UsageError, match=r"missing\.mp4 does not exist"):
        export("run", kind="chapters", output="other.mp4", video="missing.mp4")
    Path("text.mp4").write_text("no video")
    with pytest.raises(UnwritableError, match="cannot be read"):
        export("run", kind="chapters", output="other.mp4", video="text.mp4")
    with pytest.raises(OutputError):
        export("run", kind="chapters", output="none/other.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "run", "text.mp4"]


def test_an_old_library_is_reported() -> None:
    with pytest.raises(UnwritableError, match="cannot write chapters"):
        chapters._set_chapters(object(), [], "14.1")
