"""Names, comments, messages and pages use the field's terms, and no outdated words.

What the author of a score writes is not checked: quoted text, prompts, fenced blocks, code.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

OUTDATED = {
    "report, print, render, describe, send": r"tell(?:s|ing)?|(?:un)?told|sa(?:y|ys|id|ying)",
    "receive, handle": r"hear(?:s|ing)?|(?:un)?heard",
    "is, appears in, belongs in": r"stands?|standing|stood",
    "after (order), late by (delay)": r"behind",
    "position, folder": r"places?|spots?",
    "fix, hint, suggestion": r"cur(?:e|es|ed|ing|able)|mend(?:s|ed|ing)?|repair(?:s|ed|ing)?",
    "mistake": r"slip(?:s|ped)?",
    "valid": r"is well(?! \w+ed)(?![\w-])",
    "does not exist": r"(?<!if\s)(?<!where\s)there is none",
    "space, character": r"blanks?|signs?",
    "MIDI output, device": r"gear",
    "operator, operator command": r"hands|desk",
    "external": r"outer",
    "package, import contract, space": r"rooms?|walls?|houses?",
    "frame, image, video": r"pictures?",
    "simulator, local server": r"stand-?ins?|embedded stages?|simulated stages?",
    "repeating": r"again and again",
    "released": r"let go of",
    "fast-forwarded": r"wound",
    "differ": r"parted",
    "format": r"la(?:y|ys|id|ying) out",
}
"""Each term of the project, with a pattern of the words that it replaces."""


@dataclass(frozen=True, slots=True)
class Exempt:
    """Text in which an outdated word is right, for it is meant literally or cannot change.

    `text` is a pattern of prose, `name` one of whole identifiers; `files` is a pattern of paths.
    """

    reason: str
    text: str | None = None
    name: str | None = None
    _: KW_ONLY
    files: str = "*"


EXEMPT = (
    Exempt(
        "time that a clock on a wall shows",
        r"wall(?:-clock)? time|wall clock|the wall's clock|^wall$",
    ),
    Exempt("signs of numbers and units", r"(?:minus|plus|ångström|Angstrom) signs?", "sign"),
    Exempt(
        "lines without characters",
        r"blank lines?|is blank|^ *blank\.$",
        "(?:test_|_has_)blank_lines?_.*",
    ),
    Exempt("digits after the decimal point", name="places"),
    Exempt(
        "a column of cue sheets, a key of reports and schedules, the attribute for it",
        name="place",
    ),
    Exempt(
        "to place something, in place", name=r"_?place_\w+|\w+_placed?_\w+|\w+_in_place|Placed\w+"
    ),
    Exempt(
        "plain English: to place, in place of, both places; not of a cue",
        r"\bplaces?\b(?! of (?:a|the|its) (?:cue|mark))",
    ),
    Exempt("a statement's place in the language table", name="Place", files="*language*"),
    Exempt(
        "left over, too slow, hidden by",
        r"(?:left|leaves nothing|falls?) behind|behind (?:a proxy|names)",
    ),
    Exempt(
        "an implementation and its interface",
        r"behind (?:Reactor's|the real|the) protocol|estimators behind|API behind",
    ),
    Exempt("represents", r"stands (?:for|in for)"),
    Exempt("a list that contains a list", "outer list"),
    Exempt("a device for lights", "lighting desk"),
    Exempt(
        "the command `tell`, the method of files",
        r"sequencer tell|# tell|^tell$",
        "(?:run_)?tell|test_a_tell_command_.*",
    ),
    Exempt(
        "a kind of event, a key of JSON, an option, a parameter of the API, a name in journals",
        r"^(?:no_)?pictures(?:_differ_on|=False)?$|^ *pictures:|^pictures \{\}",
        r"(?:no_)?pictures",
    ),
    Exempt(
        "a folder and a benchmark that keep their names",
        r"pictures/|bench[ .]pictures|measured-pictures",
    ),
    Exempt("a key of a faults file", r"^unheard$|^ *unheard:", "unheard"),
    Exempt("a file in a run's folder", r"desk\.json"),
    Exempt("keys of the messages that `tell` sends to a run", r'^(?:say|told)$|"told"'),
    Exempt(
        "the class of the simulator",
        name="SimulatedStage",
    ),
    Exempt("how the local server names itself to clients", r"^stand-in$"),
    Exempt("terminals of the grammar", r"\b(?:SAY|BLANK)\b", files="*language/*"),
    Exempt(
        "words that authors write",
        r"goes stands stand lies lie behind|bare walls|\|says\?\|",
        files="*/language/*",
    ),
    Exempt(
        "prompts of scores",
        r"tram's sign|@0 stands|everything stands still|^Picture \{\}|^let place = |^It says .*",
    ),
    Exempt("what must not appear", r"^gear$", files="tests/unit/reports/*"),
    Exempt(
        "names of vendors and libraries",
        name="Picture|picture|PictureType",
        files="*[js][ue][dr][gv]e*",
    ),
)


_FENCE = re.compile(r"^ *(`{3,}).*?^ *\1`*$", re.MULTILINE | re.DOTALL)


def _pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern whose spaces match line breaks too."""
    return re.compile(re.sub(r" (?![*+?])", r"\\s+", text), re.MULTILINE | re.IGNORECASE)


WORD = _pattern(rf"(?<![A-Za-z-])(?:{'|'.join(OUTDATED.values())})(?![A-Za-z])")
_LITERAL = re.compile(
    r"``[^`]*``|`[^`\n]*`"  # code
    r"|“[^”]*”|\\?\"[^\"\n]*\\?\"|\bprompt: .*"  # what an author wrote
    r"|\]\([^)\s]*\)|<!--.*?-->|:[a-z]+:`[^`]*`"  # where links lead, notes for the tests
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An identifier, a comment, a string or the prose of a page; `line` is its first line."""

    file: str
    line: int
    text: str
    is_name: bool = False


def outdated(piece: Piece, exempt: tuple[Exempt, ...] = EXEMPT) -> list[str]:
    """Return the outdated words of a piece, with their lines and the terms to write instead."""
    if not piece.is_name and not WORD.search(piece.text):
        return []
    exempt = tuple(one for one in exempt if fnmatch(piece.file, one.files))
    if piece.is_name:
        if any(one.name is not None and re.fullmatch(one.name, piece.text) for one in exempt):
            return []
        shown = " ".join(re.findall(r"[A-Z]?[a-z]+|[A-Z]+", piece.text))
    else:
        shown = _hide(_LITERAL, piece.text)
        for one in exempt:
            if one.text is not None:
                shown = _hide(_pattern(one.text), shown)
    found: list[str] = []
    for match in WORD.finditer(shown):
        line = piece.line + shown.count("\n", 0, match.start())
        found.append(f"{piece.file}:{line}: {match.group()!r}: write {_term(match.group())}")
    return found


def _hide(pattern: re.Pattern[str], text: str) -> str:
    """Replace what matches with spaces, so that lines and columns stay."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _term(word: str) -> str:
    return next(
        term for term, pattern in OUTDATED.items() if re.match(pattern, word, re.IGNORECASE)
    )


def pieces_of_module(file: str, text: str) -> Iterator[Piece]:
    """Yield the identifiers, comments and strings of a module."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NAME, tokenize.COMMENT):
            yield Piece(
                file=file,
                line=token.start[0],
                text=token.string,
                is_name=token.type == tokenize.NAME,
            )
    for line, string in _strings(ast.parse(text)):
        yield Piece(file=file, line=line, text=string)


def _strings(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module with their lines; `{}` replaces expressions of f-strings."""
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        yield node.lineno, "".join(map(str, parts))
        node = ast.Module(
            [ast.Expr(part.value) for part in node.values if isinstance(part, ast.FormattedValue)],
            [],
        )
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    for child in ast.iter_child_nodes(node):
        yield from _strings(child)


def pieces_of_page(file: str, text: str) -> Iterator[Piece]:
    """Yield a page without its fenced blocks."""
    yield Piece(file=file, line=1, text=_hide(_FENCE, text))


@cache
def suspects(path: Path) -> tuple[Piece, ...]:
    """Return the pieces of a file that contain an outdated word, exempt or not."""
    read = pieces_of_module if path.suffix == ".py" else pieces_of_page
    return tuple(
        piece
        for piece in read(named(path), path.read_text(encoding="utf-8"))
        if outdated(piece, ())
    )


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


FILES = sorted(
    path
    for pattern in (
        "sequencer/**/*.py",
        "tests/**/*.py",
        "bench/**/*.py",
        "editors/*.py",
        "editors/vscode/*.md",
        "docs/**/*.md",
        "*.md",
        "Makefile",
    )
    for path in ROOT.glob(pattern)
    if path != Path(__file__)
)


@pytest.mark.parametrize("folder", sorted({named(path).rpartition("/")[0] for path in FILES}))
def test_files_use_the_terms(folder: str) -> None:
    inside = [path for path in FILES if named(path).rpartition("/")[0] == folder]
    assert not [line for path in inside for piece in suspects(path) for line in outdated(piece)]


@pytest.mark.parametrize(
    "text",
    [
        "told = 1",
        "def render_slip(): ...",
        "class StandInSettings: ...",
        "# played on the\n# embedded stage",
        "for mark in heard_marks: ...",
        "lead = 1  # it stands behind the title",
        '"""Report what the operator\'s desk says."""',
        'raise ValueError("no room for the picture")',
        'def f(found):\n    return f"{found} is laid out"',
    ],
)
def test_outdated_words_in_a_module_are_found(text: str) -> None:
    assert [line for piece in pieces_of_module("sequencer/x.py", text) for line in outdated(piece)]


def test_outdated_words_in_a_page_are_found_but_not_in_what_authors_write() -> None:
    page = 'The cure stands below.\n\n```text\nat 1 "A sign."\n```\n\nIts "wall" and `told` stay.\n'
    page += "No picture.\n"
    assert [line for piece in pieces_of_page("docs/x.md", page) for line in outdated(piece)] == [
        "docs/x.md:1: 'cure': write fix, hint, suggestion",
        "docs/x.md:1: 'stands': write is, appears in, belongs in",
        "docs/x.md:8: 'picture': write frame, image, video",
    ]


@pytest.mark.slow
def test_every_exemption_is_needed() -> None:
    exempted = [piece for path in FILES for piece in suspects(path)]
    for one in EXEMPT:
        others = tuple(other for other in EXEMPT if other is not one)
        assert any(outdated(piece, others) for piece in exempted), one.reason
