"""The controls of the studio's page in a browser, without a studio.

`tests/data/studio/bench.js` mounts them on a state that is a file. Time passes only when a test lets
it pass, for the run's clock and for the page. What they would send is kept in `bench.sent`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.browser import RunningBrowser

PAGE = Path(__file__).parents[2] / "sequencer" / "studio" / "page"
BENCH = Path(__file__).parents[1] / "data" / "studio"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'"
)
"""As strict as the studio's own: a violation fails the test."""


def show_state(**changes: Any) -> dict[str, Any]:
    """Return the state of a show, in the middle of a live section.

    Args:
        changes: Keys of the snapshot to replace; a mapping changes only the keys that it has.
    """
    state: dict[str, Any] = json.loads((BENCH / "show.json").read_text(encoding="utf-8"))
    for key, value in changes.items():
        known = state[key]
        both = isinstance(value, Mapping) and isinstance(known, dict)
        state[key] = {**known, **value} if both else value
    return state


class _Handler(SimpleHTTPRequestHandler):
    """Serves the page's modules, the bench, and the states."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}  # noqa: RUF012 - the base class declares it so

    def __init__(self, *args: Any, states: Mapping[str, dict[str, Any]]) -> None:
        self._states = states
        super().__init__(*args)

    def translate_path(self, path: str) -> str:
        folder, _, name = urlsplit(path).path.lstrip("/").partition("/")
        return str((PAGE if folder == "page" else BENCH) / name)

    def do_GET(self) -> None:
        name = urlsplit(self.path).path.rpartition("/")[2]
        if name.endswith(".json"):
            body = json.dumps(self._states[name.removesuffix(".json")]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        # The page has some forty modules: most of the time of a short test is spent on them.
        is_state = urlsplit(self.path).path.endswith(".json")
        self.send_header("Cache-Control", "no-store" if is_state else "max-age=3600")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


class Bench:
    """Pages with the controls. Those with the same options are in one profile, which keeps the
    modules of the page; `end_test` closes all pages and forgets what they stored.
    """

    def __init__(self, browser: RunningBrowser, url: str, states: dict[str, Any]) -> None:
        self._browser = browser
        self._url = url
        self._states = states
        self._profiles: dict[str, Any] = {}

    def screenshot_pages(self) -> None:
        """Take a screenshot of each page of a test that has failed."""
        self._browser.screenshot_pages()

    def end_test(self) -> None:
        """Close all pages, and fail for what went wrong in them."""
        for profile in self._profiles.values():
            for page in profile.pages:
                page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
                page.close()
        record, self._browser.record.problems = list(self._browser.record.problems), []
        assert record == []

    def open(
        self, state: dict[str, Any] | None = None, *, options: Mapping[str, Any] = {}, **query: str
    ) -> BenchPage:
        """Open a page.

        Args:
            state: The snapshot; None for a show.
            options: Options of the browser, as `PHONE`.
            query: Parameters of `bench.js`, as `role="viewer"`.
        """
        name = f"state{len(self._states)}"
        self._states[name] = show_state() if state is None else state
        url = f"{self._url}/bench/bench.html?{urlencode({'state': name, **query})}"
        used = {"viewport": {"width": 1440, "height": 900}, **options}
        profile = self._profiles.get(repr(used))
        if profile is None:
            page = self._browser.open(url, **used)
            self._profiles[repr(used)] = page.context
        else:
            page = profile.new_page()
            page.goto(url)
        page.wait_for_selector("body[data-ready]")
        return BenchPage(page)


class BenchPage:
    """A page with the controls. `page` is Playwright's."""

    def __init__(self, page: Any) -> None:
        self.page = page

    @property
    def sent(self) -> list[Any]:
        """What was sent: commands as texts, requests as objects."""
        found: list[Any] = self.page.evaluate("bench.sent")
        return found

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and wait until the page has drawn it."""
        self.page.evaluate(
            """async (seconds) => {
              bench.time += seconds * 1e9;
              await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            }""",
            seconds,
        )

    def wait_for_sent(self, last: str) -> None:
        """Wait until the last thing that was sent is a command, or a request of a kind."""
        self.page.wait_for_selector(f"body[data-sent={json.dumps(last)}]")

    def patch(self, **fields: Any) -> None:
        """Change the state as a message of the server would, and wait until it is drawn."""
        self.page.evaluate("(fields) => bench.patch(fields)", fields)
        self.pass_time(0)

    def enter(self, link: str) -> None:
        """Change the state of the connection."""
        self.page.evaluate("(state) => bench.enter(state)", link)
        self.pass_time(0)

    def refuse(self, message: str, hint: str = "") -> None:
        """Let everything that is sent from now on be refused."""
        self.page.evaluate(
            "(error) => { bench.refuse = error; }", {"message": message, "hint": hint}
        )

    def text(self, selector: str) -> str:
        """Return the text of an element, in one line."""
        found: str = self.page.inner_text(selector)
        return " ".join(found.split())

    def classes(self, selector: str) -> set[str]:
        """Return the classes of an element."""
        return set((self.page.get_attribute(selector, "class") or "").split())


@contextmanager
def controls_bench(browser: RunningBrowser) -> Iterator[Bench]:
    """Serve the controls until the block ends."""
    states: dict[str, Any] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, states=states))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Bench(browser, f"http://127.0.0.1:{server.server_port}", states)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
