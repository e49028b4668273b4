"""Messages for beginners; every hint that consists of text to type is typed, and must leave no
error there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

import pytest

from sequencer.core.catalog import every
from sequencer.core.diagnostics import Diagnostic, Fix, Span, render_all
from sequencer.language.check import CheckResult, check, check_text
from tests.support.beginners import TEXT, YAML
from tests.support.golden import Golden
from tests.support.mistakes import MISTAKES, applied
from tests.support.yaml_mistakes import MISTAKES as YAML_MISTAKES

ABOUT_THE_WHOLE = frozenset({"E406", "E415", "E421", "E422", "E423", "E424"})
"""These concern the rest of a score: no end, no first prompt, two prompts at once.

What was typed did not cause them.
"""

NOT_THERE = frozenset({"E322", "E412", "E501", "E520", "E530", "E540"})
"""A name or a file that exists only in an example."""


# ---- messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "file", "scores"), [("text", "x.score", TEXT), ("yaml", "x.yaml", YAML)]
)
def test_the_messages_for_beginners_stay_the_same(
    name: str, file: str, scores: tuple[tuple[str, str], ...], golden: Golden
) -> None:
    parts: list[str] = []
    for line, text in scores:
        checked = check_text(text, file, advice=False)
        shown_errors = [one for one in checked.diagnostics if one.is_error]
        parts.append(f"#### {line}\n{render_all(shown_errors, checked.sources) or 'well'}\n")
    golden(f"beginners-{name}.txt", "\n".join(parts))


def test_there_are_many_of_them_and_none_twice() -> None:
    for scores in (TEXT, YAML):
        assert len(scores) >= 150
        assert len({text for _, text in scores}) == len(scores)


@pytest.mark.parametrize(("file", "scores"), [("x.score", TEXT), ("x.yaml", YAML)])
def test_every_mistake_gets_a_hint(file: str, scores: tuple[tuple[str, str], ...]) -> None:
    bare = [
        (line, one.message)
        for line, text in scores
        for one in check_text(text, file, advice=False).errors
        if one.hint is None
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("file", "text", "code", "column", "hint"),
    [
        (
            "x.score",
            'clock midi "Digitakt" 4/4 nominal 120',
            "E247",
            7,
            'write midi "Digitakt", 4/4, nominal 120 bpm',
        ),
        ("x.score", 'audio "song.wav"', "E101", 1, 'write sound "song.wav"'),
        ("x.score", 'section a 8 bars {\n  prompt "x"\n}', "E117", 3, 'write at 1 "x"'),
        ("x.score", "on note C#2 ch10 -> sr 4x", "E238", 13, "write ch 10"),
        (
            "x.score",
            "on cc 74 -> strength",
            "E162",
            13,
            "a rule sets a fixed value, not the controller's value",
        ),
        ("x.score", "at 3c image off", "E143", 7, "begin a new take without the image"),
        ("x.score", "at 3c midi cc 20=127", "E259", 15, "write cc 20 127"),
        ("x.score", "section b = a {\n}", "E139", 11, "write section b like a {"),
        (
            "x.yaml",
            'clock: midi "Digitakt" 4/4 nominal 120',
            "E247",
            8,
            'write midi "Digitakt", 4/4, nominal 120 bpm',
        ),
        ("x.yaml", "sections:\n  - name: a\n    bars: 8", "E610", 5, "write section: a 8 bars"),
        (
            "x.yaml",
            "cues:\n  - {at: 0c, image: off}",
            "E143",
            14,
            "begin a new take without the image",
        ),
        (
            "x.yaml",
            "sections:\n  - section: b = a",
            "E139",
            16,
            "write section: b like a",
        ),
    ],
)
def test_single_messages(file: str, text: str, code: str, column: int, hint: str) -> None:
    found = next(
        one for one in check_text(text + "\n", file, advice=False).errors if one.code == code
    )
    assert found.span.column == column
    assert found.hint is not None and found.hint.startswith(hint)


def test_a_beat_too_many_is_counted_on_right() -> None:
    """Beat 9, counted from bar 5 in 4/4, is the first of bar 7."""
    (found,) = check_text('clock 120 bpm, 4/4\nat 1 "x"\nat 5.9 "y"\nend 9\n', advice=False).errors
    assert found.fixes[0].text == "7.1"
    assert found.hint is not None and found.hint.startswith(
        "counting on from bar 5, beat 9 is 7.1;"
    )


# ---- hints that are typed ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """A score with mistakes."""

    name: str
    file: str
    text: str
    _: KW_ONLY
    files: tuple[tuple[str, bytes], ...] = ()


def cases() -> Iterator[Case]:
    """Return every score with mistakes in the tests, except for those that are not text or far too
    long.
    """
    for mistake in MISTAKES:
        if mistake.data is None and not mistake.well and len(mistake.text) < 10_000:
            yield Case(
                mistake.name,
                mistake.file,
                mistake.text,
                files=tuple((name, make()) for name, make in mistake.files),
            )
    yield from (Case(f"yaml: {name}", "x.yaml", text) for name, text in YAML_MISTAKES)
    yield from (Case(f"beginner: {name}", "x.score", text) for name, text in TEXT)
    yield from (Case(f"beginner: {name}", "x.yaml", text) for name, text in YAML)
    for code in every():
        text = code.wrong.bytes.decode(errors="ignore")
        if code.is_error and text.encode() == code.wrong.bytes and len(text) < 10_000:
            files = tuple(
                (one.name, one.read()) for one in code.wrong.files if one.content is not None
            )
            yield Case(code.code, code.wrong.name, text, files=files)


CASES = tuple(cases())

_TYPED = re.compile(
    r"(?:^|[:;] )(?:write|did you mean)(?:(?: it| its length after its name)?,? for example,?)?:? (?P<text>.+)$"
)
_PROSE = re.compile(
    r"(?:it|its|the|a|an|one|what|at least|them|this|three|cut, and|max before|meter before|there|go and|number)\b"
    r"|(?:from|tempo|meter|mark)\Z|.*…|.*\bNAME\b|.*\bPOSITION\b|.*\b(?:alone|and the value|and its)\b|[#}>-]|\\|`"
)
"""Hints that describe what to write without giving it."""


def typed(hint: str) -> list[str]:
    """Return the texts that a hint suggests typing: several if it offers a choice."""
    found = _TYPED.search(hint)
    if found is None or _PROSE.match(found.group("text")) is not None:
        return []
    text = (
        re.split(
            r"; | \(|, and (?:leave|remove|on)| for (?:a|this|the)\b| there, and| instead",
            found.group("text"),
        )[0]
        .strip()
        .removesuffix("?")
    )
    if text.startswith("`") and text.endswith("`"):
        text = text[1:-1]
    if " or " in text and '"' in text:
        return []  # lists every possible form
    options = re.split(r", or | or |, ", text) if " or " in text else [text]
    return [one for one in options if _PROSE.match(one) is None]


def looked_at(case: Case, text: str, folder: Path) -> CheckResult:
    """Check `text` next to the files of the case."""
    for name, content in case.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    path = folder / case.file
    path.write_text(text, encoding="utf-8", newline="\n")
    return check(path, advice=False)


def spans_of(fixes: tuple[Fix, ...]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the positions of the replacements after they are made."""
    regions: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for fix in fixes:
        line, column = fix.span.line, fix.span.column
        for other in fixes:
            before = (other.span.line, other.span.column) < (fix.span.line, fix.span.column)
            lines = other.text.count("\n") - (other.span.end_line - other.span.line)
            if other is fix or not before:
                continue
            if other.span.end_line == fix.span.line:
                width = len(other.text.rsplit("\n", 1)[-1])
                column += width - (
                    other.span.end_column - (other.span.column if "\n" not in other.text else 1)
                )
            line += lines
        last = fix.text.rsplit("\n", 1)
        end = (line + fix.text.count("\n"), (column if len(last) == 1 else 1) + len(last[-1]))
        regions.append(((line, column), end))
    return regions


def left_there(
    checked: CheckResult, regions: list[tuple[tuple[int, int], tuple[int, int]]], file: str
) -> list[Diagnostic]:
    """Return the errors that overlap what was typed, except for those about the entire score and
    about names from examples.
    """
    return [
        one
        for one in checked.errors
        if one.span.file == file
        and one.code not in ABOUT_THE_WHOLE | NOT_THERE
        and any(
            (one.span.line, one.span.column)
            < (end[0], max(end[1], start[1] + 1) if start[0] == end[0] else end[1])
            and (one.span.end_line, max(one.span.end_column, one.span.column + 1)) > start
            for start, end in regions
        )
    ]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hint_that_is_typed_leaves_no_error_there(case: Case, tmp_path: Path) -> None:
    checked = looked_at(case, case.text, tmp_path)
    file = str(tmp_path / case.file)
    for one in checked.errors:
        if one.hint is None or any(fix.span.file != file for fix in one.fixes):
            continue
        texts = typed(one.hint)
        if not one.fixes and ("for example" in one.hint or "did you mean" in one.hint):
            continue  # an example, or a suggestion for some part of the marked text
        tries = [one.fixes] if one.fixes else [(Fix(one.span, text),) for text in texts]
        if len(one.fixes) == 1 and one.fixes[0].text in texts:
            tries = [(Fix(one.fixes[0].span, text),) for text in texts]
        for fixes in tries:
            new = applied(case.text, fixes)
            left = left_there(looked_at(case, new, tmp_path), spans_of(fixes), file)
            assert left == [], (one.message, one.hint, new)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hint_describes_what_its_replacement_makes(case: Case, tmp_path: Path) -> None:
    for one in looked_at(case, case.text, tmp_path).errors:
        texts = typed(one.hint or "")
        if not one.fixes or not texts or "for example" in (one.hint or ""):
            continue
        lines = [" ".join(line.split()) for line in applied(case.text, one.fixes).split("\n")]
        made = (" ".join(lines), ", ".join(lines))
        assert any(" ".join(text.split()) in form for text in texts for form in made), (
            one.message,
            one.hint,
            one.fixes,
        )


def test_hints_are_really_typed() -> None:
    """The two tests above try many hints, and would detect a wrong one."""
    assert len(CASES) > 500
    assert typed("write 4c or 5c") == ["4c", "5c"]
    assert typed('a port: write midi "Digitakt"') == ['midi "Digitakt"']
    assert typed("shorten it") == []
    wrong = check_text("at 0c sr 4x\nsr 4x\n", "x.score", advice=False)
    assert left_there(wrong, [((1, 1), (1, 9))], "x.score") == []
    clash = CheckResult(
        score=None,
        schedule=None,
        diagnostics=(Diagnostic(code="E201", message="no", span=Span("x", 1, 4, 1, 6)),),
        sources={},
    )
    assert left_there(clash, [((1, 1), (1, 5))], "x") != []
    assert left_there(clash, [((1, 1), (1, 4))], "x") == []
