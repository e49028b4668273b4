"""E301–E326 and W101–W305: names that refer to something, and what a cue or a rule can contain."""

from __future__ import annotations

from sequencer.core.catalog.record import Code, Example, File, code

START = 'at 0c "A tram waits at an empty stop."\n'
TRAM = 'scene tram {\n  base "A tram waits."\n  follow "The tram waits. {action}"\n}\n'
SECTION = 'section ride 8 bars {\n  at 1 "The tram rolls on."\n}\n'
LONG_LET = 'let a = "' + "word " * 1_000 + '"\n'

CODES: tuple[Code, ...] = (
    code(
        "E301",
        "a variable said twice",
        "A variable has one text for the whole score, used files included; another text needs another name.",
        'let light = "Neon."\nlet light = "Dusk."\nat 0c "A tram waits. {light}"\n',
        'let light = "Neon."\nlet late_light = "Dusk."\nat 0c "A tram waits. {light}"\nat 4c "The tram waits. {late_light}"\n',
    ),
    code(
        "E302",
        "a variable called action",
        "In a scene's follow {action} is what the cue says; a variable of that name could never be reached there.",
        'let action = "It rains."\n' + START,
        'let rain = "It rains."\nat 0c "A tram waits. {rain}"\n',
    ),
    code(
        "E303",
        "a scene said twice",
        "A scene is told by its name, used files included; another family of prompts needs another name.",
        TRAM + 'scene tram {\n  base "A bus waits."\n}\nat 0c tram\n',
        TRAM + 'scene bus {\n  base "A bus waits."\n}\nat 0c tram\nat 4c bus\n',
    ),
    code(
        "E304",
        "a text that grows too long",
        """With its variables filled in a text has at most 20,000 characters, so that variables which use variables
        cannot fill the memory. The model reads far less.""",
        Example(
            LONG_LET + 'at 0c "{a}{a}{a}{a}{a}"\n',
            shown='let a = "word word … (5,000 characters)"\nat 0c "{a}{a}{a}{a}{a}"\n',
        ),
        'let a = "word word"\nat 0c "{a}"\n',
    ),
    code(
        "E305",
        "{action} outside of a follow",
        "{action} is filled with what a cue writes behind a scene's name; elsewhere there is nothing to fill it with.",
        'at 0c "A tram waits. {action}"\n',
        TRAM + 'at 0c tram\nat 4c tram "Its doors open."\n',
    ),
    code(
        "E306",
        "a variable used above its definition",
        "A variable may use those above it; so none can need itself.",
        'let scene_light = "Dusk. {haze}"\nlet haze = "Soft haze."\nat 0c "A tram waits. {scene_light}"\n',
        'let haze = "Soft haze."\nlet scene_light = "Dusk. {haze}"\nat 0c "A tram waits. {scene_light}"\n',
    ),
    code(
        "E307",
        "an unknown variable",
        "Braces hold the name of a variable of this score or of a file that it uses. A brace of the text is written twice.",
        'let light = "Wet neon light."\nat 0c "A tram waits. {ligt}"\n',
        'let light = "Wet neon light."\nat 0c "A tram waits. {light}"\n',
    ),
    code(
        "E308",
        "an unknown scene",
        "A name at the place of a prompt is a scene of this score or of a file that it uses. A text stands in quotes.",
        TRAM + "at 0c trm\n",
        TRAM + "at 0c tram\n",
    ),
    code(
        "E309",
        "a scene without a base",
        "Alone a scene's name shows its base.",
        'scene tram {\n  follow "The tram waits. {action}"\n}\nat 0c tram\n',
        'scene tram {\n  base "A tram waits."\n  follow "The tram waits. {action}"\n}\nat 0c tram\n',
    ),
    code(
        "E310",
        "a scene without a follow",
        "With a text behind it a scene's name shows its follow, the text being its {action}.",
        'scene tram {\n  base "A tram waits."\n}\nat 0c tram\nat 4c tram "Its doors open."\n',
        TRAM + 'at 0c tram\nat 4c tram "Its doors open."\n',
    ),
    code(
        "E311",
        "an empty prompt",
        "The model refuses an empty prompt.",
        'at 0c ""\n',
        START,
    ),
    code(
        "E312",
        "a note that MIDI does not have",
        "With middle C called C4 the notes go from C-1 to G9, with C3 (the default) from C-2 to G8.",
        "middle C4\n" + START + "on note C-2 -> sr 4x\n",
        "middle C4\n" + START + "on note C-1 -> sr 4x\n",
    ),
    code(
        "E313",
        "a cue outside of the sections",
        "Places count within their section; in a score with sections a cue outside of them would have nothing to count from.",
        "clock 120 bpm\n" + SECTION + START,
        'clock 120 bpm\nsection ride 8 bars {\n  at 1 "The tram rolls on."\n  at 5 "The tram waits at an empty stop."\n}\n',
    ),
    code(
        "E314",
        "an end in a score with sections",
        "Sections have lengths, so the score ends where the last one does.",
        "clock 120 bpm\n" + SECTION + "end 9\n",
        "clock 120 bpm\n" + SECTION,
    ),
    code(
        "E315",
        "a section said twice",
        "`play` and `goto` find a section by its name. To hear it twice play it twice.",
        "clock 120 bpm\n" + SECTION + SECTION,
        "clock 120 bpm\n" + SECTION + "play ride*2\n",
    ),
    code(
        "E316",
        "a change of tempo or meter in an every",
        "Tempo and meter change at one place; repeating the change would change nothing, or move the repetitions themselves.",
        'clock 120 bpm\nat 1 "A tram waits."\nevery 4 bars tempo 90\nend 17\n',
        'clock 120 bpm\nat 1 "A tram waits."\nat 5 tempo 90\nend 17\n',
    ),
    code(
        "E317",
        "a mark in an every",
        "A mark names one place.",
        'clock 120 bpm\nevery 4 bars mark pulse, "A tram waits."\nend 17\n',
        'clock 120 bpm\nat 1 mark pulse, "A tram waits."\nend 17\n',
    ),
    code(
        "E319",
        "a cue that says one thing twice",
        "A cue has one prompt, one image, one strength, one sr, one cut: of two only one could act.",
        'at 0c "A tram waits.", "A bus waits."\n',
        'at 0c "A tram waits."\nat 4c "A bus waits."\n',
    ),
    code(
        "E320",
        "an action that belongs to a place, in a rule",
        "A rule acts when its trigger fires, wherever that is: it has no place whose tempo, meter, mark or snap could change.",
        START + "on go up -> tempo 140\n",
        'clock 120 bpm\nat 1 "A tram waits at an empty stop."\nat 5 tempo 140\n',
    ),
    code(
        "E321",
        "a cut in a rule without a prompt",
        "A cut starts the model anew, and the model starts with a prompt.",
        START + "on go new -> cut\n",
        START + 'on go new -> cut, "An empty stop at dawn."\n',
    ),
    code(
        "E322",
        "an unknown section",
        "`play` and `goto` name sections of this score.",
        "clock 120 bpm\n" + SECTION + "play rid\n",
        "clock 120 bpm\n" + SECTION + "play ride\n",
    ),
    code(
        "E323",
        "an order without sections",
        "Without sections there is nothing to order: the score plays from its start to its end.",
        START + "play ride\n",
        START,
    ),
    code(
        "E324",
        "too many passes",
        "A score plays at most 10,000 sections: more is a slip.",
        "clock 120 bpm\n" + SECTION + "play ride*6000 ride*6000\n",
        "clock 120 bpm\n" + SECTION + "play ride*6\n",
    ),
    code(
        "E325",
        "a goto to a section that is never played",
        "`goto` goes on with the next pass of a section in `play`; one that `play` does not hold has no pass.",
        "clock 120 bpm\n"
        + SECTION
        + 'section rest 4 bars {\n  at 1 "The tram rests."\n}\non go back -> goto rest\nplay ride\n',
        "clock 120 bpm\n"
        + SECTION
        + 'section rest 4 bars {\n  at 1 "The tram rests."\n}\non go back -> goto rest\nplay ride rest\n',
    ),
    code(
        "E326",
        "an image that was not looked at",
        """A score that is read from a string has no folder, so its images cannot be looked at; a schedule needs each one's
        fingerprint.""",
        Example('at 0c image "tram.png", "A tram waits."\n', in_folder=False),
        Example(START, in_folder=False),
    ),
    code(
        "W101",
        "a used file with nothing to use",
        "`use` brings a file's variables and scenes. This one has neither.",
        'use "empty.score"\n' + START,
        START,
        files=(File("empty.score", b"seed 42\n"),),
    ),
    code(
        "W301",
        "a follow without {action}",
        "Every action of this scene would show the same prompt: what the cue says has no place in it.",
        'scene tram {\n  base "A tram waits."\n  follow "The tram waits."\n}\nat 0c tram\nat 4c tram "Its doors open."\n',
        TRAM + 'at 0c tram\nat 4c tram "Its doors open."\n',
    ),
    code(
        "W302",
        "a variable that nothing uses",
        "It may be left over, or its name misspelled where it was meant.",
        'let light = "Neon."\n' + START,
        'let light = "Neon."\nat 0c "A tram waits. {light}"\n',
    ),
    code(
        "W303",
        "a scene that nothing shows",
        "It may be left over, or its name misspelled where it was meant.",
        TRAM + START,
        TRAM + "at 0c tram\n",
    ),
    code(
        "W304",
        "two rules for one trigger",
        "Both act, in the order in which they stand; in one chunk the later wins.",
        START + "on note C3 -> sr 4x\non note C3 -> sr off\n",
        START + "on note C3 -> sr 4x\non note D3 -> sr off\n",
    ),
    code(
        "W305",
        "a section that is never played",
        "`play` names every section that is played; this one is not among them.",
        "clock 120 bpm\n" + SECTION + 'section rest 4 bars {\n  at 1 "The tram rests."\n}\nplay ride\n',
        "clock 120 bpm\n" + SECTION + 'section rest 4 bars {\n  at 1 "The tram rests."\n}\nplay ride rest\n',
    ),
)
