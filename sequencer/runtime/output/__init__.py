"""The files of a run, rehearsed or live: a folder that gets its name when it is complete, a report, a captioned video."""
