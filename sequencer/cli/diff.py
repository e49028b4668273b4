"""Show where two runs differ: settings, cues, MIDI messages, prompts and frames by chunk.

Exit code 1 when they differ.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

MAX_ROWS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("first", metavar="RUN", type=Path, help="a run's folder, journal or bundle")
    parser.add_argument("second", metavar="RUN", type=Path, help="another run")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Compare two runs."""
    from sequencer.api.reporting import diff
    from sequencer.core.diagnostics import escape_control

    found = diff(args.first, args.second)
    if args.json:
        print(
            json.dumps(
                {
                    "equal": found.is_equal,
                    "settings": list(found.settings),
                    "cues": [str(cue) for cue in found.cues],
                    "sends": [str(send) for send in found.sends],
                    "prompts_differ_on": list(found.prompts),
                    "pictures_differ_on": None
                    if found.frame_digests is None
                    else list(found.frame_digests),
                    "chunks": list(found.chunks),
                    "first_chunks": list(found.first_chunks),
                },
                ensure_ascii=False,
            )
        )
        return 0 if found.is_equal else 1
    for setting in found.settings:
        print(escape_control(setting))
    for cue in found.cues:
        print(escape_control(cue))
    for send in found.sends:
        print(escape_control(send))
    if found.first_chunks[0] != found.first_chunks[1]:
        print(f"beginning at chunk {found.first_chunks[0]} against {found.first_chunks[1]}")
    if found.chunks[0] != found.chunks[1]:
        print(f"{found.chunks[0]} chunks against {found.chunks[1]}")
    if not found.prompts and not found.is_equal:
        print("every chunk in both runs showed the same prompt")
    if found.prompts:
        print(f"different prompts on {_chunks(found.prompts)}")
    if found.frame_digests is None:
        print(f"frames were not compared: {found.why_not}")
    elif found.frame_digests:
        print(f"different frames on {_chunks(found.frame_digests)}")
    if found.is_equal:
        print("the two runs showed the same")
    return 0 if found.is_equal else 1


def _chunks(numbers: tuple[int, ...]) -> str:
    """Format chunk numbers as `chunks 3-7, 9`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    shown = [str(low) if low == high else f"{low}-{high}" for low, high in spans]
    more = f" and {len(shown) - MAX_ROWS} more" if len(shown) > MAX_ROWS else ""
    return f"chunk{'s' if len(numbers) > 1 else ''} {', '.join(shown[:MAX_ROWS])}{more}"
