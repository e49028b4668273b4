"""An independent interpretation of a score: what each chunk must show, and what must be sent to
MIDI and when.

It is a naive implementation of `docs/language.md` and `docs/midi.md`, for checking only. It knows
the nodes of `sequencer.language.score` and the events of a show, and nothing else of the program:
not the compiler, the schedule or the conductor.

`music` computes positions and tempi, `wording` texts and random choices, `parts` the passes of a
score, `course` follows the events of a show, `following` does so if musical time comes from a
clock, and `devices` computes what is sent to MIDI.
"""
