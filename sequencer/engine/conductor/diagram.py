"""Print the conductor's transitions as a Mermaid diagram.

Usage:

`python -m sequencer.engine.conductor.diagram`.

`docs/architecture.md` contains the output, and a test compares the two.
"""

from __future__ import annotations

import sys

from sequencer.engine.conductor.transitions import TRANSITIONS, Phase


def mermaid() -> str:
    """Return the diagram as Mermaid source, one transition a line.

    Transitions from every phase are in a note.
    """
    lines = ["stateDiagram-v2", f"    [*] --> {Phase.WAITING.value}"]
    for one in TRANSITIONS:
        if one.start is not None:
            lines.append(f"    {one.start.value} --> {one.end.value}: {one.label}")
        else:
            lines += [
                f"    note right of {one.end.value}",
                f"        from every other phase: {one.label}",
                "    end note",
            ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(mermaid() + "\n")
