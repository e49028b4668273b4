"""Several stages above one conductor each: starts, alignment, common events and lost stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.engine.ensemble import MEETING_LIMIT_NS, READY_LIMIT_NS
from sequencer.engine.journal import parse_journal
from sequencer.engine.replay import replay
from sequencer.events.commands import Pause, Resume, Start
from sequencer.events.events import Paused, Resumed
from sequencer.stages.simulated.faults import Drop, End, Slow
from tests.support.ensembles import EnsembleRun, ensemble_of_texts, play_ensemble, stage_faults

TEXT = 'at 0c "A."\nat 5c "B."\nat 21c "C."\nend 40c\n'
LIVE = """clock 120 bpm, 4/4
section intro until go x, max 40 bars {
  at 1 "A."
  on go p -> pause
  on go q -> resume
  on go r -> cut seed 4, "R."
}
section drop 6 bars { at 1 "C." }
"""


def commands_of(run: EnsembleRun, kind: type) -> dict[str, list[int]]:
    """Return when each stage was sent commands of a type."""
    found: dict[str, list[int]] = {}
    for record in run.journal.records:
        if isinstance(record.command, kind) and record.stage is not None:
            found.setdefault(record.stage, []).append(record.at)
    return found


def events_of(run: EnsembleRun, kind: type) -> dict[str, list[int]]:
    """Return when each stage reported events of a type."""
    found: dict[str, list[int]] = {}
    for record in run.journal.records:
        if isinstance(record.event, kind) and record.stage is not None:
            found.setdefault(record.stage, []).append(record.at)
    return found


class TestStart:
    def test_all_start_at_once_when_the_last_one_is_ready(self, tmp_path: Path) -> None:
        schedule = ensemble_of_texts({"left": TEXT, "right": TEXT})
        faults = {"left": stage_faults(), "right": stage_faults(connect_ms=4_000)}
        run = play_ensemble(schedule, tmp_path, faults)
        starts = commands_of(run, Start)
        assert starts["left"] == starts["right"]
        assert starts["left"][0] > 4_000_000_000
        assert [one.chunk for one in run.ensemble.alignments] == [0]

    def test_one_that_is_never_ready_is_left_out(self, tmp_path: Path) -> None:
        schedule = ensemble_of_texts({"left": TEXT, "right": TEXT})
        never = stage_faults(connect_ms=READY_LIMIT_NS // 1_000_000 * 3)
        run = play_ensemble(schedule, tmp_path, {"right": never})
        assert run.ensemble.lost == ("right",)
        assert "not ready 180 s after the first one" in run.warnings[0]
        assert run.ensemble.conductors["left"].view.is_complete
        assert replay(run.journal).is_equal

    def test_a_model_that_was_held_for_long_has_its_time_to_answer(self, tmp_path: Path) -> None:
        schedule = ensemble_of_texts({"left": TEXT, "right": TEXT})
        run = play_ensemble(schedule, tmp_path, {"right": stage_faults(connect_ms=60_000)})
        assert [len(sent) for sent in commands_of(run, Start).values()] == [1, 1]
        assert run.ensemble.conductors["left"].report().went_as_written

    def test_a_cut_of_all_begins_together(self, tmp_path: Path) -> None:
        text = 'at 0c "A."\nat 4c cut seed 3, "B."\nend 8c\n'
        schedule = ensemble_of_texts({"left": text, "right": text})
        faults = {"left": stage_faults(5_000), "right": stage_faults(-5_000)}
        run = play_ensemble(schedule, tmp_path, faults)
        starts = commands_of(run, Start)
        assert starts["left"] == starts["right"]
        assert len(starts["left"]) == 2


class TestAlignment:
    def test_pauses_and_resumptions_are_paired(self, tmp_path: Path) -> None:
        schedule = ensemble_of_texts({"left": TEXT, "right": TEXT}, realign=8)
        faults = {"left": stage_faults(2_000), "right": stage_faults(-2_000)}
        run = play_ensemble(schedule, tmp_path, faults)
        assert [one.chunk for one in run.ensemble.alignments] == [0, 8, 16, 24, 32]
        resumed = commands_of(run, Resume)
        assert resumed["left"] == resumed["right"]
        assert len(resumed["left"]) == len(commands_of(run, Pause)["left"]) == 4
        assert run.landed("left") == run.landed("right") == [0, 5, 21]
        assert not any(run.ensemble.conductors[name].report().refused for name in ("left", "right"))

    def test_it_keeps_the_stages_together(self, tmp_path: Path) -> None:
        apart = []
        for folder, realign in (("free", None), ("aligned", 8)):
            (tmp_path / folder).mkdir()
            schedule = ensemble_of_texts({"left": TEXT, "right": TEXT}, realign)
            faults = {"left": stage_faults(1_000), "right": stage_faults(-1_000)}
            run = play_ensemble(schedule, tmp_path / folder, faults)
            left, right = (run.ensemble.conductors[name].view.shown for name in ("left", "right"))
            apart.append(abs(left[39] - right[39]))
        assert apart[0] > 100_000_000
        assert apart[1] < 25_000_000

    def test_a_stage_that_takes_too_long_is_not_waited_for(self, tmp_path: Path) -> None:
        schedule = ensemble_of_texts({"left": TEXT, "right": TEXT}, realign=8)
        slow = stage_faults(slow=(Slow(chunk=7, by=MEETING_LIMIT_NS * 2),))
        run = play_ensemble(schedule, tmp_path, {"right": slow})
        assert run.ensemble.alignments[1].missing == ("right",)
        assert any("went on at chunk 8 without it" in one for one in run.warnings)
        assert all(one.view.is_complete for one in run.ensemble.conductors.values())

    def test_what_the_operator_pauses_stays_paused(self, tmp_path: Path) -> None:
        schedule = ensemble_of_texts({"left": TEXT, "right": TEXT}, realign=8)
        events = ["pause@7c", "resume@60s"]
        run = play_ensemble(schedule, tmp_path, events=events)
        assert min(events_of(run, Resumed)["left"]) > 60_000_000_000
        assert events_of(run, Resumed)["left"] == events_of(run, Resumed)["right"]
        assert all(one.view.is_complete for one in run.ensemble.conductors.values())


class TestCommonEvents:
    @pytest.mark.parametrize("after", [5.55, 6.94, 8.33, 9.7])
    def test_all_leave_a_section_at_the_same_bar(self, tmp_path: Path, after: float) -> None:
        """The right stage is late enough for the event to come between two reports."""
        schedule = ensemble_of_texts({"left": LIVE, "right": LIVE})
        faults = {"left": stage_faults(), "right": stage_faults(-20_000)}
        run = play_ensemble(schedule, tmp_path, faults, [f"go x@{after}s"])
        assert run.sections("left") == run.sections("right")
        assert run.landed("left") == run.landed("right")
        assert replay(run.journal).is_equal

    def test_a_pause_of_the_score_pauses_all_after_the_same_chunk(self, tmp_path: Path) -> None:
        schedule = ensemble_of_texts({"left": LIVE, "right": LIVE}, realign=4)
        faults = {"left": stage_faults(), "right": stage_faults(-20_000)}
        run = play_ensemble(schedule, tmp_path, faults, ["go p@5.55s", "go q@12s", "go x@15s"])
        chunks = {
            (record.stage, record.event.chunk)
            for record in run.journal.records
            if isinstance(record.event, Paused) and record.at < 10_000_000_000
        }
        by_stage = [{chunk for name, chunk in chunks if name == stage} for stage in faults]
        assert by_stage[0] == by_stage[1]
        assert by_stage[0]

    @pytest.mark.parametrize("realign", [None, 8])
    def test_a_run_that_follows_time_binds_each_beat_to_one_chunk(
        self, realign: int | None, tmp_path: Path
    ) -> None:
        cues = "".join(f'  at {bar} "Stop {bar}."\n' for bar in range(1, 24, 2))
        text = f"clock 120 bpm, 4/4\nsection line 24 bars {{\n{cues}}}\n"
        schedule = ensemble_of_texts({"left": text, "right": text}, realign)
        faults = {"left": stage_faults(2_000), "right": stage_faults(-3_000, jitter_ms=10)}
        run = play_ensemble(schedule, tmp_path, faults, following=True)
        assert run.landed("left") == run.landed("right")
        assert None not in run.landed("left")
        assert replay(run.journal).is_equal


class TestLostStages:
    def test_the_others_go_on(self, tmp_path: Path) -> None:
        names = ("left", "middle", "right")
        schedule = ensemble_of_texts(dict.fromkeys(names, TEXT), realign=8)
        run = play_ensemble(schedule, tmp_path, {"left": stage_faults(end=End(chunk=10))})
        assert run.ensemble.lost == ("left",)
        assert run.ensemble.reference == "middle"
        assert run.landed("middle") == run.landed("right") == [0, 5, 21]
        assert run.ensemble.ended == "the score is over"
        assert any("the stage left is lost, and the others go on" in one for one in run.warnings)
        assert replay(run.journal).is_equal

    def test_a_lost_connection_stops_nobody(self, tmp_path: Path) -> None:
        schedule = ensemble_of_texts({"left": TEXT, "right": TEXT}, realign=8)
        drops = stage_faults(drops=(Drop.model_validate({"chunk": 6, "for": "60s"}),))
        run = play_ensemble(schedule, tmp_path, {"right": drops})
        assert run.ensemble.lost == ()
        assert run.ensemble.conductors["left"].report().went_as_written
        assert len(run.ensemble.alignments) >= 5

    def test_all_lost_ends_the_run(self, tmp_path: Path) -> None:
        schedule = ensemble_of_texts({"left": TEXT, "right": TEXT})
        ends = stage_faults(end=End(chunk=3, reason="gone"))
        run = play_ensemble(schedule, tmp_path, {"left": ends, "right": ends})
        assert run.ensemble.is_finished
        assert run.ensemble.ended == "the session was ended: gone"


def test_a_change_of_the_journal_diverges(tmp_path: Path) -> None:
    schedule = ensemble_of_texts({"left": TEXT, "right": TEXT}, realign=8)
    run = play_ensemble(schedule, tmp_path)
    assert replay(run.journal).is_equal
    assert set(replay(run.journal).reports) == {"left", "right"}
    swapped = {"left": "right", "right": "left"}
    records = [
        one if one.command is None else type(one)(
            line=one.line,
            at=one.at,
            command=one.command,
            stage=None if one.stage is None else swapped[one.stage],
        )
        for one in run.journal.records
    ]  # fmt: skip
    changed = type(run.journal)(
        header=run.journal.header,
        schedule=run.journal.schedule,
        records=tuple(records),
        cut_off=False,
        ensemble=run.journal.ensemble,
    )
    divergence = replay(changed).divergence
    assert divergence is not None
    assert "for right" in str(divergence)
    assert "for left" in str(divergence)
    assert parse_journal((tmp_path / "journal.jsonl").read_bytes()) == run.journal
