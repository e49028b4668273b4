"""Adding an action to the language takes three edits: a node, a rule of the grammar and a row of
the table.

The test makes them in a copy of the package. What is generated (parse table, JSON Schema, keyword
lists of the editors and tables of the language reference) is written by the tests that compare it,
as `--update-golden` does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

NODE = '''@dataclass(frozen=True, slots=True)
class SetHaze:
    """`haze 0.5`."""

    value: Fraction
    span: Span = span_field()


Action = (
    SetHaze
    | Prompt'''

ROW = """    ActionSpec(
        node=SetHaze,
        keyword="haze",
        terminal="SET_HAZE",
        key="haze",
        argument=Argument.VALUE,
        read=values.read_strength,
        write=lambda action: writing.render_number(action.value),
        schema={"haze": match_pattern(NUMBER, "How thick the haze is.", number=True)},
        example="haze 0.5",
        reference=("`haze X` | how thick the haze is, 0 to 1",),
    ),
    ActionSpec(
        node=SetSr,"""

TERMINAL = r"""SET_HAZE: /haze[ \t]+[^\s"#{}(),|=]+/
SET_SR: """


def replace_in(path: Path, *pairs: tuple[str, str]) -> None:
    """Replace each first text, which must be there, by the second."""
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, (path, old)
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8", newline="\n")


def add_node(copy: Path) -> None:
    """First edit: the model."""
    replace_in(copy / "sequencer" / "language" / "score.py", ("Action = (\n    Prompt", NODE))


def add_rule(copy: Path) -> None:
    """Second edit: the grammar."""
    replace_in(
        copy / "grammar" / "terminals.lark",
        ("SET_SR: ", TERMINAL),
        ("(?!(?:image|strength|", "(?!(?:image|strength|haze|"),
    )
    replace_in(
        copy / "grammar" / "score.lark",
        ("IMAGE, SET_STRENGTH,", "IMAGE, SET_STRENGTH, SET_HAZE,"),
        ("       | SET_STRENGTH\n", "       | SET_STRENGTH\n       | SET_HAZE\n"),
    )


def add_row(copy: Path) -> None:
    """Third edit: the table."""
    replace_in(
        copy / "sequencer" / "language" / "spec" / "actions.py",
        ("    ActionSpec(\n        node=SetSr,", ROW),
        ("    SetMark,\n", "    SetHaze,\n    SetMark,\n"),
    )


def run_in(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, which comes before the installed package."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


GENERATED = (
    "tests/unit/language/text/test_parse_tables.py::test_the_tables_are_in_step_with_the_grammar",
    "tests/unit/language/test_editors.py::test_the_keyword_lists_are_those_of_the_table",
    "tests/unit/editors/test_tree_sitter.py::test_the_words_are_those_of_the_table",
    "tests/unit/language/test_spec.py::test_the_language_reference_has_the_rows",
)

CHECK = """
import json, sys
from pathlib import Path
import sequencer
from sequencer.language import spec
from sequencer.language.loader import load_text
from sequencer.language.notations import print_score
from sequencer.language.score import SetHaze

assert Path(sequencer.__file__).is_relative_to(Path.cwd())
text = load_text('at 1 "Rain.", haze 0.5\\n', "a.score")
in_yaml = load_text("cues:\\n  - {at: 1, prompt: Rain., haze: 0.5}\\n", "a.yaml")
slow = load_text("cues:\\n  - at: 1\\n    prompt: Rain.\\n    do: [{haze: 0.5}]\\n", "a.yaml")
assert text.score == in_yaml.score == slow.score is not None, (text, in_yaml, slow)
assert type(text.score.items[0].actions[1]) is SetHaze
for notation in ("text", "yaml"):
    sys.stdout.write(print_score(text.score, notation))
for source, name in (
    ('at 1 "Rain.", haze\\n', "a.score"),
    ('at 1 haze 3\\n', "a.score"),
    ('at 1 "Rain.", hase 0.5\\n', "a.score"),
    ('haze 0.5\\n', "a.score"),
    ('scene haze {\\n  base "Rain."\\n}\\n', "a.score"),
    ("cues: [{at: 1, haze: 3}]\\n", "a.yaml"),
    ("cues: [{at: 1, hase: 0.5}]\\n", "a.yaml"),
    ("haze: 0.5\\n", "a.yaml"),
):
    (found,) = load_text(source, name).diagnostics
    print(found.code, found.hint)
"""

EXPECTED = """\
at 1 "Rain.", haze 0.5
cues:
  - {at: 1, prompt: Rain., haze: 0.5}
E162
E243
E131
E117
E227
E243
E610
E610
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project."""
    folder = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "goldens", "data", "node_modules")
    for name in ("sequencer", "grammar", "editors", "tests", "docs", "scores"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for edit in (add_node, add_rule, add_row):
        edit(folder)
    return folder


def test_it_is_read_printed_and_explained(copy: Path) -> None:
    done = run_in(copy, "-c", CHECK)
    assert done.returncode == 0, done.stderr
    shown = re.sub(r"^([EW]\d{3}) .*", r"\1", done.stdout, flags=re.MULTILINE)
    assert shown == EXPECTED, done.stdout


@pytest.mark.slow
def test_what_is_generated_has_it(copy: Path) -> None:
    stale = run_in(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", *GENERATED)
    assert stale.returncode == 1 and "4 failed" in stale.stdout, stale.stdout
    updated = run_in(
        copy,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
        "--update-golden",
        *GENERATED,
    )
    assert updated.returncode == 0, updated.stdout
    schema = run_in(copy, "-m", "sequencer", "schema", "-o", "grammar/score.schema.json")
    assert schema.returncode == 0, schema.stderr
    definitions = json.loads((copy / "grammar" / "score.schema.json").read_text(encoding="utf-8"))[
        "$defs"
    ]
    assert all("haze" in definitions[item]["properties"] for item in ("cue", "every", "rule"))
    editors = (copy / "editors" / "vscode" / "syntaxes" / "score.tmLanguage.json").read_text(
        encoding="utf-8"
    )
    assert re.search(r"\bhaze\b", editors)
    query = copy / "editors" / "tree-sitter-score" / "queries" / "highlights.scm"
    assert '"haze"' in query.read_text(encoding="utf-8")
    assert "| `haze X` | how thick the haze is, 0 to 1 |\n" in (
        copy / "docs" / "language.md"
    ).read_text(encoding="utf-8")
    checked = run_in(
        copy,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
        "tests/unit/language/test_spec.py",
        *GENERATED,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("left_out", [add_node, add_rule, add_row], ids=lambda edit: edit.__name__)
def test_none_of_the_edits_can_be_left_out(
    left_out: Callable[[Path], None], tmp_path: Path
) -> None:
    for name in ("sequencer", "grammar"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in (add_node, add_rule, add_row):
        if edit is not left_out:
            edit(tmp_path)
    assert run_in(tmp_path, "-c", CHECK).returncode != 0
