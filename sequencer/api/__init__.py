"""The Python API behind `import sequencer`: functions that take plain values, and parse those that are given as text.

`runs` rehearses a schedule; `scripted_events` parses the events of a run that are given as text (`--event` of the commands).
"""
