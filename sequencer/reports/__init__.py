"""What people look at: cue sheet, timeline, grid help, comparison of runs, and the score frozen from a run."""
