"""All mistakes of a score are reported at once: those of reading and those of compiling what could
be read, and no others.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.cli.check import MAX_NAMED
from sequencer.core.diagnostics import Diagnostic
from sequencer.language.check import check, check_text
from sequencer.language.notations import print_score, reads
from tests.support.mistakes import MISTAKES, Mistake, follow

LIBRARY = 'let libvar = "L"\nscene lib {\n  base "lib"\n  follow "{action}"\n}\n'

WITH_BARS = """\
clock 120 bpm, 4/4
snap nearest
use "lib.score"
let hero = "a woman"
let light = "Neon. {hero}"
scene tram {
  base "A tram. {hero} {light}"
  follow "The tram. {action} {lihgt}"
}
scene empty {
  base "Nothing. {libvar}"
}
section one 4 bars {
  at 1 tram
  at 2.5 tram "She waves."
  at 3 mark drop, "Drop {nobody}."
  at mark drip +1bar "x"
  every 1 beat "Dense."
  at 9 "Behind."
}
section two 8 bars, tempo 90 {
  at 1 empty "goes"
  at 3 tramm
  at 5 tempo 120 -> 132 over 2 bars, "y"
  at 7 meter 3/4, "z"
  at 8.4 "no beat four"
  at 4 mark a, "one", "two"
  at 6 mark a
  every 4 bars from 5 tempo 100
  on note C3 -> lib "Lightning."
  on note G9 ch 2 -> cut
  on go x -> goto three
}
section two 2 bars {
  at 1 "again"
}
play one two*2 four
"""

WITH_CHUNKS = """\
score "Chunks"
grid 33 frames @ 24 fps
seed 42
let a = "b"
scene s {
  follow "F {action}"
}
at 0c "A {a}"
at 1.2 "bars"
at +2c s
at 8s "B", mark m
at 5c "C"
at +1f "E"
at 20c "past"
at mark n "G"
at 3c tempo 100
every 3f "H"
on go x -> cut
end 12c
"""

COLLIDING = """\
clock 120 bpm, 4/4
section one 4 bars {
  at 1 "A tram stop."
  at 2.2 "Now a tram comes."
  at 2.3 "Now it leaves."
  at 4 "It is gone. {nobody}"
}
"""

BASES = {"bars": WITH_BARS, "chunks": WITH_CHUNKS, "colliding": COLLIDING}
SEEN_BY_THE_COMPILER = re.compile(r"[EW][34]")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lib.score").write_text(LIBRARY, encoding="utf-8")
    return tmp_path


def diagnose(path: Path, text: str) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Return the errors from reading a score, and those from compiling it."""
    path.write_text(text, encoding="utf-8")
    found = check(path, advice=False).diagnostics
    compiled = [one for one in found if SEEN_BY_THE_COMPILER.match(one.code)]
    return [one for one in found if one not in compiled and one.is_error], compiled


def codes(found: list[Diagnostic]) -> list[str]:
    return [one.code for one in found]


def in_yaml(text: str, folder: Path) -> str:
    return print_score(reads(text, file=str(folder / "x.score"), folder=folder), "yaml")


# ---- mistakes that are reported at once ----------------------------------------------------------


def test_a_cue_without_its_quote_hides_no_fault_of_the_others(folder: Path) -> None:
    whole = diagnose(folder / "a.score", WITH_BARS)[1]
    read, compiled = diagnose(folder / "a.score", WITH_BARS.replace("at 1 tram\n", 'at 1 "tram\n'))
    assert codes(read) == ["E105"]
    assert {(one.code, one.span.line) for one in compiled} == {
        (one.code, one.span.line) for one in whole
    }


def test_a_wrong_header_line_hides_only_what_hangs_on_it(folder: Path) -> None:
    _, whole = diagnose(folder / "a.score", WITH_BARS)
    read, compiled = diagnose(
        folder / "a.score", WITH_BARS.replace("clock 120 bpm", "clock 120 bmp")
    )
    assert len(read) == 1
    of_time = {"E401", "E402", "E405", "E413", "E415", "E412"}
    assert {code for code in codes(whole) if code not in of_time} == {
        code for code in codes(compiled) if code != "E412"
    }
    assert not set(codes(compiled)) & {"E401", "E402", "E405", "E413", "E415"}


def test_prompts_that_collide_are_reported_beside_faults_that_move_no_cue(folder: Path) -> None:
    assert codes(diagnose(folder / "a.score", COLLIDING)[1]) == ["E424", "E307"]
    unread = COLLIDING.replace('at 4 "It', "at 4 'It").replace('nobody}"', "nobody}'")
    assert codes(diagnose(folder / "a.score", unread)[1]) == ["E424"]
    assert codes(diagnose(folder / "a.score", unread.replace("at 4", "at 4 tempo 99,"))[1]) == []


@pytest.mark.parametrize(
    ("unread", "expected"),
    [
        ('at 5c "C', ["E309", "E415", "E412", "E409", "E413", "E321"]),
        ("end 12chunks", ["E402", "E309", "E412", "E409", "E321"]),
        ("grid 33 frames at 24 fps", ["E402", "E309", "E412", "E409", "E321"]),
        ("scene s", ["E402", "E415", "E412", "E409", "E413", "E321"]),
    ],
)
def test_what_may_follow_from_a_fault_waits(unread: str, expected: list[str], folder: Path) -> None:
    begin = unread.split(maxsplit=1)[0]
    position = unread.split()[1]
    line = next(
        one
        for one in WITH_CHUNKS.split("\n")
        if one.startswith(f"{begin} ") and (begin != "at" or position in one)
    )
    read, compiled = diagnose(folder / "a.score", WITH_CHUNKS.replace(line, unread))
    assert read
    assert codes(compiled) == [
        code
        for code in codes(diagnose(folder / "a.score", WITH_CHUNKS)[1])
        if code in codes(compiled)
    ]
    assert set(expected) <= {*codes(compiled), "E402"}


def test_a_score_that_opens_with_an_unread_prompt_does_not_count_as_lacking_one(
    folder: Path,
) -> None:
    read, compiled = diagnose(
        folder / "a.score", 'at 0c "A boat\nat 4c "The boat drifts on."\nend 8c\n'
    )
    assert (codes(read), codes(compiled)) == (["E105"], [])


def test_names_that_an_unread_statement_may_define_are_not_called_unknown(folder: Path) -> None:
    text = 'let hero = "a boat\nlet light = "Grey."\nat 0c "{hero}, {light}, {nobody}, {heroo}"\n'
    assert [one.message for one in diagnose(folder / "a.score", text)[1]] == [
        "there is no variable nobody"
    ]
    assert diagnose(folder / "a.score", 'use "missing.score"\nat 0c "{hero}"\n')[1] == []
    assert (
        diagnose(
            folder / "a.score", 'scene tram {\n  base A tram\n}\nat 0c tram\nat 1c tram "x"\n'
        )[1]
        == []
    )
    assert diagnose(folder / "a.score", 'section one bars {\n  at 1 "x"\n}\nplay one\n')[1] == []


def test_an_unknown_variable_does_not_make_its_prompt_an_empty_one(folder: Path) -> None:
    assert codes(diagnose(folder / "a.score", 'let a = "{b}"\nat 0c "{a}"\nat 1c "{c}"\n')[1]) == [
        "E307",
        "E307",
    ]
    assert codes(diagnose(folder / "a.score", 'let a = ""\nat 0c "{a}"\n')[1]) == ["E311"]


def test_both_notations_and_json_report_them_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.score").write_text(
        'seed -1\nat 0c "A {nobody}"\nat 1c nothing\n', encoding="utf-8"
    )
    (folder / "a.yaml").write_text(
        "seed: -1\ncues:\n- {at: 0c, prompt: 'A {nobody}'}\n- {at: 1c, show: nothing}\n",
        encoding="utf-8",
    )
    assert main(["check", "--json", str(folder / "a.score"), str(folder / "a.yaml")]) == 1
    document = json.loads(capsys.readouterr().out)
    found = [[one["code"] for one in score["diagnostics"]] for score in document["scores"]]
    assert found == [["E245", "E307", "E308"]] * 2
    assert len(found[0]) <= MAX_NAMED
    assert [one.code for one in check_text("seed -1\nat 0c nothing\n").diagnostics] == [
        "E245",
        "E308",
    ]


# ---- no errors that merely follow from others ----------------------------------------------------


@pytest.mark.parametrize(
    "mistake",
    [mistake for mistake in MISTAKES if not mistake.well],
    ids=lambda mistake: mistake.name,
)
def test_what_is_reported_beside_a_mistake_stays_when_the_mistake_is_fixed(
    mistake: Mistake, tmp_path: Path
) -> None:
    path = mistake.write_to(tmp_path)
    compiled = [
        one for one in check(path, advice=False).errors if SEEN_BY_THE_COMPILER.match(one.code)
    ]
    checked, followed = follow(path)
    stayed = {one.code for one in (*checked.errors, *followed)}
    assert {one.code for one in compiled} <= stayed


def _broken(text: str, many: int, seed: int) -> Iterator[str]:
    """Yield the text with characters or words missing, doubled or replaced, in many ways."""
    chance = random.Random(seed)
    words = list(re.finditer(r"\S+", text))
    for _ in range(many):
        if chance.random() < 0.7:
            at = chance.choice([index for index, character in enumerate(text) if character != "\n"])
            put = chance.choice(["", text[at] * 2, chance.choice("xq7;\"{},->' :")])
            yield text[:at] + put + text[at + 1 :]
        else:
            word = chance.choice(words)
            put = chance.choice(["", "foo", '"x"', "9.9", "{", "}", ",", "->", "bars", "cue"])
            yield text[: word.start()] + put + text[word.end() :]


def _key(one: Diagnostic) -> tuple[str, str, int]:
    if (
        one.code == "E402"
    ):  # reported once a block, at its first position in bars: that may be in what was not read
        return one.code, "", 0
    return one.code, one.message, one.span.line


@pytest.mark.parametrize("ending", ["score", "yaml"])
@pytest.mark.parametrize("name", BASES)
def test_what_is_reported_beside_any_fault_stays_when_it_is_fixed(
    name: str, ending: str, folder: Path
) -> None:
    text = BASES[name] if ending == "score" else in_yaml(BASES[name], folder)
    path = folder / f"a.{ending}"
    assert diagnose(path, text)[0] == []
    whole = {_key(one) for one in diagnose(path, text)[1]}
    shown = faulty = 0
    for broken in _broken(text, 150, 7):
        read, compiled = diagnose(path, broken)
        if read:
            faulty += 1
            shown += len(compiled)
            assert {_key(one) for one in compiled} <= whole, broken
    assert faulty >= 50
    assert shown > 0.15 * faulty * len(whole)  # otherwise reporting nothing would pass


@pytest.mark.parametrize("name", ["night-tram.score", "live-set.yaml", "lights.score"])
def test_of_a_good_score_with_one_fault_of_reading_only_that_is_reported(
    name: str, tmp_path: Path
) -> None:
    scores = Path(__file__).parents[3] / "scores"
    for one in scores.iterdir():
        if one.is_file() and one.name != name:
            (tmp_path / one.name).write_bytes(one.read_bytes())
    shutil.copytree(scores / "images", tmp_path / "images")
    text = (scores / name).read_text(encoding="utf-8")
    allowed = {_key(one) for one in diagnose(tmp_path / name, text)[1]}
    for broken in _broken(text, 60, 11):
        read, compiled = diagnose(tmp_path / name, broken)
        assert not read or {_key(one) for one in compiled} <= allowed, broken


def test_much_that_cannot_be_read_beside_much_that_is_wrong_costs_little(folder: Path) -> None:
    unread = [f'let word{number} = "{"never used " * 300}' for number in range(300)]
    wrong = [f'at {number + 1}c "Frame {number} {{nobody{number}}}"' for number in range(1_000)]
    began = time.process_time()
    read, compiled = diagnose(folder / "a.score", "\n".join([*unread, *wrong]) + "\n")
    assert time.process_time() - began < 6
    assert (len(read), set(codes(compiled))) == (300, set())
    few = diagnose(folder / "a.score", "\n".join([*unread[:2], *wrong]) + "\n")[1]
    assert {"E307"} == set(codes(few))
