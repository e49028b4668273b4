"""The cue sheet: every cue with its number, place, time, frame, chunk, snap error, acts and source line.

>>> from sequencer import compile_score, reads
>>> from sequencer.sheet import summary_line
>>> summary_line(compile_score(reads('at 0c "A paper boat."\\nend 4c\\n')))
'4 chunks (5.5 s), 1 cue; every cue stands exactly on a chunk'
"""

from sequencer.sheet.documents import as_csv, as_json, as_markdown
from sequencer.sheet.page import as_html
from sequencer.sheet.rows import Part, Row, RuleRow, Sheet, sheet_of
from sequencer.sheet.summary import summary_line
from sequencer.sheet.table import as_table

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
