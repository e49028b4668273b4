"""Measures reading and compiling as ratios in one run, so that the machine's speed cancels out.

- reading against the simplest possible tokenizer: one `re.finditer` over newlines, strings,
  numbers, words and the rest;
- YAML against PyYAML's C loader on the same score; compiling against reading; ten times the cues
  against the time of one;
- `sequencer check` on a small score against a bare Python that imports lark, yaml and pydantic;
- the most expensive texts that are known, against an ordinary score of their size.

Run it alone: `python -m bench reading`.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.findings import Bars, Findings, Row, Section
from bench.timing import beside, once, paired, seconds
from sequencer.language.compiler import compile_all
from sequencer.language.loader import Notation, load_text
from sequencer.language.notations import print_score
from sequencer.language.score import Score

ROOT = Path(__file__).parents[1]
CUES = 10_000
MANY = 100_000

SECTION = Section(
    "Reading and compiling",
    f"""
Scores of {CUES:,} cues: prompts with and without a scene, marks, super-resolution, comments. The
simplest tokenizer is one `re.finditer` over newlines, strings, numbers, words and other characters
that collects `(line, token)`. The most expensive texts are about as large as a score of 5,000 cues
and are written to be slow to read: an error in every line, brackets that are never closed, very
long lists of names.
""",
)

TOKEN = re.compile(
    r"""(?P<newline>\n)|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>\d+(?:\.\d+)?)|(?P<word>[^\W\d]\w*)|(?P<other>\S)"""
)


def score_text(cues: int) -> str:
    """Return a score of `cues` cues in sections of a hundred.

    It has prompts with and without a scene, marks, sr and comments.
    """
    lines = [
        'score "Bench"\nclock 120 bpm, 4/4\nseed 4271\n',
        (
            'let hero = "a woman in a yellow raincoat"\nlet light = "Wet neon light from the shop '
            'signs, soft rain haze."\n'
        ),
        'scene tram {\n  base "{hero} waits at a tram stop. {light}"',
        '  follow "{hero} remains at the tram stop. {action} {light}"\n}\n',
    ]
    for number in range(cues):
        section, index = divmod(number, 100)
        bar = 4 * index + 1
        if index == 0:
            lines += ["}\n"] if section else []
            lines.append(f"section part-{section} 400 bars {{")
        lines.append(
            (
                (
                    f'  at {bar} tram "Now she opens red umbrella number {index}; drops scatter '
                    'from it."'
                ),
                f'  at {bar}.3 tram "Suddenly tram {index} glides in behind her."',
                "  at +3bar sr 4x",
                (
                    f'  at {bar} "A woman in a yellow raincoat walks on past window {index}. '
                    f'{{light}}", sr off'
                ),
                (
                    f'  at {bar}.2+1/2 mark m{index}, tram "Now the light changes to colour '
                    f'{index}."  # a remark'
                ),
            )[index % 5]
        )
    return "\n".join([*lines, "}", ""])


def tokens(text: str) -> list[tuple[int, tuple[str, str]]]:
    """Run the simplest tokenizer: (line, (kind, text)) of everything in a text."""
    found: list[tuple[int, tuple[str, str]]] = []
    line = 1
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or ""
        found.append((line, (kind, match.group())))
        line += kind == "newline"
    return found


def read(text: str, notation: Notation = Notation.TEXT) -> Score:
    """Return the score of a valid text."""
    score = load_text(text, notation=notation).score
    if score is None:
        raise ValueError("the benchmark generated a score with errors")
    return score


def reading() -> Iterator[Row]:
    """Measure reading and compiling ten thousand cues."""
    text = score_text(CUES)
    score = read(text)
    compile_all(read(score_text(100)))
    own = beside(lambda: tokens(text), lambda: read(text))
    yield Row(
        "text → Score, speed",
        own.ratio,
        beside="the simplest tokenizer",
        least=0.15,
        spread=own.spread,
    )
    compiling = beside(lambda: compile_all(score), lambda: read(text), 3)
    yield Row("compiling, time", compiling.ratio, beside="reading", most=1, spread=compiling.spread)
    printing = beside(lambda: print_score(score), lambda: read(text), 3)
    yield Row("printing, time", printing.ratio, beside="reading", spread=printing.spread)
    yield Row("cues read per second", CUES / own.theirs)
    yield Row("cues compiled per second", CUES / compiling.ours)


def yaml() -> Row:
    """Measure the same score in YAML, against PyYAML's C loader."""
    import yaml as pyyaml

    what = "YAML → Score, speed", "PyYAML's C loader"
    loader = getattr(pyyaml, "CSafeLoader", None)
    if loader is None:
        return Row(what[0], None, beside=what[1], why="PyYAML has no C loader here")
    text = print_score(read(score_text(CUES)), Notation.YAML)
    read(text, Notation.YAML)
    found = beside(lambda: pyyaml.load(text, loader), lambda: read(text, Notation.YAML))  # noqa: S506  # a safe loader
    return Row(what[0], found.ratio, beside=what[1], least=1.5, spread=found.spread)


_GROWTH = """
import json, resource, sys, time
from bench.reading import read, score_text
from sequencer.language.compiler import compile_all
text = score_text(int(sys.argv[1]))
compile_all(read(score_text(100)))
before = time.process_time()
compile_all(read(text))
spent = time.process_time() - before
print(json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def growth() -> Iterator[Row]:
    """Measure 100,000 cues against 10,000, each in its own Python process, and the memory used."""

    def measured(cues: int) -> tuple[float, int]:
        ran = subprocess.run(
            [sys.executable, "-c", _GROWTH, str(cues)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        spent, memory = json.loads(ran.stdout)
        return float(spent), int(memory) * (1 if sys.platform == "darwin" else 1024)

    few: list[float] = []
    many: list[float] = []
    memory = 0
    for _ in range(3):
        few.append(min(measured(CUES)[0], measured(CUES)[0]))
        spent, memory = measured(MANY)
        many.append(spent)
    found = paired(many, few)
    yield Row(
        f"{MANY:,} cues read and compiled, time",
        found.ratio,
        beside=f"{CUES:,} cues",
        most=12,
        spread=found.spread,
    )
    yield Row(f"memory with {MANY:,} cues", memory / 1e9, "GB", most=1.5)


def starting() -> Row:
    """Measure `sequencer check` on a small score against Python importing the same libraries."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop(
            "PYTHONDONTWRITEBYTECODE", None
        )  # a user's second run finds compiled modules

        def spent(*command: str) -> float:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [sys.executable, *command],
                capture_output=True,
                check=True,
                cwd=ROOT,
                env=environment,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        turns = [
            (
                spent("-c", "import lark, yaml, pydantic"),
                spent("-m", "sequencer", "check", "scores/first.score"),
            )
            for _ in range(12)
        ][2:]
    found = paired([check for _, check in turns], [bare for bare, _ in turns])
    return Row(
        "`sequencer check` on a small score, time",
        found.ratio,
        beside="a Python that only imports lark, yaml and pydantic",
        most=1,
        spread=found.spread,
    )


def _many(unit: str, size: int) -> str:
    return unit * (size // len(unit))


def expensive_texts(size: int) -> dict[str, str]:
    """Return expensive texts of about `size` characters: errors, brackets, lists, long words."""
    return {
        "an error in every line": _many('at 9,3 tram "x"\n', size),
        "unknown statements": _many('foo bar "x"\n', size),
        "lines of one letter": _many("x\n", size),
        "quotes never closed": _many('at 1 "x\n', size),
        "three quotes never closed": 'let a = """' + _many('word "" word\n', size),
        "brackets never closed": _many("at 1 pick(\n", size),
        "braces, one a line": _many("{\n", size),
        "closing braces": _many("}", size),
        "sections in sections": _many("section a 4 bars {\n", size),
        "comments": 'at 0c "x"\n' + _many("# c\n", size),
        "a comma and a new line": "at 1 sr 2x" + _many(",\n sr 2x", size),
        "one text of many lines": 'let a = """' + _many("word word\n", min(size, 90_000)) + '"""\n',
        "variables": _many('let a = "{a}{b}{c}{d}{e}{f}"\n', size),
        "braces in texts": _many('let a = "' + "{{" * 400 + '"\n', size),
        "backslashes": _many('let a = "' + "\\\\" * 400 + '"\n', size),
        "names to play": "play " + _many("a ", min(size, 150_000)) + "\n",
        "triggers": "section a until "
        + _many("note C3 or ", min(size, 150_000))
        + "go x, max 4 bars {\n}\n",
        "picks": _many('at 1 pick("a"|"b")\n', size),
        "statements of ten characters": _many("at 1 sr 2x\n", size),
        "many unknown words in a line": _many('at 1 tram "x" ' + "foo " * 400 + "\n", size),
        "wrong digits": _many('at ９ "x"\n', size),
        "typographic quotes": _many("at 1 “x”\n", size),
        "one long line": 'at 1 "' + "x" * size + '"\n',
        "zero bytes": "\x00" * size,
    }


def most_expensive() -> tuple[Row, Bars]:
    """Measure the most expensive of these texts against an ordinary score.

    Each text is measured once, the worst ones in turns.
    """
    plain = score_text(5_000)
    texts = expensive_texts(len(plain))
    load_text('foo "x"\n')
    per_character = seconds(lambda: load_text(plain), 3) / len(plain)
    ratios = {
        name: once(partial(load_text, text)) / len(text) / per_character
        for name, text in texts.items()
    }
    rows: list[Row] = []
    for name in sorted(ratios, key=lambda one: -ratios[one])[:3]:
        text = texts[name]
        found = beside(lambda text=text: load_text(text), lambda: load_text(plain))  # type: ignore[misc]  # binds now
        size = len(plain) / len(text)
        ratios[name] = found.ratio * size
        spread = (found.spread[0] * size, found.spread[1] * size)
        rows.append(
            Row(
                f"the most expensive text ({name}), time",
                ratios[name],
                beside="an ordinary score of its size",
                most=4,
                spread=spread,
            )
        )
    by_cost = sorted(ratios.items(), key=lambda one: -one[1])
    chart = Bars(
        "The most expensive texts",
        "× the time of an ordinary score of their size",
        tuple(by_cost[:8]),
        mark=4,
    )
    return max(rows, key=lambda row: row.value or 0), chart


def measure() -> Findings:
    """Measure every ratio."""
    rows = [*reading(), yaml(), *growth(), starting()]
    slowest, chart = most_expensive()
    return Findings((*rows, slowest), (chart,))
