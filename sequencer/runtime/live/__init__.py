"""Perform a schedule on a stage in real time.

A live run has an operator, MIDI devices, a recorder and a status line.

`status` tracks the state of a run (without I/O) and `status_display` prints it; `stages` and
`attachments` connect stages and devices; `assembly` builds a run and `run` performs it.
"""
