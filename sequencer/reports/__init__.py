"""Reports for people to read: cue sheet, timeline, grid help, comparison of runs, and the score frozen from a run."""
