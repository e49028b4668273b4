"""Run the command line with `python -m sequencer`."""

import sys

from sequencer.cli import main

if __name__ == "__main__":
    sys.exit(main())
