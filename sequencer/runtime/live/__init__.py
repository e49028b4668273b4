"""A live performance: a schedule on a stage in real time, with an operator, MIDI devices, a recorder and a status line.

`status` knows where the run is (pure), `status_display` prints it, `assembly` builds a run and `run` performs it.
"""
