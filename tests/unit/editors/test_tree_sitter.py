"""The tree-sitter grammar of .score files (Helix, Zed, Neovim): its statements, blocks and comments
are those of the reader, its colours know the words of the language, and the C in the repository is
generated from it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sequencer.editing.words import known_words
from sequencer.language.text.statements import split_statements
from tests.docs.pages import GENERATED, all_pages
from tests.support.editing import texts
from tests.support.tree_sitter import GRAMMAR, ROOT, bindings, compile_grammar, generate, parse

HIGHLIGHTS = GRAMMAR / "queries" / "highlights.scm"
ZED = ROOT / "editors" / "zed" / "languages" / "score"
QUERIES = sorted([*GRAMMAR.glob("queries/*.scm"), *ZED.glob("*.scm")])

LAYOUTS = '''\
#!/usr/bin/env sequencer
clock 120 bpm,  # continues
  # after a comment, and an empty line

  4/4
scene tram { base """A {tram} "waits" # here
  and \\""" there."""; follow "{{x}} 𝄞 \\"é\\" {action}" }
section größe 2 bars,
    tempo 90->120 { at 1 tram  # a tram
  at 2.1-1 pick( "one" # first

    | "two" ), cut }
on cc 20 > 64 ->
  goto größe
on note F#3 -> sr 4x
play (größe größe)*2'''
"""Layouts that no example has."""


@cache
def every_text() -> dict[str, str]:
    """Return every example in the text notation by name: the scores, those of the catalog and those
    that pages show.
    """
    found = {
        name: text.replace("\r\n", "\n")
        for name, (text, file) in texts().items()
        if file.endswith(".score") and not name.startswith("corpora")
    }
    for page in all_pages():
        for block in page.blocks():
            if block.info == "score" and page.path not in GENERATED:
                found[f"{page.name}:{block.line}"] = block.text
    return found | {"layouts": LAYOUTS}


DIFFERENT = {
    "E106 wrong": "its block text is never closed",
    "E147 wrong": "its # follows a text without a space, which begins no comment",
    "E158 wrong": "its ; separates nothing",
}
"""Texts whose statements the grammar splits differently. All are mistakes that are reported."""

Piece = tuple[int, int, str]
"""Start, end (both in bytes) and kind."""


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the language from the C in the repository."""
    return compile_grammar(GRAMMAR / "src", tmp_path_factory.mktemp("score"))


def pieces_of(node: Any) -> Iterator[Piece]:
    """Yield the statements, braces and comments of a tree, in order."""
    for child in node.children:
        if child.type in ("statement", "block_head", "comment"):
            yield child.start_byte, child.end_byte, child.type
        elif child.type in ("}", "unmatched"):
            if not child.is_missing:
                yield child.start_byte, child.end_byte, "}"
            continue
        yield from pieces_of(child)


def expected_pieces(text: str) -> list[Piece]:
    """Return the same, as the reader of scores finds them."""
    statements, comments = split_statements(text)
    kinds = {"plain": "statement", "open": "block_head", "close": "}"}
    found = [(one.start, one.end, kinds[one.kind.value]) for one in statements]
    found += [(one.start, one.end, "comment") for one in comments]

    def in_bytes(at: int) -> int:
        return len(text[:at].encode())

    return [(in_bytes(start), in_bytes(end), kind) for start, end, kind in sorted(found)]


def differing(language: Any) -> set[str]:
    """Return the names of the texts in which the grammar finds other pieces than the reader."""
    return {
        name
        for name, text in every_text().items()
        if sorted(pieces_of(parse(language, text))) != expected_pieces(text)
    }


def test_statements_and_comments_are_those_of_the_reader(language: Any) -> None:
    assert len(every_text()) > 300
    assert differing(language) == set(DIFFERENT)


def test_valid_scores_have_no_errors(language: Any) -> None:
    valid = {name: text for name, text in every_text().items() if not name.endswith(" wrong")}
    assert len(valid) > 250
    assert [name for name, text in valid.items() if parse(language, text).has_error] == []


def test_a_windows_text_has_the_same_statements(language: Any) -> None:
    text = (ROOT / "scores" / "every-and-pick.score").read_text(encoding="utf-8")
    kinds = [kind for _, _, kind in pieces_of(parse(language, text))]
    windows = parse(language, text.replace("\n", "\r\n"))
    assert not windows.has_error
    assert [kind for _, _, kind in pieces_of(windows)] == kinds


@pytest.mark.parametrize(
    "line", ['at 1 "Rain.', "at 1 pick(", '  base "Rain.', "}", "at {x}", "at 1 \\"]
)
def test_a_mistake_stays_on_its_line(language: Any, line: str) -> None:
    before, after = 'clock 120 bpm, 4/4\nat 1 "One."\n', 'at 9 "Two."\nend 12\n'
    root = parse(language, f"{before}{line}\n{after}")
    lines = {
        node.start_point[0]: node.text
        for node in root.children
        if node.type == "statement" and not node.has_error
    }
    assert lines[0] == b"clock 120 bpm, 4/4" and lines[1] == b'at 1 "One."'
    if line != "at 1 pick(":  # an open bracket may continue on the next line
        assert lines[3] == b'at 9 "Two."' and lines[4] == b"end 12"


# ---- colours and folds ---------------------------------------------------------------------------


def captures(language: Any, query: Path, text: str) -> dict[str, list[str]]:
    """Return the captured texts of a query by the name of their capture."""
    tree_sitter = bindings()
    compiled = tree_sitter.Query(language, query.read_text(encoding="utf-8"))
    found = tree_sitter.QueryCursor(compiled).captures(parse(language, text))
    return {
        name: [node.text.decode() for node in sorted(nodes, key=lambda node: node.start_byte)]
        for name, nodes in found.items()
    }


def test_words_have_their_colours(language: Any) -> None:
    text = (
        'let hero = "a {colour} coat"  # hero\n'
        "section intro 8 bars, max 9 bars {\n"
        '  at mark drop +1 bar tram "It \\"turns\\".", tempo 96 -> 120 over 4 bars\n'
        "  on cc 20 > 64 -> sr 4x\n"
        "}\n"
        'tram "no statement"\n'
    )
    found = captures(language, HIGHLIGHTS, text)
    assert found == {
        "comment": ["# hero"],
        "string": ['"a {colour} coat"', '"It \\"turns\\"."', '"no statement"'],
        "variable.parameter": ["{colour}"],
        "constant.character.escape": ['\\"', '\\"'],
        "constant.numeric": ["8", "9", "+1", "96", "120", "4", "20", "64", "4x"],
        "type": ["hero", "intro"],
        "keyword": [
            *("let", "section", "bars", "bars", "at", "mark", "bar", "over", "bars", "on"),
        ],
        "function.builtin": ["max", "tempo", "cc", "sr"],
        "variable": ["drop", "tram"],
        "operator": ["=", "->", ">", "->"],
        "punctuation.delimiter": [",", ","],
        "punctuation.bracket": ["{", "}"],
    }


def test_blocks_and_long_texts_fold(language: Any) -> None:
    text = 'scene tram {\n  base """\n    Rain.\n  """\n}\nat 1 tram\n'
    (folded,) = captures(language, GRAMMAR / "queries" / "folds.scm", text).values()
    assert [one.split("\n")[0] for one in folded] == ["scene tram {", '"""']


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_query_fits_the_grammar(language: Any, path: Path) -> None:
    text = (ROOT / "scores" / "every-and-pick.score").read_text(encoding="utf-8")
    assert captures(language, path, text)


_LIST = re.compile(r'(#any-of\? @[\w.]+)(?P<words>(?:\s+"[^"]*")*)')
_OTHERS = re.compile(r'(#not-match\? @variable) ".*"')


def with_words(text: str) -> str:
    """Return the query of colours with the words of the table in its lists.

    The last list, of words inside values, is written by hand.
    """
    known = sorted(known_words())
    others = re.findall(r'"(.*?)"', [*_LIST.finditer(text)][-1]["words"])
    others = sorted(set(others) - set(known))
    lists = iter((known, known, others))

    def written(match: re.Match[str]) -> str:
        words = " ".join(f'"{word}"' for word in next(lists))
        return f"{match[1]}\n{textwrap.indent(textwrap.fill(words, 92), '    ')}"

    pattern = f"^({'|'.join(sorted([*known, *others]))})$"
    return _OTHERS.sub(rf'\1 "{pattern}"', _LIST.sub(written, text))


def test_the_words_are_those_of_the_table(request: pytest.FixtureRequest) -> None:
    copy = ZED / HIGHLIGHTS.name
    text = HIGHLIGHTS.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        text = with_words(text)
        for path in (HIGHLIGHTS, copy):
            path.write_text(text, encoding="utf-8", newline="\n")
    assert text == with_words(text), "pytest --update-golden writes them anew"
    assert copy.read_text(encoding="utf-8") == text, "Zed's copy differs"
    for removed in (' "meter"', ' "lead"'):
        fewer = text.replace(removed, "", 1)
        assert fewer != text and fewer != with_words(fewer), f"{removed} is missed"


# ---- the generated C -----------------------------------------------------------------------------


def test_the_c_is_generated_from_the_grammar(tmp_path: Path) -> None:
    made = generate((GRAMMAR / "grammar.js").read_text(encoding="utf-8"), tmp_path)
    files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    kept = GRAMMAR / "src"
    assert files == sorted(path.relative_to(kept) for path in kept.rglob("*") if path.is_file())
    assert [
        file for file in files if (made / file).read_bytes() != (kept / file).read_bytes()
    ] == []


FAULTS = {
    "a comma no longer continues": (
        'seq(choice(",", alias("->", $.operator)), repeat("\\n"))',
        '","',
    ),
    "a brace inside a text counts": (
        '[^"\\\\\\\\\\\\n{}]+\'), text("[{}]")',
        "[^\"\\\\\\\\\\\\n{}]+')",
    ),
    "a semicolon ends nothing": ('choice("\\n", ";")', '"\\n"'),
    "brackets end with their line": ('repeat(choice($._part, "\\n"))', "repeat($._part)"),
}
"""Faults in the grammar, as what is replaced and what replaces it."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_grammar_is_found(tmp_path: Path, fault: str) -> None:
    grammar = (GRAMMAR / "grammar.js").read_text(encoding="utf-8")
    old, new = FAULTS[fault]
    assert grammar.count(old) == 1, old
    language = compile_grammar(generate(grammar.replace(old, new), tmp_path), tmp_path)
    assert differing(language) > set(DIFFERENT)
