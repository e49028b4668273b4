"""Fixes, and changes that an editor offers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from sequencer.core.catalog import Code, every
from sequencer.core.diagnostics import Span
from sequencer.editing.actions import ActionKind, CodeAction, all_fixes, find_actions
from sequencer.editing.looking import Look, look, with_advice
from sequencer.editing.texts import Position, apply_edits
from sequencer.language.loader import load_text
from sequencer.reports.grid.phase import align
from sequencer.schedule.document import digest
from tests.support.editing import SCENE, SCORES, SOME_OR_EVERY, FindLooks, look_at_file, with_cursor

HEAD = f"clock 120 bpm, 4/4\n{SCENE}"


def on_line(known: Look, line: int, column: int = 1) -> tuple[CodeAction, ...]:
    return find_actions(known, Span(known.file, line, column, line, column))


def offered(
    marked: str, file: str = "a.score", *, advice: bool = False
) -> tuple[Look, tuple[CodeAction, ...]]:
    text, at = with_cursor(marked, "¦")
    known = look(text, file, advice=advice)
    return known, on_line(known, at.line, at.column)


def applied(known: Look, action: CodeAction) -> Look:
    own = [edit for edit in action.edits if edit.span.file == known.file]
    return look(apply_edits(known.text, own), known.file, advice=known.has_advice)


# ---- fixes ---------------------------------------------------------------------------------------


def test_a_fix_is_titled_by_its_hint() -> None:
    known, (action,) = offered(HEAD + "at 1 tr¦em\nend 5\n")
    assert (action.title, action.kind, action.is_preferred) == (
        "did you mean tram?",
        ActionKind.QUICK_FIX,
        True,
    )
    assert action.diagnostic is not None and action.diagnostic.code == "E308"
    assert applied(known, action).schedule is not None


def test_all_fixes_of_one_code() -> None:
    known, actions = offered(HEAD + "at 1 tr¦em\nat 2 trem\nat 3 trem\nend 5\n")
    assert [one.title for one in actions] == [
        "did you mean tram?",
        "fix all 3 errors E308 in this score",
    ]
    assert applied(known, actions[1]).schedule is not None
    assert len(all_fixes(known, "E308")) == 3 and all_fixes(known, "E999") == ()


def test_there_is_nothing_to_do_on_other_lines() -> None:
    known = look(HEAD + "at 1 trem\nend 5\n", "a.score", advice=False)
    assert on_line(known, 7) == ()


@pytest.mark.parametrize(
    "code", [one for one in every() if one.wrong.compute is None], ids=lambda one: one.code
)
def test_every_fix_of_the_catalog_leads_to_a_text_without_its_diagnostic(
    code: Code, tmp_path: Path
) -> None:
    for file in code.wrong.files:
        path = tmp_path / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.content is None:
            path.mkdir()
        else:
            path.write_bytes(file.read())
    reader = partial(load_text, folder=tmp_path) if code.wrong.in_folder else load_text
    known = look(code.wrong.shown, code.wrong.name, reader)
    for one in known.diagnostics:
        mine = [fix for fix in one.fixes if fix.span.file == known.file]
        if one.code == code.code and mine:
            after = look(apply_edits(known.text, mine), known.file, reader)
            left = sum(1 for other in after.diagnostics if other.code == code.code)
            assert left < sum(1 for other in known.diagnostics if other.code == code.code)
    every_fix = [fix for fix in all_fixes(known, code.code) if fix.span.file == known.file]
    if every_fix:
        after = look(apply_edits(known.text, every_fix), known.file, reader)
        assert code.code not in [one.code for one in after.diagnostics]


QUIET_YAML = """scenes:
  tram:
    base: A tr¦am.
    quiet: [W601]
cues:
  - {at: 0c, show: tram}
"""


# ---- advice --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "file"),
    [
        (HEAD.replace("A tr", "A t¦r") + "at 1 tram\nend 5\n", "a.score"),
        ('scene tram { base "A tr¦am waits." }\nat 0c tram\nend 5c\n', "a.score"),
        ('scene tram {\n  base "A tr¦am."\n  quiet W601\n}\nat 0c tram\nend 5c\n', "a.score"),
        ("scenes:\n  tram:\n    base: A tr¦am.\ncues:\n  - {at: 0c, show: tram}\n", "a.yaml"),
        ("scenes:\n  tram: {base: A tr¦am.}\ncues:\n  - {at: 0c, show: tram}\n", "a.yaml"),
        (QUIET_YAML, "a.yaml"),
    ],
)
def test_advice_is_disabled_for_the_scene(marked: str, file: str) -> None:
    known, actions = offered(marked, file, advice=True)
    quiet = [one for one in actions if one.title.startswith("disable")]
    assert {one.title for one in quiet} >= {"disable W604 for the scene tram"}
    for action in quiet:
        assert action.diagnostic is not None
        after = applied(known, action)
        codes = [one.code for one in after.diagnostics]
        assert action.diagnostic.code not in codes
        assert after.schedule is not None
        assert sorted({*codes, action.diagnostic.code}) == sorted(
            {one.code for one in known.diagnostics}
        )


def test_advice_on_a_plain_prompt_has_no_scene() -> None:
    _, actions = offered('at 0c "A bo¦at."\nend 4c\n', advice=True)
    assert actions == ()


def test_advice_is_disabled_in_a_used_file(tmp_path: Path) -> None:
    (tmp_path / "b.score").write_text(
        'scene tram { base "A tram."; follow "A tram. {action}" }\n', encoding="utf-8"
    )
    action_text = "Now the old woman waits there without any rain on the street."
    text = f'use "b.score"\nat 0c tram\nat 2c tram "{action_text}"\nend 4c\n'
    known = look(text, "a.score", partial(load_text, folder=tmp_path))
    action = next(one for one in on_line(known, 3) if one.title.startswith("disable"))
    assert [Path(one.span.file).name for one in action.edits] == ["b.score"]


# ---- chunks --------------------------------------------------------------------------------------

MARKED = (
    HEAD.replace("{", "{{").replace("}", "}}")
    + 'section a 8 bars {{\n  at 1 tram\n  at 3 tram "It goes.", mark dr¦op\n}}\n{play}'
)
YAML_MARKED = (
    "clock: 120 bpm, 4/4\nsections:\n  - section: a 8 bars\n    cues:\n"
    "      - {{at: 1, prompt: A.}}\n      - {{at: 3, mark: dr¦op, prompt: B.}}\n{play}"
)


COMMENTED_YAML = """clock: 120 bpm
sections:
  - section: x 7 bars
    cues: [{at: 1, prompt: A.}]
  # about a
  - section: a¦ 7 bars
    cues: [{at: 3, prompt: A.}]
"""


@pytest.mark.parametrize(
    ("file", "play"),
    [
        ("a.score", ""),
        ("a.score", "play a*2\n"),
        ("a.score", "play (a a)*2\n"),
        ("a.yaml", ""),
        ("a.yaml", "play: a*2\n"),
        ("a.yaml", 'play: "(a a)*2"\n'),
        ("a.yaml", "play: [a, a]\n"),
        ("a.yaml", "play:\n  - a\n  - a*2\n"),
        ("a.yaml", "play:\n- a\n- a\n"),
    ],
)
def test_a_mark_is_put_on_a_chunk_boundary(file: str, play: str) -> None:
    marked = MARKED if file == "a.score" else YAML_MARKED
    known, actions = offered(marked.format(play=play), file)
    assert ["bpm" in one.title for one in actions] == [True, True, False]
    assert actions[2].title.startswith("put a.drop on a chunk boundary: an upbeat of ")
    for action in actions:
        after = applied(known, action)
        assert after.schedule is not None, after.diagnostics
        assert align(after.schedule, "a.drop").error == 0, action
        assert action.kind is ActionKind.REFACTOR


@pytest.mark.parametrize(
    ("marked", "file"),
    [
        (HEAD + "# about a\nsection a¦ 7 bars {\n  at 3 tram\n}\n", "a.score"),
        (COMMENTED_YAML, "a.yaml"),
    ],
)
def test_a_section_is_put_on_a_chunk_boundary_without_its_comment(marked: str, file: str) -> None:
    before = "section b 7 bars { at 1 tram }\n" if file == "a.score" else ""
    known, actions = offered(marked.replace("# about", f"{before}# about", 1), file)
    upbeat = next(one for one in actions if "upbeat" in one.title)
    after = applied(known, upbeat)
    assert after.schedule is not None and align(after.schedule, "a").error == 0
    lines = after.text.split("\n")
    assert "section" in lines[next(at for at, line in enumerate(lines) if "about" in line) + 1]


def test_a_mark_that_is_on_a_boundary_needs_nothing() -> None:
    text = HEAD + "section a 11 beats {\n  at 1 tram, mark drop\n}\n"
    assert on_line(look(text, "a.score", advice=False), 7, 20) == ()


def test_after_a_live_section_nothing_can_be_aligned() -> None:
    text = (
        HEAD + "section jam until go out, max 8 bars { at 1 tram }\n"
        "section a 8 bars {\n  at 3 tram, mark drop\n}\n"
    )
    assert on_line(look(text, "a.score", advice=False), 8, 20) == ()


def test_a_mark_without_sections_gets_a_tempo_only() -> None:
    known, actions = offered(HEAD + "at 1 tram\nat 3 tram, mark dr¦op\nend 5\n")
    assert actions and all("bpm" in one.title for one in actions)
    for action in actions:
        schedule = applied(known, action).schedule
        assert schedule is not None and align(schedule, "drop").error == 0


TEMPO_YAML = """clock: 90 bpm
sections:
  - section: a 8 bars
    tempo: 12¦0
    cues:
      - {at: 1, prompt: A.}
"""


@pytest.mark.parametrize(
    ("marked", "file"),
    [
        ('clock 12¦0 bpm, 4/4\nat 1 "A."\nend 9\n', "a.score"),
        ("clock: 12¦0 bpm, 4/4\ncues:\n  - {at: 1, prompt: A.}\n", "a.yaml"),
        ('clock 90 bpm\nsection a 8 bars {\n  at 1 tempo 12¦0, "A."\n}\n', "a.score"),
        ('clock 90 bpm\nsection a 8 bars, tempo 12¦0 {\n  at 1 "A."\n}\n', "a.score"),
        (TEMPO_YAML, "a.yaml"),
    ],
)
def test_tempi_that_lock(marked: str, file: str) -> None:
    known, actions = offered(marked, file)
    assert actions and all("exactly" in one.title for one in actions)
    for action in actions:
        after = applied(known, action)
        assert after.schedule is not None
        tempo = after.schedule.stretches[0].tempo
        meters = after.schedule.stretches[0].meters
        assert tempo is not None and meters is not None
        chunks = [
            tempo.seconds_at(meters.bar_start(bar)) / after.schedule.grid.chunk
            for bar in range(1, 65)
        ]
        assert any(one.denominator == 1 for one in chunks[1:]), action.title


TWO_SECTIONS = """scene scene1 { base "X." }
let l = "x"
section a 4c { at 0c "A bo¦at. {l}" }
section b 4c { at 0c scene1; at 2c "A boat. {l}" }
"""

BLOCK_YAML = """let: {l: x}
cues:
  - at: 0c
    prompt: |
      The tr¦am: {l} # waits
  - {at: 4c, prompt: 'The tram: {l} # waits'}
"""

QUOTED_YAML = """scenes:
  b: {base: B.}
cues:
  - at: 0c
    prompt: "A bo¦at."
  - {at: 4c, prompt: 'A boat.'}
  - {at: 8c, show: b}
"""


# ---- scenes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "file"),
    [
        (
            '# first\n\n# the cues\nat 0c "A bo¦at."\nat 4c "A tram."\nat 8c "A boat."\nend 9c\n',
            "a.score",
        ),
        (TWO_SECTIONS, "a.score"),
        ('at 0c """A\n  bo¦at."""\nat 4c """A\n  boat."""\nend 9c\n', "a.score"),
        ("cues:\n  - {at: 0c, prompt: A bo¦at.}\n  - {at: 4c, prompt: A boat.}\n", "a.yaml"),
        (QUOTED_YAML, "a.yaml"),
        (BLOCK_YAML, "a.yaml"),
        (BLOCK_YAML.replace("¦", "").replace("'The", "'T¦he"), "a.yaml"),
    ],
)
def test_a_repeated_prompt_becomes_a_scene(marked: str, file: str) -> None:
    known, actions = offered(marked, file)
    assert [one.title for one in actions] == [
        "make a scene of this prompt, which is written 2 times"
    ]
    after = applied(known, actions[0])
    assert known.schedule is not None and after.schedule is not None, after.diagnostics
    assert digest(after.schedule) == digest(known.schedule)
    assert after.score is not None and known.score is not None
    assert len(after.score.scenes) == len(known.score.scenes) + 1


def test_a_prompt_that_is_written_once_stays() -> None:
    assert offered('at 0c "A bo¦at."\nat 4c "A tram."\nend 5c\n')[1] == ()
    assert offered('at 0c pick("A bo¦at." , "B.")\nend 5c\n'.replace(" , ", " | "))[1] == ()


# ---- every text ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.name)
def test_every_offer_for_an_example_score_leads_to_a_valid_score(path: Path) -> None:
    known = look_at_file(path)
    reader = partial(load_text, folder=path.parent)
    for line, text in enumerate(known.text.split("\n"), 1):
        for column in range(1, len(text) + 2, 9):
            for action in on_line(known, line, column):
                mine = [one for one in action.edits if one.span.file == known.file]
                after = look(apply_edits(known.text, mine), path.name, reader, advice=False)
                assert not [one for one in after.diagnostics if one.is_error], (line, action.title)


@SOME_OR_EVERY
def test_every_text_can_be_asked_for_actions(found: FindLooks) -> None:
    for known in map(with_advice, found().values()):
        for number, line in enumerate(known.text.split("\n")[:10], 1):
            for column in (1, len(line) // 2 + 1, len(line) + 1):
                for action in on_line(known, number, column):
                    assert action.edits and action.title
                    apply_edits(known.text, action.edits)
        assert find_actions(known, Span(known.file, 1, 1, 99, 1)) is not None
        assert Position(1, 1).is_in(Span(known.file, 1, 1, 99, 1))
