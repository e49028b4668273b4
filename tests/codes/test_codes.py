"""The registry of codes is complete and correct: every code is in it, and every example produces what its entry states."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from conftest import Golden

from sequencer.cli import main
from sequencer.cli.explain import example_output, looked_at
from sequencer.core.catalog import FAMILIES, every, family, find
from sequencer.core.catalog.pages import advice_page, errors_page
from sequencer.core.catalog.record import Code, Example
from sequencer.core.diagnostics import Severity

ROOT = Path(__file__).resolve().parents[2]
CODES = every()

once = cache(example_output)
"""Return the output of a code's example, cached because pages and goldens need the same one."""


def used() -> dict[str, str]:
    """Return every code that the program can report, with the file that uses it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "sequencer").rglob("*.py")):
        if (ROOT / "sequencer" / "codes") not in path.parents:
            for code in re.findall(r"\"([EW]\d{3})\"", path.read_text(encoding="utf-8")):
                found.setdefault(code, str(path.relative_to(ROOT)))
    return found


def test_every_code_of_the_program_has_an_entry() -> None:
    known = {one.code for one in CODES}
    assert {code: file for code, file in used().items() if code not in known} == {}


def test_every_entry_is_a_code_of_the_program() -> None:
    assert sorted({one.code for one in CODES} - set(used())) == []


def test_there_are_at_least_sixty_and_none_twice() -> None:
    numbers = [one.code for one in CODES]
    assert len(numbers) == len(set(numbers)) >= 60
    assert [find(number) for number in ("e204", " E204 ", "E999")] == [find("E204"), find("E204"), None]


def test_families_are_sorted() -> None:
    for module, _ in FAMILIES:
        numbers = [one.code for one in family(module)]
        assert numbers == sorted(numbers), module


@pytest.mark.parametrize("one", CODES, ids=lambda one: one.code)
def test_an_entry_reads_well(one: Code) -> None:
    assert re.fullmatch(r"[EW]\d{3}", one.code)
    assert one.title == one.title.strip() and not one.title.endswith(".")
    assert len(one.title) <= 70
    assert one.why.endswith((".", ".)"))
    assert one.wrong.page != one.cured.page or one.wrong.files != one.cured.files
    assert bool(one.source) == one.code.startswith("W6")


def found(example: Example, folder: Path) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in looked_at(example, folder).diagnostics]


@pytest.mark.parametrize("one", CODES, ids=lambda one: one.code)
def test_the_wrong_score_causes_the_code(one: Code, tmp_path: Path) -> None:
    severity = Severity.ERROR if one.is_error else Severity.WARNING
    assert (one.code, severity) in found(one.wrong, tmp_path)


@pytest.mark.parametrize("one", CODES, ids=lambda one: one.code)
def test_the_cured_score_is_well(one: Code, tmp_path: Path) -> None:
    left = found(one.cured, tmp_path)
    assert [code for code, severity in left if severity is Severity.ERROR or code == one.code] == []


@pytest.mark.parametrize("module", [module for module, _ in FAMILIES])
def test_what_is_said_stays_as_it_is(module: str, golden: Golden) -> None:
    parts = [f"#### {one.code} {one.title}\n{once(one.wrong, one.code)}\n" for one in family(module)]
    golden(f"{module}.txt", "\n".join(parts))


@pytest.mark.parametrize(("name", "page"), [("errors.md", errors_page), ("advice.md", advice_page)])
def test_the_pages_are_in_step(name: str, page: object, request: pytest.FixtureRequest) -> None:
    assert callable(page)
    text = page(once)
    path = ROOT / "docs" / name
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text, f"write it anew: sequencer explain --page {path.stem} > docs/{name}"


def test_every_link_of_a_page_leads_somewhere() -> None:
    pages = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("errors.md", "advice.md")}
    anchors = {
        name: {
            "".join(char for char in heading.casefold() if char.isalnum() or char in " -_").replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        }
        for name, text in pages.items()
    }
    for name, text in pages.items():
        for file, anchor in re.findall(r"\]\(([\w.]*)#([^)]+)\)", text):
            assert anchor in anchors[file or name], f"{name} → {file}#{anchor}"


# ---- sequencer explain ---------------------------------------------------------------------------------------------


def test_explain_prints_why_the_wrong_score_and_the_cured_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "e204"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("error[E204]: bar 0\n\nBars count from 1")
    assert '    at 0.3 "The tram rolls on."' in out and '    at 1.3 "The tram rolls on."' in out


def test_explain_takes_several_codes_and_names_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "E204", "W602"]) == 0
    out = capsys.readouterr().out
    assert "error[E204]" in out and "warning[W602]" in out and "Source: " in out


def test_explain_alone_lists_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    out = capsys.readouterr().out
    assert [one.code for one in CODES if f"  {one.code}  {one.title}\n" not in out + "\n"] == []


def test_explain_of_no_code_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "E999"]) == 2
    assert "there is no code E999" in capsys.readouterr().err
