"""Clocks and their estimators: real and virtual time, MIDI clock, MIDI time code, Ableton Link, chunk boundaries."""
