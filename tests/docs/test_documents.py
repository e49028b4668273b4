"""Every page does what it shows: scores are checked and compiled, commands run and compared, and
links have a target.

`--update-golden` writes the current output of the commands into the pages.
"""

from __future__ import annotations

import doctest
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.pages import DOCS, ROOT, Page, all_pages, page_exists, read_page, slug
from tests.docs.sessions import COLUMNS, Session, prepare, rewritten

PAGES = {page.name: page for page in all_pages()}
EXAMPLES_TESTED_ELSEWHERE = {"docs/errors.md"}
"""Generated from the catalog of codes, whose own tests check every example."""


def session(page: Page, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    work = prepare(folder)
    monkeypatch.chdir(work)
    monkeypatch.setenv("COLUMNS", COLUMNS)
    played = Session(page=page, folder=work)
    played.play()
    return played


@pytest.mark.parametrize("name", sorted(set(PAGES) - EXAMPLES_TESTED_ELSEWHERE))
def test_a_page_shows_what_there_is(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    page = PAGES[name]
    played = session(page, tmp_path, monkeypatch)
    if request.config.getoption("--update-golden") and played.shown:
        page.path.write_text(rewritten(page, played.shown), encoding="utf-8", newline="\n")
        played = session(read_page(page.path), tmp_path / "again", monkeypatch)
    assert not played.faults, "\n\n".join(played.faults)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_links_lead_somewhere(name: str) -> None:
    page = PAGES[name]
    dead = []
    for target in page.links():
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (page.path.parent / path).resolve() if path else page.path
        there = page_exists(file) and (file == ROOT or ROOT in file.parents)
        if there and anchor and file.suffix == ".md" and anchor not in read_page(file).anchors():
            there = False
        if not there:
            dead.append(target)
    assert not dead


def test_the_index_names_every_page() -> None:
    named = {
        (DOCS / target.partition("#")[0]).resolve()
        for target in read_page(DOCS / "index.md").links()
    }
    missing = [
        page.name
        for page in PAGES.values()
        if DOCS in page.path.parents and page.path.resolve() not in named
    ]
    assert missing == ["docs/index.md"]


def test_the_list_of_examples_names_every_score() -> None:
    page = read_page(ROOT / "scores" / "README.md")
    endings = (".score", ".yaml")
    scores = {path.name for path in page.path.parent.iterdir() if path.suffix in endings}
    own = {target for target in page.links() if not target.startswith("../")}
    assert {target for target in own if target.endswith(endings)} == scores
    missing = [target for target in own - scores if not (page.path.parent / target).exists()]
    assert not missing  # the script that makes a song


def python_blocks() -> list[str]:
    return [
        name
        for name, page in PAGES.items()
        if any(block.info == "python" for block in page.blocks())
    ]


@pytest.mark.parametrize("name", python_blocks())
def test_examples_in_python_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = prepare(tmp_path)
    monkeypatch.chdir(work)
    page = PAGES[name]
    names: dict[str, object] = {}
    parser, runner = (
        doctest.DocTestParser(),
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False),
    )
    problems: list[str] = []
    for block in page.blocks():
        if block.info == "python":
            test = parser.get_doctest(block.text, names, name, name, block.line - 1)
            if not test.examples:  # code without examples must at least compile
                compile(block.text, f"{name}:{block.line}", "exec")
                continue
            runner.run(test, out=problems.append, clear_globs=False)
            names = test.globs
    assert not runner.failures, "".join(problems)


# ---- the test tools themselves -------------------------------------------------------------------


def pretend(text: str) -> Page:
    return Page(DOCS / "pretend.md", text)


WRONG = {
    "a score that is wrong": '```score\nat 0.3 "x"\n```\n',
    "a wrong score that is valid": '<!-- score: wrong E204 -->\n```score\nat 0c "x"\n```\n',
    "another code": '<!-- score: wrong E204 -->\n```score\nat 0c "x" "y"\n```\n',
    "a command that prints something else": '<!-- score: file a.score -->\n```score\nat 0c "x"\n```\n\n'
    "```console\n$ sequencer check a.score\nvalid\n```\n",
    "a command that is not run": "```console\n$ rm -r /\n```\n",
    "a sheet that is another": '```score\nat 0c "x"\n```\n<!-- output: sheet -->\n```text\n1\n```\n',
    "a note nobody knows": '<!-- score: perhaps -->\n```score\nat 0c "x"\n```\n',
    "a note on a block that is not read": "<!-- score: same -->\n```text\nx\n```\n",
    "not the same": (
        '```score\nat 0c "x"\n```\n<!-- score: same -->\n```yaml score\ncues: '
        "[{at: 0c, prompt: y}]\n```\n"
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_is_reported(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session(pretend(WRONG[what]), tmp_path, monkeypatch).faults


def test_shown_outputs_are_rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = pretend(
        '<!-- score: file a.score -->\n```score\nat 0c "x"\n```\n\n```console\n$ sequencer '
        "check a.score\n```\nend\n"
    )
    played = session(page, tmp_path, monkeypatch)
    text = rewritten(page, played.shown)
    assert "$ sequencer check a.score\na.score: " in text
    assert text.endswith("```\nend\n")
    assert not session(pretend(text), tmp_path / "again", monkeypatch).faults


def test_headings_are_anchors_as_github_makes_them() -> None:
    page = pretend("# The `at` of it: 9.3+1/2\n## Twice\n## Twice\n```text\n# no heading\n```\n")
    assert page.anchors() == {"the-at-of-it-9312", "twice", "twice-1"}
    assert slug("C++ & [links](x)") == "c--links"
