"""A real browser for tests: pages in Chromium, and a record of everything that went wrong in them.

    with browser_page(url) as page:
        page.get_by_role("button", name="GO").click()

`page` is a page of Playwright's synchronous API, in this process: `tools/browser.py` describes
where it is installed. At the end of the block the test fails if the page reported an error, broke
its content security policy, or requested something from another host.

Playwright runs an event loop in the thread of the test. A server in the same process therefore
needs a thread of its own.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.support.requirements import require
from tools import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

SCREENSHOTS = "SEQUENCER_SCREENSHOTS"
"""The environment variable with the folder that screenshots are written into."""
OWN_HOSTS = frozenset({"127.0.0.1"})
LOCAL_SCHEMES = frozenset({"about", "blob", "data"})
TIMEOUT_MS = 10_000
"""How long Playwright waits for an element or a condition."""
PHONE: Mapping[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
"""Options of a page on a telephone."""

_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => recordViolation(
  `${event.effectiveDirective} refuses ${event.blockedURI || "inline"} in ${event.sourceFile}:${event.lineNumber}`));
"""


@dataclass(slots=True)
class Record:
    """What happened in the pages of one browser.

    `problems` are errors and warnings of the console, exceptions that nothing caught, crashes, and
    violations of the content security policy, each with its kind, as `page error: …`.
    """

    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """The URL of each request and of each websocket."""

    def hosts(self) -> set[str]:
        """Return the hosts that anything was requested from."""
        parts = [urlsplit(url) for url in self.requests]
        return {part.hostname or "" for part in parts if part.scheme not in LOCAL_SCHEMES}

    def check(self, ignored: Collection[str] = (), hosts: Collection[str] = OWN_HOSTS) -> None:
        """Fail if there was a problem that no pattern of `ignored` matches, or a request to
        another host than `hosts`.
        """
        left = [
            problem
            for problem in self.problems
            if not any(re.search(pattern, problem) for pattern in ignored)
        ]
        assert not left, "\n".join(left)
        assert self.hosts() <= set(hosts), [
            url for url in self.requests if urlsplit(url).hostname not in hosts
        ]


@dataclass
class RunningBrowser:
    """A browser that opens pages for a test.

    Without slots, because Playwright adds attributes to objects whose methods receive its events.
    """

    _running: Browser
    record: Record = field(default_factory=Record)

    def open(self, url: str, **options: Any) -> Page:
        """Open a page in a profile of its own: it shares no storage with other pages.

        Args:
            url: The address.
            options: Options of Playwright's `new_context`, as `viewport`, `color_scheme`,
                `forced_colors`, `reduced_motion`, or `**PHONE`.
        """
        profile = self._running.new_context(**options)
        profile.set_default_timeout(TIMEOUT_MS)
        profile.expose_binding(
            "recordViolation", lambda _source, text: self._add("content security policy", text)
        )
        profile.add_init_script(_REPORT_VIOLATIONS)
        profile.on("request", lambda request: self.record.requests.append(request.url))
        profile.on("weberror", lambda error: self._add("page error", str(error.error)))
        profile.on("console", self._read_console)
        profile.on("page", self._watch)
        page = profile.new_page()
        page.goto(url)
        return page

    @contextlib.contextmanager
    def lend(self) -> Iterator[RunningBrowser]:
        """Lend the browser to one test, which starts none: its pages are closed after it, so that
        they draw nothing during the next one, and it fails for what went wrong in them.
        """
        lent = RunningBrowser(self._running)
        try:
            yield lent
            lent.record.check()
        finally:
            lent.close_pages()

    def close_pages(self) -> None:
        """Close all pages."""
        for profile in self._running.contexts:
            profile.close()

    def screenshot_pages(self) -> None:
        """Take a screenshot of each page of a test that has failed, if it is still there."""
        with contextlib.suppress(Exception):  # the test's own failure is the one to report
            _screenshot_all(self._running)

    def _watch(self, page: Page) -> None:
        page.on("websocket", lambda socket: self.record.requests.append(socket.url))
        page.on("crash", lambda _: self._add("crash", page.url))

    def _read_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            where = message.location
            self._add(
                f"console {message.type}",
                f"{message.text} ({where.get('url')}:{where.get('lineNumber')})",
            )

    def _add(self, kind: str, text: str) -> None:
        self.record.problems.append(f"{kind}: {text}")


@contextlib.contextmanager
def run_test_browser(
    *, ignored: Collection[str] = (), names: Collection[str] = ()
) -> Iterator[RunningBrowser]:
    """Start a browser for a test, which is skipped if there is none; see `browser_page`.

    Args:
        ignored: Patterns of problems that the test expects.
        names: Names of hosts that lead to this machine. No other name is ever resolved, so that
            nothing leaves this machine even if a page is wrong.
    """
    reason = browser.missing()
    require(reason is None, reason or "")
    rules = [f"MAP {name} 127.0.0.1" for name in names]
    rules.append("MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
    rules += [f"EXCLUDE {name}" for name in names]
    with browser.run_browser([f"--host-resolver-rules={', '.join(rules)}"]) as running:
        opened = RunningBrowser(running)
        try:
            yield opened
        except BaseException as error:
            opened.screenshot_pages()
            if opened.record.problems:
                error.add_note("\n".join(["in the browser:", *opened.record.problems]))
            raise
        opened.record.check(ignored, {*OWN_HOSTS, *names})


@contextlib.contextmanager
def browser_page(url: str, *, ignored: Collection[str] = (), **options: Any) -> Iterator[Page]:
    """Open one page in a browser of its own, which takes a second.

    Args:
        url: The address.
        ignored: Patterns of problems that the test expects, as `r"WebSocket connection .* failed"`.
        options: See `RunningBrowser.open`.
    """
    with run_test_browser(ignored=ignored) as opened:
        yield opened.open(url, **options)


def take_screenshot(page: Page, name: str) -> Path | None:
    """Write a screenshot to NAME.png in the folder that SEQUENCER_SCREENSHOTS names, and return
    its path; do nothing if the variable is not set.
    """
    folder = os.environ.get(SCREENSHOTS)
    if not folder:
        return None
    path = Path(folder) / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    return path


def _screenshot_all(running: Browser) -> None:
    """Take a screenshot of each page of a test that fails."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "test").rpartition("::")[2].partition(" ")[0]
    pages = [page for profile in running.contexts for page in profile.pages]
    for number, page in enumerate(pages, 1):
        take_screenshot(page, f"failed-{re.sub(r'[^A-Za-z0-9_-]+', '-', test)}-{number}")
