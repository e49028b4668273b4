"""E101–E117: statements, quotes and braces."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, code

CODES: tuple[Code, ...] = (
    code(
        "E101",
        "no statement begins with this word",
        """A line begins with the word of its statement: score, clock, grid, snap, lead, late, seed, sr, middle, use, let,
        scene, section, at, every, on, play or end. Anything else is most often a slip of the keyboard.""",
        """
scor "Night tram"
at 0c "A tram waits at an empty stop."
""",
        """
score "Night tram"
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E102",
        "something else was expected here",
        """The statement is understood up to the caret; what stands there cannot follow. The message says what can.""",
        """
at 0c "A tram waits at an empty stop." -> sr 4x
""",
        """
at 0c "A tram waits at an empty stop.", sr 4x
""",
    ),
    code(
        "E103",
        "the statement stops too early",
        """Something that belongs to the statement is missing at its end. A statement ends with its line, unless the line
        ends with a comma or an arrow.""",
        """
score
at 0c "A tram waits at an empty stop."
""",
        """
score "Night tram"
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E104",
        "two statements on one line",
        "Each statement has a line of its own, so that every message and every change has a line to point at.",
        """
seed 42 sr 4x
at 0c "A tram waits at an empty stop."
""",
        """
seed 42
sr 4x
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E105",
        "a text without its closing quote",
        """A text in single double-quotes ends on the line where it begins. A text over several lines is written between
        three quotes on either side.""",
        """
at 0c "A tram waits at an empty stop.
""",
        """
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E106",
        "a text without its closing three quotes",
        "What begins with three quotes ends with three quotes; until then everything belongs to the text.",
        '''
at 0c """A tram waits
  at an empty stop.
''',
        '''
at 0c """A tram waits
  at an empty stop."""
''',
    ),
    code(
        "E107",
        "typographic quotes",
        """Texts stand in plain double quotes. Word processors and chat programs turn plain quotes into curved ones; a score
        pasted from there brings them along.""",
        """
at 0c “A tram waits at an empty stop.”
""",
        """
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E108",
        "single quotes around a text",
        "Texts stand in double quotes, so that an apostrophe inside needs no care.",
        """
at 0c 'A tram waits at an empty stop.'
""",
        """
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E109",
        "another language's comment",
        "A comment begins with # at the beginning of a line or behind a blank.",
        """
// the opening
at 0c "A tram waits at an empty stop."
""",
        """
# the opening
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E110",
        "a quote inside a text ends it early",
        "A quote ends the text. One that belongs to the text has a backslash in front of it.",
        """
at 0c "A sign says "Closed" above the door."
""",
        r"""
at 0c "A sign says \"Closed\" above the door."
""",
    ),
    code(
        "E111",
        "a block without its closing brace",
        """A section or a scene goes from { to }. Where the closing brace is missing the block is taken to end where the
        next one begins, or where the lines are no longer indented.""",
        """
clock 120 bpm
section intro 8 bars {
  at 1 "A tram waits at an empty stop."
section ride 8 bars {
  at 1 "The tram rolls on."
}
""",
        """
clock 120 bpm
section intro 8 bars {
  at 1 "A tram waits at an empty stop."
}
section ride 8 bars {
  at 1 "The tram rolls on."
}
""",
    ),
    code(
        "E112",
        "a closing brace too many",
        "No block is open here, so there is nothing to close.",
        """
clock 120 bpm
section intro 8 bars {
  at 1 "A tram waits at an empty stop."
}
}
""",
        """
clock 120 bpm
section intro 8 bars {
  at 1 "A tram waits at an empty stop."
}
""",
    ),
    code(
        "E113",
        "a block without its opening brace",
        "The lines of a section or a scene stand between { and }; the opening one ends the block's first line.",
        """
clock 120 bpm
section intro 8 bars
  at 1 "A tram waits at an empty stop."
}
""",
        """
clock 120 bpm
section intro 8 bars {
  at 1 "A tram waits at an empty stop."
}
""",
    ),
    code(
        "E114",
        "an opening brace on a line of its own",
        "The opening brace stands at the end of the block's first line, because a statement ends with its line.",
        """
clock 120 bpm
section intro 8 bars
{
  at 1 "A tram waits at an empty stop."
}
""",
        """
clock 120 bpm
section intro 8 bars {
  at 1 "A tram waits at an empty stop."
}
""",
    ),
    code(
        "E115",
        "a header line said twice",
        "Each header line stands at most once: of two that differ nobody could say which counts.",
        """
seed 42
seed 43
at 0c "A tram waits at an empty stop."
""",
        """
seed 43
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E116",
        "a statement that cannot stand in a section",
        "A section holds cues (at, every) and rules (on). Everything else is said for the whole score, outside of sections.",
        """
clock 120 bpm
section intro 8 bars {
  at 1 "A tram waits. {light}"
  let light = "Wet neon light."
}
""",
        """
clock 120 bpm
let light = "Wet neon light."
section intro 8 bars {
  at 1 "A tram waits. {light}"
}
""",
    ),
    code(
        "E117",
        "an action without a place",
        "What happens needs to know when: every action stands behind `at PLACE`, `every LENGTH` or `on TRIGGER ->`.",
        """
"A tram waits at an empty stop."
""",
        """
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E119",
        "a statement that cannot stand in a scene",
        "A scene is a family of prompts: it holds base, follow and quiet, and knows nothing of time.",
        """
scene tram {
  base "A tram waits at an empty stop."
  at 4c "The tram rolls on."
}
at 0c tram
""",
        """
scene tram {
  base "A tram waits at an empty stop."
}
at 0c tram
at 4c "The tram rolls on."
""",
    ),
    code(
        "E120",
        "a scene's line outside of a scene",
        "base, follow and quiet belong to a scene, which gives them their name.",
        """
base "A tram waits at an empty stop."
at 0c tram
""",
        """
scene tram {
  base "A tram waits at an empty stop."
}
at 0c tram
""",
    ),
    code(
        "E121",
        "a scene with two texts of one kind",
        "A scene has one base and one follow; a second one would hide the first.",
        """
scene tram {
  base "A tram waits at an empty stop."
  base "A tram waits in the rain."
}
at 0c tram
""",
        """
scene tram {
  base "A tram waits in the rain."
}
at 0c tram
""",
    ),
    code(
        "E122",
        "an empty scene",
        "A scene is there to be shown, so it has a base, a follow, or both.",
        """
scene tram {
}
at 0c "A tram waits at an empty stop."
""",
        """
scene tram {
  base "A tram waits at an empty stop."
}
at 0c tram
""",
    ),
)
