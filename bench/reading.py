"""How fast scores are read and compiled, as ratios taken in one run: the machine's speed falls out of them.

- reading against the plainest tokenizer there is: one `re.finditer` over newlines, strings, numbers, words and the rest;
- YAML against PyYAML's C loader on the same score; compiling against reading; ten times the cues against the time of one;
- `sequencer check` on a small score against a bare Python that imports lark, yaml and pydantic;
- the dearest texts that could be thought of, against a plain score of their size.

Run it alone: `python -m bench.reading`.
"""

from __future__ import annotations

import gc
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sequencer.compiler import compile_all
from sequencer.notation import Notation, load_text, print_score
from sequencer.score import Score

ROOT = Path(__file__).parents[1]
CUES = 10_000
MANY = 100_000

TOKEN = re.compile(
    r"""(?P<newline>\n)|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>\d+(?:\.\d+)?)|(?P<word>[^\W\d]\w*)|(?P<other>\S)"""
)


def score_text(cues: int) -> str:
    """A score of so many cues in sections of a hundred: prompts through a scene and plain ones, marks, sr, comments."""
    lines = [
        'score "Bench"\nclock 120 bpm, 4/4\nseed 4271\n',
        'let hero = "a woman in a yellow raincoat"\nlet light = "Wet neon light from the shop signs, soft rain haze."\n',
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
                f'  at {bar} tram "Now she opens red umbrella number {index}; drops scatter from it."',
                f'  at {bar}.3 tram "Suddenly tram {index} glides in behind her."',
                "  at +3bar sr 4x",
                f'  at {bar} "A woman in a yellow raincoat walks on past window {index}. {{light}}", sr off',
                f'  at {bar}.2+1/2 mark m{index}, tram "Now the light changes to colour {index}."  # a remark',
            )[index % 5]
        )
    return "\n".join([*lines, "}", ""])


def tokens(text: str) -> list[tuple[int, tuple[str, str]]]:
    """The plainest tokenizer: (line, (kind, text)) of everything in a text."""
    found: list[tuple[int, tuple[str, str]]] = []
    line = 1
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or ""
        found.append((line, (kind, match.group())))
        line += kind == "newline"
    return found


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The least CPU time that `work` took in a few runs."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        before = time.process_time()
        work()
        best = min(best, time.process_time() - before)
    return best


def read(text: str, notation: Notation = Notation.TEXT) -> Score:
    """The score of a text that is well."""
    score = load_text(text, notation=notation).score
    if score is None:
        raise ValueError("the bench made a faulty score")
    return score


def _line(what: str, value: str, goal: str) -> None:
    print(f"  {what:<64} {value:>10}   goal {goal}")


def reading() -> None:
    """Reading and compiling ten thousand cues."""
    text = score_text(CUES)
    read(score_text(100))
    score = read(text)
    compile_all(read(score_text(100)))
    plain, own = seconds(lambda: tokens(text)), seconds(lambda: read(text))
    compiling = seconds(lambda: compile_all(score), 3)
    print(f"{CUES:,} cues, {len(text):,} characters: tokenizer {plain:.3f} s, reading {own:.3f} s, compiling {compiling:.3f} s")
    _line("text → Score, × the speed of the plainest tokenizer", f"{plain / own:.3f}", "≥ 0.15 (0.22 with an accelerator)")
    _line("compiling, × the time of reading", f"{compiling / own:.2f}", "≤ 1")
    _line("printing, × the time of reading", f"{seconds(lambda: print_score(score), 3) / own:.2f}", "none")


def yaml() -> None:
    """The same score in YAML, against PyYAML's C loader."""
    import yaml as pyyaml

    loader = getattr(pyyaml, "CSafeLoader", None)
    text = print_score(read(score_text(CUES)), Notation.YAML)
    if loader is None:
        print("  PyYAML has no C loader here: nothing to compare with")
        return
    read(text, Notation.YAML)
    theirs = seconds(lambda: pyyaml.load(text, loader), 3)  # noqa: S506  # a safe loader
    own = seconds(lambda: read(text, Notation.YAML), 3)
    print(f"YAML, {len(text):,} characters: PyYAML's C loader {theirs:.3f} s, reading {own:.3f} s")
    _line("YAML → Score, × the speed of PyYAML's C loader", f"{theirs / own:.2f}", "≥ 1.5")


_GROWTH = """
import json, resource, sys, time
from bench.reading import read, score_text
from sequencer.compiler import compile_all
text = score_text(int(sys.argv[1]))
compile_all(read(score_text(100)))
before = time.process_time()
compile_all(read(text))
print(json.dumps([time.process_time() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def growth() -> None:
    """A hundred thousand cues against ten thousand, each in a Python of its own, with the memory it came to."""

    def measured(cues: int) -> tuple[float, int]:
        ran = subprocess.run([sys.executable, "-c", _GROWTH, str(cues)], capture_output=True, text=True, check=True, cwd=ROOT)
        spent, memory = json.loads(ran.stdout)
        return float(spent), int(memory) * (1 if sys.platform == "darwin" else 1024)

    (few, _), (many, memory) = min(measured(CUES), measured(CUES)), measured(MANY)
    print(f"reading and compiling {CUES:,} cues {few:.2f} s, {MANY:,} cues {many:.2f} s")
    _line(f"{MANY:,} cues, × the time of {CUES:,}", f"{many / few:.1f}", "≤ 12")
    _line(f"memory with {MANY:,} cues", f"{memory / 1e9:.2f} GB", "< 1.5 GB")


def starting() -> None:
    """`sequencer check` on a small score against a bare Python with the libraries it reads with."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # everybody's second run finds compiled modules

        def spent(*command: str) -> float:
            best = float("inf")
            for _ in range(8):
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            return best

        bare = spent(sys.executable, "-c", "import lark, yaml, pydantic")
        check = spent(sys.executable, "-m", "sequencer", "check", "scores/first.score")
    print(f"a bare Python with its libraries {bare:.3f} s, `sequencer check scores/first.score` {check:.3f} s")
    _line("check, × a bare Python importing lark, yaml and pydantic", f"{check / bare:.2f}", "≤ 1.6")


def _many(unit: str, size: int) -> str:
    return unit * (size // len(unit))


def dear_texts(size: int) -> dict[str, str]:
    """Texts of about `size` characters that were meant to cost much: faults without end, brackets, lists, long words."""
    return {
        "faults in every line": _many('at 9,3 tram "x"\n', size),
        "words of no statement": _many('foo bar "x"\n', size),
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
        "triggers": "section a until " + _many("note C3 or ", min(size, 150_000)) + "go x, max 4 bars {\n}\n",
        "picks": _many('at 1 pick("a"|"b")\n', size),
        "statements of ten signs": _many("at 1 sr 2x\n", size),
        "slips that are tried": _many('at 1 tram "x" ' + "foo " * 400 + "\n", size),
        "wrong digits": _many('at ９ "x"\n', size),
        "typographic quotes": _many("at 1 “x”\n", size),
        "one long line": 'at 1 "' + "x" * size + '"\n',
        "zero bytes": "\x00" * size,
    }


def _spent(text: str) -> float:
    return seconds(lambda: load_text(text), 1)


def dear() -> None:
    """The dearest of the dear texts, against a plain score of their size."""
    text = score_text(5_000)
    load_text('foo "x"\n')
    per_character = seconds(lambda: load_text(text), 3) / len(text)
    ratios: list[tuple[float, str]] = []
    for name, dearest in dear_texts(len(text)).items():
        spent = min(_spent(dearest), _spent(dearest))
        ratios.append((spent / per_character / len(dearest), name))
    ratios.sort(reverse=True)
    print(f"texts of about {len(text):,} characters that were made to cost much, × a plain score of their size")
    for ratio, name in ratios[:5]:
        _line(name, f"{ratio:.2f}", "≤ 4")


def main() -> None:
    """Print every ratio."""
    reading()
    yaml()
    growth()
    starting()
    dear()


if __name__ == "__main__":
    main()
