"""Turn what the operator of a run enters into events: typed lines, keys in the terminal, and `sequencer tell`.

`commands` parses operator commands (also for `--event`), `keyboard` reads a terminal, `remote` has the server and the client of
`sequencer tell`, and `input` passes commands to a run.
"""
