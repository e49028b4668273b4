"""A language server for scores: it serves what `editing` knows over the Language Server Protocol.

`server` runs it, `features` answers the requests of a client, and `checking` checks the open texts
in a thread. `positions` and `conversions` translate between the values of `editing` and those of
the protocol. What needs the language or a run (loading a score, rehearsing) is passed in as
`Services`. Only this package imports pygls and lsprotocol, which are the extra `editor`.
"""
