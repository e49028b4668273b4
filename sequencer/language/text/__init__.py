"""The text notation: a grammar of its own, driven by tables.

`lines` cuts a text into statements, `grammar` takes each through the `tables` that Lark made, `nodes`, `header`, `blocks` and
`nesting` make a score of what comes out; `slips` explains what the grammar refused, with what it `expected` and the `repairs`
that would do; `reader` is all of that. `printer`, `layout` and `literals` write a score back.
"""

from sequencer.language.text.reader import read_text

__all__ = ["read_text"]
