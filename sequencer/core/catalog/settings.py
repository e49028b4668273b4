"""E240–E258: what header lines and actions set."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, code

START = 'at 0c "A tram waits at an empty stop."\n'


def _line(wrong: str, cured: str) -> tuple[str, str]:
    """Return a score with a header line that is wrong, then fixed."""
    return f"{wrong}\n{START}", f"{cured}\n{START}"


def _action(wrong: str, cured: str) -> tuple[str, str]:
    """Return a score whose second cue has an action that is wrong, then fixed."""
    head = f"clock 120 bpm\n{START}at 9 "
    return f"{head}{wrong}\n", f"{head}{cured}\n"


CODES: tuple[Code, ...] = (
    code(
        "E240",
        "not a tempo",
        "A tempo counts quarter notes a minute, from 1 to 1,000, as MIDI and Link do: 120, 127.5 or 960/11.",
        *_line("clock fast bpm", "clock 120 bpm"),
    ),
    code(
        "E241",
        "not a meter",
        "Below a meter's line stands a power of two up to 64, above it 1 to 64: 4/4, 7/8.",
        *_line("clock 120 bpm, 4/5", "clock 120 bpm, 5/4"),
    ),
    code(
        "E242",
        "not a frame rate",
        "A frame rate counts frames a second, from 1 to 1,000: 24, 23.976 or 24000/1001.",
        *_line("grid 33 frames @ 0 fps", "grid 33 frames @ 24 fps"),
    ),
    code("E243", "not a strength", "A strength goes from 0 to 1.", *_action("strength 80%", "strength 0.8")),
    code("E244", "not a seed", "A seed is a whole number from 0 to 4294967295.", *_line("seed lucky", "seed 42")),
    code(
        "E245",
        "a seed of −1",
        "With −1 the model draws a seed and does not tell which: the run could never be repeated.",
        *_line("seed -1", "seed 1"),
    ),
    code(
        "E246",
        "not a super-resolution",
        "Super-resolution is off (640×384), 2x (1280×768) or 4x (2560×1536).",
        *_line("sr 2", "sr 2x"),
    ),
    code(
        "E247",
        "not a clock",
        """A clock is `chunks`, a tempo (120 bpm, 4/4), `midi "port"` or `link`; the last two also have their nominal tempo.""",
        *_line("clock 120", "clock 120 bpm"),
    ),
    code(
        "E248",
        "an outer clock without its nominal tempo",
        """Before the outer clock sounds the score is planned with the tempo that it is expected to have; and where it
        stands still, time goes on with it.""",
        *_line("clock midi", "clock midi, nominal 120 bpm"),
    ),
    code(
        "E249",
        "not a grid",
        "A grid says how many frames a chunk has and how many frames a second: 33 frames @ 24 fps.",
        *_line("grid 33 at 24", "grid 33 frames @ 24 fps"),
    ),
    code(
        "E250",
        "not a lead",
        "A lead is a whole number of chunks, at least one: 2c.",
        *_line("lead 2", "lead 2c"),
    ),
    code(
        "E251",
        "not a way to snap",
        "A cue snaps to the chunk boundary that is `nearest`, before (`floor`) or behind it (`ceil`).",
        *_line("snap round", "snap nearest"),
    ),
    code(
        "E252",
        "not a way to be late",
        "What could not leave in time is shown at the next chunk within reach (`shift`) or left out (`drop`).",
        *_line("late skip", "late drop"),
    ),
    code("E253", "not a name of note 60", "Makers of instruments call note 60 C3 or C4.", *_line("middle c4", "middle C4")),
    code(
        "E254",
        "not a change of tempo",
        """A tempo is a number; a ramp says where it goes and, in a cue, over what: 120 -> 132 over 4 bars. In a
        section's head a ramp lasts the section.""",
        *_action("tempo 120 -> 132", "tempo 120 -> 132 over 4 bars"),
    ),
    code(
        "E255",
        "not an order to play",
        "`play` holds the names of sections, apart by blanks; *2 plays one twice in total.",
        'clock 120 bpm\nsection a 4 bars {\n  at 1 "A tram waits."\n}\nplay a, a\n',
        'clock 120 bpm\nsection a 4 bars {\n  at 1 "A tram waits."\n}\nplay a a\n',
    ),
    code(
        "E258",
        "not a cut",
        "A cut is `cut`, or `cut seed N` for a take with a seed of its own.",
        "score: Night tram\ncues:\n  - {at: 0c, prompt: A tram waits.}\n  - {at: 4c, cut: 99, prompt: An empty stop.}\n",
        "score: Night tram\ncues:\n  - {at: 0c, prompt: A tram waits.}\n  - {at: 4c, cut: seed 99, prompt: An empty stop.}\n",
        yaml=True,
    ),
    code(
        "E259",
        "not something to send to gear",
        """`midi` sends a note, a controller's value or a program: midi note C3 ch 10 vel 100 for 1 beat, midi cc 20 64 ch 1,
        midi program 5. Channel, velocity and length may be left out.""",
        *_action("midi cc 20 > 64", "midi cc 20 64"),
    ),
    code(
        "E260",
        "no such velocity",
        "A note's velocity goes from 1 to 127: with 0 it would be let go of, not played.",
        *_action("midi note C3 vel 0", "midi note C3 vel 1"),
    ),
)
