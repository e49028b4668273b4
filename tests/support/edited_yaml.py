"""Scores in YAML, and changes of them as an author makes them in an editor."""

from __future__ import annotations

from random import Random

HEAD = """score: Edited
clock: 120 bpm, 4/4
"""

NAMED = """let:
  hero: a woman in a yellow raincoat  # who
  light: "Soft light: rain #1."
scenes:
  tram:
    base: "{hero} waits at a tram stop. {light}"
    follow: "{hero} remains at the tram stop. {action}"
    # belongs to the tram
  cafe: {base: A cafe at night., quiet: W601}
"""

CUES = (
    "- {{at: {at}, show: tram, action: It turns {n}.}}",
    '- {{at: {at}, show: tram, action: "Suddenly it glides in, number {n}."}}',
    "- {{at: {at}, sr: 4x}}",
    "- {{at: +1bar, sr: off}}  # a remark {n}",
    '- {{at: {at}, prompt: "Rain #{n} falls."}}',
    "- {{at: {at}, mark: m{n}, show: cafe}}",
    "- at: {at}\n  prompt: A woman walks on past window {n}.\n  sr: 2x",
    "- at: {at}\n  prompt: >\n    A road in the {n}.\n    # not a comment\n\n    The end.",
    '- at: {at}\n  prompt: "A road\n    in two lines #{n}."\n  cut: seed {n}',
    "- at: {at}\n  prompt: A road\n    goes on in {n}.\n  # about the road",
    "- {{at: {at},\n   prompt: Rain {n}.}}",
    "- at: {at}\n  do: [cut, {{mark: k{n}}}, {{prompt: {{pick: [A lamp., A door {n}.]}}}}]",
    "- {{every: 2 bars, from: {at}, prompt: Rain {n}.}}",
    "- {{when: go next{n}, show: tram}}",
    "# a comment {n}",
    "  # an indented comment {n}",
    "",
)
"""Items of `cues`, most of them valid, with their comments."""

WRONG = (
    "- {{at: {at}, shw: tram}}",
    "- {{at: 9,3, prompt: Rain.}}",
    '- {{at: {at}, prompt: "Rain {n}.}}',
    "- {{at: {at}, prompt: Rain {n}.",
    "- [{{at: {at}, sr: 4x}}]",
    "- &a {{at: {at}, sr: 4x}}",
    "- *a",
    "- !t {{at: {at}, sr: 4x}}",
    "- at: {at}\n prompt: Rain.",
    "- at {at}: Rain.",
    "- {{at: {at}, at: 3, sr: 4x}}",
    "- prompt: Rain.",
    "-",
    "- x",
    "\t- {{at: {at}, sr: 4x}}",
    "rules:",
    "---",
    "...",
    "end: {n}c",
    "sections:",
    "cues:",
    "%TAG ! x",
    "<<: {{at: 3}}",
    '"',
    "- section: s{n} 8 bars",
    "play: part-0 part-0",
    "- {{at: {at}, prompt: \u00a0Rain.}}",
)
"""Lines that are wrong in most places."""

PIECES = (
    '"',
    "'",
    "{",
    "}",
    "[",
    "]",
    "\n",
    "#",
    " # x",
    ",",
    ": ",
    "- ",
    "  ",
    "\t",
    "x",
    "\u00e9",
    "\u00a0",
    "|\n",
    "&a ",
    "*a ",
    "---\n",
    "\ncues:\n",
    "\nsections:\n",
    "\n# c\n",
    'prompt: "a\n  b"',
)
"""Characters that change the structure of a text."""


def _item(random: Random, kinds: tuple[str, ...], at: int, indent: str) -> list[str]:
    text = random.choice(kinds).format(at=at, n=random.randint(1, 999))
    return [indent + line if line else "" for line in text.split("\n")]


def _list(random: Random, key: str, count: int, width: int) -> list[str]:
    indent = " " * (len(key) - len(key.lstrip()) + random.choice((width, width, 0)))
    lines = [key]
    for number in range(count):
        lines += _item(random, CUES, 3 * number + 1, indent)
    return lines


def generate_score(random: Random) -> str:
    """Return a score, with or without sections. Many of them are valid."""
    lines = HEAD.split("\n")[:-1]
    lines += random.choice((["seed: 3"], ["# no seed"], []))
    lines += NAMED.split("\n")[:-1]
    width = random.choice((2, 2, 4))
    if random.random() < 0.7:
        lines.append("sections:  # all of them")
        for number in range(random.choice((1, 2, 4, 12))):
            count = random.choice((0, 1, 3, 10, 40))
            indent = " " * width
            lines.append(f"{indent}- section: part-{number} {3 * count + 4} bars")
            lines += random.choice(([], [], [f"{indent}  tempo: 100", f"{indent}  # slower"]))
            lines += _list(random, f"{indent}  cues:", count, width)
            if random.random() < 0.3:
                lines += [f"{indent}  rules:", f"{indent}    - {{when: go out, do: pause}}"]
            lines += random.choice(([], [], [f"{indent}  # the end of it"], ["# between"], [""]))
    else:
        lines += _list(random, "cues:", random.choice((1, 5, 70, 200)), width)
        lines.append("end: 900")
    return "\n".join(lines) + random.choice(("\n", "\n", "", "\n\n", "\n# the end"))


def change(random: Random, text: str) -> str:
    """Return a text with one change: lines, words, the header, or any characters."""
    lines = text.split("\n")
    at = random.randrange(len(lines))
    near = lines[max(0, at - 1)]
    indent = near[: len(near) - len(near.lstrip(" "))]
    match random.randrange(9):
        case 0:
            lines[at:at] = _item(random, CUES, random.randint(1, 40), indent)
        case 1:
            lines[at:at] = _item(random, WRONG, random.randint(1, 40), random.choice((indent, "")))
        case 2:
            del lines[at : at + random.choice((1, 1, 1, 2, 5, 30))]
        case 3:
            lines.insert(random.randrange(len(lines)), lines.pop(at))
        case 4:
            copied = lines[at : at + random.choice((1, 2, 40))]
            to = random.randrange(len(lines) + 1)
            lines[to:to] = copied
        case 5:
            old, new = random.choice(
                (
                    ("waits", "stops"),
                    ("120 bpm", "96 bpm"),
                    ("{light}", "{lamp}"),
                    ("cafe:", "bar:"),
                    ("cues:", "cue:"),
                    ("sections:", "rules:"),
                    ("part-1 ", "part-0 "),
                )
            )
            return text.replace(old, new, 1)
        case 6:
            first = random.choice(("", "# at the top", "sr: 2x", "seed: 9", "- x", "x"))
            lines.insert(0, first)
        case 7:
            lines[at] = random.choice((" ", "  ", "")) + lines[at].removeprefix(" ")
        case _:
            start = random.randrange(len(text) + 1)
            end = min(len(text), start + random.choice((0, 0, 1, 1, 3, 20)))
            return text[:start] + random.choice(("", *PIECES)) + text[end:]
    return "\n".join(lines)
