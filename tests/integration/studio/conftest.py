"""One browser for all tests of a module: starting it takes longer than most of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.support.browser import RunningBrowser, run_test_browser

FAILURE = pytest.StashKey[bool]()
"""Whether the call of a test has failed."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether a test has failed, for the fixtures that it uses."""
    report = yield
    if call.when == "call":
        item.stash[FAILURE] = report.failed
    return report


@pytest.fixture(scope="module")
def chromium() -> Iterator[RunningBrowser]:
    """The browser of a module, whose tests must not run an event loop in their own thread."""
    with run_test_browser() as running:
        yield running


@pytest.fixture
def browser(chromium: RunningBrowser, request: pytest.FixtureRequest) -> Iterator[RunningBrowser]:
    """The browser, for one test."""
    with chromium.lend() as lent:
        yield lent
        if request.node.stash.get(FAILURE, False):
            lent.screenshot_pages()
