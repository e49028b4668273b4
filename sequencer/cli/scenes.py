"""List a score's scenes: how each starts, from which image, and how it can continue."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequencer.language.scenes import SceneCard


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "score",
        metavar="FILE",
        type=Path,
        help="a .score or .yaml file; files that it uses are included",
    )
    parser.add_argument("--json", action="store_true", help="print the list as JSON")
    parser.add_argument(
        "--full", action="store_true", help="print complete texts instead of their beginnings"
    )


def run(args: argparse.Namespace) -> int:
    """List the scenes of one file."""
    from sequencer.language.notations import read
    from sequencer.language.scenes import scene_cards

    found = scene_cards(read(args.score))
    if args.json:
        _print_json(found)
    elif not found:
        print(f"{args.score} has no scenes")
    else:
        _print_table(found, args.full)
    return 0


def _print_json(found: tuple[SceneCard, ...]) -> None:
    import json

    print(
        json.dumps(
            {
                "scenes": [
                    {
                        "name": card.name,
                        "base": card.base,
                        "start": card.start,
                        "follow": card.follow,
                        "image": card.image,
                        "evolutions": [
                            {"name": one.name, "text": one.text} for one in card.evolutions
                        ],
                        "quiet": list(card.quiet),
                        "file": card.file,
                        "line": card.line,
                    }
                    for card in found
                ]
            },
            ensure_ascii=False,
            indent=2,
        )
    )


def _print_table(found: tuple[SceneCard, ...], full: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=True, header_style="bold", show_lines=True)
    table.add_column("scene", style="bold", overflow="fold")
    table.add_column("start", ratio=3, overflow="fold")
    table.add_column("image", ratio=1, overflow="fold")
    table.add_column("evolutions", ratio=2, overflow="fold")
    table.add_column("base and follow", ratio=3, overflow="fold")
    for card in found:
        texts = [
            f"base {_cut(card.base, full)}" if card.base else "",
            f"follow {_cut(card.follow, full)}" if card.follow else "",
        ]
        evolutions = "\n".join(
            f"{one.name}: {one.text}" if one.name else one.text for one in card.evolutions
        )
        cells = (
            card.name,
            _cut(card.start or "—", full),
            card.image or "—",
            evolutions or "—",
            "\n".join(filter(None, texts)),
        )
        table.add_row(*(Text(cell) for cell in cells))
    console = Console()
    console.width = max(console.width, 100)
    console.print(table)


def _cut(text: str, full: bool) -> str:
    """Return the beginning of a text, cut after a complete word, or all of it if `full`."""
    if full or len(text) <= 90:
        return text
    return text[:90].rsplit(" ", 1)[0].rstrip(",.;") + " …"
