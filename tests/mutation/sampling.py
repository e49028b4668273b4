"""Defines which modules are mutated, and chooses among their mutants by a seed."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

from tests.mutation.mutants import Mutant, find_mutants, is_valid

ROOT = Path(__file__).parents[2]
MARKS = Path(__file__).parent / "marks.toml"

TARGETS = {
    "conductor": ("sequencer/engine/conductor/*.py",),
    "compiler": ("sequencer/language/compiler/*.py",),
    "schedule": ("sequencer/schedule/*.py",),
    "timebase": ("sequencer/core/timebase.py", "sequencer/core/wide_numbers.py"),
    "journal": (
        "sequencer/engine/journal.py",
        "sequencer/engine/journal_json.py",
        "sequencer/engine/journal_lines.py",
        "sequencer/engine/journal_texts.py",
    ),
    "wire": ("sequencer/stages/wire/*.py", "sequencer/stages/wire/helios/*.py"),
    "reactor": ("sequencer/stages/reactor/*.py",),
}
"""The mutated modules, by target name. The patterns are relative to the project folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A known fact about a mutant.

    An equivalent mutant behaves like the code, so no test can detect it.
    """

    file: str
    was: str
    becomes: str
    reason: str
    equivalent: bool = True


def files_of(target: str, root: Path = ROOT) -> list[Path]:
    """Return the files of a target, sorted by name."""
    return sorted(path for pattern in TARGETS[target] for path in root.glob(pattern))


def sample(
    count: int, seed: int, targets: Sequence[str] = tuple(TARGETS), root: Path = ROOT
) -> list[tuple[str, Mutant]]:
    """Return `count` mutants with the names of their targets, distributed as evenly over the
    targets as possible.

    The same seed and sources give the same mutants, and a larger count starts with the same ones.
    """
    turns = zip_longest(*(_shuffled(target, seed, root) for target in targets))
    return list(islice((one for turn in turns for one in turn if one is not None), count))


def _shuffled(target: str, seed: int, root: Path) -> Iterator[tuple[str, Mutant]]:
    sources = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in files_of(target, root)
    }
    mutants = [mutant for file, source in sources.items() for mutant in find_mutants(file, source)]
    random.Random(f"{seed} {target}").shuffle(mutants)
    return ((target, mutant) for mutant in mutants if is_valid(mutant, sources[mutant.file]))


def all_at(position: str, root: Path = ROOT) -> list[tuple[str, Mutant]]:
    """Return every mutant of a file or of some lines:

    `sequencer/core/timebase.py`, `…:40` or `…:40-52`. Raises ValueError.
    """
    file, _, lines = position.partition(":")
    first, _, last = lines.partition("-")
    target = next((name for name in TARGETS if root / file in files_of(name, root)), None)
    if target is None:
        raise ValueError(f"{file} is not a file that is mutated")
    wanted = range(int(first), int(last or first) + 1) if lines else range(1, 1 << 31)
    source = (root / file).read_text(encoding="utf-8")
    return [
        (target, one)
        for one in find_mutants(file, source)
        if one.line in wanted and is_valid(one, source)
    ]


# ---- marks ---------------------------------------------------------------------------------------


def read_marks(path: Path = MARKS) -> list[Mark]:
    """Return all marks of a file."""
    return [
        Mark(**one) for one in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])
    ]


def mark_of(mutant: Mutant, source: str, marks: Sequence[Mark]) -> Mark | None:
    """Return the mark of a mutant.

    It is found by the text of its lines, because line numbers change with every edit above.
    """
    was, becomes = changed_lines(mutant, source)
    return next(
        (one for one in marks if (one.file, one.was, one.becomes) == (mutant.file, was, becomes)),
        None,
    )


def changed_lines(mutant: Mutant, source: str) -> tuple[str, str]:
    """Return the lines that differ, before and after the change, without surrounding whitespace."""
    diff = mutant.diff(source)
    return _joined(diff, "-"), _joined(diff, "+")


def _joined(diff: list[str], character: str) -> str:
    return "\n".join(line[1:].strip() for line in diff if line.startswith(character))
