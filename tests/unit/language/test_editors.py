"""The TextMate grammar of .score files, tested with the engine that editors use: every word of
every score has its scope.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from sequencer.language import spec
from sequencer.language.loader import load_text
from tests.support.requirements import require

ROOT = Path(__file__).parents[3]
EXTENSION = ROOT / "editors" / "vscode"
GRAMMAR = EXTENSION / "syntaxes" / "score.tmLanguage.json"
ENGINE = ROOT / ".deps" / "textmate" / "node_modules"
EXAMPLES = sorted((ROOT / "scores").rglob("*.score"))

Tokens = list[tuple[str, tuple[str, ...]]]
"""Each token's text with its scopes, the outermost first."""


def coloured(*texts: str) -> list[Tokens]:
    """Return the engine's tokens of texts."""
    node = shutil.which("node")
    require(
        node is not None and (ENGINE / "vscode-textmate").is_dir(),
        "node and .ci/setup-textmate are needed for this test",
    )
    done = subprocess.run(
        [node or "node", str(Path(__file__).with_name("textmate.cjs"))],
        input=json.dumps({"grammar": str(GRAMMAR), "texts": texts}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "NODE_PATH": str(ENGINE)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[Tokens] = []
    for text, lines in zip(texts, json.loads(done.stdout), strict=True):
        tokens: Tokens = []
        for line, parts in zip(text.split("\n"), lines, strict=True):
            units = line.encode("utf-16-le")  # the engine counts in UTF-16
            tokens += [
                (units[2 * start : 2 * end].decode("utf-16-le"), tuple(scopes))
                for start, end, scopes in parts
            ]
        found.append(tokens)
    return found


@cache
def examples() -> dict[str, Tokens]:
    """Return all scores, tokenized together."""
    texts = [path.read_text(encoding="utf-8") for path in EXAMPLES]
    return dict(zip([path.name for path in EXAMPLES], coloured(*texts), strict=True))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_token_of_every_score_has_a_scope(path: Path) -> None:
    tokens = examples()[path.name]
    assert len(tokens) > 20
    for text, scopes in tokens:
        assert scopes[0] == "source.score"
        if text.strip():
            assert len(scopes) > 1, f"no scope for {text!r}"
            assert not any(scope.startswith("invalid") for scope in scopes), f"{text!r} is {scopes}"


EVERYTHING = '''
score "A {title}" # remark
clock midi "Digi \\\\ takt", 7/8, nominal 960/11 bpm
sound "song.wav" from 12.5s
grid 33 frames @ 24000/1001 fps, first 30
snap nearest
lead 2c
late shift
seed 4271
sr off
middle C4
use "library.score"
let hero = "a {colour} coat {{here}} \\"so\\""
scene night-tram {
  base """
    {hero} waits. # no remark
  """
  follow "{hero} {action}"
  quiet W601, W602
}
section intro 8 bars, tempo 120 -> 132, meter 3/4, cut seed 9 {
  at 9.3+1/2 image "a.png", strength 0.8, night-tram
  at 9:3:240 night-tram "F#3 goes."
  at +2 bars sr 4x, snap floor
  at mark drop +1bar mark lift
  every 4 bars from 5 night-tram pick("One." | "Two.")
  at 1m30s tempo 96 -> 120 over 4 bars
}
section jam until note F#3 ch 2 or program 5 or go out, max 32 bars {
  on cc 20 > 64 at next 2 bars -> sr 2x
  on stop -> pause
  on note D3 vel >= 100 -> sr 4x
  on release D3 -> sr off
  on osc "/fader/1" > 0.5 -> sr off
  on note 60 ->
    goto intro
}
play intro jam*2
end 12.5s
'''

SCOPES = [
    ("remark", "comment.line"),
    ("score", "keyword.other"),
    ("A {title}", "string.quoted.double"),
    ("7/8", "constant.numeric"),
    ("bpm", "keyword.other.unit"),
    ("midi", "keyword.other"),
    ("nearest", "constant.language"),
    ("hero", "variable.other"),
    ("here", "string.quoted"),
    ("{{", "constant.character.escape"),
    ('\\"', "constant.character.escape"),
    ("night-tram", "entity.name.type.scene"),
    ("night-tram", "variable.other.scene"),
    ("waits. # no remark", "string.quoted.triple"),
    ("W601", "constant.other.advice"),
    ("intro", "entity.name.section"),
    ("8", "constant.numeric"),
    ("bars", "keyword.other.unit"),
    ("->", "keyword.operator.arrow"),
    ("3/4", "constant.numeric"),
    ("cut", "support.function.action"),
    ("at", "keyword.control"),
    ("9.3+1/2", "constant.numeric.place"),
    ("9:3:240", "constant.numeric.place"),
    ("image", "keyword.other"),
    ("strength", "support.function.action"),
    ("F#3 goes.", "string.quoted"),
    ("drop", "entity.name.label"),
    ("every", "keyword.control"),
    ("from", "keyword.control"),
    ("|", "keyword.operator.alternative"),
    ("1m30", "constant.numeric.place"),
    ("over", "keyword.control"),
    ("F#3", "constant.numeric.note"),
    ("out", "entity.name.tag"),
    (">", "keyword.operator.comparison"),
    ("next", "keyword.control"),
    ("vel", "keyword.other.trigger"),
    (">=", "keyword.operator.comparison"),
    ("release", "keyword.other.trigger"),
    ("osc", "keyword.other.trigger"),
    ("stop", "keyword.other.trigger"),
    ("pause", "support.function.action"),
    ("jam", "variable.other"),
    ("*", "keyword.operator.times"),
    ("12.5", "constant.numeric"),
]


def test_words_have_the_scopes_they_should() -> None:
    found = load_text(EVERYTHING, "everything.score").diagnostics
    assert {one.code for one in found} == {"E513"}, (
        "it is a score, but for the folder that `use` needs"
    )
    (tokens,) = coloured(EVERYTHING)
    for word, scope in SCOPES:
        fitting = [scopes for text, scopes in tokens if text.strip() == word]
        assert any(one.startswith(scope) for scopes in fitting for one in scopes), (
            f"{word!r} has {fitting}, not {scope}"
        )
    assert not [
        (text, scopes)
        for text, scopes in tokens
        if any(one.startswith("invalid") for one in scopes)
    ]


def test_what_is_wrong_looks_wrong() -> None:
    lines = ["at 1 “Rain.”", 'at 1 "a } b"', 'at 1 "a \\q b"', "// rain", "at 1; sr 2x"]
    for line, tokens in zip(
        lines, coloured(*(f"{line}\nat 2 tram\n" for line in lines)), strict=True
    ):
        assert any(scope.startswith("invalid") for _, scopes in tokens for scope in scopes), (
            line,
            tokens,
        )
        after = [scopes for text, scopes in tokens if text.strip() == "tram"]
        assert after == [("source.score", "variable.other.scene.score")], (
            f"the line after {line!r} is drawn in"
        )


KEYWORD_LISTS = {
    "header": {*spec.HEADER_KEYS, "use"},
    "scene": set(spec.SCENE_KEYS),
    "action": {*spec.ACTION_KEYWORDS, "seed"},
}
"""The words of the lists in the TextMate grammar, by a part of the name of their scope."""

_WORDS = re.compile(r"(?<=\()(?:\?:)?([a-z]+(?:\|[a-z]+)*)(?=\))")


def with_keywords(text: str) -> str:
    """Return the TextMate grammar with the words of the table in its lists.

    Words that are there already keep their order.
    """
    document = json.loads(text)
    for name, wanted in KEYWORD_LISTS.items():
        patterns = [
            pattern
            for group in ("statement", "action")
            for pattern in document["repository"][group]["patterns"]
            if f".{name}.score" in json.dumps(pattern)
        ]
        *others, last = patterns
        own = {word for pattern in others for word in _listed(pattern["match"])}
        words = [word for word in _listed(last["match"]) if word in wanted]
        words += sorted(wanted - own - set(words))
        found = _WORDS.search(last["match"])
        assert found is not None
        last["match"] = (
            last["match"][: found.start(1)] + "|".join(words) + last["match"][found.end(1) :]
        )
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _listed(pattern: str) -> list[str]:
    found = _WORDS.search(pattern)
    return [] if found is None else found[1].split("|")


def test_the_keyword_lists_are_those_of_the_table(request: pytest.FixtureRequest) -> None:
    text = GRAMMAR.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        GRAMMAR.write_text(with_keywords(text), encoding="utf-8", newline="\n")
        text = GRAMMAR.read_text(encoding="utf-8")
    assert text == with_keywords(text), "pytest --update-golden writes them anew"
    for removed in ("|meter", "|lead", "|follow"):
        fewer = text.replace(removed, "", 1)
        assert fewer != with_keywords(fewer), f"{removed} is missed"


def test_every_word_of_the_language_is_known_to_the_grammar() -> None:
    """The words of the terminals appear in the TextMate grammar too."""
    terminals = (ROOT / "grammar" / "terminals.lark").read_text(encoding="utf-8")
    words = set(re.findall(r"^[A-Z_]+: /([a-z]+)(?:\[|\()", terminals, re.MULTILINE))
    assert words >= {*spec.STATEMENT_KEYWORDS} - {"at", "every", "end"}
    known = GRAMMAR.read_text(encoding="utf-8")
    assert not [word for word in words if not re.search(rf"\b{word}\b", known)]


def test_every_example_of_the_table_is_coloured() -> None:
    lines = [*spec.STATEMENT_EXAMPLES.values()]
    lines += [
        f"{'on go x ->' if row.only_in_rules else 'at 1'} {row.example}" for row in spec.ACTIONS
    ]
    lines += [f'at {row.example} "Rain."' for row in spec.POSITIONS] + [
        f'on {row.example} -> "Rain."' for row in spec.TRIGGERS
    ]
    for line, tokens in zip(lines, coloured(*lines), strict=True):
        for text, scopes in tokens:
            assert not text.strip() or len(scopes) > 1, f"no scope for {text!r} in {line!r}"
            assert not any(scope.startswith("invalid") for scope in scopes), (line, text)
    (tokens,) = coloured("\n".join(lines))
    first = {text.strip(): found for text, found in reversed(tokens)}
    for row in spec.ACTIONS:
        if row.keyword is not None:
            assert any("action" in scope or "keyword" in scope for scope in first[row.keyword]), (
                row.keyword
            )


def test_the_extension_points_at_its_files() -> None:
    package = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    (language,) = package["contributes"]["languages"]
    (grammar,) = package["contributes"]["grammars"]
    assert language["extensions"] == [".score"]
    assert (EXTENSION / language["configuration"]).is_file()
    assert (EXTENSION / grammar["path"]).resolve() == GRAMMAR.resolve()
    assert grammar["scopeName"] == json.loads(GRAMMAR.read_text(encoding="utf-8"))["scopeName"]
    configuration = json.loads((EXTENSION / language["configuration"]).read_text(encoding="utf-8"))
    assert re.search(
        configuration["indentationRules"]["increaseIndentPattern"], "section intro 8 bars {"
    )
