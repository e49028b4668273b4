"""Scores for models whose first chunk of each take is shorter: every time is the sum of frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sequencer
from sequencer.core.errors import UsageError
from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.engine.conductor.plan import Plan
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Start
from sequencer.events.events import ChunkDone
from sequencer.language.compiler import compile_all
from sequencer.language.text.printer import print_text
from sequencer.reports.cue_sheet.rows import sheet_of
from sequencer.reports.grid.phase import align, best_phase
from sequencer.reports.interchange.longlive_shots import FIRST_FRAMES
from sequencer.reports.timeline.from_schedule import plot_schedule
from sequencer.reports.timeline.player import Recording
from sequencer.schedule.document import digest, from_json, to_json
from sequencer.schedule.model import CutAct, Schedule
from sequencer.stages.simulated.faults import Faults, Refusal
from tests.support.builders import play
from tests.support.clock_fixtures import ExternalClock, follow

SCORE = """
score "Boat"
grid 12 frames @ 16 fps, first 9
at 0c "A paper boat."
at 6c cut, "Rain."
at 13c cut seed 7, "Snow."
end 16c
"""


def chunk_lengths(schedule: Schedule) -> list[int]:
    """Return the frames of each chunk of a score, counted one by one."""
    grid = schedule.grid
    starts = {take.start for take in schedule.takes} | {0}
    return [
        (grid.first or grid.frames) if chunk in starts else grid.frames
        for chunk in range(schedule.end + 3)
    ]


@st.composite
def scores(draw: st.DrawFn) -> str:
    """Return a score with a shorter first chunk, cuts, and tempi that change."""
    frames = draw(st.integers(2, 40))
    first = draw(st.integers(1, frames))
    fps = draw(st.sampled_from(["16", "24", "23.976", "24000/1001", "30"]))
    bpm = draw(st.sampled_from(["120", "87", "960/11", "133.33"]))
    snap = draw(st.sampled_from(list(Snap)))
    lines = [
        f"grid {frames} frames @ {fps} fps, first {first}",
        f"clock {bpm} bpm, 4/4",
        f"snap {snap}",
    ]
    sections = draw(st.integers(1, 3))
    for number in range(sections):
        length = draw(st.sampled_from(["8 bars", "24c", "200f", "12.5s"]))
        cut = ", cut" if draw(st.booleans()) else ""
        lines.append(f"section s{number} {length}{cut} {{")
        lines.append('  at 1 "Opens."')
        if draw(st.booleans()):
            lines.append(f"  at 2 tempo {bpm} -> 140 over 2 bars")
        for _ in range(draw(st.integers(0, 3))):
            position = draw(
                st.one_of(
                    st.builds("{}.{}".format, st.integers(1, 5), st.integers(1, 4)),
                    st.builds("{}c".format, st.integers(1, 10)),
                    st.builds("{}f".format, st.integers(1, 90)),
                    st.builds("{}ms".format, st.integers(1, 4000)),
                )
            )
            lines.append(f'  at {position} {draw(st.sampled_from(["cut, ", ""]))}"Cue."')
        lines.append("}")
    order = draw(st.lists(st.integers(0, sections - 1), min_size=1, max_size=5))
    lines.append("play " + " ".join(f"s{number}" for number in order))
    return "\n".join(lines) + "\n"


def compiled(text: str) -> Schedule | None:
    """Return the schedule of a score, or None if its cues collide."""
    result = compile_all(sequencer.reads(text))
    assert {one.code for one in result.diagnostics if one.is_error} <= {
        "E415", "E430", "E421", "E423", "E424",
    }  # fmt: skip
    return result.schedule


def nearest_chunks(times: list[Fraction], at: Fraction) -> Iterator[int]:
    """Yield the chunks whose beginnings are nearest to a time."""
    least = min(abs(time - at) for time in times)
    return (chunk for chunk, time in enumerate(times) if abs(time - at) == least)


@settings(deadline=None, max_examples=100)
@given(scores())
def test_the_times_of_a_score_are_sums_of_frames(text: str) -> None:
    schedule = compiled(text)
    if schedule is None:
        return
    grid = schedule.grid
    times = [frame / grid.fps for frame in accumulate(chunk_lengths(schedule), initial=0)]
    for chunk, time in enumerate(times):
        assert grid.boundary(chunk) == time == grid.seconds_of(Fraction(chunk))
        assert grid.chunk_at(time) == chunk == grid.chunks_until(time)
        assert grid.chunks_at(time) == chunk
    length = schedule.stretches[-1].start + schedule.stretches[-1].seconds
    last = max(entry.chunk for entry in schedule.entries)
    assert schedule.end == max(last + 1, next(c for c, time in enumerate(times) if time >= length))
    cuts = {
        stretch.start + entry.offset
        for stretch in schedule.stretches
        for entry in stretch.entries
        if any(isinstance(act, CutAct) for act in entry.acts)
    }
    for stretch in schedule.stretches:
        for entry in stretch.entries:
            time = stretch.start + entry.offset
            assert entry.error == times[entry.chunk] - time
            assert grid.snap(time, entry.snap) == entry.chunk
            # A cut moves what follows it, so only cues without one at hand are on the best chunk.
            if grid.first is None or not any(abs(time - cut) < 2 * grid.chunk for cut in cuts):
                match entry.snap:
                    case Snap.NEAREST:
                        assert entry.chunk == next(nearest_chunks(times, time))
                    case Snap.FLOOR:
                        assert times[entry.chunk] <= time < times[entry.chunk + 1]
                    case Snap.CEIL:
                        assert times[entry.chunk] >= time
                        assert entry.chunk == 0 or times[entry.chunk - 1] < time


@settings(deadline=None, max_examples=100)
@given(scores())
def test_a_run_plans_the_chunks_of_the_score(text: str) -> None:
    schedule = compiled(text)
    if schedule is None:
        return
    plan = Plan(schedule)
    assert plan.grid == schedule.grid
    assert sorted((line.entry, line.nominal) for line in plan.lines) == [
        (entry.id, entry.chunk) for entry in schedule.entries
    ]
    assert plan.end_chunk() == schedule.end


@settings(deadline=None, max_examples=100)
@given(scores())
def test_a_schedule_with_shorter_chunks_is_read_as_it_was_written(text: str) -> None:
    schedule = compiled(text)
    if schedule is None:
        return
    again = from_json(to_json(schedule))
    assert again.grid == schedule.grid
    assert digest(again) == digest(schedule)
    assert [one.error for one in again.entries] == [one.error for one in schedule.entries]


def test_positions_in_chunks_count_the_chunks_of_the_model() -> None:
    schedule = sequencer.compile_score(sequencer.reads(SCORE))
    assert [(one.place, one.chunk, one.error) for one in schedule.entries] == [
        ("0c", 0, Fraction(0)), ("6c", 6, Fraction(0)), ("13c", 13, Fraction(0)),
    ]  # fmt: skip
    assert schedule.end == 16
    frames = 16 * 12 - 3 * 3
    assert schedule.grid.first_frame(16) == frames
    assert schedule.grid.boundary(16) == Fraction(frames, 16)


def test_a_first_chunk_as_long_as_the_others_changes_nothing() -> None:
    without = sequencer.reads(SCORE.replace(", first 9", ""))
    same = sequencer.reads(SCORE.replace("first 9", "first 12"))
    assert print_text(same) == print_text(without)
    assert digest(sequencer.compile_score(same)) == digest(sequencer.compile_score(without))
    other = sequencer.compile_score(sequencer.reads(SCORE))
    assert digest(other) != digest(sequencer.compile_score(without))


def test_the_video_of_a_rehearsal_has_the_frames_of_each_take(tmp_path: Path) -> None:
    score = sequencer.reads(SCORE)
    rehearsal = sequencer.rehearse(score, draft=True, out=tmp_path / "run")
    assert rehearsal.report.all_landed
    assert rehearsal.report.takes == 3
    with av.open(str(tmp_path / "run" / "video.mp4")) as video:
        frames = sum(1 for _ in video.decode(video=0))
    assert frames == sum(chunk_lengths(sequencer.compile_score(score))[:16])


def test_a_range_begins_a_take_with_a_shorter_chunk(tmp_path: Path) -> None:
    score = sequencer.reads(SCORE)
    sequencer.rehearse(score, draft=True, out=tmp_path / "run", from_="3c", to="15c")
    with av.open(str(tmp_path / "run" / "video.mp4")) as video:
        frames = sum(1 for _ in video.decode(video=0))
    assert frames == 12 * 12 - 3 * 3
    grid = sequencer.compile_score(score).grid
    assert grid.boundary(15) - grid.opening_time(3) == Fraction(frames, 16)


LIVE = """
grid 12 frames @ 16 fps, first 9
clock 120 bpm, 4/4
section intro 2 bars, cut { at 1 "Intro." }
section jam until go out, max 16 bars {
  at 1 cut, "Jam."
  at 3 "Three."
  at 9 cut, "Nine."
  on go splash -> cut seed 5, "Splash."
  on go later at next bar -> cut, "Later."
  on go back -> goto intro
}
section outro 4 bars { at 1 cut, "Outro."
  at 3 "The end." }
play intro jam outro
"""


def frames_by_take(log: list[Event | Command]) -> list[list[int]]:
    """Return the frames of each take up to the end of each of its chunks, as the model reports."""
    takes: list[list[int]] = []
    for one in log:
        if isinstance(one, Start):
            takes.append([])
        elif isinstance(one, ChunkDone) and takes and len(takes[-1]) == one.chunk:
            takes[-1].append(one.frames)
    return takes


@pytest.mark.parametrize(
    "events",
    [
        (),
        ("go out@10c",),
        ("go splash@9c",),
        ("go splash@9c", "go out@14c"),
        ("go later@9c", "go out@20c"),
        ("go splash@9c", "go splash@11c", "go splash@12c", "go out@30c"),
        ("go back@12c", "go out@24c"),
        ("go splash@29c", "go out@33c"),
    ],
)
def test_takes_that_are_known_as_they_happen_have_exact_times(events: tuple[str, ...]) -> None:
    played = play(sequencer.reads(LIVE), *events)
    view = played.conductor.view
    grid, report = view.grid, played.outcome.report
    assert report.ended_well
    assert report.all_landed
    assert report.takes == len(grid.cut_chunks) + 1
    frames = frames_by_take(played.log)
    starts = [0, *grid.cut_chunks]
    for number, start in enumerate(starts):
        assert grid.first_frame(start) == sum(take[-1] for take in frames[:number])
        for chunk, count in enumerate(frames[number]):  # the last one is made beyond the end
            assert grid.first_frame(start + chunk + 1) == grid.first_frame(start) + count
    for line in view.deliveries:
        if line.landed is not None and line.fired is None:
            assert abs(grid.snap_error(line.time, line.landed)) <= grid.chunk / 2
            assert line.landed == grid.snap(line.time, line.snap) == line.planned


SENDS = """
grid 12 frames @ 16 fps, first 9
clock 120 bpm, 4/4
section verse 4 bars, cut {
  at 1 "Verse."
  every 1b midi note C3 for 1/2b
  at 3.2 cut, "Cut."
  on go splash -> cut, "Splash."
}
play verse verse
"""


@pytest.mark.parametrize("first", ["", ", first 9", ", first 11"])
@pytest.mark.parametrize("events", [(), ("go splash@9c",)])
def test_messages_are_sent_when_their_part_of_the_chunk_is_shown(
    first: str, events: tuple[str, ...]
) -> None:
    score = sequencer.reads(SENDS.replace(", first 9", first))
    played = play(score, *events)
    view, sent = played.conductor.view, played.outcome.report.sends
    times = [one.start + send.offset for one in view.passes for send in one.stretch.sends]
    assert len(times) == len(sent) == 32
    known = 0
    for time, message in zip(times, sent, strict=True):
        chunk = view.grid.chunk_at(time)
        if chunk not in view.shown:
            continue
        known += 1
        inside = float(time - view.grid.boundary(chunk)) * 1e9
        assert abs(message.due - view.shown[chunk] - inside) < 10_000_000
    assert known > 25


FOLLOWED = """
grid 12 frames @ 16 fps, first 9
clock midi, 4/4, nominal 120 bpm
section verse 8 bars, cut { at 1 "One."
  at 3 "Two."
  at 4.2 cut, "Three."
  at 5 "Four."
  at 8 "Five." }
play verse verse
"""


@pytest.mark.parametrize("first", [", first 9", ", first 2"])
def test_a_followed_clock_knows_that_takes_begin_with_a_shorter_chunk(first: str) -> None:
    score = sequencer.reads(FOLLOWED.replace(", first 9", first))
    outcome, log = follow(score, ExternalClock((1.0, "start")))
    assert outcome.report.all_landed
    takes = frames_by_take(log)
    assert outcome.report.takes == len(takes) == 4
    assert all(take[0] == int(first[-1]) for take in takes)
    chunk = 0.75e3
    for cue in outcome.report.cues[2:]:  # the first ones wait for the first frame
        assert cue.shown_off_ms is not None
        assert abs(cue.shown_off_ms) <= chunk / 2 + 50


@pytest.mark.parametrize("chunks", [False, True])
@pytest.mark.parametrize(
    ("text", "events"),
    [
        (SCORE, ()),
        (LIVE, ("go splash@9c", "go out@14c")),
        (LIVE, ("go back@12c", "go out@24c")),
        (LIVE, ("go later@9c", "go out@20c")),
    ],
    ids=["fixed", "cut by a rule", "goto", "quantised"],
)
def test_a_frozen_run_lands_on_the_chunks_of_the_run(
    text: str, events: tuple[str, ...], chunks: bool, tmp_path: Path
) -> None:
    run = sequencer.rehearse(
        sequencer.reads(text), video=False, out=tmp_path / "run", events=events
    )
    schedule = sequencer.compile_score(sequencer.freeze(tmp_path / "run", chunks=chunks))
    assert schedule.grid.first == 9
    assert {entry.chunk for entry in schedule.entries} == {
        cue.landed for cue in run.report.cues if cue.landed is not None
    }
    assert schedule.end == run.report.chunks


def test_a_page_plays_each_chunk_of_the_video_where_it_is() -> None:
    grid = sequencer.compile_score(sequencer.reads(SCORE)).grid
    for first in (0, 3, 6):
        recording = Recording.of_whole("video.mp4", grid, first=first)
        for chunk in range(first + 1, 40):
            assert recording.second_of(chunk) == grid.boundary(chunk) - grid.opening_time(first)


def test_a_refused_cut_begins_no_take() -> None:
    faults = Faults(refuse=(Refusal(command="reset", reason="no"),))
    played = play(sequencer.reads(SCORE), faults=faults)
    grid = played.conductor.view.grid
    assert grid.cut_chunks == ()
    (frames,) = frames_by_take(played.log)
    assert [grid.first_frame(chunk + 1) for chunk in range(len(frames))] == frames


@pytest.mark.parametrize("warmup", [0, 1])
def test_a_journal_of_shorter_chunks_replays(tmp_path: Path, warmup: int) -> None:
    path = tmp_path / "journal.jsonl"
    play(sequencer.reads(LIVE), "go splash@9c", faults=Faults(warmup=warmup), journal=path)
    assert sequencer.replay(path).is_equal


@pytest.mark.parametrize("kind", ["sheet", "timeline", "otio", "edl", "srt", "audacity", "reaper"])
def test_every_report_has_the_times_of_the_video(kind: str) -> None:
    score = sequencer.reads(SCORE)
    schedule = sequencer.compile_score(score)
    match kind:
        case "sheet":
            rows = sheet_of(schedule).rows
            assert [row.chunk for row in rows] == [0, 6, 13]
            assert [row.frame for row in rows] == [0, 69, 150]
            assert [row.seconds * 16 for row in rows] == [row.frame for row in rows]
            return
        case "timeline":
            assert [one.exact for one in plot_schedule(schedule).flags] == [0, 6, 13]
            return
        case "srt":
            text = str(sequencer.export(schedule, kind=kind))
            wanted = ["00:00:04,313 --> 00:00:09,375", "00:00:11,438"]
        case _:
            text = str(sequencer.export(schedule, kind=kind))
            wanted = {
                "otio": ['"value": 69.0', '"value": 81.0', '"value": 183.0', "first 9"],
                "edl": ["01:00:04:05", "01:00:09:06"],
                "audacity": ["4.3125", "9.375"],
                "reaper": ["4.31", "9.37"],
            }[kind]
    for one in wanted:
        assert one in text


CROSSED = """clock 120 bpm, 4/4
at 1 "A."
at 2.2 snap ceil, cut, "B."
at 2.2+1/4 snap floor, cut, "C."
end 9
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('clock midi, 4/4, nominal 120 bpm\nat 1 "A."\nend 3\n', None),
        ('clock 120 bpm, 4/4\nat 1 "A."\nat 2 midi note C3\nend 3\n', None),
        ('at 0c "A."\nat 5c snap ceil, cut, "B."\nat 1.1s cut, "C."\nend 9c\n', None),
        (
            CROSSED,
            "before the cut before it",
        ),
    ],
)
def test_what_does_not_go_with_a_shorter_chunk_is_an_error(text: str, message: str | None) -> None:
    result = compile_all(sequencer.reads(f"grid 12 frames @ 16 fps, first 9\n{text}"))
    found = [one for one in result.diagnostics if one.code == "E430"]
    assert bool(found) == (message is not None)
    assert all(message is not None and message in one.message and one.hint for one in found)


@pytest.mark.parametrize("chunk", [0, 1, 5, 6, 12, 13, 15])
def test_a_run_that_begins_within_a_take_keeps_the_times_after_its_first_chunk(chunk: int) -> None:
    grid = ChunkGrid(12, Fraction(16), 9).with_cuts([(Fraction(69, 16), Snap.NEAREST)])
    counted = grid.counted_from(chunk)
    for later in range(1, 20):
        assert counted.boundary(later) == grid.boundary(chunk + later) - grid.opening_time(chunk)


@pytest.mark.parametrize(
    ("kind", "grid", "wanted"),
    [
        ("longlive", "12 frames @ 16 fps, first 9", "switch_frame_indices: [18, 39]\n"),
        ("longlive-shots", f"32 frames @ 24 fps, first {FIRST_FRAMES}", "6, 7, 3\n"),
    ],
)
def test_prompts_of_longlive_are_on_its_blocks(
    kind: str, grid: str, wanted: str, tmp_path: Path
) -> None:
    text = f'grid {grid}\nat 0c "A."\nat 6c "B."\nat 13c "C."\nend 16c\n'
    output = tmp_path / ("film.jsonl" if kind == "longlive" else "film")
    sequencer.export(sequencer.reads(text), kind=kind, output=output)
    written = [one.read_text() for one in tmp_path.rglob("*") if one.is_file()]
    assert any(wanted in one for one in written)
    assert not any("later than in the score" in one for one in written)


def test_no_clock_is_sent_that_would_not_be_even(tmp_path: Path) -> None:
    score = tmp_path / "boat.score"
    score.write_text(SENDS, encoding="utf-8")
    with pytest.raises(UsageError, match="no even clock can be sent"):
        sequencer.perform(
            score,
            stage="simulated",
            midi_out="tcp-listen://127.0.0.1:0",
            send_clock=True,
            out=tmp_path / "run",
        )


@pytest.mark.parametrize("ask", [best_phase, lambda schedule: align(schedule, "verse")])
def test_no_shift_is_suggested_for_chunks_of_different_lengths(
    ask: Callable[[Schedule], object],
) -> None:
    schedule = sequencer.compile_score(sequencer.reads(SENDS))
    with pytest.raises(UsageError, match="chunks have different lengths"):
        ask(schedule)
