"""Write the files of a run, rehearsed or live.

These are a folder that is named when it is complete, a report, and a captioned video.
"""
