"""The browser that tests open pages in: what goes wrong in a page fails the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.browser import (
    PHONE,
    SCREENSHOTS,
    Record,
    browser_page,
    run_test_browser,
    take_screenshot,
)

PAGES = {
    "/": "<meta name=viewport content=width=device-width><title>Good</title><button onclick=0>GO</button>",
    "/console": "<title>Bad</title><script>console.error('broken')</script>",
    "/exception": "<title>Bad</title><script>throw new Error('unexpected')</script>",
    "/rejection": "<title>Bad</title><script>Promise.reject(new Error('unhandled'))</script>",
    "/missing": "<title>Bad</title><script src=/nothing.js></script>",
    "/foreign": "<title>Bad</title><img src=http://elsewhere.test/a.png alt=''>",
    "/socket": "<title>Bad</title><script>new WebSocket('ws://elsewhere.test/')</script>",
    "/policy": "<title>Bad</title><script>document.title = 'Ran'</script>",
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # http.server looks for this name
        page = PAGES.get(self.path)
        self.send_response(404 if page is None and self.path != "/favicon.ico" else 200)
        if self.path == "/policy":
            self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write((page or "").encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as serving:
        thread = threading.Thread(target=partial(serving.serve_forever, 0.02))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def test_a_page_without_faults(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SCREENSHOTS, raising=False)
    with browser_page(server, **PHONE) as page:
        assert page.title() == "Good"
        page.get_by_role("button", name="GO").tap()
        assert page.evaluate("innerWidth") == 390
        assert take_screenshot(page, "good") is None
        monkeypatch.setenv(SCREENSHOTS, str(tmp_path / "shots"))
        assert take_screenshot(page, "good") == tmp_path / "shots" / "good.png"
    assert (tmp_path / "shots" / "good.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_each_fault_is_found(server: str) -> None:
    """In one browser: each page adds to the record what the test would fail for."""
    found = {}
    with run_test_browser(ignored=["."], names=["elsewhere.test"]) as opened:
        for path in PAGES:
            opened.record.problems.clear()
            opened.record.requests.clear()
            page = opened.open(server + path)
            page.evaluate("new Promise(resolve => setTimeout(resolve, 100))")
            found[path] = (" | ".join(opened.record.problems), opened.record.hosts())
            page.context.close()
    own = {"127.0.0.1"}
    assert found["/"] == ("", own)
    assert "console error: broken" in found["/console"][0]
    assert "page error: unexpected" in found["/exception"][0]
    assert "page error: unhandled" in found["/rejection"][0]
    assert "404" in found["/missing"][0] and found["/missing"][1] == own
    assert found["/foreign"][1] == found["/socket"][1] == own | {"elsewhere.test"}
    assert "content security policy: script-src-elem refuses inline" in found["/policy"][0]


@pytest.mark.parametrize(
    ("ignored", "hosts", "fails"),
    [
        (["brok.n"], ["127.0.0.1", "elsewhere.test"], None),
        (["another"], ["127.0.0.1", "elsewhere.test"], "console error: broken"),
        (["broken"], ["127.0.0.1"], "https://elsewhere.test/a"),
    ],
)
def test_the_record_fails_for_problems_and_for_other_hosts(
    ignored: list[str], hosts: list[str], fails: str | None
) -> None:
    record = Record(
        problems=["console error: broken"],
        requests=["http://127.0.0.1:1/", "data:,", "blob:x", "https://elsewhere.test/a"],
    )
    if fails is None:
        record.check(ignored, hosts)
        return
    with pytest.raises(AssertionError, match=fails):
        record.check(ignored, hosts)


def test_a_request_to_another_host_fails_the_test(server: str) -> None:
    with (
        pytest.raises(AssertionError, match=r"elsewhere\.test"),
        browser_page(f"{server}/foreign", ignored=["ERR_NAME_NOT_RESOLVED"]),
    ):
        pass


def test_a_test_that_fails_leaves_a_screenshot_and_the_problems(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SCREENSHOTS, str(tmp_path))
    with pytest.raises(ValueError, match="own") as error, browser_page(f"{server}/console"):
        raise ValueError("its own")
    assert [path.name for path in tmp_path.iterdir()] == [
        "failed-test_a_test_that_fails_leaves_a_screenshot_and_the_problems-1.png"
    ]
    assert "console error: broken" in "".join(error.value.__notes__)
