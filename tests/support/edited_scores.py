"""Scores in the text notation, and changes of them as an author makes them in an editor."""

from __future__ import annotations

from random import Random

SCENES = """scene tram {
  base "A tram waits. Wide shot."
  follow "The tram waits. {action}"
}
scene cafe {
  base "A cafe at night."
  follow "In the cafe. {action} {light}"
}
"""

CALM = (
    'at {at} "A woman walks past window {n}. Shot {n}."',
    'at {at} tram "It turns {n}."',
    "at {at} tram",
    'at {at} cafe "She sits {n}; slowly."',
    "at {at} sr 4x",
    'at {at} mark m{n}, "Mark {n}."',
    "at {at} cut seed {n}, tram",
    "# a comment {n}",
    "",
    'at {at} "{{light}} on {n}."  # a remark',
    'at {at} """\n   block {n}\n   more\n  """',
    'at {at} "A road.",\n    sr 2x',
)
"""Statements with which a score of ascending positions is valid."""

PLAIN = (
    'at {at} "A woman walks past window {n}. Shot {n}."',
    'at {at} "A woman waits at door {n}."',
    'at {at} "The door {n} opens, then it closes."',
)
"""Prompts without a scene: more than six of them in a row give advice."""

RARE = (
    'at {at} pick("A lamp {n}." | "A door {n}.")',
    'at {at} shuffle("A lamp {n}." | "A door {n}.")',
    'every 2 bars from {n} "Rain {n}."',
    'at +1b "Later {n}."',
    'at {at} mark k{n}, "A mark."\nat mark k{n} +1b "After the mark."',
    "on go next{n} -> tram",
    "at {at} tempo 100",
    "at {at} meter 3/4",
    'at {at} "Fog {n}.", fade 2c',
    'at {at} snap floor, "Snow."',
    'at end -1 bar "The last."',
    'at end -1b "Nearly the end {n}."',
    "at end -1b sr 2x",
    'at {at} osc "/a" {n}',
    "at {at} midi note C3 for 1 beat",
    "at {at} strength 0.5",
    "at {at} cut",
)
"""Statements that depend on others, or that others depend on."""

WRONG = (
    'at {at} tran "x"',
    "at {at}\n  tram",
    'at {at} "A road,\n  and a lamp {n}."',
    'at {at} "unclosed',
    'at "no position"',
    "foo bar",
    "at {at} tram tram",
    "section z{n} 4 bars {{",
    "}}",
    "scene q{n} {{",
    'at {at} "x",',
    'at {at} 12 seconds "x"',
    'at {at} "{{nope}}"',
    '"""',
    'at {at} pick("a" |',
    "clock 100 bpm",
    "loop 4 {{",
    'at 4.9 "no such beat"',
    'at 999 "after the end"',
    "end 64c",
    "play s0 s1 s0",
    'let light = "again"',
    "on go x -> goto s1",
    "at {at} fade 2c",
    'use "nothing.score"',
    "at {at} \u00e9",
)
"""Statements that are wrong, or wrong in most places."""


def _statement(random: Random, kinds: tuple[str, ...], at: str) -> str:
    return random.choice(kinds).format(at=at, n=random.randint(0, 9999))


def _position(random: Random) -> str:
    bar = random.randint(1, 40)
    return f"{bar}.{random.randint(1, 4)}" if random.random() < 0.6 else str(bar)


def generate_score(random: Random) -> str:
    """Return a score, with or without sections. Many of them are valid."""
    is_calm = random.random() < 0.6
    usual = random.choice((CALM, CALM, PLAIN))
    lines = [
        'score "Edited"',
        random.choice(("clock 120 bpm, 4/4", "clock midi, 4/4, nominal 120 bpm")),
    ]
    lines += random.choice((["seed 3"], ["# no seed"], []))
    lines += ['let light = "Soft light."', *SCENES.split("\n")]

    def block(indent: str, count: int) -> None:
        for index in range(count):
            kinds = RARE if not is_calm and random.random() < 0.3 else usual
            lines.append(indent + _statement(random, kinds, str(3 * index + 3)))

    if random.random() < 0.65:
        sections = random.randint(1, 6)
        for number in range(sections):
            count = random.choice((0, 1, 3, 10, 40, 90))
            head = f"section s{number} {3 * count + 5} bars"
            if random.random() < 0.2:
                head += random.choice((", cut", ", cut seed 3", ", tempo 100"))
            if not is_calm and random.random() < 0.15:
                head = random.choice(
                    (
                        f"section s{number} like s0",
                        f"section s{number} until go out, max 40 bars",
                        f"section s{number} 200 bars, tempo 90 -> 110",
                    )
                )
            lines.append(f"{head} {{")
            lines += ['  at 1 "A road. Wide shot."'] if random.random() < 0.8 else []
            block("  ", count)
            lines += random.choice((["}"], ["}", ""], ["}  # end", "# between"]))
        if not is_calm and random.random() < 0.3:
            lines.append("play s0*2" + (" s1 s0" if sections > 1 else ""))
    else:
        lines.append('at 1 "A road. Wide shot."')
        block("", random.choice((1, 5, 70, 200)))
        lines += random.choice((["end 700"], []))
    return "\n".join(lines) + random.choice(("\n", "\n", ""))


def change(random: Random, text: str) -> str:
    """Return a text with one change: lines, words, the header, or any characters."""
    lines = text.split("\n")
    at = random.randrange(len(lines))
    if random.random() < 0.2:
        return _change_definition(random, lines)
    match random.randrange(10):
        case 0:
            lines.insert(at, "  " + _statement(random, CALM, _position(random)))
        case 1:
            lines.insert(at, "  " + _statement(random, RARE, _position(random)))
        case 2:
            lines.insert(at, "  " + _statement(random, WRONG, _position(random)))
        case 3:
            del lines[at : at + random.choice((1, 1, 1, 2, 5, 70))]
        case 4:
            lines[at] = "  " + _statement(random, CALM, _position(random))
        case 5:
            lines.insert(random.randrange(len(lines)), lines.pop(at))
        case 6:
            old, new = random.choice(
                (
                    ("waits", "stops"),
                    ("120 bpm", "100 bpm"),
                    ("120 bpm", "96 bpm"),
                    ("Soft", "Hard"),
                    ("{light}", "{lamp}"),
                    ("scene cafe", "scene bar"),
                    ("quiet", "loud"),
                )
            )
            return text.replace(old, new)
        case 7:
            first = random.choice(
                ("", "# at the top", 'let more = "m"', "sr 2x", "snap floor", "seed 9")
            )
            lines.insert(0, first)
        case 8:
            lines[at] = (
                lines[at].replace("A ", "Not a ") if random.random() < 0.5 else lines[at][1:]
            )
        case _:
            start = random.randrange(len(text) + 1)
            end = min(len(text), start + random.choice((0, 0, 1, 1, 3, 20)))
            middle = random.choice(
                ("", '"', "a", "}", "{", " ", "\n", "#", "1", ",", "\u00e9", "\n\n", ";", "at 2 ")
            )
            return text[:start] + middle + text[end:]
    return "\n".join(lines)


def _change_definition(random: Random, lines: list[str]) -> str:
    """Return the text with another scene or variable, or another head of a section."""
    match random.randrange(3):
        case 0:
            word = f' "Word {random.randint(0, 99)} no '
            return _change_line(random, lines, ("base", "follow", "let"), ' "', word)
        case 1:
            bars = f"{random.randint(0, 3)} bars"
            return _change_line(random, lines, ("section",), " bars", bars)
        case _:
            return _change_line(random, lines, ("base", "}"), "\n", "\nquiet W604\n")


def _change_line(
    random: Random, lines: list[str], words: tuple[str, ...], old: str, new: str
) -> str:
    """Return the text with a change in one of the lines that begin with one of some words."""
    found = [number for number, line in enumerate(lines) if line.strip().startswith(words)]
    if found:
        number = random.choice(found)
        lines[number] = f"{lines[number]}\n".replace(old, new, 1).removesuffix("\n")
    return "\n".join(lines)
