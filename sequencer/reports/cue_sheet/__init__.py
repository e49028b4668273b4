"""The cue sheet: every cue with position, time, frame, chunk, snap error and acts.

Each cue also has its number and its source line.

>>> from sequencer import compile_score, reads
>>> from sequencer.reports.cue_sheet import summary_line
>>> summary_line(compile_score(reads('at 0c "A paper boat."\\nend 4c\\n')))
'4 chunks (5.5 s), 1 cue; every cue is exactly on a chunk'

Names are loaded on first use (PEP 562): `check` prints only the summary line, and starts without
loading the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sequencer.reports.cue_sheet.export import as_csv, as_json, as_markdown
    from sequencer.reports.cue_sheet.html import as_html
    from sequencer.reports.cue_sheet.rows import Part, Row, RuleRow, Sheet, sheet_of, summary_line
    from sequencer.reports.cue_sheet.terminal import as_table

_MODULES = {
    "as_csv": "export",
    "as_json": "export",
    "as_markdown": "export",
    "as_html": "html",
    "Part": "rows",
    "Row": "rows",
    "RuleRow": "rows",
    "Sheet": "rows",
    "sheet_of": "rows",
    "summary_line": "rows",
    "as_table": "terminal",
}

__all__ = [
    "Part",
    "Row",
    "RuleRow",
    "Sheet",
    "as_csv",
    "as_html",
    "as_json",
    "as_markdown",
    "as_table",
    "sheet_of",
    "summary_line",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
