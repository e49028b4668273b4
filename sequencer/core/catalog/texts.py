"""E270–E276: the content of a text."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, Example, code

LONG = "word " * 20_001

CODES: tuple[Code, ...] = (
    code(
        "E270",
        "a brace that stands alone",
        "In a text braces hold a variable. A brace that belongs to the text is written twice.",
        'at 0c "A sign shows a single { above the door."\n',
        'at 0c "A sign shows a single {{ above the door."\n',
    ),
    code(
        "E271",
        "not a variable's name",
        "Between braces stands a variable's name and nothing else: no blanks, no calculation. Nothing in a score is executed.",
        'let light = "Wet neon light."\nat 0c "A tram waits. { light }"\n',
        'let light = "Wet neon light."\nat 0c "A tram waits. {light}"\n',
    ),
    code(
        "E272",
        "a backslash before something that needs none",
        r"""In a text \" is a quote and \\ a backslash. There is no \n: a prompt is one paragraph.""",
        r'at 0c "A tram waits.\nIt rains."' + "\n",
        'at 0c "A tram waits. It rains."\n',
    ),
    code(
        "E274",
        "a control character in a text",
        "YAML can write any character by its number. Control characters mean nothing to the model and hide in every display.",
        'cues:\n  - {at: 0c, prompt: "A tram\\x07waits."}\n',
        'cues:\n  - {at: 0c, prompt: "A tram waits."}\n',
        yaml=True,
    ),
    code(
        "E275",
        "three quotes where one line belongs",
        "Titles, paths and ports are one line each; three quotes are for prompts.",
        'score """Night tram"""\nat 0c "A tram waits."\n',
        'score "Night tram"\nat 0c "A tram waits."\n',
    ),
    code(
        "E276",
        "a text that is far too long",
        "A text has at most 100,000 characters and 1,000 variables; the model reads a few hundred words.",
        Example(f'at 0c """{LONG}"""\n', shown='at 0c """word word word … (100,005 characters in all)"""\n'),
        'at 0c "A tram waits."\n',
    ),
)
