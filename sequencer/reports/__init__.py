"""Reports for people: cue sheet, timeline, grid help, comparison of runs, and frozen score.

The frozen score is written from a run.
"""
