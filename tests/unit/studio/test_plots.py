"""Timelines as JSON show what the drawings and the engine have."""

from __future__ import annotations

import asyncio
import base64
import json
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from sequencer.engine.conductor.machine import Conductor
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.reports.timeline.from_schedule import plot_schedule
from sequencer.reports.timeline.plot import bars_of
from sequencer.reports.timeline.waveform import Waveform
from sequencer.schedule.model import Schedule
from sequencer.studio.plots import (
    PLOT_INTERVAL_NS,
    ProgressPlots,
    finished_plot,
    plot_json,
    progress_plot,
    schedule_plot,
)
from tests.support.clock_fixtures import ExternalClock
from tests.support.studio_runs import SECOND, StudioRun, schedule_of

LIVE = schedule_of("live-set.score")
SCORES = ("live-set.score", "night-tram.score", "tempo-and-meter.score", "cut-and-seed.score")


def compiled(text: str) -> Schedule:
    return compile_score(reads(text, file="plots.score"))


def plots_at(run: StudioRun, *seconds: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in seconds:
        run.at(one, lambda _: found.append(progress_plot(run.performance.conductor)))
    run.play()
    return found


def fraction(value: list[int]) -> Fraction:
    return Fraction(*value)


@pytest.mark.parametrize("name", SCORES)
def test_the_plan_of_a_run_that_has_not_begun_is_that_of_its_score(name: str) -> None:
    planned = schedule_plot(schedule_of(name))
    begun = progress_plot(Conductor(schedule_of(name), following=False))
    for key in ("end", "prompts", "images", "strengths", "sr", "takes", "messages", "grid"):
        assert begun[key] == planned[key], key
    for one, other in zip(begun["bands"], planned["bands"], strict=True):
        for key in ("name", "tint", "start", "end", "live", "bars", "latest", "marks"):
            assert one[key] == other[key], (one["name"], key)
        assert one["earliest"] >= other["earliest"]
    kept = ("line", "label", "section", "chunk", "exact", "error_ms", "what")
    assert [[flag.get(key) for key in kept] for flag in begun["flags"]] == [
        [flag.get(key) for key in kept] for flag in planned["flags"]
    ]


@pytest.mark.parametrize("name", SCORES)
def test_at_the_end_a_run_shows_what_was_performed(name: str) -> None:
    run = StudioRun(schedule_of(name), following=False)
    run.play()
    conductor = run.performance.conductor
    progress, finished = progress_plot(conductor), finished_plot(conductor)
    for key in ("end", "prompts", "images", "strengths", "sr", "takes", "messages"):
        assert progress[key] == finished[key], key
    assert {flag["fate"] for flag in finished["flags"]} <= {"landed", "later"}


@pytest.mark.parametrize("name", SCORES)
def test_groups_of_bars_give_each_bar_exactly(name: str) -> None:
    schedule = schedule_of(name)
    plot = plot_schedule(schedule)
    for band, drawn in zip(plot.bands, schedule_plot(schedule)["bands"], strict=True):
        expected = list(bars_of(band, plot.grid))
        found = [
            (group["bar"] + index, fraction(group["at"]) + index * fraction(group["length"]))
            for group in drawn["bars"]
            for index in range(group["count"])
        ]
        assert [bar for bar, _ in found] == [bar for bar, _ in expected]
        for (_, one), (_, other) in zip(found, expected, strict=True):
            assert abs(one - other) <= Fraction(1, 10**6)
            assert one == other or "->" in (schedule.title or "") or other.denominator > 10**6


def test_a_section_of_one_tempo_is_one_group_of_bars() -> None:
    jam = schedule_plot(LIVE)["bands"][1]
    assert jam["bars"] == [{"bar": 1, "at": [64, 11], "length": [16, 11], "count": 16, "beats": 4}]
    changing = compiled(
        'clock 120 bpm, 4/4\nsection a 6 bars {\n  at 1 "A."\n  at 3 meter 3/4\n  at 5 tempo 60\n}\nplay a\n'
    )
    groups = schedule_plot(changing)["bands"][0]["bars"]
    assert [(group["bar"], group["count"], group["beats"]) for group in groups] == [
        *((1, 2, 4), (3, 2, 3), (5, 2, 3)),
    ]


def test_exits_are_where_a_go_leaves() -> None:
    """The list of a live section agrees with what its conductor forecasts, bar by bar."""
    listed = {bar: chunk for bar, chunk, _ in schedule_plot(LIVE)["bands"][1]["exits"]}
    found: dict[int, int] = {}
    run = StudioRun(LIVE)

    def watch(event: Any, commands: Any, conductor: Conductor) -> None:
        del commands
        forecast = conductor.view.forecast_exit(event.at)
        if forecast is not None and forecast.bar is not None and forecast.chunk is not None:
            found[forecast.bar] = forecast.chunk

    run.watchers.append(watch)
    run.play()
    assert len(found) > 6
    assert found.items() <= listed.items()
    assert list(listed) == list(range(2, 17))


def test_what_comes_after_a_live_section_moves_when_it_is_left() -> None:
    run = StudioRun(LIVE, "go out@25s")
    before, after = plots_at(run, 20.0, 26.0)
    band = before["bands"][1]
    assert (band["live"], band["open_from"]) == (True, 16)
    assert (before["bands"][2]["earliest"], before["bands"][2]["latest"]) == (16, 29)
    assert after["bands"][1]["open_from"] is None
    assert after["bands"][1]["caption"] == "live, about to be left"
    landed = run.performance.conductor.view.run_actions[0].chunk
    assert after["bands"][2]["earliest"] == after["bands"][2]["latest"] == landed
    assert after["end"] < before["end"]


def test_the_cues_after_a_live_section_are_open_where_the_timeline_shows_it() -> None:
    run = StudioRun(LIVE)
    found: list[tuple[int, int]] = []

    def look(now: int) -> None:
        line = next(one for one in run.view.parts(now)["lines"] if one["section"] == "outro")
        band = progress_plot(run.performance.conductor)["bands"][2]
        found.append((line["earliest"], band["earliest"]))

    for seconds in (1.0, 4.0, 12.0, 20.0, 30.0):
        run.at(seconds, look)
    run.play()
    assert [line for line, _ in found] == [band for _, band in found]
    assert found[0][0] == 9


def test_what_a_rule_fired_is_in_the_lanes_before_it_lands() -> None:
    run = StudioRun(LIVE, "note D3 ch 10@14s", "cc 20=10@5s", "cc 20=90@14.1s")
    plot = plots_at(run, 14.6)[0]
    fired = [flag for flag in plot["flags"] if flag.get("fired")]
    assert [(flag["label"], flag["chunk"], flag.get("fate")) for flag in fired] == [
        ("cc 20 > 64", 11, None),
        ("note D3 ch 10", 12, None),
    ]
    assert any(held["short"].startswith("Now lightning") for held in plot["prompts"])
    assert plot["sr"][-1]["short"] == "4x"


def test_a_run_that_follows_a_clock_has_estimates() -> None:
    schedule = compiled(
        'clock midi, 4/4, nominal 120 bpm\nsection a 8 bars {\n  at 1 "A."\n  at 5 "B."\n}\n'
        'section b 8 bars {\n  at 1 "C."\n}\nplay a b\n'
    )
    external = ExternalClock((0.0, 120.0), (1.0, "start"))
    plot = plots_at(StudioRun(schedule, external=external), 6.0)[0]
    assert [band["name"] for band in plot["bands"]] == ["a", "b"]
    assert 20 <= plot["end"] <= 28
    assert [flag["label"] for flag in plot["flags"]] == ["1.1", "5.1", "1.1"]
    assert all(abs(flag["chunk"]) < 30 for flag in plot["flags"])


def test_a_plot_is_made_when_the_plan_changed_and_at_most_once_a_second() -> None:
    run = StudioRun(LIVE, "go out@25s")
    plots = ProgressPlots(run.performance.conductor)
    made: list[float] = []

    def look(event: Any, commands: Any, conductor: Conductor) -> None:
        del commands, conductor
        if plots.plot(event.at) is not None:
            made.append(event.at)

    run.watchers.append(look)
    run.play()
    gaps = [after - before for before, after in pairwise(made)]
    assert all(gap >= PLOT_INTERVAL_NS for gap in gaps)
    assert any(24 < at / SECOND < 27 for at in made), "it was left"
    assert len(made) < 12, "it does not change with each chunk"


def test_sound_and_messages() -> None:
    schedule = compiled(
        'clock 120 bpm, 4/4\nsection a 4 bars {\n  at 1 "A."\n  every 1 bars midi note C3 for 1 beat\n}\nplay a\n'
    )
    from dataclasses import replace

    wave = Waveform(
        label="rain.wav", full="sound rain.wav", start=Fraction(1, 2), peaks=[0.0, 0.5, 1.0]
    )
    plot = plot_json(replace(plot_schedule(schedule), sound=wave), schedule)
    assert list(base64.b64decode(plot["sound"]["peaks"])) == [0, 128, 255]
    assert plot["sound"]["start"] == [1, 2]
    assert [message["protocols"] for message in plot["messages"]] == [["MIDI"]] * 4
    assert [fraction(message["at"]) for message in plot["messages"]] == [
        Fraction(16 * bar, 11) for bar in range(4)
    ]


def test_messages_to_come_follow_those_that_were_sent() -> None:
    schedule = compiled(
        'clock 120 bpm, 4/4\nsection a 8 bars {\n  at 1 "A."\n  every 1 bars midi note C3 for 1 beat\n}\nplay a\n'
    )
    for plot in plots_at(StudioRun(schedule, following=False), 3.0, 8.0, 12.0):
        assert [fraction(message["at"]) for message in plot["messages"]] == [
            Fraction(16 * bar, 11) for bar in range(8)
        ]


def test_thumbnails_are_sent_once() -> None:
    schedule = schedule_of("night-tram.score")
    digest = schedule.images[0].sha256
    plot = schedule_plot(schedule, {digest: "data:image/jpeg;base64,AA=="})
    assert plot["images"][0]["image"] == digest
    assert plot["thumbnails"] == {digest: "data:image/jpeg;base64,AA=="}
    assert "image" not in schedule_plot(schedule)["images"][0]


def test_ten_thousand_cues_are_compact() -> None:
    cues = "\n".join(f'at {number}c "Prompt {number} of many."' for number in range(10_000))
    text = json.dumps(schedule_plot(compiled(f"{cues}\nend 10000c\n")))
    assert len(text) < 3_000_000


def test_a_long_score_is_drawn_while_its_run_goes_on() -> None:
    """The plot that a thread makes is the one that would have been made at once."""
    cues = "\n".join(f'at {number}c "Prompt {number} of many."' for number in range(600))
    run = StudioRun(compiled(f"{cues}\nend 600c\n"), may_reload=False)
    plots = ProgressPlots(run.performance.conductor)
    found = asyncio.run(plots.plot_in_thread(0))
    assert found == progress_plot(run.performance.conductor)
    assert asyncio.run(plots.plot_in_thread(2 * SECOND)) is None, "nothing has changed"
