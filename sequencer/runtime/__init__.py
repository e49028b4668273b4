"""Run schedules: the run loop, rehearsals, live runs, the operator, recordings, and run files.

No module here imports the language, so a compiled schedule can be performed where lark is not
installed.
"""
