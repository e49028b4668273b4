"""Invalid YAML scores with one mistake each:

(name, text). Their messages are stored in a golden file.
"""

HEAD = "clock: 120 bpm, 4/4\n"
"""The beginning of most of them."""

MISTAKES: tuple[tuple[str, str], ...] = (
    ("a comma in a position", HEAD + 'cues:\n  - {at: 9,3, prompt: "Rain."}\n'),
    ("a comma in a position, on its own line", HEAD + "cues:\n  - at: 9,3\n    prompt: Rain.\n"),
    (
        "a comma in a text without quotes",
        HEAD + "cues:\n  - {at: 1, prompt: Rain, then snow, then sun.}\n",
    ),
    (
        "a brace not closed",
        HEAD + 'cues:\n  - {at: 1, prompt: "Rain."\n  - {at: 3, prompt: "Snow."}\n',
    ),
    (
        "a bracket not closed",
        HEAD + "sections:\n  - section: jam\n    until: [go on, note C3\n    max: 8 bars\n",
    ),
    ("a brace too many", HEAD + 'cues:\n  - at: 1\n    prompt: "Rain."\n}\n'),
    (
        "bars without a number",
        HEAD + "sections:\n  - section: intro bars\n    cues: [{at: 1, prompt: Rain.}]\n",
    ),
    ("a bare number of minutes", HEAD + "cues:\n  - {at: 1:30, prompt: Rain.}\n"),
    ("a misspelled key at the top", "clokc: 120 bpm, 4/4\ncues:\n  - {at: 1, prompt: Rain.}\n"),
    ("a misspelled key in a cue", HEAD + "cues:\n  - {at: 1, promt: Rain.}\n"),
    ("a misspelled position", HEAD + "cues:\n  - {att: 1, prompt: Rain.}\n"),
    (
        "a misspelled key in a section",
        HEAD + "sections:\n  - section: intro 4 bars\n    cue: [{at: 1, prompt: Rain.}]\n",
    ),
    ("a key at the wrong level", HEAD + "cues:\n  - {at: 1, prompt: Rain., cues: 3}\n"),
    ("a seed in a cue", HEAD + "cues:\n  - {at: 1, seed: 5, prompt: Rain.}\n"),
    ("a seed of minus one", "seed: -1\ncues:\n  - {at: 0c, prompt: Rain.}\n"),
    (
        "a live section without max",
        HEAD
        + "sections:\n  - section: jam\n    until: go on\n    cues: [{at: 1, prompt: Rain.}]\n",
    ),
    (
        "max without until",
        HEAD
        + (
            "sections:\n  - section: jam 4 bars\n    max: 8 bars\n    cues: "
            "[{at: 1, prompt: Rain.}]\n"
        ),
    ),
    (
        "a section without a length",
        HEAD + "sections:\n  - section: jam\n    cues: [{at: 1, prompt: Rain.}]\n",
    ),
    (
        "a length as a key",
        HEAD + "sections:\n  - section: jam\n    bars: 4\n    cues: [{at: 1, prompt: Rain.}]\n",
    ),
    (
        "a length and until",
        HEAD + "sections:\n  - section: jam 4 bars\n    until: go on\n    max: 8 bars\n",
    ),
    (
        "an option not known",
        HEAD + "sections:\n  - section: jam 4 bars, temp 120\n    cues: [{at: 1, prompt: Rain.}]\n",
    ),
    (
        "no comma in a head",
        HEAD
        + "sections:\n  - section: jam 4 bars cut seed 9\n    cues: [{at: 1, prompt: Rain.}]\n",
    ),
    (
        "a scene and its text in one",
        HEAD
        + (
            'scenes: {tram: {base: A tram., follow: "{action}"}}\ncues:\n  - at: 1\n    show: '
            "tram, It goes.\n"
        ),
    ),
    (
        "a scene and its text as in the other notation",
        HEAD + 'cues:\n  - {at: 1, show: tram "It goes."}\n',
    ),
    ("an action without a scene", HEAD + "cues:\n  - {at: 1, action: It goes.}\n"),
    ("typographic quotes", HEAD + "cues:\n  - {at: 1, prompt: “Rain.”}\n"),
    (
        "an unclosed text",
        HEAD + 'cues:\n  - {at: 1, prompt: "Rain.}\n  - {at: 2, prompt: "Snow."}\n',
    ),
    ("a quote inside a text", HEAD + 'cues:\n  - at: 1\n    prompt: "She says "no" and goes."\n'),
    ("an escape that does not exist", HEAD + 'cues:\n  - {at: 1, prompt: "Rain.\\qSnow."}\n'),
    ("a variable with a space", HEAD + 'cues:\n  - {at: 1, prompt: "A {red sun}."}\n'),
    (
        "a lone brace in a folded text",
        HEAD + "cues:\n  - at: 1\n    prompt: >\n      The rain\n      falls } down\n",
    ),
    (
        "a text that begins with a variable",
        HEAD + "let: {sun: A red sun}\ncues:\n  - at: 1\n    prompt: {sun} rises.\n",
    ),
    (
        "a text that is a variable",
        HEAD + "let: {sun: A red sun}\ncues:\n  - at: 1\n    prompt: {sun}\n",
    ),
    ("a colon in a text", HEAD + "cues:\n  - at: 1\n    prompt: Suddenly: rain.\n"),
    ("a colon in a text inside braces", HEAD + "cues:\n  - {at: 1, prompt: Suddenly: rain.}\n"),
    ("a tab", HEAD + "cues:\n\t- {at: 1, prompt: Rain.}\n"),
    ("a character that opens nothing", HEAD + "cues:\n  - at: 1\n    prompt: @home in the rain\n"),
    ("a text that begins with a percent", HEAD + "cues:\n  - at: 1\n    prompt: %rain\n"),
    ("a comment of another language", HEAD + "// rain\ncues:\n  - {at: 1, prompt: Rain.}\n"),
    ("a key twice", HEAD + "cues:\n  - {at: 1, prompt: Rain., prompt: Snow.}\n"),
    ("a header key twice", HEAD + "seed: 1\nseed: 2\ncues:\n  - {at: 1, prompt: Rain.}\n"),
    (
        "an anchor and an alias",
        HEAD + "let: {sun: &sun A red sun}\ncues:\n  - {at: 1, prompt: *sun}\n",
    ),
    ("a tag", HEAD + "cues:\n  - {at: 1, prompt: !!str Rain.}\n"),
    ("a merged mapping", HEAD + "cues:\n  - {<<: {at: 1}, at: 1, prompt: Rain.}\n"),
    ("a list where a value belongs", HEAD + "cues:\n  - {at: [1, 2], prompt: Rain.}\n"),
    ("a mapping where a list belongs", HEAD + "cues: {at: 1, prompt: Rain.}\n"),
    ("a text where a cue belongs", HEAD + "cues:\n  - Rain.\n"),
    ("nothing after a key", HEAD + "cues:\n  - at: 1\n    prompt:\n"),
    ("a position and a step", HEAD + "cues:\n  - {at: 1, every: 4 bars, prompt: Rain.}\n"),
    ("a cue among rules", HEAD + "rules:\n  - {at: 1, prompt: Rain.}\n"),
    ("a rule without a trigger", HEAD + "rules:\n  - {prompt: Rain.}\n"),
    ("a cue without a position", HEAD + "cues:\n  - {prompt: Rain.}\n  - prompt: Snow.\n"),
    ("a cue without an action", HEAD + "cues:\n  - {at: 1}\n"),
    ("a pause in a cue", HEAD + "cues:\n  - {at: 1, prompt: Rain., do: pause}\n"),
    ("a word that does not exist", HEAD + "rules:\n  - {when: go on, do: stop}\n"),
    (
        "a comparison that does not exist",
        HEAD + 'rules:\n  - {when: "cc 20 >= 64", prompt: Rain.}\n',
    ),
    ("an indentation that fits nothing", HEAD + "cues:\n  - at: 1\n    prompt: Rain.\n   sr: 4x\n"),
    ("no space after the colon", HEAD + "seed:5\ncues:\n  - {at: 1, prompt: Rain.}\n"),
    ("no colon", HEAD + "seed 5\ncues:\n  - {at: 1, prompt: Rain.}\n"),
    ("the text notation in a YAML file", 'score "Night tram"\nclock 120 bpm, 4/4\n'),
    ("a list as the whole", "- {at: 1, prompt: Rain.}\n"),
    ("nothing", ""),
    ("only a comment", "# later\n"),
    ("two documents", HEAD + "cues:\n  - {at: 1, prompt: Rain.}\n---\nseed: 1\n"),
    ("a scene without texts", HEAD + "scenes: {tram: {}}\ncues:\n  - {at: 1, prompt: Rain.}\n"),
    ("a scene as a text", HEAD + "scenes: {tram: A tram.}\ncues:\n  - {at: 1, prompt: Rain.}\n"),
    (
        "a variable that is drawn",
        HEAD + "let: {sun: {pick: [A, B]}}\ncues:\n  - {at: 1, prompt: Rain.}\n",
    ),
    ("a title over two lines", "score: |\n  Night\n  tram\ncues:\n  - {at: 0c, prompt: Rain.}\n"),
    (
        "many at once",
        (
            "clock: 120\nseed: -1\nsr: 3x\ncues:\n  - {at: 0.3, promt: Rain.}\n  - "
            "{att: 1, prompt: '{'}\n"
        ),
    ),
    ("far too deep", "cues: " + "[" * 50 + "]" * 50 + "\n"),
)
