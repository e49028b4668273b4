"""The documentation site: its navigation, what the hooks do with a page, how scores are coloured,
and the check of the result.

`make docs` builds the whole site; these tests are about the parts, and show that each check can
fail.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import griffe
import pytest
import yaml
from mkdocs.structure.pages import Page
from pygments.token import Comment, Error, Keyword, Name, Number, String, Text, _TokenType

import sequencer
from tests.docs.pages import DOCS, ROOT, all_pages, read_page, slug
from website import hooks
from website.check import FETCHING, main, problems
from website.docstrings import fenced
from website.lexer import ScoreLexer, token_of

# ---- navigation ----------------------------------------------------------------------------------


def named(nav: object) -> list[str]:
    """Return the pages that a navigation names, in order."""
    if isinstance(nav, str):
        return [nav]
    parts = nav if isinstance(nav, list) else list(cast("dict[str, Any]", nav).values())
    return [page for part in parts for page in named(part)]


def navigation() -> list[str]:
    return named(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])


def test_the_navigation_has_every_page_once() -> None:
    shown = navigation()
    assert len(shown) == len(set(shown))
    pages = {
        page.path.relative_to(DOCS).as_posix() for page in all_pages() if DOCS in page.path.parents
    }
    assert set(shown) == pages | set(hooks.FROM_ROOT.values()) | {hooks.API_PAGE}


# ---- pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "before", "after"),
    [
        (DOCS, "[x](language.md#limits)", "[x](language.md#limits)"),
        (DOCS, "[x](../CONTRIBUTING.md)", "[x](contributing.md)"),
        (
            DOCS / "decisions",
            "[x](../../CHANGELOG.md#unreleased)",
            "[x](../changelog.md#unreleased)",
        ),
        (DOCS, "[x](../scores/first.score)", f"[x]({hooks.home()}/blob/main/scores/first.score)"),
        (DOCS, "[x](../scores)", f"[x]({hooks.home()}/tree/main/scores)"),
        (ROOT, "[x](docs/midi.md#jack)", "[x](midi.md#jack)"),
        (ROOT, "[x](https://example.org) [y](#here)", "[x](https://example.org) [y](#here)"),
        (ROOT, "`[x](docs/midi.md)` and [x](docs/midi.md)", "`[x](docs/midi.md)` and [x](midi.md)"),
        (DOCS, "- a\n  - b", "- a\n    - b"),
        (
            DOCS,
            "<!-- score: file a.score -->\n```yaml score\n# [x](../scores)\n```",
            "```yaml\n# [x](../scores)\n```",
        ),
        (
            DOCS,
            "```console\n$ sequencer check a.score\n```",
            "```text\n$ sequencer check a.score\n```",
        ),
        (DOCS, "<details>", '<details markdown="1">'),
    ],
)
def test_a_page_is_adapted(folder: Path, before: str, after: str) -> None:
    assert hooks.adapt(before, folder) == after


def test_a_state_diagram_becomes_a_table() -> None:
    diagram = (
        "stateDiagram-v2\n    [*] --> a\n    a --> b: ready\n    note right of b\n        from any\n "
        "       other\n    end note"
    )
    assert hooks.adapt(f"```mermaid\n{diagram}\n```", DOCS).split("\n") == [
        *(
            "| in | when | next |",
            "|---|---|---|",
            "|  | the run begins | a |",
            "| a | ready | b |",
        ),
        *("", "**b**: from any other."),
    ]
    with pytest.raises(ValueError, match="no transition"):
        hooks.adapt("```mermaid\nstateDiagram-v2\nstate a\n```", DOCS)


def test_anchors_are_as_on_github() -> None:
    anchors = hooks.Anchors()
    for title in ("The `at` of it: 9.3+1/2", "C++ & more", "W301 a follow without {action}"):
        assert anchors(title.replace("`", "")) == slug(title)
    assert [anchors("Twice"), anchors("Twice")] == ["twice", "twice-1"]
    anchors.start_page()
    assert anchors("Twice") == "twice"


def test_the_api_reference_has_every_public_name_once() -> None:
    listing = read_page(DOCS / "api.md").text
    described = re.findall(r"^::: sequencer\.(\w+)$", hooks.api_reference(listing), re.MULTILINE)
    assert sorted(described) == sorted(set(sequencer.__all__) - {"__version__"})
    linked = re.findall(rf"\]\({hooks.API_PAGE}#sequencer\.(\w+)\)", hooks.with_references(listing))
    assert linked == described


def test_doctests_of_a_docstring_are_code() -> None:
    text = "Do it.\n\n>>> run()\n[1, 2]\n>>> stop()\n\nArgs:\n    x: One.\n\n        >>> 1\n        1\n"
    assert fenced(text).split("\n") == [
        *(
            "Do it.",
            "",
            "```pycon",
            ">>> run()",
            "[1, 2]",
            ">>> stop()",
            "```",
            "",
            "Args:",
            "    x: One.",
            "",
        ),
        *("        ```pycon", "        >>> 1", "        1", "        ```", ""),
    ]


def test_the_reference_shows_the_fields_of_a_dataclass() -> None:
    extensions = griffe.load_extensions("website.docstrings")
    package = griffe.load("sequencer", search_paths=[ROOT], extensions=extensions)
    parameters = [one.name for one in package["language.check.CheckResult"].parameters]
    assert parameters == [
        "self",
        "score",
        "schedule",
        "diagnostics",
        "sources",
        "dropped",
        "ensemble",
    ]


def test_a_page_without_a_group_has_no_list_of_pages() -> None:
    page = SimpleNamespace(parent=None, meta={}, file=SimpleNamespace(src_uri="index.md"))
    assert hooks.on_page_markdown("x", page=cast("Page", page)) == "x"
    assert page.meta == {"hide": ["navigation"]}


# ---- colours -------------------------------------------------------------------------------------


def colours(text: str) -> list[tuple[_TokenType, str]]:
    found = list(ScoreLexer().get_tokens_unprocessed(text))
    assert "".join(part for _, _, part in found) == text, "nothing is lost or repeated"
    assert [at for at, _, _ in found] == [
        sum(len(part) for _, _, part in found[:number]) for number in range(len(found))
    ]
    return [(token, part) for _, token, part in found]


def test_scores_are_coloured() -> None:
    found = colours('section intro 8 bars {\n  at 3.1 tram "It {turns}." # now\n}\n')
    expected = [
        (Keyword, "section"),
        (Name.Class, "intro"),
        (Number, "8"),
        (Keyword.Type, "bars"),
        (Keyword, "at"),
    ]
    expected += [
        (Number, "3.1"),
        (Name.Variable, "tram"),
        (Name.Variable, "turns"),
        (Comment, "#"),
        (Comment, " now"),
    ]
    assert [one for one in expected if one not in found] == []
    assert (String, "It ") in found
    assert (Error, "“") in colours("at 1 “x")


def test_a_text_over_several_lines_is_one_string() -> None:
    inside = colours('at 1 """\n  A boat {drifts}.\n  at 2\n"""\nend 3\n')
    assert (Keyword, "at") in inside[:3]
    assert [part for token, part in inside if token is Keyword] == ["at", "end"]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "scores").glob("*.score")), ids=lambda path: path.name
)
def test_no_example_has_a_part_that_looks_wrong(path: Path) -> None:
    found = colours(path.read_text(encoding="utf-8"))
    assert [part for token, part in found if token is Error] == []
    assert len({token for token, _ in found} - {Text}) > 3


def test_every_scope_of_the_grammar_has_a_colour() -> None:
    scopes = set(re.findall(r'"(?:name|contentName)": "([a-z][\w.\- ]+)"', hooks_grammar()))
    assert len(scopes) > 30
    for scope in scopes:
        token_of(scope)
    with pytest.raises(KeyError):
        token_of("unknown.score")


def hooks_grammar() -> str:
    return (ROOT / "editors/vscode/syntaxes/score.tmLanguage.json").read_text(encoding="utf-8")


# ---- the check of the built site -----------------------------------------------------------------

FAULTS = {
    "a dead link": '<a href="nowhere.html">x</a>',
    "a dead anchor": '<a href="#nowhere">x</a>',
    "a dead anchor of another page": '<a href="other.html#nowhere">x</a>',
    "a link that leaves the site": '<a href="../secret.html">x</a>',
    "a script from elsewhere": '<script src="https://cdn.example/x.js"></script>',
    "a font from elsewhere": '<link rel="stylesheet" href="//fonts.example/css">',
    "an image from elsewhere": '<img src="http://example.org/x.png">',
    "an image that is missing": '<img src="x.png">',
    "a style that imports": "<style>@import 'https://example.org/x.css';</style>",
    "a background from elsewhere": '<p style="background: url(https://example.org/x.png)">x</p>',
    **{f"markup that fetches: {markup}": f"<p {markup}>x</p>" for markup in FETCHING},
}
FINE = (
    '<a href="#here" id="here">x</a><a href="other.html#there">x</a><a '
    'href="https://example.org">x</a><img src="data:,">'
)


def a_site(folder: Path, body: str) -> Path:
    (folder / "index.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    (folder / "other.html").write_text(
        '<html><body><h1 id="there">x</h1></body></html>', encoding="utf-8"
    )
    return folder


def test_a_site_without_faults_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert problems(a_site(tmp_path, FINE)) == []
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("2 pages, 0 problems\n")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_reported(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(problems(a_site(tmp_path, FINE + FAULTS[fault]))) >= 1
    assert main([str(tmp_path)]) == 1
    assert "index.html" in capsys.readouterr().out


def test_a_style_sheet_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    (a_site(tmp_path, FINE) / "x.css").write_text(
        "@font-face { src: url('https://example.org/x.woff2') }", encoding="utf-8"
    )
    assert problems(tmp_path) == ["x.css loads https://example.org/x.woff2 from another host"]


def test_a_folder_without_pages_is_no_site(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"{tmp_path} contains no page"]
