"""Turn the operator's input into events: typed lines, terminal keys, and `sequencer tell`.

`commands` parses operator commands (also for `--event`), `keyboard` reads a terminal, `remote` has
the server and the client of `sequencer tell`, and `input` passes commands to a run.
"""
