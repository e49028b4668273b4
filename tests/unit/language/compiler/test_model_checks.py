"""The grid that follows from a score's model, and what the model cannot do in rules."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

import sequencer
from sequencer.core.diagnostics import Diagnostics
from sequencer.language.compiler.model_checks import check_model, grid_of
from sequencer.language.score import Header
from sequencer.models.catalog import find_spec
from sequencer.schedule.document import digest as schedule_digest


def test_a_score_has_the_grid_of_its_model_unless_it_sets_one() -> None:
    own = sequencer.reads('model longlive-2\nat 0c "A boat."\nend 4c\n')
    assert sequencer.compile_score(own).grid.first == 29
    other = sequencer.reads('model longlive-2\ngrid 12 frames @ 16 fps\nat 0c "A boat."\nend 4c\n')
    grid = sequencer.compile_score(other).grid
    assert (grid.frames, grid.first, grid.fps) == (12, None, Fraction(16))
    assert grid_of(Header()).as_chunk_grid() == grid_of(Header(model="helios")).as_chunk_grid()


def test_the_model_is_part_of_the_digest_and_helios_is_as_if_none_was_named() -> None:
    def digest(line: str) -> str:
        score = sequencer.reads(f'{line}\ngrid 33 frames @ 24 fps\nat 0c "A boat."\nend 4c\n')
        return schedule_digest(sequencer.compile_score(score))

    assert digest("") == digest("model helios") != digest("model visko-orbis")


def test_rules_are_checked_too(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "boat.png")
    (tmp_path / "one.score").write_text(
        'model longlive-2\nat 0c "A boat."\n'
        'on go still -> image "boat.png"\non go soft -> strength 0.5, "Rain."\nend 9c\n'
    )
    found = sequencer.check(tmp_path / "one.score", advice=False)
    codes = [one.code for one in found.diagnostics if one.code.endswith("801")]
    assert codes == ["E801", "W801"]


@pytest.mark.parametrize(("most", "count"), [(8, 0), (6, 1)])
def test_the_length_of_prompts(monkeypatch: pytest.MonkeyPatch, most: int, count: int) -> None:
    spec = find_spec("longlive-2")
    limited = spec.model_copy(update={"limits": spec.limits.model_copy(update={"prompt": most})})
    monkeypatch.setattr("sequencer.language.compiler.model_checks.find_spec", lambda name: limited)
    score = sequencer.reads('model longlive-2\nat 0c "A boat."\nend 4c\n')
    faults = Diagnostics()
    check_model(sequencer.compile_score(score), score.header, faults)
    assert len(faults.diagnostics_in_order) == count
