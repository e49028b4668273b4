"""Write the files of a run, rehearsed or live: a folder that is named when it is complete, a report, a captioned video."""
