"""The score language, from text or YAML to a schedule: reading, printing, compiling, checking, advice, import of MIDI files.

`notations` reads and prints scores, `compiler` compiles them, `check` does both and adds advice.
"""
