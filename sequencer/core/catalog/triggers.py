"""E225–E239: names and triggers."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, Example, code

START = 'at 0c "A tram waits at an empty stop."\n'


def _rule(wrong: str, cured: str) -> tuple[str, str]:
    """Return a score with a rule whose trigger is wrong, then fixed."""
    return f"{START}on {wrong} -> sr 4x\n", f"{START}on {cured} -> sr 4x\n"


CODES: tuple[Code, ...] = (
    code(
        "E225",
        "not a name",
        "A name begins with a letter; letters, digits and _ follow, parts may be joined by -.",
        'clock 120 bpm\nat 1 mark 2nd.half, "A tram waits."\n',
        'clock 120 bpm\nat 1 mark second-half, "A tram waits."\n',
    ),
    code(
        "E226",
        "a name that is too long",
        "Names have at most 100 characters, so that sheets and messages stay readable.",
        Example(
            f'clock 120 bpm\nat 1 mark {"a" * 101}, "A tram waits."\n',
            shown='clock 120 bpm\nat 1 mark aaaa… (101 letters), "A tram waits."\n',
        ),
        'clock 120 bpm\nat 1 mark a, "A tram waits."\n',
    ),
    code(
        "E227",
        "a scene called like an action",
        "In a cue the words of actions come first, so a scene of that name could never be shown.",
        """
scene image {
  base "A tram waits at an empty stop."
}
at 0c "A tram waits at an empty stop."
""",
        """
scene picture {
  base "A tram waits at an empty stop."
}
at 0c picture
""",
    ),
    code(
        "E230",
        "not a trigger",
        """A trigger is note C3, cc 20 > 64, program 5, start, stop, continue or go NAME. The first three may end with ch
        N, a channel from 1 to 16.""",
        *_rule("C3", "note C3"),
    ),
    code(
        "E231",
        "no such note",
        """A note is a letter from A to G, perhaps # or b, and its octave. MIDI has the notes 0 to 127; `middle` says
        which name note 60 has.""",
        *_rule("note H3", "note B3"),
    ),
    code("E232", "no such note number", "MIDI's notes go from 0 to 127.", *_rule("note 128", "note 127")),
    code(
        "E233",
        "no such channel",
        "MIDI's channels are counted from 1 to 16, as on the devices.",
        *_rule("note C3 ch 0", "note C3 ch 1"),
    ),
    code(
        "E234", "no such program", "Programs are counted from 1 to 128, as on most devices.", *_rule("program 0", "program 1")
    ),
    code("E235", "no such controller", "MIDI's controllers go from 0 to 127.", *_rule("cc 128 > 64", "cc 20 > 64")),
    code("E236", "no such controller value", "A controller's values go from 0 to 127.", *_rule("cc 20 > 200", "cc 20 > 100")),
    code(
        "E237",
        "a controller without its crossing",
        """A controller's rule fires as its value crosses a line: upwards with >, downwards with <. A comparison with "or equal"
        would be the same crossing one value on.""",
        *_rule("cc 20 >= 64", "cc 20 > 63"),
    ),
    code(
        "E238",
        "a trigger with too little or too much",
        "A note, a controller and a program have a number; start, stop and continue have nothing behind them.",
        *_rule("start now", "start"),
    ),
    code(
        "E239",
        "go without its word",
        "`go` takes a name of your own, which the operator says from a key or another shell.",
        *_rule("go", "go out"),
    ),
)
