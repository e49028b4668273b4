"""Measures how the cost of checking a score grows with its content.

It reports the exponent of each kind of growth, and its cost per size.

For each kind a score is made in four sizes, each twice the previous one, and timed in processor
time, in turns: `check` (read, compile, advise), and writing and reading the compiled schedule. The
exponent is the slope of log(time) over log(size), by least squares: 1 is linear, 2 is quadratic.
The size of a score is the number of characters of its text, or of the text that would write out all
its compiled cues, whichever is larger.

Run it alone: `python -m bench growth`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, log
from statistics import fmean

from bench.findings import Bars, Findings, Row, Section
from bench.reading import score_text
from bench.timing import once
from sequencer.language.check import check_text
from sequencer.schedule.document import from_json, to_json
from sequencer.schedule.model import Schedule

STEPS = 4
"""How many sizes are measured for each kind, each twice the previous one."""
TURNS = 2
"""How often each size is timed; the minimum counts."""
MAX_EXPONENT = 1.15
MAX_COST = 4

SECTION = Section(
    "Growth",
    f"""
How the cost of `check` grows with a score: the exponent over {STEPS} sizes, each twice the previous
one (1 is linear, 2 is quadratic), and the cost of the largest size compared with an ordinary valid
score of the same size. The size is the number of characters of the score, or of a score that writes
out every compiled cue if that is larger. The section also shows how writing and reading the
compiled schedule grows: with distinct tempi, its digest is computed over exact times of thousands
of digits.
""",
)

CLOCK = "clock 120 bpm, 4/4\n"
SCENE = 'scene s {\n  base "A boat."\n  follow "The boat remains. {action}"\n}\n'
PROMPT = 'at 1 "A boat drifts. Grey light. Low close shot, fixed."\n'


def cues(size: int) -> str:
    """Return an ordinary valid score."""
    return score_text(size)


def sections(size: int) -> str:
    """Return many sections of one cue."""
    parts = [
        f'section part-{number} 2 bars {{\n  at 1 s "It turns {number} times."\n}}\n'
        for number in range(size)
    ]
    return CLOCK + SCENE + "".join(parts)


def passes(size: int) -> str:
    """Return two sections that are played repeatedly."""
    body = "".join(f'  at {bar} s "It turns at {bar}."\n' for bar in range(1, 9))
    return (
        f"{CLOCK}{SCENE}section a 8 bars {{\n{body}}}\nsection b 8 bars {{\n{body}}}\nplay "
        f"{'a b ' * (size // 16)}\n"
    )


def meter_changes(size: int) -> str:
    """Return a change of meter every other bar."""
    changes = (f"at {2 * number + 3} meter {3 + number % 4}/4\n" for number in range(size))
    return f"{CLOCK}{PROMPT}{''.join(changes)}end {2 * size + 9}\n"


def relative_meters(size: int) -> str:
    """Return changes of meter, each a bar after the previous one."""
    changes = (f"at +1bar meter {3 + number % 4}/4\n" for number in range(size))
    return f"{CLOCK}{PROMPT}{''.join(changes)}end {size + 9}\n"


def relative_tempos(size: int) -> str:
    """Return changes of tempo, each a bar after the previous one."""
    changes = (f"at +1bar tempo {100 + number % 7}\n" for number in range(size))
    return f"{CLOCK}{PROMPT}{''.join(changes)}end {size + 9}\n"


def relative_beats(size: int) -> str:
    """Return relative positions in beats across many changes of meter."""
    pairs = (
        f"at +1bar meter 3/4\nat +{3 * (number % 3 + 1)}b sr {2 * (number % 2 + 1)}x\n"
        for number in range(size // 2)
    )
    return f"{CLOCK}{PROMPT}{''.join(pairs)}end {3 * size + 9}\n"


def tempi(size: int) -> str:
    """Return distinct tempi, whose denominators have almost no common factors."""
    pairs = (
        f"at {2 * number + 2} tempo {100 + number * 7919 % 9000 / 100:.2f}\n"
        f'at {2 * number + 3} "A boat drifts past post {number}."\n'
        for number in range(size)
    )
    return f"{CLOCK}{PROMPT}{''.join(pairs)}end {2 * size + 9}\n"


def collisions(size: int) -> str:
    """Return two prompts for every chunk."""
    return (
        "".join(
            f'at {number // 2}c "A boat drifts past post {number}."\n' for number in range(size)
        )
        + f"end {size}c\n"
    )


def repeated_collisions(size: int) -> str:
    """Return repeating cues that collide with other prompts on their chunks."""
    pairs = (f'at {bar} "A boat drifts past post {bar}."\n' for bar in range(1, size + 1))
    return f'{CLOCK}{"".join(pairs)}every 1 bar "It turns."\nend {size + 2}\n'


def texts(size: int) -> str:
    """Return prompts that share no sentence, more than the advice remembers."""
    lines = (
        (
            f'at {number}c "A boat numbered {number} drifts by post {number}. Light {number} '
            f'shines. Shot {number}, fixed."\n'
        )
        for number in range(size)
    )
    return "".join(lines) + f"end {size + 4}c\n"


def hours(size: int) -> str:
    """Return a long show: one cue every half minute, in sections of ten minutes."""
    body = "".join(
        f'  at {15 * number}s "The boat drifts on at {15 * number} s."\n' for number in range(40)
    )
    parts = "".join(
        f"section part-{number} 10m {{\n{body}}}\n" for number in range(max(1, size // 40))
    )
    return CLOCK + parts.replace("10m ", "600s ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of growth: what grows, a function that makes a score of a size, the first size."""

    name: str
    text: Callable[[int], str]
    first: int
    is_valid: bool = True


KINDS = (
    Kind(name="cues", text=cues, first=1_000),
    Kind(name="sections", text=sections, first=500),
    Kind(name="passes", text=passes, first=2_000),
    Kind(name="meter changes", text=meter_changes, first=1_000),
    Kind(name="relative meter changes", text=relative_meters, first=1_000),
    Kind(name="relative tempo changes", text=relative_tempos, first=1_000),
    Kind(name="relative beats across meters", text=relative_beats, first=1_000),
    Kind(name="distinct tempi", text=tempi, first=250),
    Kind(name="collisions", text=collisions, first=1_000, is_valid=False),
    Kind(
        name="collisions of repeating cues", text=repeated_collisions, first=1_000, is_valid=False
    ),
    Kind(name="distinct texts", text=texts, first=2_000),
    Kind(name="hours", text=hours, first=1_000),
)


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """Return the slope of log(time) over log(size), by least squares."""
    across, up = [log(one) for one in sizes], [log(one) for one in times]
    middle, height = fmean(across), fmean(up)
    spread = sum((one - middle) ** 2 for one in across)
    return (
        sum((one - middle) * (two - height) for one, two in zip(across, up, strict=True)) / spread
    )


@dataclass(frozen=True, slots=True)
class Growth:
    """A kind's measurements: sizes in characters, seconds to check, seconds to write and read."""

    sizes: tuple[int, ...]
    checking: tuple[float, ...]
    storing: tuple[float, ...]
    """Empty if there is no schedule to write."""


def schedule_of(text: str) -> Schedule | None:
    """Return the compiled schedule of a score, None if it has errors."""
    return check_text(text).schedule


def size_of(text: str, written: float) -> int:
    """Return a score's size in characters: of its text, or `written` per compiled cue if more."""
    schedule = schedule_of(text)
    return max(len(text), 0 if schedule is None else int(len(schedule.entries) * written))


def grown(kind: Kind, written: float) -> Growth:
    """Measure a kind in all its sizes, in turns."""
    texts = [kind.text(kind.first << step) for step in range(STEPS)]
    checking, storing = [inf] * STEPS, [inf] * STEPS
    for _ in range(TURNS):
        for step, text in enumerate(texts):
            checking[step] = min(checking[step], once(partial(check_text, text)))
            schedule = schedule_of(text)
            if schedule is not None:
                storing[step] = min(storing[step], once(partial(stored, schedule)))
    sizes = tuple(size_of(text, written) for text in texts)
    return Growth(sizes, tuple(checking), tuple(storing) if kind.is_valid else ())


def stored(schedule: Schedule) -> Schedule:
    """Write a schedule as JSON and read it back."""
    return from_json(to_json(schedule))


def rows() -> Iterator[tuple[Row, ...]]:
    """Yield the rows of each kind.

    The cost is compared with an ordinary score timed at the same moment.
    """
    largest = KINDS[0].first << (STEPS - 1)
    plain = cues(largest)
    check_text(cues(100))
    for kind in KINDS:
        growth = grown(kind, len(plain) / largest)
        beside = min(once(partial(check_text, plain)) for _ in range(TURNS)) / len(plain)
        cost = growth.checking[-1] / growth.sizes[-1] / beside
        yield (
            Row(
                f"{kind.name}: exponent of checking",
                exponent(growth.sizes, growth.checking),
                most=MAX_EXPONENT,
            ),
            Row(
                f"{kind.name}: cost of checking",
                cost,
                beside="an ordinary score of that size",
                most=MAX_COST,
            ),
            *(
                (
                    Row(
                        f"{kind.name}: exponent of writing and reading",
                        exponent(growth.sizes, growth.storing),
                    ),
                )
                if growth.storing
                else ()
            ),
        )


def measure() -> Findings:
    """Measure the exponents and the cost of every kind."""
    listed = tuple(row for several in rows() for row in several)
    exponents = [
        (row.name.partition(":")[0], row.value or 0)
        for row in listed
        if row.name.endswith("of checking") and row.most == MAX_EXPONENT
    ]
    return Findings(
        listed,
        (Bars("Growth of the cost of checking", "exponent", tuple(exponents), mark=MAX_EXPONENT),),
    )
