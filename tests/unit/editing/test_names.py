"""Names in a score and in the files that it uses: definitions, uses, renaming."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.core.diagnostics import Fix
from sequencer.editing.looking import Look, look
from sequencer.editing.names import (
    NameKind,
    Occurrence,
    Refusal,
    find_definitions,
    find_highlights,
    find_references,
    prepare_rename,
    rename,
)
from sequencer.editing.texts import Position, apply_edits, start_of, text_of
from sequencer.language.loader import load_text
from tests.support.editing import SCENE, SCORES, SOME_OR_EVERY, FindLooks, look_at_file, with_cursor
from tests.support.golden import Golden

SECTIONS = f"""clock 120 bpm, 4/4
let light = "Soft light."
{SCENE.replace("waits.", "waits. {light}", 1)}section verse 8 bars {{
  at 1 tram, mark drop
  at mark drop +1bar tram "It turns. {{light}}"
  on go drop -> goto chorus
}}
section chorus like verse {{
  at mark drop +2bar tram "It stops."
}}
play verse (chorus verse)*2
"""


def seen(known: Look, spans: tuple[object, ...]) -> list[str]:
    """Return `line:column` of spans or occurrences."""
    plain = [one.span if isinstance(one, Occurrence | Fix) else one for one in spans]
    return [f"{one.line}:{one.column}" for one in plain]  # type: ignore[attr-defined]  # spans


def at(marked: str) -> tuple[Look, Position]:
    text, position = with_cursor(marked)
    return look(text, "a.score", advice=False), position


@pytest.mark.parametrize(
    ("marked", "definitions", "references"),
    [
        ("  at 1 tr|am,", ["3:7"], ["3:7", "8:8", "9:22", "13:22"]),
        ("scene |tram", ["3:7"], ["3:7", "8:8", "9:22", "13:22"]),
        ("turns. {lig|ht}", ["2:5"], ["2:5", "4:24", "9:39"]),
        ("goto cho|rus", ["12:9"], ["10:22", "12:9", "15:13"]),
        ("like ver|se {", ["7:9"], ["7:9", "12:21", "15:6", "15:20"]),
        ("(chorus| verse)", ["12:9"], ["10:22", "12:9", "15:13"]),
        ("1 tram, mark dr|op", ["8:19"], ["8:19", "9:11", "13:11"]),
        ("at mark drop| +2bar", ["8:19"], ["8:19", "9:11", "13:11"]),
        ("on go dr|op", ["10:9"], ["10:9"]),
    ],
)
def test_definitions_and_references(
    marked: str, definitions: list[str], references: list[str]
) -> None:
    known, position = at(SECTIONS.replace(marked.replace("|", ""), marked, 1))
    assert seen(known, find_definitions(known, position)) == definitions
    assert seen(known, find_references(known, position)) == references
    assert seen(known, find_highlights(known, position)) == references
    uses = find_references(known, position, definitions=False)
    if "go" not in marked[:6]:
        assert seen(known, uses) == [one for one in references if one not in definitions]


YAML_SECTIONS = """clock: 120 bpm, 4/4
sound: {file: song.wav}
let: {light: Soft light.}
scenes:
  tram: {base: "A tram. {light}", follow: "The tram. {action}"}
sections:
  - section: verse 8 bars
    cues:
      - {at: 1, show: tram, mark: drop, image: "x.png"}
      - at: mark drop +1bar
        show: 'tram'
        action: It turns. {light}
    rules:
      - {when: go drop, goto: chorus}
  - section: chorus like verse
    cues: [{at: mark drop +2bar, show: tram}]
play: verse (chorus verse)*2
"""


@pytest.mark.parametrize(
    ("marked", "definitions", "references"),
    [
        ("1, show: tr|am", ["5:3"], ["5:3", "9:23", "11:16", "16:40"]),
        ("'tr|am'", ["5:3"], ["5:3", "9:23", "11:16", "16:40"]),
        ("turns. {li|ght}", ["3:7"], ["3:7", "5:26", "12:28"]),
        ("goto: ch|orus", ["15:14"], ["14:31", "15:14", "17:14"]),
        ("like ve|rse", ["7:14"], ["7:14", "15:26", "17:7", "17:21"]),
        ("mark: dr|op", ["9:35"], ["9:35", "10:18", "16:22"]),
        ("mark dr|op +2bar", ["9:35"], ["9:35", "10:18", "16:22"]),
        ("go dr|op", ["14:19"], ["14:19"]),
    ],
)
def test_definitions_and_references_in_yaml(
    marked: str, definitions: list[str], references: list[str]
) -> None:
    text, position = with_cursor(YAML_SECTIONS.replace(marked.replace("|", ""), marked, 1))
    known = look(text, "a.yaml", advice=False)
    assert seen(known, find_definitions(known, position)) == definitions
    assert seen(known, find_references(known, position)) == references
    assert seen(known, find_highlights(known, position)) == references
    edits = rename(known, position, "new-1")
    assert not isinstance(edits, Refusal), edits
    assert seen(known, edits) == references
    again = look(apply_edits(text, edits), "a.yaml", advice=False)
    moved = next(one for one in again.names.occurrences if one.name == "new-1")
    back = rename(again, start_of(moved.span), text_of(known.source, edits[0].span))
    assert not isinstance(back, Refusal) and apply_edits(again.text, back) == text


@pytest.mark.parametrize(
    ("marked", "path"),
    [
        ("file: so|ng.wav", "song.wav"),
        ('image: "x.p|ng"', "x.png"),
    ],
)
def test_paths_in_yaml_lead_to_their_files(marked: str, path: str) -> None:
    text, position = with_cursor(YAML_SECTIONS.replace(marked.replace("|", ""), marked, 1))
    known = look(text, "shows/a.yaml", advice=False)
    assert [one.file for one in find_definitions(known, position)] == [f"shows/{path}"]
    here = known.names.at("shows/a.yaml", position)
    assert here is not None and text_of(known.source, here.span) == path


@pytest.mark.parametrize(
    "line", ['sound "s|ong.wav" from 2s', 'clock file "so|ng.mid"', 'use "lib/so|ng.score"']
)
def test_paths_lead_to_their_files(line: str) -> None:
    text, position = with_cursor(f'{line}\nat 0c image "x.png"\n')
    known = look(text, "shows/a.score", advice=False)
    path = line.replace("|", "").split('"')[1]
    assert [one.file for one in find_definitions(known, position)] == [f"shows/{path}"]


def test_names_may_be_in_any_script() -> None:
    text, position = with_cursor(
        'clock 120 bpm\nlet e\u0301 = "Soft. 🚋"\nsection ünder 8 bars {\n'
        '  at 1 "🚋 {é} 𝄞 {e\u0301|}", mark Дроп\n  on go 時間 -> goto ünder\n}\n'
    )
    known = look(text.replace("\n", "\r\n"), "a.score", advice=False)
    assert seen(known, find_references(known, position)) == ["2:5", "4:12", "4:18"]
    edits = rename(known, position, "光")
    assert not isinstance(edits, Refusal)
    assert 'at 1 "🚋 {光} 𝄞 {光}"' in apply_edits(known.text, edits)
    assert [one.name for one in known.names.occurrences if one.kind is NameKind.GO] == ["時間"]


def test_where_there_is_no_name() -> None:
    known = look(SECTIONS, "a.score", advice=False)
    for position in (Position(1, 3), Position(1, 1), Position(99, 1)):
        assert find_definitions(known, position) == ()
        assert find_references(known, position) == ()
        assert find_highlights(known, position) == ()
        assert isinstance(prepare_rename(known, position), Refusal)


def test_names_are_known_in_a_text_with_errors() -> None:
    known, position = at(SECTIONS.replace("at 1 tram", "at 1 tr|am").replace("play", "ploy"))
    assert known.schedule is None
    assert seen(known, find_definitions(known, position)) == ["3:7"]


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.name)
def test_every_example_score(path: Path, golden: Golden) -> None:
    known = look_at_file(path)
    lines = []
    for one in known.names.occurrences:
        if one.span.file == path.name:
            kind = f"{one.kind}{' defined' if one.is_definition else ''}"
            lines.append(f"{one.span.line}:{one.span.column} {kind}: {one.name}\n")
    golden(f"names-{path.name}.txt", "".join(lines))


@SOME_OR_EVERY
def test_every_exact_occurrence_is_the_name_itself(found: FindLooks) -> None:
    for name, known in found().items():
        for one in known.names.occurrences:
            source = known.source_of(one.span.file)
            assert source is not None
            if one.is_exact:
                assert text_of(source, one.span) == one.name, name


# ---- files ---------------------------------------------------------------------------------------


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "inner.score").write_text('let light = "Soft."\n', encoding="utf-8")
    (tmp_path / "lib.score").write_text(
        'use "inner.score"\nscene tram { base "A tram. {light}" }\nat 0c tram\n', encoding="utf-8"
    )
    return tmp_path


def in_folder(folder: Path, text: str, name: str = "a.score") -> Look:
    return look(text, str(folder / name), partial(load_text, folder=folder), advice=False)


def test_names_of_used_files(library: Path) -> None:
    text, position = with_cursor('use "lib.score"\nat 0c tr|am\nat 2c "A boat. {light}"\nend 4c\n')
    known = in_folder(library, text)
    (definition,) = find_definitions(known, position)
    assert (Path(definition.file).name, definition.line) == ("lib.score", 2)
    used = [f"{Path(one.file).name}:{one.line}" for one in find_references(known, position)]
    assert used == ["a.score:2", "lib.score:2", "lib.score:3"]
    (light,) = find_definitions(known, Position(3, 18))
    assert Path(light.file).name == "inner.score"


def test_the_path_of_a_used_file_leads_to_it(library: Path) -> None:
    known = in_folder(library, 'use "lib.score"\nat 0c image "x.png", tram\n')
    assert [one.file for one in find_definitions(known, Position(1, 8))] == [
        str(library / "lib.score")
    ]
    assert [one.file for one in find_definitions(known, Position(2, 16))] == [
        str(library / "x.png")
    ]
    assert isinstance(prepare_rename(known, Position(1, 8)), Refusal)


def test_renaming_over_used_files(library: Path) -> None:
    known = in_folder(library, 'use "lib.score"\nat 0c tram\nend 4c\n')
    edits = rename(known, Position(2, 8), "bus")
    assert not isinstance(edits, Refusal)
    assert [(Path(one.span.file).name, one.span.line, one.text) for one in edits] == [
        ("a.score", 2, "bus"),
        ("lib.score", 2, "bus"),
        ("lib.score", 3, "bus"),
    ]


def test_renaming_in_a_used_file_changes_other_open_texts_that_use_it(library: Path) -> None:
    first = in_folder(library, 'use "lib.score"\nat 0c tram\nend 4c\n')
    other = in_folder(library, 'scene tram { base "B." }\nat 0c tram\n', "b.score")
    text = (library / "lib.score").read_text(encoding="utf-8")
    known = in_folder(library, text, "lib.score")
    edits = rename(known, Position(2, 8), "bus", also=(first, other))
    assert not isinstance(edits, Refusal)
    assert sorted({Path(one.span.file).name for one in edits}) == ["a.score", "lib.score"]


# ---- renaming ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "new", "expected"),
    [
        ("scene tr|am", "bus", ("scene bus", "at 1 bus,", '+1bar bus "It')),
        ("let li|ght", "glow", ("let glow", "{glow}")),
        ("goto ch|orus", "b-1", ("goto b-1", "section b-1 like", "(b-1 verse)*2")),
        ("like ver|se", "a", ("section a 8 bars", "like a {", "play a (chorus a)*2")),
        ("mark dr|op +1bar", "mark", ("mark mark +1bar", "tram, mark mark", "mark mark +2bar")),
        ("on go dr|op", "x", ("on go x -> goto chorus",)),
    ],
)
def test_renaming(marked: str, new: str, expected: tuple[str, ...]) -> None:
    known, position = at(SECTIONS.replace(marked.replace("|", ""), marked, 1))
    here = prepare_rename(known, position)
    assert isinstance(here, Occurrence)
    edits = rename(known, position, new)
    assert not isinstance(edits, Refusal), edits
    after = apply_edits(known.text, edits)
    assert all(one in after for one in expected), after
    assert look(after, "a.score", advice=False).schedule is not None
    assert rename(known, position, here.name) == ()


@pytest.mark.parametrize(
    ("marked", "new", "reason"),
    [
        ("scene tr|am", "cut", "no scene can be called cut: in a cue it means something else"),
        ("scene tr|am", "2nd", "cannot be a name"),
        ("scene tr|am", "", "nothing cannot be a name"),
        ("scene tr|am", "a" * 101, "at most 100 characters"),
        ("let li|ght", "action", "reserved for the action of a scene"),
        ("section ver|se", "chorus", "the section chorus already exists: line 10 of a.score"),
        ('follow "The tram waits. {act|ion}', "x", "is a word of the language"),
        ("120 b|pm", "x", "there is no name here"),
    ],
)
def test_what_cannot_be_renamed(marked: str, new: str, reason: str) -> None:
    known, position = at(SECTIONS.replace(marked.replace("|", ""), marked, 1))
    found = rename(known, position, new)
    assert isinstance(found, Refusal) and reason in found.reason


def test_a_name_that_means_something_else_in_one_position_is_refused() -> None:
    known, position = at("clock 120 bpm\nsection a 8 bars {\n  on go h|ey -> pause\n}\n")
    found = rename(known, position, "or")
    assert isinstance(found, Refusal)
    assert found.reason == (
        "the go cue cannot be called or: in line 3 this word means something else"
    )


def test_a_text_that_could_not_be_read_completely_is_not_changed() -> None:
    known, position = at(SECTIONS.replace("scene tram", "scene tr|am") + "pley tram\n")
    found = rename(known, position, "bus")
    assert isinstance(found, Refusal) and "line 16 could not be read" in found.reason


def test_a_name_with_escapes_is_not_changed() -> None:
    text = (
        "scenes: {tram: {base: A tram.}}\n"
        'cues:\n  - {at: 0c, show: "tr\\x61m"}\n  - {at: 2c, show: tram}\n'
    )
    known = look(text, "a.yaml", advice=False)
    for position in (Position(3, 21), Position(4, 21)):
        found = rename(known, position, "bus")
        assert isinstance(found, Refusal) and "with escapes" in found.reason


def test_an_accent_may_be_written_in_two_ways() -> None:
    text = 'scene cafe\u0301 { base "A." }\nat 0c caf\u00e9\nend 2c\n'
    known = look(text, "a.score", advice=False)
    edits = rename(known, Position(2, 8), "bar-1")
    assert not isinstance(edits, Refusal)
    assert apply_edits(text, edits) == 'scene bar-1 { base "A." }\nat 0c bar-1\nend 2c\n'


CASES = [
    (name, number)
    for name in ("live-set.score", "live-set.yaml", "night-tram.score", "two-verses.score")
    for number in range(12)
]


NEW_NAMES = st.sampled_from(["x", "é-1", "until", "like", "at", "bpm", "mark"])


@given(st.sampled_from(CASES), NEW_NAMES)
@settings(deadline=None, max_examples=25)
def test_renaming_and_renaming_back_gives_the_same_text(case: tuple[str, int], new: str) -> None:
    rename_twice(case, new)


@pytest.mark.slow
@given(st.sampled_from(CASES), NEW_NAMES)
@settings(deadline=None, max_examples=300)
def test_renaming_any_name_and_renaming_back(case: tuple[str, int], new: str) -> None:
    rename_twice(case, new)


def rename_twice(case: tuple[str, int], new: str) -> None:
    """Rename a name of an example score, rename it back, and compare the texts."""
    path = next(path for path in SCORES if path.name == case[0])
    known = look_at_file(path)
    own = [one for one in known.names.occurrences if one.span.file == path.name]
    here = own[case[1] % len(own)]
    edits = rename(known, start_of(here.span), new)
    if isinstance(edits, Refusal):
        return
    reader = partial(load_text, folder=path.parent)
    mine = [one for one in edits if one.span.file == path.name]
    again = look(apply_edits(known.text, mine), path.name, reader, advice=False)
    moved = next(
        one
        for one in again.names.occurrences
        if one.span.file == path.name and one.kind is here.kind and one.name == new
    )
    if len(mine) < len(edits):  # the definition is in a used file, which was not changed here
        return
    back = rename(again, start_of(moved.span), here.name)
    assert not isinstance(back, Refusal), back
    assert apply_edits(again.text, back) == known.text
    assert again.schedule is not None


@SOME_OR_EVERY
def test_every_name_of_every_text_can_be_asked_for(found: FindLooks) -> None:
    for known in found().values():
        for one in known.names.occurrences[:5]:
            find_definitions(known, start_of(one.span))
            rename(known, start_of(one.span), "x-1")


def test_kinds_of_paths() -> None:
    assert [kind for kind in NameKind if kind.is_path] == [NameKind.IMAGE, NameKind.FILE]
