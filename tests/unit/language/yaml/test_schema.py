"""The JSON Schema of YAML scores: in step with the models and the readers, accepts valid scores,
refuses invalid ones.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from sequencer.cli import main
from sequencer.language.loader import Notation, load_text
from sequencer.language.notations import print_score, read
from sequencer.language.score import Score
from sequencer.language.spec import (
    ACTION_KEYS,
    HEADER_KEYS,
    RULE_KEYS,
    SCENE_KEYS,
    STAGES_KEY,
    STRUCTURE_KEYS,
)
from sequencer.language.yaml.schema import build_schema, render_schema
from sequencer.language.yaml.sections import SECTION_KEYS
from tests.support.strategies import scores
from tests.support.yaml_mistakes import MISTAKES

ROOT = Path(__file__).parents[4]
EXAMPLES = sorted([*(ROOT / "scores").rglob("*.score"), *(ROOT / "scores").rglob("*.yaml")])
VALIDATOR = Draft202012Validator(build_schema())


class Core(yaml.SafeLoader):
    """Loads YAML as editors do: with the types of YAML 1.2's core schema."""


Core.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        list("-+.0123456789"),
    ),
):
    Core.add_implicit_resolver(_tag, re.compile(_pattern), _first)


def as_text(text: str) -> Any:
    """Return the content of the file, every scalar as text."""
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes strings, lists and mappings only


def as_typed(text: str) -> Any:
    """Return the content of the file as an editor reads it."""
    return yaml.load(text, Loader=Core)  # noqa: S506 - a SafeLoader


def complaints(document: object) -> list[str]:
    """Return the schema's complaints about a document."""
    return [
        f"{list(one.absolute_path)}: {one.message[:300]}" for one in VALIDATOR.iter_errors(document)
    ]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(build_schema())


def test_the_file_in_the_grammar_folder_is_what_the_models_give() -> None:
    path = ROOT / "grammar" / "score.schema.json"
    assert path.read_text(encoding="utf-8") == render_schema(), f"sequencer schema -o {path}"


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == build_schema()
    assert main(["schema", "-o", str(tmp_path / "s.json")]) == 0
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == render_schema()


def test_it_knows_every_key_that_the_reader_knows() -> None:
    whole = build_schema()
    parts = whole["$defs"]
    assert set(whole["properties"]) == {*HEADER_KEYS, *STRUCTURE_KEYS}
    assert set(parts["scene"]["properties"]) == set(SCENE_KEYS)
    assert set(parts["section"]["properties"]) == set(SECTION_KEYS)
    assert set(parts["cue"]["properties"]) == {"at", STAGES_KEY, *ACTION_KEYS}
    assert set(parts["every"]["properties"]) == {"every", "from", STAGES_KEY, *ACTION_KEYS}
    heads = {"when", "on", "at", STAGES_KEY}
    assert set(parts["rule"]["properties"]) == {*heads, *ACTION_KEYS, *RULE_KEYS}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_validates(path: Path) -> None:
    text = (
        path.read_text(encoding="utf-8")
        if path.suffix == ".yaml"
        else print_score(read(path), Notation.YAML)
    )
    assert complaints(as_text(text)) == []
    assert complaints(as_typed(text)) == []


@settings(max_examples=60, deadline=None)
@given(scores)
def test_random_scores_validate(score: Score) -> None:
    text = print_score(score, Notation.YAML)
    document = as_text(text)
    if document:
        assert complaints(document) == []


RIGHT_TO_THE_SCHEMA = {
    # what goes beyond the form: whether names exist, whether texts are valid, which options a head
    # may combine
    *(
        "a scene and its text in one",
        "typographic quotes",
        "a variable with a space",
        "a lone brace in a folded text",
    ),
    *(
        "a live section without max",
        "max without until",
        "a section without a length",
        "a length and until",
    ),
    *(
        "a title over two lines",
        "a key twice",
        "a header key twice",
        "an anchor and an alias",
        "a tag",
        "two documents",
    ),
    *("a brace too many", "a merged mapping"),
}


@pytest.mark.parametrize(("name", "text"), MISTAKES, ids=[name for name, _ in MISTAKES])
def test_wrong_scores_do_not_validate(name: str, text: str) -> None:
    assert load_text(text, "mistake.yaml").score is None
    try:
        document = as_text(text)
    except yaml.YAMLError:
        return  # no schema applies: it is not YAML
    if name in RIGHT_TO_THE_SCHEMA:
        return
    assert complaints(document) or complaints(as_typed(text)), f"{name}: {text}"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"cues": [{"at": "1.0", "prompt": "x"}]},
        {"cues": [{"at": "9,3", "prompt": "x"}]},
        {"cues": [{"at": 1}]},
        {"cues": [{"at": 1, "goto": "x"}]},
        {"cues": [{"at": 1, "action": "x"}]},
        {"cues": [{"at": 1, "every": "4 bars", "prompt": "x"}]},
        {"cues": [{"at": 1, "strength": 2}]},
        {"cues": [{"at": 1, "sr": "3x"}]},
        {"cues": [{"at": 1, "do": "pause"}]},
        {"rules": [{"at": 1, "prompt": "x"}]},
        {"rules": [{"when": "cc 20 >= 64", "prompt": "x"}]},
        {"seed": -1},
        {"seed": 2**32},
        {"clock": "120"},
        {"clock": "midi, 4/4"},
        {"grid": "33"},
        {"lead": "0c"},
        {"let": {"9a": "x"}},
        {"scenes": {"a": {}}},
        {"sections": [{"section": "a 8 bars cut"}]},
        {"sections": [{"cues": []}]},
        {"play": []},
        {"end": "bar 9"},
    ],
)
def test_the_schema_refuses(document: object) -> None:
    assert complaints(document)
