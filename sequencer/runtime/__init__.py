"""Run schedules: the run loop, rehearsals and live runs, the operator, recordings, and the files that a run leaves.

No module here imports the language, so a compiled schedule can be performed where lark is not installed.
"""
