"""The table of the language: complete, and each of its examples is read, printed, validated and
documented.
"""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml
from jsonschema import Draft202012Validator

from sequencer.language import spec
from sequencer.language.loader import Notation, load_text
from sequencer.language.notations import print_score
from sequencer.language.score import Action, Cue, Header, Position, Rule, Score, SendOsc, Trigger
from sequencer.language.spec import ActionSpec, Argument, Place, Setting, ValueSpec
from sequencer.language.yaml.schema import build_schema

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "language.md"
GRAMMAR = (ROOT / "grammar" / "score.lark").read_text(encoding="utf-8")
TERMINALS = (ROOT / "grammar" / "terminals.lark").read_text(encoding="utf-8")
VALIDATOR = Draft202012Validator(build_schema())

SCENE_TEXT = 'scene tram {\n  base "A tram."\n  follow "The tram. {action}"\n}\n'
SCENE_YAML = 'scenes:\n  tram:\n    base: A tram.\n    follow: "The tram. {action}"\n'


def read_valid(text: str, name: str) -> Score:
    """Return the score of a source without errors."""
    loaded = load_text(text, name)
    assert loaded.score is not None, (text, loaded.diagnostics)
    return loaded.score


def check_example(text: str, in_yaml: str, line: str) -> Score:
    """Return the score that both sources must be; `line` must be in what the text printer makes of
    it.
    """
    score = read_valid(text, "example.score")
    assert read_valid(in_yaml, "example.yaml") == score
    for notation, name in ((Notation.TEXT, "again.score"), (Notation.YAML, "again.yaml")):
        printed = print_score(score, notation)
        assert read_valid(printed, name) == score, printed
        if notation is Notation.TEXT:
            assert line in printed.split("\n"), printed
        else:
            assert line_of_yaml(printed) == line_of_yaml(in_yaml)
    document = line_of_yaml(in_yaml)
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    return score


def line_of_yaml(text: str) -> Any:
    """Return the content of a YAML document, every value as text."""
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # it makes strings, lists and mappings only


# ---- completeness --------------------------------------------------------------------------------


def find_differences(union: object, rows: tuple[ActionSpec | ValueSpec, ...]) -> list[str]:
    """Return the names of the members of a union that do not have exactly one row, and of rows for
    anything else.
    """
    nodes = [row.node for row in rows]
    kinds = {*get_args(union), *nodes}
    return sorted(
        kind.__name__ for kind in kinds if (nodes.count(kind), kind in get_args(union)) != (1, True)
    )


@pytest.mark.parametrize(
    ("union", "rows"),
    [(Action, spec.ACTIONS), (Position, spec.POSITIONS), (Trigger, spec.TRIGGERS)],
    ids=["actions", "positions", "triggers"],
)
def test_each_kind_has_one_row(union: object, rows: tuple[ActionSpec | ValueSpec, ...]) -> None:
    assert find_differences(union, rows) == []
    assert find_differences(union, rows[1:]) == [rows[0].node.__name__]
    assert find_differences(union, (*rows, rows[0])) == [rows[0].node.__name__]


def test_each_field_of_the_header_has_one_row() -> None:
    assert [row.field for row in spec.SETTINGS] == [
        field.name for field in fields(Header) if field.name not in ("spans", "stage_seeds")
    ]
    with_span = [row.field for row in spec.SETTINGS if row.has_span]
    hints = get_type_hints(Header)
    for row in spec.SETTINGS:
        kinds = [kind for kind in get_args(hints[row.field]) if kind is not type(None)]
        assert ("span" in getattr(kinds[0], "__dataclass_fields__", {})) == (
            row.field in with_span
        ), row.field
    for field in ("late", "middle"):
        (literal, _) = get_args(hints[field])
        assert spec.SETTING_BY_FIELD[field].schema["enum"] == list(get_args(literal))


def test_actions_with_one_key_have_everything_else_in_common() -> None:
    for row in spec.ACTIONS:
        first = spec.ACTION_BY_KEY[row.key]
        assert row is first or (row.keyword, row.terminal, row.read, row.schema) == (
            first.keyword,
            first.terminal,
            first.read,
            {},
        )
        assert row is not first or next(iter(row.schema)) == row.key


# ---- the grammar ---------------------------------------------------------------------------------


def test_the_grammar_has_the_terminals_of_the_table() -> None:
    rule = re.search(r"^_action: (.*?)\n\n", GRAMMAR, re.MULTILINE | re.DOTALL)
    assert rule is not None
    alternatives = set(re.findall(r"\w+", rule[1]))
    rules_of = {"TEMPO": "tempo", "NAME": "show"}
    expected = {rules_of.get(terminal, terminal) for terminal in spec.ACTION_BY_TERMINAL}
    assert alternatives == expected | {"SAY", "TEXT", "BLOCK", "pick", "SET_SEED"}
    for action in spec.ACTIONS:
        if action.keyword is not None:
            assert re.search(
                rf"^{action.terminal}(?:\.[0-9]+)?: /{action.keyword}\b", TERMINALS, re.MULTILINE
            ), action.keyword
    for word in spec.STATEMENT_KEYWORDS:
        assert re.search(rf"^{word.upper()}: /{word}\b", TERMINALS, re.MULTILINE), word
    for setting in spec.SETTINGS:
        assert re.search(rf"^{setting.field}: {setting.keyword.upper()} ", GRAMMAR, re.MULTILINE), (
            setting.field
        )


def test_scenes_are_not_named_by_reserved_words() -> None:
    refused = re.findall(r"^(?:NAME|SAY): /\(\?!\(\?:([a-z|?]+)\)", TERMINALS, re.MULTILINE)
    assert len(refused) == 2
    for words in refused:
        listed = {
            form
            for word in words.split("|")
            for form in ({word[:-2], word[:-1]} if word.endswith("?") else {word})
        }
        assert listed == spec.RESERVED


# ---- the examples --------------------------------------------------------------------------------


@pytest.mark.parametrize("row", spec.SETTINGS, ids=lambda row: row.keyword)
def test_settings(row: Setting) -> None:
    _, _, value = row.example.partition(" ")
    score = check_example(f"{row.example}\n", f"{row.keyword}: {value}\n", row.example)
    assert getattr(score.header, row.field) is not None
    assert [name for name, _ in score.header.spans] == [row.field]


@pytest.mark.parametrize("row", spec.ACTIONS, ids=lambda row: row.node.__name__)
def test_actions(row: ActionSpec) -> None:
    scene = (SCENE_TEXT + "\n", SCENE_YAML) if row.key == "show" else ("", "")
    rest = row.example.removeprefix(f"{row.keyword} ") if row.keyword is not None else row.example
    if row.key == "show":
        name, _, text = rest.partition(" ")
        pairs = f"show: {name}, action: {text}"
    elif row.argument is Argument.NONE:
        pairs = f"do: {row.key}"
    elif row.node is SendOsc:  # only the text notation has quotes here
        pairs = "osc: " + rest.replace('"', "")
    else:
        pairs = f"{row.key}: {rest}"
    head, key, when = (
        ("on go x ->", "rules", "when: go x") if row.only_in_rules else ("at 1", "cues", "at: 1")
    )
    line = f"{head} {row.example}"
    score = check_example(
        f"{scene[0]}{line}\n", f"{scene[1]}{key}:\n  - {{{when}, {pairs}}}\n", line
    )
    (item,) = score.items
    assert [type(action) for action in item.actions] == [row.node]
    assert row.only_in_rules == isinstance(item, Rule)


@pytest.mark.parametrize(
    "row", [row for row in spec.ACTIONS if row.only_in_rules], ids=lambda row: row.key
)
def test_actions_that_only_rules_have(row: ActionSpec) -> None:
    for text, name in (
        (f"at 1 {row.example}\n", "a.score"),
        (
            (
                f"cues: [{{at: 1, "
                f"{row.example.replace(' ', ': ') if ' ' in row.example else f'do: {row.key}'}}}]\n"
            ),
            "a.yaml",
        ),
    ):
        assert {one.code for one in load_text(text, name).diagnostics} >= {"E141"}, text


@pytest.mark.parametrize(
    "row", [row for row in spec.ACTIONS if row.is_bare], ids=lambda row: row.key
)
def test_actions_without_an_argument(row: ActionSpec) -> None:
    line = f"on go x -> {row.keyword}"
    score = check_example(f"{line}\n", f"rules:\n  - {{when: go x, do: {row.key}}}\n" if not row.bare_value else
                          f"rules:\n  - {{when: go x, {row.key}: {row.bare_value}}}\n", line)  # fmt: skip
    assert type(score.items[0].actions[0]) is row.node


@pytest.mark.parametrize("row", spec.POSITIONS, ids=lambda row: row.node.__name__)
def test_positions(row: ValueSpec) -> None:
    line = f'at {row.example} "Rain."'
    score = check_example(f"{line}\n", f'cues:\n  - {{at: "{row.example}", prompt: Rain.}}\n', line)
    (cue,) = score.items
    assert isinstance(cue, Cue) and type(cue.place) is row.node
    assert re.fullmatch(row.pattern, row.example)


@pytest.mark.parametrize("row", spec.TRIGGERS, ids=lambda row: row.node.__name__)
def test_triggers(row: ValueSpec) -> None:
    line = f'on {row.example} -> "Rain."'
    in_yaml = row.example.replace('"', "")  # only the text notation has quotes here
    score = check_example(f"{line}\n", f'rules:\n  - {{when: "{in_yaml}", prompt: Rain.}}\n', line)
    assert re.fullmatch(row.pattern, in_yaml)
    (rule,) = score.items
    assert isinstance(rule, Rule) and type(rule.trigger) is row.node
    assert re.fullmatch(row.pattern, row.example)


@pytest.mark.parametrize("row", spec.STATEMENTS, ids=lambda row: row.keyword)
def test_examples_of_statements(row: spec.Statement) -> None:
    assert row.example.startswith(f"{row.keyword} ")
    text = row.example + (
        '\n  base "A tram."\n}'
        if row.keyword == "scene"
        else "\n}"
        if row.example.endswith("{")
        else ""
    )
    if row.place is Place.SCENE:
        text = (
            f'scene a {{\n  {row.example}\n  {"base" if row.keyword != "base" else "follow"} "A '
            f'tram."\n}}'
        )
    codes = {
        one.code for one in load_text(text + "\n", "example.score").diagnostics if one.is_error
    }
    assert codes <= {"E513"}, "`use` needs the folder of a file"


# ---- the language reference ----------------------------------------------------------------------


def reference_rows() -> dict[str, list[str]]:
    """Return the rows of the tables in the language reference, by the beginning of the table's
    first row.
    """
    cues = [row for action in spec.ACTIONS if not action.only_in_rules for row in action.reference]
    rules = [row for action in spec.ACTIONS if action.only_in_rules for row in action.reference]
    return {
        "| line | default | meaning |": [row.reference for row in spec.SETTINGS],
        "| action | what it does |": cues,
        "| action of a rule | what it does |": rules,
        "| kind | spelling | counted |": [
            row for position in spec.POSITIONS for row in position.reference
        ],
        "| trigger | fires |": [row for trigger in spec.TRIGGERS for row in trigger.reference],
    }


def with_reference(page: str) -> str:
    """Return the page with the tables that the rows give."""
    for head, rows in reference_rows().items():
        before, found, after = page.partition(f"{head}\n")
        assert found and found not in after, f"the page has one table that begins with {head}"
        rule, _, rest = after.partition("\n")
        end = re.search(r"^(?!\|)", rest, re.MULTILINE)
        assert end is not None
        page = (
            f"{before}{found}{rule}\n"
            + "".join(f"| {row} |\n" for row in rows)
            + rest[end.start() :]
        )
    return page


def test_the_language_reference_has_the_rows(request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        page = with_reference(page)
        PAGE.write_text(page, encoding="utf-8", newline="\n")
    assert page == with_reference(page), "pytest --update-golden writes them anew"
    changed = page.replace("| `mark NAME` | ", "| `mark` | ")
    assert changed != page == with_reference(changed), "a row that differs is noticed"
