"""Measures what an editor waits for after a change: diagnostics, with advice, and hints.

A change of one cue, a line that is inserted at the top, and a changed scene, in scores of several
sizes, in both notations, with sections of 50 cues and without sections. Each is compared with a
check of the whole text in the same run.

Run it alone: `python -m bench editing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from bench.findings import Findings, Row, Section
from bench.timing import beside
from sequencer.editing.hints import find_hints
from sequencer.editing.looking import Look, look
from sequencer.language.loader import LoadResult, Notation, load_text
from sequencer.language.notations import print_score

GOALS = {100: 50, 1_000: 80, 10_000: 200}
"""The most milliseconds that a change of one line may take, by the number of cues."""
CUES_OF_SECTION = 50
TURNS = 5

SECTION = Section(
    "Editing",
    f"""
How long an editor waits after a change: processor time until the diagnostics (with the advice on
prompts) and the hints of the changed text are known. The scores have a scene, plain prompts, marks,
super-resolution and comments, in sections of {CUES_OF_SECTION} cues, or without sections. One cue
is changed in the middle, a comment is inserted at the top, or the text of the scene that three of
five cues show is changed. The ratios compare it with a check of everything, in alternation.
""",
)

_CUES = (
    'at {bar} tram "Now she opens red umbrella number {number}; drops scatter from it."',
    'at {bar}.3 tram "Suddenly tram {number} glides in behind her."',
    "at {bar} sr 4x",
    'at {bar} "A woman in a yellow raincoat walks on past window {number}, then {number} more."',
    'at {bar}.2+1/2 mark m{number}, tram "Now the light changes to colour {number}."  # a remark',
)


def score_text(cues: int, *, has_sections: bool) -> str:
    """Return a valid score of `cues` cues, with advice on its prompts."""
    lines = [
        'score "Bench"',
        "clock 120 bpm, 4/4",
        'let hero = "a woman in a yellow raincoat"',
        'let light = "Wet neon light from the shop signs, soft rain haze."',
        "scene tram {",
        '  base "{hero} waits at a tram stop. {light}"',
        '  follow "{hero} remains at the tram stop. {action} {light}"',
        "}",
    ]
    for number in range(cues):
        section, index = divmod(number, CUES_OF_SECTION)
        if has_sections and index == 0:
            lines += ["}"] if section else []
            lines.append(f"section part-{section} {4 * CUES_OF_SECTION} bars {{")
        bar = 4 * (index if has_sections else number) + 1
        lines.append("  " + _CUES[number % len(_CUES)].format(bar=bar, number=number))
    lines.append("}" if has_sections else f"end {4 * cues + 4}")
    return "\n".join([*lines, ""])


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A score, and its changes by their names."""

    name: str
    file: str
    cues: int
    text: str

    def changes(self) -> Iterator[tuple[str, str, bool]]:
        """Yield the name of a change, the changed text, and whether it is a line."""
        middle = self.cues // 2 // len(_CUES) * len(_CUES)
        changed = f"umbrella number {middle};"
        yield "a changed cue", self.text.replace(changed, changed.replace("number", "no."), 1), True
        yield "an inserted line", f"# a comment\n{self.text}", True
        yield "a changed scene", self.text.replace("waits at", "stops at", 1), False


def cases() -> Iterator[Case]:
    """Yield the scores."""
    for cues in GOALS:
        for has_sections in (True, False):
            text = score_text(cues, has_sections=has_sections)
            form = "sections" if has_sections else "no sections"
            yield Case(name=f"text, {form}", file="bench.score", cues=cues, text=text)
            score = load_text(text, "bench.score").score
            if score is None:
                raise ValueError("the benchmark generated a score with errors")
            printed = print_score(score, Notation.YAML)
            yield Case(name=f"YAML, {form}", file="bench.score.yaml", cues=cues, text=printed)


def load_whole(text: str, file: str) -> LoadResult:
    """Load a text as a whole: `look` reads by pieces only with `load_text` itself."""
    return load_text(text, file)


def ask(known: Look) -> Look:
    """Ask for what an editor shows after each change."""
    _ = known.diagnostics
    find_hints(known)
    return known


def check_again(text: str, file: str, before: Look) -> Look:
    """Check a changed text."""
    return ask(look(text, file, previous=before))


def check_whole(text: str, file: str) -> Look:
    """Check a text without using what is known of an earlier one."""
    return ask(look(text, file, load_whole))


def measure() -> Findings:
    """Measure."""
    rows: list[Row] = []
    for case in cases():
        before = ask(look(case.text, case.file))
        for name, text, is_line in case.changes():
            if text == case.text:
                raise ValueError(f"{case.name}: {name} changes nothing")
            pair = beside(
                partial(check_again, text, case.file, before),
                partial(check_whole, text, case.file),
                TURNS if case.cues < 10_000 else 3,
            )
            title = f"{name}, {case.cues:,} cues, {case.name}"
            rows += [
                Row(
                    f"{title}: time",
                    pair.ours * 1000,
                    "ms",
                    most=GOALS[case.cues] if is_line else None,
                ),
                Row(
                    f"{title}: time",
                    pair.ratio,
                    beside="a check of everything",
                    spread=pair.spread,
                ),
            ]
    return Findings(tuple(rows))
