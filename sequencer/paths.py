"""Questions about paths that are answered, whatever the path: `pathlib` raises where a folder may not be searched.

Before Python 3.14 `Path.is_file` and its relatives raise PermissionError for a path in a folder that may not be searched and
OSError for a name that is too long. Here the answer is no; whoever then opens the path gets the error, and reports it.
"""

from __future__ import annotations

import os.path
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether there is a regular file that can be seen."""
    return os.path.isfile(path)  # noqa: PTH113  # pathlib's raises, see above


def is_folder(path: Path) -> bool:
    """Whether there is a folder that can be seen."""
    return os.path.isdir(path)  # noqa: PTH112  # pathlib's raises, see above


def exists(path: Path) -> bool:
    """Whether there is anything that can be seen."""
    return os.path.exists(path)  # noqa: PTH110  # pathlib's raises, see above
