"""Open the studio's page in a browser without showing its key to other users of the machine.

The arguments of a program are readable by everybody. The browser is therefore given the address of
a small file that only this user can read, which leads to the page.
"""

from __future__ import annotations

import html
import os
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

NAME = "studio.html"


def write_redirect(folder: Path, url: str) -> Path:
    """Write a page that leads to `url`, readable by this user alone, and return its path."""
    path = folder / NAME
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    target = html.escape(url, quote=True)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(
            '<!doctype html><meta charset="utf-8"><title>Studio</title>'
            f'<meta http-equiv="refresh" content="0;url={target}">'
            f'<a href="{target}">Open the studio</a>\n'
        )
    return path


@contextmanager
def opened_in_browser(url: str) -> Iterator[bool]:
    """Open a page in the default browser; the file that leads to it exists until the block ends.

    Yields whether there is a browser.
    """
    with TemporaryDirectory(prefix="sequencer-studio-") as folder:
        yield webbrowser.open(write_redirect(Path(folder), url).as_uri())
