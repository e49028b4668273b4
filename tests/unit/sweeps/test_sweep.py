from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sequencer.core.errors import UsageError
from sequencer.runs.local_pool import LocalPool
from sequencer.runs.store import RunStore, open_store
from sequencer.sweeps.plan import Axis, Plan
from sequencer.sweeps.playing import Ending, JobResult
from sequencer.sweeps.rows import Row, Rows, compile_rows
from sequencer.sweeps.sweep import (
    Status,
    SweepRun,
    find_states,
    keep_plan,
    parse_shard,
    select,
)
from tests.support.runs import add_run
from tests.support.sweeps import write_score


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return open_store(str(tmp_path / "store"))


def rows_of(folder: Path, *axes: Axis, **changes: Any) -> Rows:
    plan = Plan(name="p", score=write_score(folder), axes=(*axes, Axis("renderer", ("none",))))
    return compile_rows(replace(plan, **changes))


SEEDS = Axis("seed", tuple(map(str, range(1, 8))))


def sweep_of(rows: Rows, store: RunStore, **changes: Any) -> SweepRun:
    given: dict[str, Any] = {
        "rows": rows,
        "selected": rows.rows,
        "store": store,
        "engine": LocalPool(1),
        "handle": lambda *_: None,
        **changes,
    }
    return SweepRun(**given)


def test_missing_rows_are_played_and_found_again(tmp_path: Path, store: RunStore) -> None:
    rows = rows_of(tmp_path, SEEDS)
    seen: list[tuple[int, Ending]] = []

    def handle(row: Row, result: JobResult) -> None:
        seen.append((row.number, result.ending))

    sweep = sweep_of(rows, store, selected=select(rows, (1, 2), []), handle=handle)
    sweep.play(sweep.missing(find_states(rows, store)))
    assert sorted(seen) == [(number, Ending.PLAYED) for number in (1, 3, 5, 7)]
    states = find_states(rows, store)
    assert [one.status is Status.COMPLETE for one in states] == [True, False] * 3 + [True]
    assert sweep.missing(states) == []
    assert [row.number for row in sweep_of(rows, store).missing(states)] == [2, 4, 6]


def test_failed_rows_are_missing_on_request_only(tmp_path: Path, store: RunStore) -> None:
    rows = rows_of(tmp_path, SEEDS)
    add_run(store, rows.rows[0].key, failed="no\nanswer")
    add_run(store, rows.rows[1].key, failed="no answer")
    add_run(store, rows.rows[1].key, attempt=2)
    states = find_states(rows, store)
    assert [one.status for one in states[:3]] == [Status.FAILED, Status.COMPLETE, Status.MISSING]
    assert states[0].reason == "no\nanswer"
    assert [row.number for row in sweep_of(rows, store).missing(states)] == [3, 4, 5, 6, 7]
    again = sweep_of(rows, store, again=True).missing(states)
    assert [row.number for row in again] == [1, 3, 4, 5, 6, 7]


def test_shards_divide_the_rows() -> None:
    assert parse_shard("3/40") == (3, 40)
    for wrong in ("0/4", "5/4", "a/4", "1", "1/", "/2", "1/2/3", "-1/3", "²/3", "1/9999999"):
        with pytest.raises(UsageError, match="is not a shard: write K/N"):
            parse_shard(wrong)


def test_every_row_is_in_one_shard(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, SEEDS)
    parts = [select(rows, (number, 3), []) for number in (1, 2, 3)]
    assert sorted(row.number for part in parts for row in part) == [1, 2, 3, 4, 5, 6, 7]
    assert [row.number for row in select(rows, None, ["3", rows.rows[4].key[:10], "3"])] == [3, 5]


class TestMoney:
    def live(self, folder: Path) -> Rows:
        return rows_of(folder, SEEDS, Axis("stage", ("reactor",)))

    def test_a_paid_sweep_needs_a_maximum(self, tmp_path: Path, store: RunStore) -> None:
        rows = self.live(tmp_path)
        sweep = sweep_of(rows, store, price_per_hour=Fraction(3600))
        with pytest.raises(UsageError, match=r"7 rows on a paid stage cost about \$") as caught:
            sweep.play(rows.rows)
        assert "--most-dollars" in (caught.value.hint or "")
        assert store.claims() == []

    def test_the_maximum_is_for_all_missing_rows(self, tmp_path: Path, store: RunStore) -> None:
        rows = self.live(tmp_path)
        sweep = sweep_of(rows, store, price_per_hour=Fraction(3600), most_dollars=Fraction(7))
        with pytest.raises(UsageError, match="more than --most-dollars 7"):
            sweep.play(rows.rows)
        sweep.check_price(rows.rows[:1])

    def test_a_claimed_row_is_neither_missing_nor_complete(
        self, tmp_path: Path, store: RunStore
    ) -> None:
        rows = self.live(tmp_path)
        store.claim(rows.rows[2].key, "ann@here")
        states = find_states(rows, store)
        assert states[2].status is Status.CLAIMED
        assert states[2].reason.startswith("claimed by ann@here since 20")
        assert rows.rows[2] not in sweep_of(rows, store, again=True).missing(states)


def test_the_rows_of_a_sweep_are_kept(tmp_path: Path, store: RunStore) -> None:
    rows = rows_of(tmp_path, SEEDS)
    assert keep_plan(rows, store)
    assert keep_plan(rows, store)
    changed = rows_of(tmp_path, Axis("seed", ("9",)))
    assert not keep_plan(changed, store)
    assert not keep_plan(changed, store)
    kept = json.loads(store.document("p", "plan.json") or "")
    assert [one["key"] for one in kept["rows"]] == [row.key for row in rows.rows]
    assert len(store.documents("p", "")) == 2
