"""The registry of codes is complete and correct: every code is in it, and every example produces
what its entry states.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.cli.explain import check_example, example_output, generate
from sequencer.core.catalog import (
    FAMILIES,
    FOLDER,
    Code,
    Example,
    Family,
    computed,
    every,
    family,
    find,
)
from sequencer.core.catalog.reader import read_code
from sequencer.core.diagnostics import Severity
from tests.support.golden import Golden

ROOT = Path(__file__).resolve().parents[4]
CODES = every()
ADVICE = {one.code for one in family("advice")}


def used() -> dict[str, str]:
    """Return every code that the program can report, with the file that uses it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "sequencer").rglob("*.py")):
        if FOLDER not in path.parents:
            for code in re.findall(r"\"([EW]\d{3})\"", path.read_text(encoding="utf-8")):
                found.setdefault(code, str(path.relative_to(ROOT)))
    return found


def test_every_code_of_the_program_has_an_entry() -> None:
    known = {one.code for one in CODES}
    assert {code: file for code, file in used().items() if code not in known} == {}


def test_every_entry_is_a_code_of_the_program() -> None:
    assert sorted({one.code for one in CODES} - set(used())) == []


def test_every_file_is_of_one_family() -> None:
    numbers = [path.stem for path in FOLDER.glob("*.md")]
    assert [number for number in numbers if sum(number in group for group in FAMILIES) != 1] == []
    assert {one.code for one in CODES} == set(numbers)


def test_every_computed_example_is_used() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md"))
    names = set(re.findall(r"^```\w+ .*(?:computed|files)=(\w+)", text, re.MULTILINE))
    assert names == {*computed.SCORES, *computed.FILES, *computed.FILE_GROUPS}


def test_there_are_at_least_sixty_and_none_twice() -> None:
    numbers = [one.code for one in CODES]
    assert len(numbers) == len(set(numbers)) >= 60
    assert [find(number) for number in ("e204", " E204 ", "E999")] == [
        find("E204"),
        find("E204"),
        None,
    ]


def test_families_are_sorted() -> None:
    for group in FAMILIES:
        numbers = [one.code for one in family(group.name)]
        assert numbers == sorted(numbers), group.name


@pytest.mark.parametrize("one", CODES, ids=lambda one: one.code)
def test_an_entry_reads_well(one: Code) -> None:
    assert re.fullmatch(r"[EW]\d{3}", one.code)
    assert one.title == one.title.strip() and not one.title.endswith(".")
    assert len(one.title) <= 70
    assert one.explanation.endswith((".", ".)"))
    assert one.wrong.shown != one.right.shown
    assert bool(one.source) == one.code.startswith("W6")


def found(example: Example, folder: Path) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in check_example(example, folder).diagnostics]


ALSO = {
    "E152": {"E117"},  # too many mistakes: the mistakes themselves are reported as well
    "E302": {"W302"},  # the variable cannot be used
    "E306": {"W302"},  # the variable is used above its definition only
    "W501": {"E308"},  # the problems themselves
}
"""Other codes that a wrong example cannot avoid."""


NOTES = {"W306"}
"""Codes of information, which `--strict` does not count."""


@pytest.mark.parametrize("one", CODES, ids=lambda one: one.code)
def test_the_wrong_score_causes_exactly_its_code(one: Code, tmp_path: Path) -> None:
    severity = Severity.ERROR if one.is_error else Severity.WARNING
    severity = Severity.NOTE if one.code in NOTES else severity
    diagnostics = found(one.wrong, tmp_path)
    assert (one.code, severity) in diagnostics
    advice = {
        code for code, _ in diagnostics if code in ADVICE
    }  # the example scores are shorter than good prompts
    assert {code for code, _ in diagnostics} - advice - {one.code} == ALSO.get(one.code, set())


@pytest.mark.parametrize("one", CODES, ids=lambda one: one.code)
def test_the_right_score_is_valid(one: Code, tmp_path: Path) -> None:
    left = found(one.right, tmp_path)
    assert [code for code, severity in left if severity is Severity.ERROR or code == one.code] == []


@pytest.mark.parametrize("group", FAMILIES, ids=lambda group: group.name)
def test_the_messages_are_unchanged(group: Family, golden: Golden) -> None:
    parts = [
        f"#### {one.code} {one.title}\n{example_output(one.wrong, one.code)}\n"
        for one in family(group.name)
    ]
    golden(f"{group.name}.txt", "\n".join(parts))


# ---- the files of the codes ----------------------------------------------------------------------

GOOD = """\
# E990: a title

One
paragraph.

```text file=notes.txt
some notes
```

```score wrong
seed 1
```

```score right without-folder
seed 2
```
"""


def test_a_file_is_read() -> None:
    code = read_code(GOOD, "E990.md")
    assert (code.title, code.explanation, code.source) == ("a title", "One paragraph.", "")
    assert [(one.name, one.read()) for one in code.wrong.files] == [("notes.txt", b"some notes\n")]
    assert (code.wrong.bytes, code.wrong.in_folder) == (b"seed 1\n", True)
    assert (code.right.bytes, code.right.in_folder) == (b"seed 2\n", False)
    assert code.wrong.files == code.right.files


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# E990", "# E991"),
        ("# E990: a title", "# a title"),
        ("One\nparagraph.\n", ""),
        ("paragraph.\n", "paragraph.\n\nAnother one.\n"),
        ("score wrong", "score wrnog"),
        ("score right without-folder", "score wrong"),
        ("wrong\n", "wrong without=folder2\n"),
        ("wrong\n", "wrong computed=nothing\n"),
        ("file=notes.txt", "file=notes.txt computed=nothing"),
        ("text file=notes.txt", "text"),
    ],
)
def test_a_file_that_is_malformed_is_refused(old: str, new: str) -> None:
    assert old in GOOD
    with pytest.raises((ValueError, KeyError)):
        read_code(GOOD.replace(old, new, 1), "E990.md")


def test_a_code_names_no_other_file() -> None:
    assert [find(number) for number in ("../record", "E2*", "E20４", "")] == [None] * 4


# ---- the pages of the documentation --------------------------------------------------------------


def test_the_pages_have_every_code_with_its_message() -> None:
    errors, advice = generate("errors"), generate("advice")
    for one in CODES:
        page = advice if one.code in ADVICE else errors
        assert f"### {one.code} {one.title}\n\n{one.explanation}" in page
        assert f"[{one.code}]:" in page


def test_every_link_of_a_page_leads_somewhere() -> None:
    pages = {f"{name}.md": generate(name) for name in ("errors", "advice")}
    anchors = {
        name: {
            "".join(char for char in heading.casefold() if char.isalnum() or char in " -_").replace(
                " ", "-"
            )
            for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        }
        for name, text in pages.items()
    }
    for name, text in pages.items():
        for file, anchor in re.findall(r"\]\(([\w.]*)#([^)]+)\)", text):
            assert anchor in anchors[file or name], f"{name} → {file}#{anchor}"


# ---- sequencer explain ---------------------------------------------------------------------------


def test_explain_prints_the_reason_and_both_scores(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "e204"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("error[E204]: bar 0\n\nBars are counted from 1")
    assert '    at 0.3 "The tram rolls on."' in out and '    at 1.3 "The tram rolls on."' in out


def test_explain_takes_several_codes_and_names_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "E204", "W602"]) == 0
    out = capsys.readouterr().out
    assert "error[E204]" in out and "warning[W602]" in out and "Source: " in out


def test_explain_alone_lists_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    out = capsys.readouterr().out
    assert [one.code for one in CODES if f"  {one.code}  {one.title}\n" not in out + "\n"] == []


def test_explain_of_an_unknown_code_reports_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "E999"]) == 2
    assert "there is no code E999" in capsys.readouterr().err
