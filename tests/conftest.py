"""What all tests share: the order in which they run, and golden files."""

from __future__ import annotations

import hypothesis
import pytest

from sequencer.engine.conductor.run_state import RunState
from tests.support.golden import Golden, render_difference
from tests.support.requirements import SLOW, runs_slow_tests

hypothesis.settings.register_profile("suite", deadline=None)  # a busy machine delays any test
hypothesis.settings.load_profile("suite")
RunState.checks_transitions = True  # every transition of every run in the tests is in the table


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`, which writes golden files instead of comparing with them."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write golden files instead of comparing with them",
    )


REAL_TIME = (
    "tests/soak/",
    "tests/integration/faults/",
    "tests/integration/live/",
    "tests/integration/reactor/",
    "tests/integration/studio/",
    "tests/unit/midi/",
    "tests/unit/stages/reactor/",
    "tests/unit/cli/test_midi.py",
    "tests/unit/sync/test_link.py",
)
"""Tests that run in real time, over real connections, with real MIDI devices, or in a browser that
draws the page of a show.
"""
BEATS = (
    "tests/unit/cli/test_beats.py",
    "tests/unit/media/test_beat_tracking.py",
)
"""Tests that find beats: numba compiles for them, and two processes that do so at once can leave a
cache that crashes the next one.
"""
HEAVY = ("tests/compatibility/", "tests/simulation/test_simulation.py")
"""Tests that use a core for minutes: they begin early, so that none is left alone at the end."""


def _turn(item: pytest.Item) -> int:
    """Return which part of the run a test belongs to: 0 in real time, 1 heavy, 2 all others."""
    file = item.path.relative_to(item.config.rootpath).as_posix()
    if file.startswith(REAL_TIME):
        return 0
    return 1 if file.startswith(HEAVY) else 2


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the real-time tests in one process, one after another.

    They wait most of the time. The other process runs all the rest, and has a core to itself. Tests
    marked as slow are skipped unless they were requested, so that everybody can run the
    everyday suite often.
    """
    items.sort(key=_turn)
    skip = pytest.mark.skip(reason=f"it is slow: {SLOW}=1 runs it")
    for item in items:
        if item.get_closest_marker("slow") is not None and not runs_slow_tests():
            item.add_marker(skip)
        if _turn(item) == 0:
            item.add_marker(pytest.mark.xdist_group("realtime"))
        elif item.path.relative_to(item.config.rootpath).as_posix().startswith(BEATS):
            item.add_marker(pytest.mark.xdist_group("beats"))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare texts with files in `goldens/` next to the test; with `--update-golden` the files are
    written instead.
    """
    folder = request.path.parent / "goldens"
    update = bool(request.config.getoption("--update-golden"))

    def compare(name: str, text: str) -> None:
        path = folder / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != text.encode():
                path.write_bytes(text.encode())
        elif not path.is_file():
            pytest.fail(
                f"{path} does not exist; --update-golden writes it\n\n{text[:2000]}", pytrace=False
            )
        else:
            expected = path.read_bytes().decode()
            if expected != text:
                pytest.fail(render_difference(expected, text, path), pytrace=False)

    return compare
