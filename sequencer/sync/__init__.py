"""Clocks and their estimators.

These are real and virtual time, MIDI clock, MIDI time code, Ableton Link and chunk boundaries.
"""
