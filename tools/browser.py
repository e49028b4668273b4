"""Chromium, and Playwright, which controls it.

`.ci/setup-browser` installs Playwright into a folder of its own, `.deps/playwright-3.11` for Python
3.11, and not into the environment of the tests: it is large (the program that it talks to the
browser with includes Node.js), no user needs it, and whatever brings that environment in line
with `requirements.lock` would remove it. The folder is appended to Python's search path when
Playwright is first needed, so that a package that the environment has too is taken from there.

Chromium is Debian's; Playwright's own browsers are never downloaded.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PLAYWRIGHT = (
    Path(__file__).parents[1]
    / ".deps"
    / f"playwright-{sys.version_info.major}.{sys.version_info.minor}"
)
"""Where `.ci/setup-browser` installs it."""

OPTIONS = ("--no-sandbox", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required")
"""Options of Chromium: containers have neither user namespaces nor much shared memory, and a test
makes no gesture before a video plays."""


def find_browser() -> str | None:
    """Return the path of Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def missing() -> str | None:
    """Return what has to be installed before a browser can be controlled, or None."""
    if find_browser() is None:
        return "Chromium is not installed"
    if not (PLAYWRIGHT / "ready").is_file():
        return "Playwright is not installed: run .ci/setup-browser"
    return None


def import_playwright() -> Any:
    """Return the module `playwright.sync_api`."""
    if str(PLAYWRIGHT) not in sys.path:
        sys.path.append(str(PLAYWRIGHT))
    return importlib.import_module("playwright.sync_api")


@contextmanager
def run_browser(options: Sequence[str] = ()) -> Iterator[Browser]:
    """Start Chromium without a window, and end it.

    Playwright runs an event loop in this thread meanwhile, so `asyncio.run` can only be called in
    other threads.

    Args:
        options: Options of Chromium in addition to `OPTIONS`.
    """
    with import_playwright().sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=[*OPTIONS, *options]
        )
        try:
            yield browser
        finally:
            browser.close()
