"""Clocks and the estimators behind them: time at the edge, MIDI clock, MIDI time code, Ableton Link, chunk boundaries."""
