"""Explain the code of a message: the reason, a score that causes it, and that score corrected."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequencer.core.catalog import Example
    from sequencer.core.catalog.record import Playing
    from sequencer.language.check import CheckResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "codes",
        metavar="CODE",
        nargs="*",
        help="a code such as E204; without one all codes are listed",
    )
    parser.add_argument(
        "--page",
        choices=("errors", "advice"),
        help="print a complete page of the documentation (Markdown)",
    )


def run(args: argparse.Namespace) -> int:
    """Explain every given code."""
    from sequencer.core.catalog import find
    from sequencer.core.catalog.pages import terminal_list, terminal_page
    from sequencer.core.errors import UsageError

    if args.page is not None:
        print(generate(args.page), end="")
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


def generate(page: str) -> str:
    """Return a page of the documentation that is made from the catalog of codes.

    Args:
        page: `errors` or `advice`.

    Returns:
        The page in Markdown, with the diagnostics that each example causes now.
    """
    from sequencer.core.catalog.pages import advice_page, errors_page

    return {"errors": errors_page, "advice": advice_page}[page](example_output)


def check_example(example: Example, folder: Path) -> CheckResult:
    """Check an example. Its files are written into `folder`, which must be empty."""
    from sequencer.language.check import check, check_text
    from sequencer.language.stage_checks import for_stage

    if example.playing is not None:
        return _check_edit(example, example.playing)
    if not example.in_folder:
        return check_text(example.shown, example.name)
    for file in example.files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.content is None:
            path.mkdir()
        else:
            path.write_bytes(file.read())
    score = folder / example.name
    score.write_bytes(example.bytes)
    return for_stage(check(score), example.stage)


def _check_edit(example: Example, playing: Playing) -> CheckResult:
    """Check the edit of a score that plays; a refusal is a diagnostic without a position."""
    from dataclasses import replace

    from sequencer.core.diagnostics import Diagnostic, Span
    from sequencer.engine.conductor.reloading import find_refusal
    from sequencer.language.check import check_text

    edited = check_text(example.shown, example.name)
    refusal = find_refusal(
        check_text(playing.text, example.name).performable(), edited.performable(), playing.chunk
    )
    if refusal is None:
        return edited
    found = Diagnostic(
        code=refusal.code,
        message=refusal.message,
        span=Span(example.name, 0, 0, 0, 0),
        hint=refusal.hint,
    )
    return replace(edited, diagnostics=(*edited.diagnostics, found))


def example_output(example: Example, code: str) -> str:
    """Return one code's diagnostics from an example, as `check` prints them; at most two."""
    from sequencer.core.diagnostics import render

    with tempfile.TemporaryDirectory() as name:
        checked = check_example(example, Path(name))
        found = [one for one in checked.diagnostics if one.code == code]
        shown = "\n\n".join(render(one, checked.sources.get(one.span.file)) for one in found[:2])
        return shown.replace(f"{name}{os.sep}", "")
