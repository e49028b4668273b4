"""Warnings about what a pass has from the passes before it."""

from __future__ import annotations

import pytest

from sequencer.core.diagnostics import Diagnostic
from sequencer.language.check import check_text

VERSE = 'section verse 4 bars {\n  at 1 "A."\n}\n'


def warnings_of(text: str) -> list[Diagnostic]:
    result = check_text(f"clock 120 bpm, 4/4\n{text}", "a.score", advice=False)
    assert result.errors == ()
    return [one for one in result.warnings if one.code in ("W404", "W405")]


def test_what_another_section_left_is_named_with_its_line() -> None:
    chorus = 'section chorus 4 bars {\n  at 1 "B."\n  at 3 sr 4x\n}\n'
    (one,) = warnings_of(f"{VERSE}{chorus}play verse chorus verse*3\n")
    assert (
        one.message
        == "pass 2 of verse starts with sr 4x from line 7; its first pass starts with sr 2x"
    )
    assert one.hint == "write sr 2x in its first cue"
    assert [related.span.line for related in one.related] == [7]


@pytest.mark.parametrize(
    "text",
    [
        f"{VERSE}play verse*2\n",
        VERSE.replace('"A."', '"A.", sr 2x') + 'section b 4 bars {\n  at 1 "B.", sr 4x\n}\nplay verse b verse\n',
        f'{VERSE}section b 4 bars {{\n  at 1 "B.", sr 4x\n  at 4 sr 2x\n}}\nplay verse b verse\n',
        # what the section left itself
        VERSE.replace("}", "  at 3 sr 4x\n}") + "play verse*2\n",
        # not repeated
        f'section b 4 bars {{\n  at 1 "B.", sr 4x\n}}\n{VERSE}play b verse\n',
    ],
    ids=["alike", "sets-its-own", "is-restored", "its-own", "once"],
)  # fmt: skip
def test_a_pass_that_starts_alike_is_not_reported(text: str) -> None:
    assert warnings_of(text) == []


def test_a_pick_that_chooses_what_is_shown() -> None:
    text = 'seed 1\nsection a 64 bars {\n  every 4 bars pick("A." | "B.")\n}\n'
    (one,) = warnings_of(text)
    assert one.code == "W405"
    assert "shuffle" in (one.hint or "")
    assert warnings_of(text.replace("pick", "shuffle")) == []
    assert warnings_of(text.replace('"B."', '"A."')) == []


REPEATED = 'every 4 bars pick("A." | "B.")'
AGAIN = 'at 1 pick("A." | "A." | "A." | "A." | "B.")'


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        (f"section a 64 bars {{ {REPEATED} }}", True),
        (f'section a 64 bars {{ {REPEATED}; on go x -> "C." }}', False),
        (f"section a 64 bars {{ {REPEATED}; on go x -> pause }}", True),
        (f"section a 64 bars {{ {REPEATED.replace('pick', 'cut, pick')} }}", False),
        (f"section a until go x, max 64 bars {{ {REPEATED} }}", True),
        (f'section a 4 bars {{ at 1 "A." }}\nsection b 4 bars {{ {AGAIN} }}', True),
        (
            f'section a until go x, max 4 bars {{ at 1 "A." }}\nsection b 4 bars {{ {AGAIN} }}',
            False,
        ),
        (f'section a 4 bars {{ at 1 "A." }}\nsection b 4 bars, cut {{ {AGAIN} }}', False),
    ],
    ids=["plain", "prompt-rule", "other-rule", "cuts", "live", "next", "after-live", "after-a-cut"],
)
def test_what_is_shown_must_be_known(text: str, warned: bool) -> None:
    found = [one.code for one in warnings_of(f"seed 1\n{text}\n")]
    assert found == (["W405"] if warned else [])
