"""The Python API: what `import sequencer` offers. Each function takes plain values, and reads what is text.

`runs` rehearses, `scripted_events` reads the events that a run is given as text (`--event` of the commands).
"""
