"""Runs: the run loop, rehearsals and live runs, the operator, recordings, and the files that a run leaves.

Nothing here imports the language: a compiled schedule is performed where lark is not installed.
"""
