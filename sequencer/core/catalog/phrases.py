"""E124–E161: commas, arrows, brackets and the words between them."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, Example, code

LONG_LINE = 'at 0c "' + "word " * 40_001 + '"\n'
MANY_FAULTS = "no\n" * 401
START = 'at 0c "A tram waits at an empty stop."\n'

CODES: tuple[Code, ...] = (
    code(
        "E124",
        "two prompts: a scene and a text behind a comma",
        """A scene with a comma and a text behind it are two prompts for one chunk, and the model shows one. Without the
        comma the text is the scene's action: it goes where the scene's follow says {action}.""",
        """
scene tram {
  base "A tram waits at an empty stop."
  follow "The tram remains at the stop. {action}"
}
at 0c tram
at 4c tram, "Its doors open."
""",
        """
scene tram {
  base "A tram waits at an empty stop."
  follow "The tram remains at the stop. {action}"
}
at 0c tram
at 4c tram "Its doors open."
""",
    ),
    code(
        "E125",
        "a colon behind a place",
        "The place ends with a blank. (In the YAML notation the colon stands behind the word `at`.)",
        """
at 0c: "A tram waits at an empty stop."
""",
        START,
    ),
    code(
        "E128",
        "no comma between two actions",
        "The actions of one cue stand apart by commas.",
        """
at 0c "A tram waits at an empty stop." cut seed 7
""",
        """
at 0c "A tram waits at an empty stop.", cut seed 7
""",
    ),
    code(
        "E129",
        "a comma with nothing on one side",
        "A comma stands between two things of one kind. Behind a place there is none, and none at the end.",
        """
at 0c, "A tram waits at an empty stop."
""",
        START,
    ),
    code(
        "E131",
        "no word of the language",
        "The statement would be understood with the word that the message proposes.",
        """
at 0c "A tram waits at an empty stop.", strenght 0.5
""",
        """
at 0c "A tram waits at an empty stop.", strength 0.5
""",
    ),
    code(
        "E132",
        "a variable without its equals sign",
        'A variable is written: let NAME = "…".',
        """
let light "Wet neon light."
at 0c "A tram waits. {light}"
""",
        """
let light = "Wet neon light."
at 0c "A tram waits. {light}"
""",
    ),
    code(
        "E133",
        "a seed in the middle of a take",
        """The model reads its seed once, when a take starts. To go on with another one start a new take: a cut, whose
        gap a run measures.""",
        """
at 0c "A tram waits at an empty stop."
at 4c seed 99, "An empty stop at dawn."
""",
        """
at 0c "A tram waits at an empty stop."
at 4c cut seed 99, "An empty stop at dawn."
""",
    ),
    code(
        "E134",
        "no arrow between a trigger and its actions",
        "A rule is written: on TRIGGER -> action, action.",
        """
at 0c "A tram waits at an empty stop."
on note C3: sr 4x
""",
        """
at 0c "A tram waits at an empty stop."
on note C3 -> sr 4x
""",
    ),
    code(
        "E135",
        "no comma behind a section's length",
        "What is said of a section stands apart by commas: its length, then tempo, meter, cut or max.",
        """
clock 120 bpm
section ride 8 bars tempo 132 {
  at 1 "The tram rolls on."
}
""",
        """
clock 120 bpm
section ride 8 bars, tempo 132 {
  at 1 "The tram rolls on."
}
""",
    ),
    code(
        "E136",
        "a section that says one thing twice",
        "A section has one tempo, one meter, one cut, one max.",
        """
clock 120 bpm
section ride 8 bars, tempo 132, tempo 140 {
  at 1 "The tram rolls on."
}
""",
        """
clock 120 bpm
section ride 8 bars, tempo 132 -> 140 {
  at 1 "The tram rolls on."
}
""",
    ),
    code(
        "E137",
        "a live section without its longest length",
        """A live section waits for somebody. `max` says when it ends if nobody comes: there is always a way out, also
        when a cable has come loose.""",
        """
clock 120 bpm
section jam until go out {
  at 1 "The tram stands still."
}
""",
        """
clock 120 bpm
section jam until go out, max 32 bars {
  at 1 "The tram stands still."
}
""",
    ),
    code(
        "E138",
        "max in a section of fixed length",
        "`max` is the way out of a live section; a section of fixed length ends by itself.",
        """
clock 120 bpm
section ride 8 bars, max 16 bars {
  at 1 "The tram rolls on."
}
""",
        """
clock 120 bpm
section ride 8 bars {
  at 1 "The tram rolls on."
}
""",
    ),
    code(
        "E139",
        "a section that does not say how long it is",
        "A section has a length behind its name, or `until` and a trigger.",
        """
clock 120 bpm
section ride {
  at 1 "The tram rolls on."
}
""",
        """
clock 120 bpm
section ride 8 bars {
  at 1 "The tram rolls on."
}
""",
    ),
    code(
        "E140",
        "brackets or bars of a pick",
        'What is picked from stands in round brackets, the texts apart by |: pick("…" | "…").',
        """
at 0c pick("A tram waits.", "A bus waits.")
""",
        """
at 0c pick("A tram waits." | "A bus waits.")
""",
    ),
    code(
        "E141",
        "pause, resume or goto outside of a rule",
        """A score's own time does not stop, so a pause at a place would have no end. These three answer to a trigger:
        they stand in a rule.""",
        """
at 0c "A tram waits at an empty stop."
at 4c pause
""",
        """
at 0c "A tram waits at an empty stop."
on go rest -> pause
on go on -> resume
""",
    ),
    code(
        "E142",
        "a name in quotes",
        "Texts have quotes, names have none.",
        """
clock 120 bpm
section "night ride" 8 bars {
  at 1 "The tram rolls on."
}
""",
        """
clock 120 bpm
section night-ride 8 bars {
  at 1 "The tram rolls on."
}
""",
    ),
    code(
        "E143",
        "a text without quotes",
        "Texts, titles and paths stand in quotes; words without them are names and numbers.",
        """
at 0c A tram waits at an empty stop.
""",
        START,
    ),
    code(
        "E146",
        "a control character",
        """Characters that cannot be seen (other than the tab and the end of a line) come from copying or from a damaged
        file, and would make two lines that look the same differ.""",
        Example('at 0c "A tram\x07waits."\n', shown='at 0c "A tram␇waits."\n'),
        'at 0c "A tram waits."\n',
    ),
    code(
        "E147",
        "no blank before a comment",
        "A comment's # has white space in front of it: so the note F#3 needs no quotes.",
        """
at 0c "A tram waits at an empty stop."# the opening
""",
        """
at 0c "A tram waits at an empty stop." # the opening
""",
    ),
    code(
        "E148",
        "a line that is far too long",
        "Lines have at most 200,000 characters. A longer one is most often not a score at all.",
        Example(LONG_LINE, shown='at 0c "word word word … (200,005 characters in all)"\n'),
        START,
    ),
    code(
        "E149",
        "a value that is far too long",
        "No place, length, number or trigger has more than 200 characters.",
        Example("seed " + "1" * 201 + "\n" + START, shown="seed 1111111111… (201 digits)\n" + START),
        "seed 1111111111\n" + START,
    ),
    code(
        "E150",
        "no code of advice",
        "`quiet` switches advice off for its scene; it takes the codes that `check` shows, from W601 on.",
        """
scene tram {
  base "A tram waits at an empty stop."
  quiet camera
}
at 0c tram
""",
        """
scene tram {
  base "A tram waits at an empty stop."
  quiet W604
}
at 0c tram
""",
    ),
    code(
        "E151",
        "an empty score",
        "A score has at least one prompt: the model does not start without one.",
        """
# nothing yet
""",
        START,
    ),
    code(
        "E152",
        "too many faults",
        "After 400 statements that could not be read the rest is left alone: this is likely no score.",
        Example(MANY_FAULTS, shown="no\nno\nno\n… (401 such lines)\n"),
        START,
    ),
    code(
        "E153",
        "pick where one text belongs",
        """A variable, a base and a follow are one text each. What is drawn is drawn where a prompt is shown, because the
        draw depends on the place.""",
        """
let weather = pick("Rain." | "Snow.")
at 0c "A tram waits. {weather}"
""",
        """
at 0c pick("A tram waits. Rain." | "A tram waits. Snow.")
""",
    ),
    code(
        "E154",
        "play or end said twice",
        "A score is played in one order and ends once.",
        """
at 0c "A tram waits at an empty stop."
end 8c
end 16c
""",
        """
at 0c "A tram waits at an empty stop."
end 16c
""",
    ),
    code(
        "E157",
        "a sign between a word and its value",
        "A word and its value stand apart by a blank; only `let` has an equals sign.",
        """
seed = 42
at 0c "A tram waits at an empty stop."
""",
        """
seed 42
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E158",
        "a sign that ends no statement",
        "A statement ends with its line; nothing else is needed.",
        """
at 0c "A tram waits at an empty stop.";
""",
        """
at 0c "A tram waits at an empty stop."
""",
    ),
    code(
        "E159",
        "a blank that is not a plain one",
        "Non-breaking and other special blanks look like a blank and are none. They come from web pages and word processors.",
        Example('at 0c\u00a0"A tram waits at an empty stop."\n'),
        START,
    ),
    code(
        "E160",
        "a cut's seed without its word",
        "A cut with a seed of its own is written: cut seed 99.",
        """
at 0c "A tram waits at an empty stop."
at 4c cut 99, "An empty stop at dawn."
""",
        """
at 0c "A tram waits at an empty stop."
at 4c cut seed 99, "An empty stop at dawn."
""",
    ),
    code(
        "E161",
        "at, every or end without a place or a length",
        "Behind `at` and `end` stands a place, behind `every` a length.",
        """
at "A tram waits at an empty stop."
""",
        START,
    ),
    code(
        "E162",
        "an action without its value",
        "`strength`, `sr`, `tempo` and most other actions set a value, which stands behind the word.",
        'at 0c "A tram waits."\nat 4c sr\n',
        'at 0c "A tram waits."\nat 4c sr 4x\n',
    ),
)
