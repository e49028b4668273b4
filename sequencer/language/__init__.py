"""From text and YAML to a score, and from a score to a schedule: reading, printing, compiling, checking, advice, import.

`notations` reads and prints, `compiler` compiles, `check` does both and adds advice.
"""
