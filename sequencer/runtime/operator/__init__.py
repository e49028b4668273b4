"""The operator of a run: typed lines, keys in the terminal, and `sequencer tell` from another shell become events.

`commands` parses what an operator writes (also for `--event`), `keyboard` reads a terminal, `remote` has both ends of
`sequencer tell`.
"""
