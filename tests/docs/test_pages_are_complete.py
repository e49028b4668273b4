"""The pages that list things list all of them and nothing that does not exist: commands, options,
names, journal records.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import re
import shutil
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import get_args

import pytest

import sequencer
from sequencer import events
from sequencer.cli import COMMANDS, parser
from sequencer.core.timebase import Snap
from sequencer.engine import journal
from sequencer.engine.play_range import PlayRange
from sequencer.language import score as nodes_of_scores
from sequencer.language.score import ClockKind, SuperResolution, Unit
from tests.docs.pages import DOCS, ROOT, all_pages, read_page

COMMANDS_PAGE = read_page(DOCS / "commands.md")
OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z](?:[\w-]*\w)?")


def subparsers() -> dict[str, argparse.ArgumentParser]:
    group = next(
        one for one in parser()._actions if isinstance(one, argparse._SubParsersAction)
    )  # argparse has no public way
    return dict(group.choices)


def actions_of(command: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a command and of its subcommands."""
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for part in action.choices.values():
                yield from actions_of(part)
        else:
            yield action


def options_of(command: argparse.ArgumentParser) -> set[str]:
    return {name for action in actions_of(command) for name in action.option_strings}


def table_rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of every row of every table, without the headings."""
    for line in text.split("\n"):
        if line.startswith("| `"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# ---- commands ------------------------------------------------------------------------------------


def test_every_command_has_its_section_in_the_order_of_help() -> None:
    assert [title for title in COMMANDS_PAGE.sections() if title in subparsers()] == list(
        subparsers()
    )
    assert set(COMMANDS) <= set(subparsers())


def test_every_option_is_in_its_commands_section_and_no_other() -> None:
    problems: list[str] = []
    for name, command in subparsers().items():
        described = {
            code for row in table_rows(COMMANDS_PAGE.sections()[name]) for code in codes(row[0])
        }
        listed = {option for code in described for option in OPTION.findall(code)}
        there = options_of(command) - {"-h", "--help"}
        problems += [
            f"{name} has {option}, which the page does not contain"
            for option in sorted(there - listed)
        ]
        problems += [
            f"the page gives {name} {option}, which it has not" for option in sorted(listed - there)
        ]
    assert not problems, "\n".join(problems)


def test_a_default_or_choice_that_the_page_names_is_one() -> None:
    for name, command in subparsers().items():
        rows = {
            code.split()[0]: row
            for row in table_rows(COMMANDS_PAGE.sections()[name])
            for code in codes(row[0])
        }
        for action in actions_of(command):
            if action.choices and action.option_strings:
                row = rows[action.option_strings[-1]]
                for choice in action.choices:
                    assert f"`{choice}`" in " ".join(row), (
                        f"{name} {action.option_strings[-1]} {choice}"
                    )


def test_every_command_line_in_the_pages_is_one_the_parser_takes() -> None:
    """Includes command lines that are only shown (in blocks marked sh) and those in running text."""
    known = subparsers()
    problems: list[str] = []
    for page in all_pages():
        lines = [
            line.removeprefix("$ ")
            for block in page.blocks()
            if block.info in ("sh", "console")
            for line in block.text.split("\n")
        ]
        lines += re.findall(r"`(sequencer [^`]+)`", page.prose())
        for line in lines:
            words = re.sub(r"\s+#.*|'[^']*'|\"[^\"]*\"", " QUOTED", line).split()
            if "sequencer" not in words[:3]:
                continue
            name, *rest = [*words[words.index("sequencer") + 1 :], ""]
            if name not in known and name not in ("", "COMMAND", "…") and not name.startswith("-"):
                problems.append(f"{page.name}: {line}")
            elif name in known:
                there = options_of(known[name])
                problems += [
                    f"{page.name}: {line}: {word}"
                    for word in rest
                    if OPTION.fullmatch(word) and word not in there
                ]
    assert not problems, "\n".join(problems)


# ---- the language --------------------------------------------------------------------------------


def kinds_in(node: object) -> Iterator[str]:
    """Yield the kinds of node in a score and its values from closed sets."""
    match node:
        case Enum():
            yield f"{type(node).__name__}.{node.name}"
        case tuple():
            for part in node:
                yield from kinds_in(part)
        case _ if dataclasses.is_dataclass(node):
            yield type(node).__name__
            for field in dataclasses.fields(node):
                yield from kinds_in(getattr(node, field.name))
        case _:
            pass


def test_the_language_page_shows_every_construct(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "scores" / "images", tmp_path / "images")
    for name in ("ferry.mid", "ferry.flac", "drummer.beats"):
        shutil.copy(ROOT / "scores" / name, tmp_path)
    (tmp_path / "library.score").write_bytes((ROOT / "scores" / "library.score").read_bytes())
    shown: set[str] = set()
    for block in read_page(DOCS / "language.md").blocks():
        if block.info == "score" and "wrong" not in (block.note or ("", ""))[1]:
            shown |= set(kinds_in(sequencer.reads(block.text, folder=tmp_path)))
    nodes = {
        name
        for name, kind in vars(nodes_of_scores).items()
        if dataclasses.is_dataclass(kind)
        and kind.__module__.startswith(f"{nodes_of_scores.__name__}.")
    }
    words = {
        f"{kind.__name__}.{one.name}"
        for kind in (SuperResolution, Unit, ClockKind, Snap)
        for one in kind
    }
    missing = sorted((nodes | words) - shown)
    assert not missing, missing


# ---- the Python API ------------------------------------------------------------------------------


def test_every_public_name_is_on_the_page_and_no_other() -> None:
    page = read_page(DOCS / "api.md")
    listed = {
        code.split("(")[0].removeprefix("sequencer.")
        for row in table_rows(page.text)
        for code in codes(row[0])
    }
    assert listed == set(sequencer.__all__)


def test_functions_are_listed_with_their_parameters() -> None:
    page = read_page(DOCS / "api.md")
    for row in table_rows(page.text):
        for code in codes(row[0]):
            name, bracket, rest = code.partition("(")
            if bracket:
                given = list(inspect.signature(getattr(sequencer, name)).parameters)
                assert [part.strip() for part in rest.rstrip(")").split(",")] == given, name


# ---- the journal ---------------------------------------------------------------------------------


def described_records() -> dict[str, set[str]]:
    """Return the fields of each kind of record, from the tables of docs/journal.md."""
    text = read_page(DOCS / "journal.md").text
    parts = text[text.index("## Events") : text.index("## Reading")]
    return {codes(row[0])[0]: set(codes(row[1])) for row in table_rows(parts)}


def test_every_event_and_command_is_described_with_its_fields() -> None:
    there = {}
    commands = [one for part in get_args(events.Command) for one in (get_args(part) or (part,))]
    for kind in [*get_args(events.Event), *commands]:
        fields = {field.name for field in dataclasses.fields(kind)}
        there[kind.__dataclass_fields__["kind"].default] = fields - {"kind", "at"}
    assert described_records() == there


def test_the_header_is_described() -> None:
    text = read_page(DOCS / "journal.md").sections()["The header"]
    schedule = sequencer.compile_score(sequencer.reads('at 0c "A paper boat."\n'))
    header = journal.header_of(
        schedule, {}, {}, played=PlayRange(), sound={}, may_reload=True, waits_for_go=True
    )
    assert {codes(row[0])[0] for row in table_rows(text)} == set(header)
    assert f"Format {journal.FORMAT}" in read_page(DOCS / "journal.md").text
