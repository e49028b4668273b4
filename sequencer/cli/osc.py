"""List the OSC addresses of `sequencer perform`: what --osc-in accepts, what --osc-out sends."""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequencer.runtime.osc.table import Argument

INDENT = " " * 6
"""Before each line of a description."""
MIN_TEXT_WIDTH = 30
"""The narrowest column of descriptions, in characters."""
SCORE_ROW = ("an address of the score", "any", 'fires a rule: on osc "/drop" -> …; 0 does not fire')
"""The row of the messages that a score's own triggers wait for."""
SENT_ROW = ("an address of the score", "any", 'an action of the score: osc "/flash" 1')
"""The row of the messages that a score sends."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print the table as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the table."""
    from sequencer.runtime.osc.table import INPUTS, OUTPUTS, PING, PONG

    rows = {
        "in (--osc-in)": [
            *((one.address, _describe(one.arguments), one.meaning) for one in INPUTS),
            (PING, "any", f"is answered with {PONG}"),
            SCORE_ROW,
        ],
        "out (--osc-out)": [
            *((one.address, _describe(one.arguments), one.meaning) for one in OUTPUTS),
            SENT_ROW,
        ],
    }
    if args.json:
        keys = ("address", "arguments", "meaning")
        names = ("in", "out")
        print(
            json.dumps(
                {
                    name: [dict(zip(keys, row, strict=True)) for row in table]
                    for name, table in zip(names, rows.values(), strict=True)
                },
                ensure_ascii=False,
                indent=2,
            )
        )
        return 0
    print("\n\n".join("\n".join(_table(title, table)) for title, table in rows.items()))
    return 0


def _describe(arguments: Sequence[Argument]) -> str:
    return " ".join(map(str, arguments))


def _table(title: str, rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """Yield the lines of a table: an address with its arguments, below it what it means."""
    yield title
    width = max(MIN_TEXT_WIDTH, shutil.get_terminal_size().columns - len(INDENT))
    for address, arguments, meaning in rows:
        yield f"  {address}  {arguments}".rstrip()
        yield from (INDENT + line for line in textwrap.wrap(meaning, width))
