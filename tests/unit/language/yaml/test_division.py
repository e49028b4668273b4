"""How a text in YAML is divided by its lines and their indentation."""

from __future__ import annotations

import pytest

from sequencer.language.yaml.division import Part, divide_part, divide_text, join_parts

CASES = {
    "two sections, a list of cues in each": (
        (
            "score: A\nsections:\n- section: a 4 bars\n  cues:\n  - {at: 1}\n  - at: 2\n    sr: 4x\n"
            "# end\n- section: b 4 bars\n"
        ),
        [
            ("", "score: A\n"),
            ("", "sections:\n"),
            ("", "- section: a 4 bars\n  cues:\n"),
            ("cues 3", "  - {at: 1}\n"),
            ("cues 3", "  - at: 2\n    sr: 4x\n# end\n"),
            ("", "- section: b 4 bars\n"),
        ],
    ),
    "rules after cues, and a key after them": (
        (
            "sections:\n  - section: a\n    cues:\n    - {at: 1}\n    rules:  # live\n\n"
            "      - {when: go x}\n    max: 4 bars\n"
        ),
        [
            ("", "sections:\n"),
            ("", "  - section: a\n    cues:\n"),
            ("cues 3", "    - {at: 1}\n"),
            ("", "    rules:  # live\n\n"),
            ("rules 3", "      - {when: go x}\n"),
            ("", "    max: 4 bars\n"),
        ],
    ),
    "a line in a list that is no item": (
        "cues:\n  - {at: 1,\nsr: 4x}\n  - {at: 2}\n -\nend: 4c",
        [
            ("", "cues:\n"),
            ("cues 1", "  - {at: 1,\n"),
            ("", "sr: 4x}\n  - {at: 2}\n -\n"),
            ("", "end: 4c"),
        ],
    ),
    "an item without a space after its dash": (
        "cues:\n- {at: 1}\n-\n  at: 2\n- {at: 3}\n\tx\nend: 4c\n",
        [
            ("", "cues:\n"),
            ("cues 1", "- {at: 1}\n"),
            ("", "-\n  at: 2\n"),
            ("cues 1", "- {at: 3}\n"),
            ("", "\tx\n"),
            ("", "end: 4c\n"),
        ],
    ),
    "scenes and variables": (
        "let:\n  a: b\n  # c\n  d: e\nscenes:\n\n  tram:\n    base: A.\n  cafe: {base: B.}\nplay: a\n",
        [
            ("", "let:\n"),
            ("", "  a: b\n  # c\n"),
            ("", "  d: e\n"),
            ("", "scenes:\n\n"),
            ("", "  tram:\n    base: A.\n"),
            ("", "  cafe: {base: B.}\n"),
            ("", "play: a\n"),
        ],
    ),
    "lists in brackets": (
        "cues: [{at: 1}]\nrules:\n",
        [("", "cues: [{at: 1}]\n"), ("", "rules:\n")],
    ),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "parts"), CASES.values(), ids=CASES)
def test_parts(text: str, parts: list[tuple[str, str]]) -> None:
    found = [inner for part in divide_text(text) for inner in divide_part(text, part)]
    assert [
        ("" if part.kind is None else f"{part.kind[0]} {part.kind[1]}", text[part.start : part.end])
        for part in found
    ] == parts


def test_groups_of_cues_stay_the_same_where_one_is_inserted() -> None:
    lines = [f"  - {{at: {number}, sr: 4x}}\n" for number in range(2_000)]

    def groups(lines: list[str]) -> list[str]:
        text = "cues:\n" + "".join(lines)
        return [text[part.start : part.end] for part in divide_text(text)]

    before = groups(lines)
    assert len(before) > 10
    after = groups([*lines[:1_000], "  - {at: 1, prompt: More.}\n", *lines[1_000:]])
    assert len(set(before) & set(after)) >= len(before) - 1


def test_joined_parts() -> None:
    parts = [
        Part(start=0, end=4),
        Part(start=4, end=9, kind=("cues", 1), column=2),
        Part(start=9, end=12),
    ]
    assert join_parts(parts, []) == parts
    assert join_parts(parts, [(2, 6)]) == [Part(start=0, end=9), Part(start=9, end=12)]
    assert join_parts(parts, [(4, 9)]) == parts
    assert join_parts(parts, [(0, 5), (8, 10)]) == [Part(start=0, end=12)]
