"""Check the types of the studio's page: `python -m tools.page_types`, which `make lint` runs.

The page is plain JavaScript, which runs as it is. Its types are JSDoc comments, and TypeScript
checks them as strictly as its own (`tools/vendor/tsconfig.json`). Where it is not installed,
nothing is checked, which one line reports; if everything is required (SEQUENCER_REQUIRE_ALL=1),
this is an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

VENDOR = Path(__file__).parent / "vendor"
COMPILER = VENDOR / "node_modules" / "typescript" / "bin" / "tsc"


def missing() -> str | None:
    """Return what has to be installed before the page can be checked, or None."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not COMPILER.is_file():
        return "TypeScript is not installed: run .ci/setup-page"
    return None


def check_types(configuration: Path = VENDOR / "tsconfig.json") -> tuple[int, str]:
    """Check the page, or what another configuration names.

    Returns:
        The exit code and the output of TypeScript.
    """
    done = subprocess.run(
        [shutil.which("node") or "node", str(COMPILER), "--project", str(configuration)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def main() -> int:
    """Check the page, print what is wrong, and return the exit code."""
    reason = missing()
    if reason is not None:
        print(f"the types of the studio's page are not checked: {reason}")
        return 1 if os.environ.get("SEQUENCER_REQUIRE_ALL") == "1" else 0
    code, output = check_types()
    print(output or "The types of the studio's page are correct.", end="" if output else "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
