"""The table of transitions, the handlers, the page and the code agree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequencer.engine.conductor.diagram import mermaid
from sequencer.engine.conductor.machine import HANDLERS
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.transitions import TRANSITIONS, Phase, Transition
from sequencer.events.codec import Event
from sequencer.events.events import ChunkDone, Started
from sequencer.schedule.model import Schedule

ROOT = Path(__file__).parents[4]


def _phases_before(one: Transition, event: type[Event]) -> set[Phase]:
    """Return the phases in which the event can be received that causes a transition, alone or after
    others.
    """
    starts = set(Phase) - {Phase.FINISHED} if one.start is None else {one.start}
    while True:
        more = {
            other.start
            for other in TRANSITIONS
            if other.end in starts and event in other.events and other.start
        }
        if more <= starts:
            return starts
        starts |= more


def test_every_event_that_causes_a_transition_is_handled() -> None:
    for one in TRANSITIONS:
        for event in one.events:
            assert any((phase, event) in HANDLERS for phase in _phases_before(one, event)), (
                one,
                event,
            )


def test_every_phase_can_be_reached_and_left() -> None:
    assert {one.end for one in TRANSITIONS} == set(Phase) - {Phase.WAITING}
    assert {one.start for one in TRANSITIONS} == (set(Phase) - {Phase.FINISHED}) | {None}


def test_the_page_shows_the_diagram() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert mermaid() in page


def _targets(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign():
                yield from node.targets
            case ast.AugAssign() | ast.AnnAssign() | ast.NamedExpr() | ast.For():
                yield node.target
            case ast.withitem() if node.optional_vars is not None:
                yield node.optional_vars
            case ast.Call(
                func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str() as name), *_]
            ):
                yield ast.Attribute(node.args[0], name)
            case _:
                pass


def _phase_is_set(tree: ast.AST) -> bool:
    targets = (part for target in _targets(tree) for part in ast.walk(target))
    return any(isinstance(part, ast.Attribute) and part.attr == "phase" for part in targets)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("run.phase = 1", True),
        ("run.base, run.phase = 1, 2", True),
        ("self.phase: int = 1", True),
        ("for run.phase in range(3): pass", True),
        ("setattr(run, 'phase', 1)", True),
        ("run.base = run.phase", False),
        ("phase = run.phase", False),
    ],
)
def test_what_counts_as_an_assignment(code: str, found: bool) -> None:
    assert _phase_is_set(ast.parse(code)) is found


def test_only_enter_sets_the_phase() -> None:
    setting = []
    for path in sorted((ROOT / "sequencer" / "engine").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        inside = [(path.name, node.name) for node in functions if _phase_is_set(node)]
        assert bool(inside) is _phase_is_set(tree), f"{path} sets a phase outside a function"
        setting += inside
    assert setting == [("run_state.py", "__init__"), ("run_state.py", "enter")]


def test_a_transition_that_is_not_listed_is_refused_in_tests(schedule: Schedule) -> None:
    run = RunState(schedule)
    with pytest.raises(AssertionError, match="waiting -> playing by Started is not in TRANSITIONS"):
        run.enter(Phase.PLAYING, Started(0))
    assert run.phase is Phase.WAITING


def test_a_show_goes_on_after_a_transition_that_is_not_listed(
    monkeypatch: pytest.MonkeyPatch, schedule: Schedule
) -> None:
    monkeypatch.setattr(RunState, "checks_transitions", False)
    run = RunState(schedule)
    run.enter(Phase.SHOWING, ChunkDone(0, 0, 1, ""))
    assert run.phase is Phase.SHOWING


@pytest.fixture
def schedule() -> Schedule:
    from tests.support.conductor_transcripts import compiled

    return compiled('at 0c "a"\nend 3c')
