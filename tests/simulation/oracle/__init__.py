"""An independent reading of a score: what must be shown on each chunk, and what must be sent to MIDI when.

It is written from `docs/language.md` and `docs/midi.md`, naively and for checking only. It knows the nodes of
`sequencer.language.score` and the events of a show, and nothing else of the program: not the compiler, the schedule or
the conductor.
`music` reads positions and tempi, `wording` the texts and the random choices, `parts` the passes of a score, `course` follows
the events of a show, `following` does so where musical time comes from a clock, and `devices` says what is sent to MIDI.
"""
