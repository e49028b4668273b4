"""Say more about a code of a message: why it is so, a score that causes it, and the same score cured."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequencer.core.catalog.record import Example
    from sequencer.language.check import CheckResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("codes", metavar="CODE", nargs="*", help="a code such as E204; without one all codes are listed")
    parser.add_argument("--page", choices=("errors", "advice"), help="print a whole page of the documentation (Markdown)")


def run(args: argparse.Namespace) -> int:
    """Explain every given code."""
    from sequencer.core.catalog import find
    from sequencer.core.catalog.pages import advice_page, errors_page, terminal_list, terminal_page
    from sequencer.core.errors import UsageError

    if args.page is not None:
        print((errors_page if args.page == "errors" else advice_page)(example_output), end="")
        return 0
    if not args.codes:
        print(terminal_list())
        return 0
    found = [find(number) for number in args.codes]
    for number, code in zip(args.codes, found, strict=True):
        if code is None:
            raise UsageError(f"there is no code {number}", "sequencer explain lists all of them")
    print("\n\n".join(terminal_page(code) for code in found if code is not None))
    return 0


def looked_at(example: Example, folder: Path) -> CheckResult:
    """Check an example. Its files are written into `folder`, which must be empty."""
    from sequencer.language.check import check, check_text

    if not example.in_folder:
        return check_text(example.text, example.name)
    for file in example.files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.content is None:
            path.mkdir()
        else:
            path.write_bytes(file.read())
    score = folder / example.name
    score.write_bytes(example.bytes)
    return check(score)


def example_output(example: Example, code: str) -> str:
    """Return the diagnostics of one code that an example causes, as `check` prints them; at most two."""
    from sequencer.core.diagnostics import render

    with tempfile.TemporaryDirectory() as name:
        checked = looked_at(example, Path(name))
        found = [one for one in checked.diagnostics if one.code == code]
        shown = "\n\n".join(render(one, checked.sources.get(one.span.file)) for one in found[:2])
        return shown.replace(f"{name}{os.sep}", "")
