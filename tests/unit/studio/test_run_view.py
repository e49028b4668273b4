"""The page shows of a run what its conductor has, and a patch holds exactly what changed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import encode_version
from sequencer.engine.play_range import PlayRange, RangePosition
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ChunkDone, ReloadRequested, StageStatus, StopRequested
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from tests.support.clock_fixtures import ExternalClock
from tests.support.studio_runs import SECOND, StudioRun, schedule_of

LIVE = schedule_of("live-set.score")
EVENTS = ("note D3 ch 10@12s", "cc 20=10@5s", "cc 20=90@13s", "go out@25s")


def compiled(text: str) -> Schedule:
    return compile_score(reads(text, file="view.score"))


def parts_at(run: StudioRun, *seconds: float) -> list[dict[str, Any]]:
    """Return what the page shows of a run at some seconds."""
    found: list[dict[str, Any]] = []
    for one in seconds:
        run.at(one, lambda now: found.append(json.loads(json.dumps(run.view.parts(now)))))
    run.play()
    return found


def take_over(run: StudioRun, edited: Schedule, now: int) -> None:
    """Let an edited score take over at the next bar."""
    number = run.performance.learn(edited, encode_version(edited, {}))
    run.performance.deliver(ReloadRequested(at=now, version=number, where="bar"))


def apply(shown: dict[str, Any], changes: dict[str, Any]) -> None:
    """Apply a patch as the page does."""
    for key, value in changes.items():
        if key == "lines":
            shown["lines"].update({line["n"]: line for line in value})
        elif key == "gone":
            for number in value:
                del shown["lines"][number]
        else:
            shown[key] = value


def differences(shown: dict[int, Any], lines: dict[int, Any]) -> list[Any]:
    """Return what differs between two sets of lines: number, key, and both values."""
    return [
        (number, key, shown.get(number, {}).get(key), lines.get(number, {}).get(key))
        for number in sorted({*shown, *lines})
        for key in lines.get(number, shown.get(number, {}))
        if shown.get(number, {}).get(key) != lines.get(number, {}).get(key)
    ]


class Follower:
    """A page that receives one snapshot and then patches, compared with a new snapshot each time."""

    def __init__(self, run: StudioRun, every: int = 1) -> None:
        self._run, self._every = run, every
        self._shown: dict[str, Any] | None = None
        self._events = 0
        self.compared = 0

    def watch(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        del commands, conductor
        view = self._run.view
        self._events += 1
        if self._shown is None:
            self._shown = dict(view.snapshot(event.at))
            self._shown["lines"] = {line["n"]: line for line in self._shown["lines"]}
            return
        if self._events % 3 == 0:
            view.parts(event.at)  # to look changes nothing of what is sent
        apply(self._shown, view.changes(event.at))
        if self._events % self._every:
            return
        fresh = type(view)(view.source)
        fresh._clock, fresh._refusals, fresh._pads = view._clock, view._refusals, view._pads
        fresh._prompts = view._prompts
        fresh._notes, fresh._revisions = view._notes, view._revisions
        lines_before: Any = view._lines
        fresh_lines: Any = fresh._lines
        fresh_lines._fired = lines_before._fired
        expected = fresh.parts(event.at)
        lines = {line["n"]: line for line in expected["lines"]}
        self.compared += 1
        for key, value in expected.items():
            if key == "clock" and value is not None:
                assert {**value, "beat_at": 0, "beat_ns": 0} == {
                    **self._shown["clock"],
                    "beat_at": 0,
                    "beat_ns": 0,
                }
            elif key != "lines":
                assert self._shown[key] == value, key
        assert differences(self._shown["lines"], lines) == []


@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"jitter": "300ms", "refuse": [{"command": "schedule_prompt", "nth": 3, "reason": "no"}]},
        {"drops": [{"chunk": 4, "for": "3s"}], "slow": [{"chunk": 7, "by": "3s"}]},
    ],
)
def test_a_page_that_applies_patches_shows_what_a_new_one_shows(faults: dict[str, Any]) -> None:
    run = StudioRun(LIVE, *EVENTS, faults=Faults.model_validate(faults))
    page = Follower(run)
    run.watchers.append(page.watch)
    run.play()
    assert page.compared > 50


@given(st.lists(st.tuples(st.sampled_from(["go out", "note D3 ch 10", "go again", "go rest", "go on",
    "prompt something new", "sr 4x", "goto outro", "cc 20=90", "cc 20=10"]), st.integers(1, 40)), max_size=5))  # fmt: skip
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)  # fmt: skip
def test_patches_are_complete_whatever_the_operator_does(what: list[tuple[str, int]]) -> None:
    run = StudioRun(LIVE, *(f"{text}@{at}s" for text, at in what))
    page = Follower(run, every=7)
    run.watchers.append(page.watch)
    run.at(90, lambda now: run.performance.deliver(StopRequested(now, "the test is over")))
    run.play()


FOLLOWED = """clock {clock}, 4/4
section a 4 bars {{
  at 1 "A tram."
}}
section jam until go out, max 12 bars {{
  at 1 "It waits."
  at 3 sr 4x
  on note D3 -> "A flash."
}}
section b 3 bars, cut {{
  at 1 "It leaves."
}}
play a jam b
"""


FOLLOWED_SECONDS = """clock mtc 25
section a 6s {
  at 0s "A."
}
section b until go out, max 20s {
  at 1s "B."
}
section c 5s {
  at 0s "C."
}
play a b c
"""


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        (FOLLOWED.format(clock="midi, nominal 120 bpm"), ((0.0, 126.0), (1.0, "start"))),
        (
            FOLLOWED.format(clock="midi, nominal 120 bpm"),
            ((0.0, 120.0), (1.0, "start"), (12.0, "stop"), (16.0, "continue")),
        ),
        (
            FOLLOWED.format(clock="midi, nominal 120 bpm"),
            ((0.0, 120.0), (1.0, "start"), (15.0, ("locate", 2.0))),
        ),
        (FOLLOWED.format(clock="link, nominal 100 bpm"), ((0.0, 100.0), (1.0, "start"))),
        (FOLLOWED.format(clock="120 bpm"), None),
        ("grid 12 frames @ 16 fps, first 9\n" + FOLLOWED.format(clock="120 bpm"), None),
        (
            FOLLOWED_SECONDS,
            ((0.0, 60.0), (1.0, "start")),
        ),
        (
            'at 0c "A."\nat 9c cut seed 5, "B."\nat 15c cut, "C."\nend 20c\n',
            None,
        ),
    ],
)
def test_patches_are_complete_with_each_kind_of_clock_and_with_cuts(
    text: str, moves: tuple[Any, ...] | None
) -> None:
    external = None if moves is None else ExternalClock(*moves)
    run = StudioRun(compiled(text), "note D3@11s", "go out@18s", external=external)
    page = Follower(run, every=5)
    run.watchers.append(page.watch)
    run.at(75, lambda now: run.performance.deliver(StopRequested(now, "the test is over")))
    run.play()
    assert page.compared > 15


def test_a_missing_change_is_noticed() -> None:
    """A view that never compares its lines does not pass the tests above."""
    run = StudioRun(LIVE, *EVENTS)
    lines: Any = run.view._lines
    lines.changed = lambda *, everything=False: ([], [])  # a planted fault
    page = Follower(run)
    run.watchers.append(page.watch)
    with pytest.raises(AssertionError):
        run.play()


def test_edits_that_take_over_are_shown() -> None:
    edited = schedule_of(
        "live-set.score",
        ('"Now the rain grows stronger."', '"Now the rain grows stronger and the wires spark."'),
    )
    run = StudioRun(LIVE)
    page = Follower(run)
    run.watchers.append(page.watch)
    seen: list[list[dict[str, Any]]] = []

    def capture(now: int) -> None:
        seen.append(run.view.parts(now)["revisions"])
        seen.append([line for line in run.view.parts(now)["lines"] if line["changed"]])

    run.at(9.5, partial(take_over, run, edited))
    run.at(9.6, capture)
    run.at(20.0, capture)
    run.play()
    waits, _, plays, changed = seen
    assert [one["state"] for one in waits] == ["playing", "taken"]
    assert waits[1]["section"] == "jam"
    assert waits[1]["changes"] == [
        "jam 9.1 is changed: “Now the rain grows stronger and the wires spark.”"
    ]
    assert [one["state"] for one in plays] == ["replaced", "playing"]
    assert plays[1]["undoable"]
    assert plays[1]["chunk"] == waits[1]["chunk"]
    assert [line["place"] for line in changed] == ["9.1"]


def test_an_offered_edit_has_a_deadline_until_which_it_lands_where_it_is_announced() -> None:
    edited = schedule_of("live-set.score", ('"Now the rain grows stronger."', '"Now it hails."'))
    run = StudioRun(LIVE)
    run.view.offer(edited)
    offered = parts_at(run, 9.5)[0]["revisions"][-1]
    assert offered["state"] == "offered"
    for offset, is_there in ((-1, True), (1, False)):
        run = StudioRun(LIVE)
        run.at((offered["deadline_at"] + offset) / SECOND, partial(take_over, run, edited))
        run.play()
        move = run.performance.conductor.view.run_actions[0]
        assert (move.chunk == offered["chunk"]) is is_there


def test_go_from_not_listening_to_the_next_section() -> None:
    run = StudioRun(LIVE, "go out@25s", stage="reactor", price=6.0)
    before, ready, accepted, over = parts_at(run, 4.2, 16.2, 25.6, 33.0)
    assert before["go"]["state"] == "not-listening"
    assert before["go"]["listens_in"] == "jam 1.1"
    assert ready["go"]["state"] == "ready"
    assert ready["go"]["target"]["section"] == "outro"
    assert accepted["go"]["state"] == "accepted"
    assert accepted["go"]["shown_at"] > 25.6 * SECOND
    assert over["go"]["state"] == "not-listening"
    assert ready["playback"]["cost"] == pytest.approx(15 * 6 / 3600, abs=0.01)
    assert before["playback"]["stage"] == "reactor"


def test_go_is_accepted_until_its_section_is_on_screen() -> None:
    run = StudioRun(LIVE, "go out@25s")
    states: list[tuple[int, str, int | None]] = []

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        del commands
        state = run.view.parts(event.at)["go"]
        chunk = state["target"]["chunk"] if state["target"] else None
        states.append((conductor.view.chunk, state["state"], chunk))

    run.watchers.append(watch)
    run.play()
    accepted = [one for one in states if one[1] == "accepted"]
    landed = run.performance.conductor.view.run_actions[0].chunk
    assert {one[2] for one in accepted} == {landed}
    assert max(one[0] for one in accepted) > (landed or 0), "it is made before it is seen"


def test_a_score_without_go_has_no_go() -> None:
    assert parts_at(StudioRun(schedule_of("night-tram.score")), 5.0)[0]["go"]["state"] == "none"


def test_the_next_cue_counts_down_to_when_it_is_seen() -> None:
    run = StudioRun(LIVE)
    shown: dict[int, int] = {}

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        del commands
        found = run.view.parts(event.at)["next"]
        if isinstance(event, ChunkDone) and found is not None and found["shown_at"] is not None:
            shown[found["chunk"]] = found["shown_at"]

    run.watchers.append(watch)
    run.play()
    seen = run.performance.conductor.view.shown
    assert {chunk for chunk in shown if chunk in seen} >= {6, 17, 29}
    for chunk, at in shown.items():
        assert abs(at - seen[chunk]) < 50_000_000


def test_every_delivery_is_a_line_with_its_outcome() -> None:
    faults = Faults.model_validate(
        {"refuse": [{"command": "schedule_prompt", "nth": 3, "reason": "the queue is full"}]}
    )
    run = StudioRun(
        LIVE, "note D3 ch 10@12s", "prompt A comet falls.@14s", "go out@25s", faults=faults
    )
    during, over = parts_at(run, 13.0, 38.0)
    by_position = {line["place"]: line for line in over["lines"]}
    assert {line["status"] for line in over["lines"]} <= {"landed", "late"}
    assert by_position["note D3 ch 10"]["fired"] == "note D3 ch 10"
    assert by_position["improvised"]["what"] == "A comet falls."
    assert by_position["go out"]["kinds"] == ["goto"]
    refused = [line for line in during["lines"] if line["status"] == "refused"]
    assert [line["place"] for line in refused] == ["note D3 ch 10"]
    assert during["alerts"][0]["title"].startswith("Cue refused: note D3")
    assert by_position["note D3 ch 10"]["reason"].startswith("refused at chunk")


def test_a_cue_after_a_live_section_is_open_between_two_chunks() -> None:
    run = StudioRun(LIVE, "go out@25s")
    early, later, left = (
        next(line for line in parts["lines"] if line["section"] == "outro")
        for parts in parts_at(run, 4.0, 16.2, 26.0)
    )
    assert (early["status"], early["earliest"], early["latest"]) == ("open", 9, 29)
    assert later["earliest"] == 13
    assert (left["status"], left["earliest"]) in (("sent", None), ("planned", None))
    assert left["chunk"] == run.performance.conductor.view.run_actions[0].chunk


def test_pads_listen_where_their_rules_are() -> None:
    run = StudioRun(LIVE, *EVENTS)
    before, during = (
        {pad["id"]: pad for pad in parts["pads"]} for parts in parts_at(run, 4.0, 16.2)
    )
    assert [pad["label"] for pad in before.values()] == [
        *("lightning flashes", "cat or paper", "SR off · 4x", "to intro", "pause", "resume"),
        *("leave jam", "leave jam", "leave jam"),
    ]
    assert not before["note E3"]["listening"]
    assert before["go rest"]["listening"]
    assert during["note E3"]["listening"]
    assert during["cc 20"]["thresholds"] == [32, 64]
    assert during["cc 20"]["value"] == 90
    assert during["cc 20"]["command"] == "cc 20="
    assert during["cc 20"]["fired"] == 1
    assert during["note D3 ch 10"]["last_chunk"] == 10
    assert during["go out"]["leaves"]


def test_the_clock_shows_the_beat_that_is_seen() -> None:
    run = StudioRun(LIVE)
    clock = parts_at(run, 16.2)[0]["clock"]
    assert (clock["quality"], clock["bpm"], clock["beats_per_bar"]) == ("internal", 120, 4)
    assert clock["beat_ns"] == 500_000_000
    # Jam begins at 8 s of the score, and what is seen is as old as the lag.
    seen = 16.2 - 0.34 - (run.status.lag_in_force or 0) / SECOND
    beats = (seen - 8 + 0.02) / 0.5
    assert (clock["section"], clock["bar"], clock["beat"]) == (
        "jam",
        int(beats // 4) + 1,
        int(beats % 4) + 1,
    )


def test_the_beat_of_a_clock_that_is_followed_is_that_of_the_clock() -> None:
    schedule = compiled(
        'clock midi "Digitakt", 4/4, nominal 120 bpm\nat 1 "A."\nat 9 "B."\nend 17\n'
    )
    external = ExternalClock((0.0, 120.0), (1.0, "start"))
    clock, stopped = (
        parts["clock"]
        for parts in parts_at(
            StudioRun(
                schedule, external=ExternalClock(*external.moves, (12.2, "stop")), device="Digitakt"
            ),
            9.6,
            13.0,
        )
    )
    assert (clock["quality"], clock["source"]) == ("locked", "Digitakt")
    assert (clock["bar"], clock["beat"]) == (5, 2)  # 8.6 s after the start
    assert clock["beat_at"] == pytest.approx(9.5 * SECOND, abs=1000)
    assert stopped["quality"] == "stopped"


def test_a_run_of_time_code_has_no_beats() -> None:
    schedule = compiled('clock mtc 25\nat 0s "A."\nat 9s "B."\nend 20s\n')
    run = StudioRun(schedule, external=ExternalClock((0.0, 60.0), (1.0, "start")))
    clock = parts_at(run, 9.0)[0]["clock"]
    assert clock["kind"] == "mtc"
    assert clock["bar"] is None


def test_a_range_is_played_from_its_first_chunk() -> None:
    start = RangePosition(text="jam 5", stretch=1, offset=Fraction(8))
    played = PlayRange(start=start, stop=None)
    run = StudioRun(LIVE, played=played, may_reload=False)
    page = Follower(run)
    run.watchers.append(page.watch)
    first = parts_at(run, 3.0)[0]
    assert first["playback"]["chunk"] >= 12
    assert first["go"]["state"] == "ready"


def test_alerts_of_a_stall_and_of_a_lost_connection() -> None:
    slow = Faults.model_validate({"slow": [{"chunk": 5, "by": "9s"}]})
    run = StudioRun(LIVE, faults=slow)
    alerts = parts_at(run, 14.0)[0]["alerts"]
    assert [one["id"] for one in alerts] == ["stalled"]
    lost = Faults.model_validate({"drops": [{"chunk": 4, "for": "3s"}]})
    run = StudioRun(LIVE, faults=lost)
    run.at(
        7.5,
        lambda now: run.status.handle(
            StageStatus(now, "connecting"), (), run.performance.conductor
        ),
    )
    alerts = parts_at(run, 7.6)[0]["alerts"]
    assert [one["id"] for one in alerts] == ["connection"]


def test_alerts_of_files_that_cannot_be_written() -> None:
    run = StudioRun(LIVE, failures=["the journal: No space left on device"])
    alert = parts_at(run, 5.0)[0]["alerts"][0]
    assert alert["text"] == "The journal: No space left on device. The show goes on."


def test_notes_are_kept_in_order() -> None:
    run = StudioRun(LIVE)
    run.view.notice(5, "first")
    run.view.notice(6, "second")
    assert [note["text"] for note in run.view.parts(7)["notes"]] == ["first", "second"]


def test_a_page_that_connects_later_receives_what_the_others_have() -> None:
    run = StudioRun(LIVE, *EVENTS)
    pages: list[dict[str, Any]] = []

    def look(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        del commands, conductor
        for page in pages:
            apply(
                page, json.loads(json.dumps(run.view.changes(event.at) if page is pages[0] else {}))
            )
        if len(pages) < 2 and event.at > (5 + 10 * len(pages)) * SECOND:
            page = dict(run.view.snapshot(event.at))
            page["lines"] = {line["n"]: line for line in page["lines"]}
            if pages:
                assert page == pages[0]
            pages.append(page)

    run.watchers.append(look)
    run.play()
    assert len(pages) == 2


def test_a_patch_without_an_event_is_empty() -> None:
    run = StudioRun(LIVE)
    found: list[dict[str, Any]] = []
    run.at(8.2, lambda now: found.append(run.view.snapshot(now)))
    run.at(8.2, lambda now: found.append(run.view.changes(now)))
    run.play()
    assert found[1] == {}


def test_ten_thousand_cues_cost_little_with_each_chunk() -> None:
    """A chunk takes more than a second; the loop must not be late by what the page shows."""
    cues = "\n".join(f'at {number}c "Prompt {number} of many."' for number in range(10_000))
    run = StudioRun(compiled(f"{cues}\nend 10000c\n"), may_reload=False)
    spent: list[float] = []

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        del commands
        if not isinstance(event, ChunkDone):
            return
        if conductor.view.chunk == 2:
            run.view.snapshot(event.at)
        before = time.perf_counter()
        changes = run.view.changes(event.at)
        spent.append(time.perf_counter() - before)
        if conductor.view.chunk > 4:
            assert len(changes.get("lines", ())) <= 64
        if conductor.view.chunk == 40:
            run.performance.close("enough")

    run.watchers.append(watch)
    run.play()
    assert sorted(spent[4:])[len(spent[4:]) // 2] < 0.1, "milliseconds were expected"
