"""The score language, from text or YAML to a schedule.

It covers reading, printing, compiling, checking, advice, and import of MIDI files.

`notations` reads and prints scores, `compiler` compiles them, `check` does both and adds advice.
"""
