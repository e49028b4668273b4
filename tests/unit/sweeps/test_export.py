from __future__ import annotations

import csv
import io
from pathlib import Path

from sequencer.runs.store import open_store
from sequencer.sweeps.choices import choose, read_choices
from sequencer.sweeps.export import as_csv
from sequencer.sweeps.plan import Axis, Plan
from sequencer.sweeps.rows import compile_rows
from sequencer.sweeps.sweep import RowState, Status
from tests.support.runs import add_run
from tests.support.sweeps import write_score


def test_a_table_has_every_value_and_no_formulas(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    axes = (Axis("let.light", ("=1+1", 'blue, with "quotes"')), Axis("renderer", ("none",)))
    rows = compile_rows(Plan(name="p", score=write_score(tmp_path), axes=axes))
    key = rows.rows[0].key
    add_run(store, key)
    choose(store, "p", [key], "chosen", who="@Ann", note="-")
    states = [
        RowState(row=rows.rows[0], status=Status.COMPLETE, record=store.record(key)),
        RowState(row=rows.rows[1], status=Status.MISSING),
    ]
    text = as_csv(rows, states, read_choices(store, "p"), store)
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["let.light"] for row in table] == ["'=1+1", 'blue, with "quotes"']
    assert [row["state"] for row in table] == ["complete", "missing"]
    assert table[0]["choices"] == "chosen by @Ann"
    assert table[0]["notes"] == "'-"
    assert Path(table[0]["folder"]).is_dir()
    assert table[1]["folder"] == ""
    assert float(table[0]["seconds"]) > 0
