"""The desk: how an operator's hands reach a run: words, keys in the terminal, `tell` from another shell.

`words` (what can be said) is used by all of them and by `--event`; `keys` reads a terminal, `door` and `caller` are the two
ends of `sequencer tell`.
"""

from sequencer.runtime.operator.commands import parse_operator_command

__all__ = ["parse_operator_command"]
