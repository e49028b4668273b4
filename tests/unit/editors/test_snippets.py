"""The snippets of the extension for VS Code: with their suggestions filled in, they are valid."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from sequencer.language.check import check
from tests.support.image_fixtures import make_image, saved
from tests.support.sound_fixtures import write_wav

EXTENSION = Path(__file__).parents[3] / "editors" / "vscode"
SCENE = 'scene tram {\n  base "A tram stop."\n  follow "The tram stop remains. {action}"\n}\n'
CLOCK = "clock 120 bpm, 4/4\n"
YAML_SCENE = (
    "scenes:\n  tram:\n    base: A tram stop.\n    follow: The tram stop remains. {action}\n"
)
YAML_CLOCK = "clock: 120 bpm, 4/4\n"

TEXT = "text.json"
YAML = "yaml.json"

AROUND: dict[str, dict[str, str]] = {
    TEXT: {
        "Score": "{}",
        "Clock": '{}\nat 1 "A tram."\nend 9\n',
        "Sound": CLOCK + '{}\nat 1 "A tram."\nend 9\n',
        "Variable": CLOCK + '{}\nat 1 "A tram. {light}"\nend 9\n',
        "Used file": CLOCK + "{}\nat 1 tram\nend 9\n",
        "Scene": CLOCK + "{}\nat 1 tram\nend 9\n",
        "Section": CLOCK + "{}\n",
        "Section with its own tempo": CLOCK + "{}\n",
        "Live section": CLOCK + "{}\n",
        "Cue": CLOCK + "{}\nend 9\n",
        "Cue with a scene": CLOCK + SCENE + "{}\nend 9\n",
        "Cue with an image": CLOCK + "{}\nend 9\n",
        "Repeating cues": CLOCK + "section intro 16 bars {\n  {}\n}\n",
        "Rule for a note": CLOCK + 'section jam 8 bars {\n  at 1 "A tram."\n  {}\n}\n',
        "Rule for a controller": CLOCK + 'section jam 8 bars {\n  at 1 "A tram."\n  {}\n}\n',
        "Rule for a go command": CLOCK + 'section jam 8 bars {\n  at 1 "A tram."\n  {}\n}\n',
        "Super-resolution": CLOCK + 'at 1 "A tram."\n{}\nend 9\n',
        "Cut": CLOCK + "{}\nend 9\n",
        "Play": CLOCK
        + 'section intro 4 bars {\n  at 1 "A tram."\n}\nsection drop 4 bars {\n  at 1 "A ship."\n}\n{}\n',
        "End": CLOCK + 'at 1 "A tram."\n{}\n',
    },
    YAML: {
        "Score": "{}",
        "Variables": YAML_CLOCK + "{}\ncues:\n  - {at: 1, prompt: 'A tram. {light}'}\nend: 9\n",
        "Scenes": YAML_CLOCK + "{}\ncues:\n  - {at: 1, show: tram}\nend: 9\n",
        "Section": YAML_CLOCK + "sections:\n  {}\n",
        "Live section": YAML_CLOCK + "sections:\n  {}\n",
        "Cue": YAML_CLOCK + "cues:\n  {}\nend: 9\n",
        "Cue with a scene": YAML_CLOCK + YAML_SCENE + "cues:\n  {}\nend: 9\n",
        "Cue with an image": YAML_CLOCK + "cues:\n  {}\nend: 9\n",
        "Repeating cues": YAML_CLOCK
        + "sections:\n  - section: intro 16 bars\n    cues:\n      {}\n",
        "Rule": YAML_CLOCK
        + "sections:\n  - section: jam 8 bars\n    cues:\n      - {at: 1, prompt: A tram.}\n    rules:\n      {}\n",
        "Play": YAML_CLOCK
        + "sections:\n  - section: intro 4 bars\n    cues:\n      - {at: 1, prompt: A tram.}\n"
        "  - section: drop 4 bars\n    cues:\n      - {at: 1, prompt: A ship.}\n{}\n",
    },
}
"""The rest of a score for each snippet, which is inserted for `{}`."""

MOST_CHOICES = 3
CASES = [(file, name) for file, around in AROUND.items() for name in around]


def read_snippets(file: str) -> dict[str, dict[str, str | list[str]]]:
    found: dict[str, dict[str, str | list[str]]] = json.loads(
        (EXTENSION / "snippets" / file).read_text(encoding="utf-8")
    )
    return found


def body_of(file: str, name: str) -> str:
    body = read_snippets(file)[name]["body"]
    return body if isinstance(body, str) else "\n".join(body)


def expand(body: str, choice: int = 0) -> tuple[str, dict[str, set[str]]]:
    """Return a snippet's text with the suggestion of each field, and the suggestions by field.

    A field is written `${1:suggestion}` or `${1|one,other|}`, of which `choice` takes one, or `$0`,
    which is empty. A backslash takes the meaning of the character after it away.
    """
    fields: dict[str, set[str]] = {}
    text, at = _expand(body, 0, fields, choice, until="")
    assert at == len(body)
    return text, fields


def _expand(
    body: str, at: int, fields: dict[str, set[str]], choice: int, until: str
) -> tuple[str, int]:
    text = ""
    while at < len(body) and (not until or body[at] != until):
        if body[at] == "\\" and body[at + 1 : at + 2] in ("$", "}", "\\"):
            text, at = text + body[at + 1], at + 2
        elif match := re.compile(r"\$(\d+)").match(body, at):
            fields.setdefault(match[1], set())
            at = match.end()
        elif match := re.compile(r"\$\{(\d+)\|([^|}]+)\|\}").match(body, at):
            choices = match[2].split(",")
            suggestion, at = choices[choice % len(choices)], match.end()
            fields.setdefault(match[1], set()).add(suggestion)
            text += suggestion
        elif match := re.compile(r"\$\{(\d+):").match(body, at):
            suggestion, at = _expand(body, match.end(), fields, choice, until="}")
            assert body[at : at + 1] == "}", f"field {match[1]} is not closed"
            fields.setdefault(match[1], set()).add(suggestion)
            text, at = text + suggestion, at + 1
        else:
            assert body[at] != "$", f"not a field: {body[at : at + 10]}"
            text, at = text + body[at], at + 1
    return text, at


def insert(text: str, around: str) -> str:
    """Insert a text for `{}`; as in an editor, its lines have the indentation of the first one."""
    before, _, after = around.partition("{}")
    indentation = before[len(before.rstrip(" ")) :]
    return before + text.replace("\n", "\n" + indentation) + after


def test_fields_are_filled_in_as_an_editor_does() -> None:
    text, fields = expand(r"a ${1:b} {c\} ${2|x,y|} ${3:d {e\} ${4:f}} $0 \$", choice=1)
    assert text == "a b {c} y d {e} f  $"
    assert fields == {"1": {"b"}, "2": {"y"}, "3": {"d {e} f"}, "4": {"f"}, "0": set()}


def test_every_snippet_is_tested() -> None:
    for file, around in AROUND.items():
        assert set(read_snippets(file)) == set(around)


@pytest.mark.parametrize(("file", "name"), CASES)
def test_a_snippet_is_valid_with_its_suggestions(file: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(saved(make_image(640, 384), "PNG"))
    write_wav(tmp_path / "song.wav", np.zeros(44_100 * 20, np.int16))
    (tmp_path / "library.score").write_text(SCENE, encoding="utf-8")
    score = tmp_path / ("new.score" if file == TEXT else "new.yaml")
    for text in {expand(body_of(file, name), choice)[0] for choice in range(MOST_CHOICES)}:
        score.write_text(insert(text, AROUND[file][name]), encoding="utf-8")
        found = check(score, advice=False)
        assert found.diagnostics == (), score.read_text(encoding="utf-8")
        assert found.schedule is not None


@pytest.mark.parametrize(("file", "name"), CASES)
def test_the_fields_of_a_snippet_are_numbered_and_agree(file: str, name: str) -> None:
    _, fields = expand(body_of(file, name))
    numbers = sorted(int(number) for number in fields)
    assert numbers in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))
    assert all(len(suggestions) <= 1 for suggestions in fields.values()), fields


@pytest.mark.parametrize("file", AROUND)
def test_each_snippet_has_a_word_of_its_own_and_a_description(file: str) -> None:
    found = read_snippets(file)
    words = [one["prefix"] for one in found.values()]
    assert len(set(map(str, words))) == len(words)
    assert all(one["description"] for one in found.values())
    if file == YAML:  # they are offered in every YAML file
        assert all(str(word).startswith("score") for word in words)
