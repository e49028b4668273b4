"""Check all scores of a folder, on several cores or on a cluster."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sequencer.core.display import counted
from sequencer.core.errors import InputError, UsageError
from sequencer.core.paths import is_folder

MAX_SCORES = 10_000
"""The most scores of one folder."""
BATCH = 8
"""How many scores are sent to a worker at once."""
_HEAD_BYTES = 65_536
_YAML_SCORE = re.compile(rb"^(cues|sections|scenes):", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCheck:
    """A score to check: it is sent to a worker."""

    path: str
    allow: tuple[str, ...]
    is_strict: bool
    stage: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderResult:
    """What is printed about a score: its diagnostics, its summary, and the JSON of both."""

    is_valid: bool
    diagnostics: str
    summary: str | None
    document: dict[str, Any]


def find_scores(folder: Path) -> list[Path]:
    """Return the scores below a folder, sorted: `.score` files, and YAML files that have cues.

    Hidden folders, and links to folders, are left out.

    Raises:
        InputError: The folder contains no score, or too many.
    """
    found: list[Path] = []
    for path in _files(folder):
        if path.suffix == ".score" or (path.suffix in (".yaml", ".yml") and _has_cues(path)):
            found.append(path)
            if len(found) > MAX_SCORES:
                raise InputError(
                    f"{folder} has more than {MAX_SCORES:,} scores", "check its subfolders"
                )
    if not found:
        raise InputError(f"{folder} contains no score", "the name of a score ends in .score")
    return sorted(found)


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in names if not name.startswith("."))


def _has_cues(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _YAML_SCORE.search(file.read(_HEAD_BYTES)) is not None
    except OSError:
        return True  # `check` reports why it cannot be read


def check_scores(tasks: Sequence[FolderCheck]) -> list[FolderResult]:
    """Check scores one after the other: the function that workers call."""
    return [_check_one(task) for task in tasks]


def _check_one(task: FolderCheck) -> FolderResult:
    from sequencer.cli.check import summarise
    from sequencer.cli.json_output import score
    from sequencer.core.diagnostics import render_all
    from sequencer.language.check import check
    from sequencer.language.stage_checks import for_stage

    checked = for_stage(check(task.path), task.stage)
    kept = [one for one in checked.diagnostics if one.is_error or one.code not in task.allow]
    warned = any(one.code not in task.allow for one in checked.warnings)
    is_valid = checked.is_valid and not (task.is_strict and warned)
    summary = summarise(checked)
    return FolderResult(
        is_valid=is_valid,
        diagnostics=render_all(kept, checked.sources),
        summary=summary,
        document=score(task.path, kept, is_valid, summary),
    )


def check_folders(args: argparse.Namespace) -> int:
    """Check the scores of all folders and files that are named; return 1 if one is not valid."""
    from sequencer.cli.json_output import document
    from sequencer.cli.progress import LiveLine
    from sequencer.runs.engines import find_engine
    from sequencer.runs.executors import Work, WorkerLostError

    for option in ("watch", "clicks", "grid", "align", "best_phase", "origin"):
        if getattr(args, option):
            name = "from" if option == "origin" else option.replace("_", "-")
            raise UsageError(f"--{name} is for single scores, not for a folder", "name a score")
    paths = [
        one for path in args.scores for one in (find_scores(path) if is_folder(path) else [path])
    ]
    tasks = [
        FolderCheck(
            path=str(path), allow=tuple(args.allow), is_strict=args.strict, stage=args.stage
        )
        for path in paths
    ]
    results: dict[FolderCheck, FolderResult] = {}

    with LiveLine("checking", args.quiet or args.json) as line:

        def handle(task: FolderCheck, result: FolderResult | WorkerLostError) -> None:
            if isinstance(result, WorkerLostError):
                raise InputError(f"the process that checked {task.path} was killed each time")
            results[task] = result
            line.show(len(results), len(tasks), task.path)

        engine = find_engine(args.on)
        Work(tasks=tasks, function=check_scores, engine=engine, handle=handle, batch=BATCH).run()
    found = [(task, results[task]) for task in tasks]
    wrong = sum(not result.is_valid for _, result in found)
    if args.json:
        documents = document(result.document for _, result in found)
        print(json.dumps(documents, ensure_ascii=False, indent=2))
        return 1 if wrong else 0
    for task, result in found:
        if result.diagnostics:
            print(result.diagnostics, file=sys.stderr)
        if result.is_valid and not args.quiet:
            print(f"{task.path}: {result.summary}")
    if not args.quiet:
        print(f"{counted(len(found), 'score')}, {wrong or 'none'} of them not valid")
    return 1 if wrong else 0
