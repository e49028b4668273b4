"""Write a sweep as a table: values, state, numbers of the report, choices, and its folders."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from sequencer.runs.store import RunStore
from sequencer.sweeps.choices import Choice, latest
from sequencer.sweeps.rows import Rows
from sequencer.sweeps.sweep import RowState

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


def as_documents(
    states: Sequence[RowState], choices: Mapping[str, Sequence[Choice]], store: RunStore
) -> list[dict[str, Any]]:
    """Return the rows of a sweep as JSON values."""
    return [_document(state, choices.get(state.row.key, ()), store) for state in states]


def _document(state: RowState, choices: Sequence[Choice], store: RunStore) -> dict[str, Any]:
    row, record = state.row, state.record
    summary = {} if record is None else record.summary
    decisions = latest(choices).values()
    return {
        "number": row.number,
        "values": dict(row.values),
        "take": row.take + 1,
        "state": state.status.value,
        "reason": state.reason,
        "attempts": 0 if record is None else record.attempt,
        "as_written": summary.get("as_written"),
        "cues": summary.get("cues"),
        "landed": summary.get("landed"),
        "chunks": row.schedule.end,
        "seconds": round(float(row.seconds), 3),
        "choices": ", ".join(f"{one.verdict} by {one.who}" for one in decisions),
        "notes": "; ".join(one.note for one in decisions if one.note),
        "key": row.key,
        "folder": _folder(state, store),
    }


def _folder(state: RowState, store: RunStore) -> str:
    """Return where the files of a run are: a folder, or the address of one."""
    record = state.record
    if record is None:
        return ""
    folder = store.local_folder(record)
    if folder is not None:
        return str(folder)
    return f"{store.url}/runs/{record.name[:2]}/{record.name}/{record.folder}"


def as_csv(
    rows: Rows,
    states: Sequence[RowState],
    choices: Mapping[str, Sequence[Choice]],
    store: RunStore,
) -> str:
    """Return a table with a column for each axis, for a spreadsheet.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    axes = [axis.name for axis in rows.plan.axes]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    documents = as_documents(states, choices, store)
    names = [name for name in documents[0] if name not in ("number", "values")] if documents else []
    writer.writerow(["number", *axes, *names])
    for document in documents:
        cells = [document["number"], *(document["values"].get(axis, "") for axis in axes)]
        writer.writerow([_cell(one) for one in (*cells, *(document[name] for name in names))])
    return out.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
