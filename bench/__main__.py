"""All benches in turn, or those named: `python -m bench [NAME …]`. Each is a module of this package with a `main`."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("reading", "rehearsal", "pictures", "clock", "reactor")
"""The benches, in the order in which they run. Each prints ratios with their goals beside them."""


def main() -> int:
    """Run them; 2 for a name there is none of, else 1 where a bench says that a goal was missed."""
    chosen = sys.argv[1:] or list(NAMES)
    unknown = [name for name in chosen if name not in NAMES]
    if unknown:
        print(f"there is no bench {unknown[0]}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    missed = 0
    for name in chosen:
        print(f"── {name}", flush=True)
        sys.argv = [f"bench.{name}"]  # some read flags of their own, which are for running them alone
        missed |= bool(import_module(f"bench.{name}").main())
        print(flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main())
