"""Tests of the mutation tool: the mutants it finds and chooses, the tests it runs, and that its
results are correct.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.mutation.choosing import (
    LIMIT,
    MeasuredTest,
    batches,
    choose_tests,
    lines_of,
    read_tests,
    stale_files,
)
from tests.mutation.contexts import digest
from tests.mutation.mutants import Mutant, find_mutants, is_valid
from tests.mutation.sampling import (
    ROOT,
    TARGETS,
    Mark,
    all_at,
    changed_lines,
    files_of,
    mark_of,
    read_marks,
    sample,
)


def mutants_of(source: str) -> list[Mutant]:
    return [one for one in find_mutants("a.py", source) if is_valid(one, source)]


def becomes(source: str) -> set[str]:
    """Return the text of each mutant of a statement inside a one-line function."""
    text = f"def f(a, b, c):\n    {source}\n"
    return {one.mutated(text).split("\n", 1)[1].strip() for one in mutants_of(text)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = b < c", {"a = b <= c", "a = b >= c"}),
        ("a = b >= c", {"a = b > c", "a = b < c"}),
        ("a = b == c", {"a = b != c"}),
        ("a = b is c", {"a = b is not c"}),
        ("a = b not in c", {"a = b in c"}),
        (
            "a = b < (c) <= b",
            {"a = b <= (c) <= b", "a = b >= (c) <= b", "a = b < (c) < b", "a = b < (c) > b"},
        ),
        ("a = b + c", {"a = b - c"}),
        ("a = b // c", {"a = b / c"}),
        ("a += b", {"a -= b", "pass"}),
        ("a = b and c", {"a = b or c", "a = c", "a = b"}),
        ("a = not b", {"a = b"}),
        ("a = -b", {"a = b"}),
        ("a = b if c else a", {"a = b if (not (c)) else a"}),
        (
            "a = [x for x in b if x]",
            {"a = [x for x in b if (not (x))]", "a = [x for x in b if True]"},
        ),
        ("a = 4", {"a = 5"}),
        ("a = True", {"a = False"}),
        ("a = 1.5", {"a = 4.0"}),
        ('a = "é" + "b"', {"a = 'é~' + \"b\"", "a = \"é\" + 'b~'"}),
        ("a = min(b, key=c)", {"a = max(b, key=c)", "a = min(b, )"}),
        ("f(a)", {"pass"}),
        ("a.b = c", {"pass"}),
        ("return a", {"return None"}),
        ("return None", set()),
        ("raise ValueError('no' + str(4))", {"pass"}),
        ('faults.error("E1", "no", a)', {"pass"}),
        ('return StageError("no", 4)', {"return None", 'return StageError("no", 5)'}),
        ("a: int | str = b", set()),
        ("assert_never(a)", {"pass"}),
    ],
)
def test_a_statement_has_the_mutants_of_its_parts(source: str, expected: set[str]) -> None:
    assert becomes(source) == expected


def test_conditions_loops_and_returns() -> None:
    source = "def f(a):\n    while a:\n        if a.b:\n            break\n        continue\n    return\n"
    kinds = [(one.line, one.kind) for one in mutants_of(source)]
    assert kinds == [
        (2, "condition negated"),
        (3, "condition negated"),
        (4, "break to continue"),
        (5, "continue to break"),
        (6, "return removed"),
    ]


def test_what_is_no_behaviour_is_left_alone() -> None:
    source = textwrap.dedent('''
        """Text."""
        from __future__ import annotations
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            a = 1
        __all__ = ["b"]
        Kind = Literal["v", "w"]
        @dataclass(frozen=True)
        class C:
            """Text."""
            a: Literal["x"]
            """Text."""
        @cache(4)
        def f(a: Literal["y"]) -> Literal["z"]:
            """Text."""
    ''')
    assert mutants_of(source) == []


def test_a_mutant_describes_where_it_is_and_what_it_changes() -> None:
    source = "é = 'é'; a = (é\n  <  # less\n  2)\n"
    found = {one.kind: one for one in mutants_of(source)}
    assert [(str(one), one.diff(source)) for one in (found["2 to 3"], found["another text"])] == [
        ("a.py:3:3 2 to 3", ["-  2)", "+  3)"]),
        ("a.py:1:5 another text", ["-é = 'é'; a = (é", "+é = 'é~'; a = (é"]),
    ]
    assert changed_lines(found["2 to 3"], source) == ("2)", "3)")
    assert found["< to <="].mutated(source) == "é = 'é'; a = (é\n  <=  # less\n  2)\n"


# ---- the sample


def test_the_same_seed_chooses_the_same_mutants_and_more_begin_with_the_same() -> None:
    few, many = sample(21, 5), sample(35, 5)
    assert few == sample(21, 5)
    assert many[:21] == few
    assert sample(21, 6) != few
    assert [name for name, _ in few] == list(TARGETS) * 3
    assert len({(one.file, one.start, one.end, one.text) for _, one in many}) == 35


def test_one_target_alone_has_its_own_mutants() -> None:
    chosen = [one for _, one in sample(30, 1, ["journal"])]
    assert {ROOT / one.file for one in chosen} <= set(files_of("journal"))
    assert len(set(chosen)) == 30


def test_mutants_at_a_position() -> None:
    path = "sequencer/schedule/model.py"
    lines = {one.line for _, one in all_at(path)}
    line = sorted(lines)[len(lines) // 2]
    assert {one.line for _, one in all_at(f"{path}:{line}")} == {line}
    assert {one.line for _, one in all_at(f"{path}:{line - 20}-{line}")} == {
        one for one in lines if line - 20 <= one <= line
    }
    with pytest.raises(ValueError, match="is not a file that is mutated"):
        all_at("sequencer/nothing.py")


def test_every_mutated_module_is_there() -> None:
    assert all(files_of(target) for target in TARGETS)


@pytest.mark.slow
def test_every_mark_is_of_a_mutant_that_exists_and_has_a_reason() -> None:
    marks = read_marks()
    found: set[tuple[str, str, str]] = set()
    for file in {one.file for one in marks}:
        source = (ROOT / file).read_text(encoding="utf-8")
        marked = {line for one in marks if one.file == file for line in one.was.splitlines()}
        lines = [line.strip() for line in source.splitlines()]
        found |= {
            (file, *changed_lines(one, source))
            for number, line in enumerate(lines, 1)
            if line in marked
            for _, one in all_at(f"{file}:{number}")
        }
    assert [one for one in marks if (one.file, one.was, one.becomes) not in found] == []
    assert all(len(one.reason) > 20 for one in marks)


def test_a_mark_is_found_wherever_its_line_has_gone() -> None:
    source = "def f(a):\n    return a < 1\n"
    mark = Mark(file="a.py", was="return a < 1", becomes="return a <= 1", reason="never equal")
    for text in (source, f"# more\n\n{source}"):
        marked = [one for one in mutants_of(text) if mark_of(one, text, [mark])]
        assert [one.kind for one in marked] == ["< to <="]


# ---- the tests for a mutant

SOURCE = """\
A = 1
class C:
    b: int = 2
    def f(self, a=3):
        if a:
            return 4
        elif self.b:
            return [
                5,
            ]
        return 6
"""


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        (1, None),
        (3, None),
        (4, set(range(4, 12))),
        (5, {5}),
        (6, {6}),
        (7, {7}),
        (9, {8, 9, 10}),
        (11, {11}),
    ],
)
def test_a_statement_has_its_lines_and_what_runs_at_import_has_none(
    line: int, lines: set[int] | None
) -> None:
    assert lines_of(line, SOURCE) == (None if lines is None else frozenset(lines))


def test_the_quickest_tests_that_run_the_line_come_first(tmp_path: Path) -> None:
    tests = [
        MeasuredTest("tests/test_a.py::slow", 2.0, {"a.py": frozenset({6})}),
        MeasuredTest("tests/test_a.py::other", 0.1, {"a.py": frozenset({11})}),
        MeasuredTest("tests/test_b.py::quick", 0.2, {"a.py": frozenset({6, 11})}),
        MeasuredTest("tests/test_b.py::unknown", 0.3, {"a.py": None}),
        MeasuredTest("tests/test_b.py::elsewhere", 0.0, {"b.py": frozenset({6})}),
    ]

    def chosen(line: int, file: str = "a.py") -> list[str]:
        mutant = Mutant(file=file, line=line, column=1, kind="", start=0, end=0, text="")
        return [
            test.name.partition("::")[2] for test in choose_tests(mutant, SOURCE, tests, tmp_path)
        ]

    assert chosen(6) == ["quick", "unknown", "slow"]
    assert chosen(11) == ["other", "quick", "unknown"]
    assert chosen(1) == ["other", "quick", "unknown", "slow"]
    assert chosen(6, "c.py") == []


def test_a_constant_is_used_by_the_tests_of_the_modules_that_import_it(tmp_path: Path) -> None:
    for name, text in {
        "p/a.py": "A = 1\n",
        "p/b.py": "from p.a import A\n",
        "p/c.py": "from p.b import A\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    slow, quick, other = (
        MeasuredTest("tests/test_a.py::slow", 2.0, {"p/a.py": frozenset({1})}),
        MeasuredTest("tests/test_a.py::quick", 0.1, {"p/b.py": frozenset({1})}),
        MeasuredTest("tests/test_a.py::other", 0.1, {"p/c.py": frozenset({1})}),
    )
    mutant = Mutant(file="p/a.py", line=1, column=1, kind="", start=0, end=0, text="")
    assert choose_tests(mutant, "A = 1\n", [other, quick, slow], tmp_path) == [slow, quick]


def test_batches_begin_small_end_in_time_and_hold_no_two_files_of_one_name() -> None:
    tests = [
        MeasuredTest(f"tests/{number % 2}/test_a.py::{number}", 1.0, {}) for number in range(200)
    ]
    found = list(batches(tests))
    assert found[0].seconds == 2.0
    assert all(len({test.file for test in one.tests}) == 1 for one in found)
    assert sum(one.seconds for one in found) <= LIMIT
    names = [test.name for one in found for test in one.tests]
    assert len(set(names)) == len(names)
    assert list(batches([])) == []
    (slow,) = batches([MeasuredTest("tests/test_a.py::slow", 10 * LIMIT, {})])
    assert slow.seconds == 10 * LIMIT, "one test is always run"


def test_what_was_measured_is_used_as_long_as_it_is_true(tmp_path: Path) -> None:
    root, cache = tmp_path / "root", tmp_path / "cache"
    (root / "tests").mkdir(parents=True)
    (root / "a.py").write_text("A = 1\n")
    test = root / "tests" / "test_a.py"
    test.write_text("def test_one(): pass\n")
    assert stale_files([test], cache, root) == ["tests/test_a.py"]
    document = {
        "digest": digest(test.read_bytes()),
        "sources": {"a.py": digest(b"A = 1\n")},
        "tests": {"tests/test_a.py::test_one": {"seconds": 0.5, "lines": {"a.py": [1]}}},
    }
    kept = cache / "tests" / "test_a.py.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps(document))
    assert stale_files([test], cache, root) == []
    assert read_tests(cache, root) == [
        MeasuredTest("tests/test_a.py::test_one", 0.5, {"a.py": frozenset({1})})
    ]
    (root / "a.py").write_text("A = 2\n")
    assert read_tests(cache, root) == [
        MeasuredTest("tests/test_a.py::test_one", 0.5, {"a.py": None})
    ]
    test.write_text("def test_two(): pass\n")
    assert stale_files([test], cache, root) == ["tests/test_a.py"]
    test.unlink()
    assert read_tests(cache, root) == []


# ---- a mutant's end

PROGRAM = """
import json, sys
from tests.mutation import running
from tests.mutation.choosing import Batch, MeasuredTest
from tests.mutation.mutants import Mutant
from tests.mutation.sampling import ROOT

running.load_libraries()
FILE = "sequencer/core/timebase.py"
SOURCE = (ROOT / FILE).read_text(encoding="utf-8")
HEAD = "def nanoseconds(seconds: Fraction) -> int:\\n"
START = SOURCE.encode().index(b"def nanoseconds(")
test = MeasuredTest("tests/unit/core/test_timebase.py::" + sys.argv[1], 0.1, {})

def end(text, patience=60.0):
    running.PATIENCE = patience
    mutant = None if text is None else Mutant(
        file=FILE, line=1, column=1, kind="", start=START, end=START, text=text
    )
    return running.run_batch(Batch((test,)), mutant, SOURCE)

print(json.dumps([
    end(None),
    end("# nothing\\n"),
    end("raise RuntimeError\\n"),
    end("import os; os._exit(0)\\n"),
    end("while True: pass\\n", 1.0),
]))
"""


@pytest.mark.slow
def test_a_mutant_is_detected_by_failing_crashing_or_hanging_tests_only() -> None:
    name = "test_bar_and_beat_are_the_inverse_of_quarters_exactly"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ends = json.loads(done.stdout)
    assert ends == [None, None, "pytest ended with 4", "the process ended", "timed out"]


WRONG = """
from tests.mutation import running
from tests.mutation.choosing import Batch, MeasuredTest
from tests.mutation.mutants import Mutant

running.load_libraries()
test = MeasuredTest("tests/unit/core/test_nothing.py::test_nothing", 0.1, {})
mutant = Mutant(
    file="sequencer/core/timebase.py",
    line=1,
    column=1,
    kind="",
    start=0,
    end=0,
    text="# nothing\\n",
)
running.run_batch(Batch((test,)), mutant, "")
"""


def test_a_test_that_does_not_exist_is_an_error_and_detects_no_mutant() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRONG], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "RuntimeError: the tests could not be run: {'code': 4" in done.stderr


CHANGED = """
from tests.mutation.choosing import MeasuredTest
from tests.mutation.running import load_libraries, run_mutant
from tests.mutation.sampling import ROOT, all_at

load_libraries()
FILE = "sequencer/core/timebase.py"
SOURCE = (ROOT / FILE).read_text(encoding="utf-8")
line = 1 + SOURCE[: SOURCE.index("def nanoseconds(")].count("\\n")
tests = [
    MeasuredTest(f"tests/unit/core/test_timebase.py::{name}", 0.1, {})
    for name in ("test_bar_and_beat_are_the_inverse_of_quarters_exactly", "test_half_a_nanosecond_is_rounded_up")
]
for target, mutant in all_at(f"{FILE}:{line}-{line + 2}"):
    print(mutant.kind, run_mutant(target, mutant, SOURCE, tests).by)
"""


@pytest.mark.slow
def test_a_changed_function_is_detected_by_the_test_that_uses_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHANGED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    by = "tests/unit/core/test_timebase.py::test_half_a_nanosecond_is_rounded_up"
    kinds = ("None returned", "floor to ceil", "* to /", "+ to -", "1 to 2", "2 to 3")
    assert sorted(done.stdout.splitlines()) == sorted(f"{kind} {by}" for kind in kinds)
