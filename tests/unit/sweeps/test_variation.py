from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import sequencer
from sequencer.language.compiler import compile_score
from sequencer.language.notations import print_score
from sequencer.language.score import Score
from sequencer.schedule.document import digest, from_json, to_json
from sequencer.schedule.model import CutAct, PromptAct, Schedule
from sequencer.sweeps.plan import Axis, PlanError
from sequencer.sweeps.variation import Variation, self_contained, with_noise

SCORE = """\
score "Boat"
clock 120 bpm, 4/4
seed 3
let hero = "a boat"
let light = "In blue light."
scene boat {
  base "{hero} drifts. {light}"
  follow "{hero} drifts on. {action} {light}"
}
section calm 8 bars {
  at 1 boat
  at 5 boat pick("It turns." | "It stops." | "It leaks." | "It sings.")
}
section storm 4 bars, cut seed 9 {
  at 1 boat "Waves rise."
}
"""


def varied(**values: str) -> Score:
    score = sequencer.reads(SCORE)
    return Variation(score, Path()).apply(
        {name.replace("__", "."): v for name, v in values.items()}
    )


def texts(schedule: Schedule) -> list[str]:
    return [
        act.text for entry in schedule.entries for act in entry.acts if isinstance(act, PromptAct)
    ]


def test_a_row_sounds_like_the_score_written_by_hand() -> None:
    changes = {
        "seed": ("4", ("seed 3", "seed 4")),
        "tempo": ("100", ("120 bpm", "100 bpm")),
        "snap": ("ceil", ("seed 3", "seed 3\nsnap ceil")),
        "sr": ("4x", ("seed 3", "seed 3\nsr 4x")),
        "let__light": ("At dusk, {hero} glows.", ("In blue light.", "At dusk, {hero} glows.")),
    }
    for name, (value, (old, new)) in changes.items():
        by_hand = sequencer.compile_score(sequencer.reads(SCORE.replace(old, new)))
        assert digest(compile_score(varied(**{name: value}))) == digest(by_hand), name


def test_the_text_of_a_row_is_a_score_of_its_own() -> None:
    score = varied(seed="4", let__light='At "dusk".', tempo="100")
    again = sequencer.reads(print_score(self_contained(score)))
    assert digest(sequencer.compile_score(again)) == digest(compile_score(score))


def test_a_variable_of_a_used_file_is_varied(tmp_path: Path) -> None:
    (tmp_path / "library.score").write_text('let light = "In blue light."\n')
    (tmp_path / "boat.score").write_text('use "library.score"\nat 0c "A boat. {light}"\nend 4c\n')
    score = sequencer.read(tmp_path / "boat.score")
    changed = Variation(score, tmp_path).apply({"let.light": "At dusk."})
    schedule = compile_score(changed)
    assert texts(schedule) == ["A boat. At dusk."]
    again = sequencer.reads(print_score(self_contained(changed)))
    assert digest(sequencer.compile_score(again)) == digest(schedule)


def test_images_and_strengths_are_varied(tmp_path: Path) -> None:
    for name, colour in (("a.png", "red"), ("b.png", "blue"), ("c.png", "green")):
        Image.new("RGB", (64, 64), colour).save(tmp_path / name)
    text = 'at 0c image "a.png", strength 0.5, "A boat."\nat 2c image "c.png", "B."\nend 4c\n'
    score = sequencer.reads(text, folder=tmp_path)
    variation = Variation(score, tmp_path)
    for path in ("b.png", "c.png", "a.png"):
        by_hand = text.replace('"a.png", strength 0.5', f'"{path}", strength 0.9')
        changed = variation.apply({"image.a.png": path, "strength": "0.9"})
        assert digest(compile_score(changed)) == digest(
            sequencer.compile_score(sequencer.reads(by_hand, folder=tmp_path))
        )


@pytest.mark.parametrize(
    ("axis", "message", "hint"),
    [
        (Axis("seed", ("x",), "plan:3:1: "), "plan:3:1: x is not valid: ", None),
        (Axis("noise", ("-1",)), "-1 is not valid", None),
        (Axis("seed", ("1-8",)), "1-8 is not valid", "write a range as 1..8"),
        (Axis("tempo", ("0",)), "0 is not valid", None),
        (Axis("snap", ("sideways",)), "sideways is not valid", None),
        (Axis("sr", ("9x",)), "9x is not valid", None),
        (Axis("strength", ("0.5",)), "the score sets no strength", "strength 0.8"),
        (Axis("let.ligth", ("x",)), "the score has no variable ligth", "did you mean light?"),
        (Axis("let.zzz", ("x",)), "the score has no variable zzz", "it has hero, light"),
        (Axis("let.light", ("{",)), "{ is not valid", None),
        (Axis("image.a.png", ("b.png",)), "there is no image b.png", None),
    ],
)
def test_what_cannot_be_varied(axis: Axis, message: str, hint: str | None, tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        Variation(sequencer.reads(SCORE), tmp_path).check([axis])
    assert message in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")


def test_an_image_that_the_score_does_not_show(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "b.png")
    with pytest.raises(PlanError, match=r"the score shows no image a\.png"):
        Variation(sequencer.reads(SCORE), tmp_path).check([Axis("image.a.png", ("b.png",))])


def test_an_image_outside_the_folder_of_the_score_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "b.png")
    (tmp_path / "scores").mkdir()
    with pytest.raises(PlanError, match="outside the score's folder"):
        Variation(sequencer.reads(SCORE), tmp_path / "scores").check(
            [Axis("image.a.png", ("../b.png",))]
        )


def test_a_score_without_a_tempo_has_none_to_vary() -> None:
    score = sequencer.reads('at 0c "A boat."\nend 4c\n')
    with pytest.raises(PlanError, match="no tempo of its own"):
        Variation(score, Path()).check([Axis("tempo", ("100",))])


class TestNoise:
    schedule = sequencer.compile_score(sequencer.reads(SCORE))

    def test_no_noise_changes_nothing(self) -> None:
        assert with_noise(self.schedule, 0) is self.schedule

    def test_the_words_stay_and_every_seed_of_a_take_changes(self) -> None:
        seen = set()
        for noise in range(1, 20):
            changed = with_noise(self.schedule, noise)
            assert texts(changed) == texts(self.schedule)
            assert changed.seed == self.schedule.seed
            assert len(changed.takes) == len(self.schedule.takes)
            seen.add(tuple(take.opening.seed for take in changed.takes))
            assert digest(from_json(to_json(changed))) == digest(changed)
        assert len(seen) == 19
        assert all(one[0] != 3 and one[1] != 9 for one in seen)

    def test_another_seed_can_change_the_words(self) -> None:
        """Otherwise the test before this one could not fail."""
        found = {tuple(texts(compile_score(varied(seed=str(seed))))) for seed in range(8)}
        assert len(found) > 1

    def test_the_model_gets_the_other_seeds_and_the_run_replays(self, tmp_path: Path) -> None:
        changed = with_noise(self.schedule, 5)
        result = sequencer.rehearse(changed, video=False, out=tmp_path / "run")
        assert result.went_well
        plain = sequencer.rehearse(self.schedule, video=False, save=False)
        assert [row["landed"] for row in result.to_dicts()] == [
            row["landed"] for row in plain.to_dicts()
        ]
        text = (tmp_path / "run" / "journal.jsonl").read_text()
        assert f'"seed":{changed.takes[0].opening.seed}' in text.replace(" ", "")
        assert sequencer.replay(tmp_path / "run").is_equal

    def test_a_first_chunk_of_another_length_stays(self) -> None:
        text = 'grid 12 frames @ 16 fps, first 9\nat 0c "A."\nat 4c cut seed 2, "B."\nend 8c\n'
        schedule = sequencer.compile_score(sequencer.reads(text))
        changed = with_noise(schedule, 1)
        assert [take.start for take in changed.takes] == [take.start for take in schedule.takes]
        assert changed.grid.boundary(6) == schedule.grid.boundary(6)

    def test_a_score_that_goes_back_to_its_beginning_is_refused(self) -> None:
        text = (
            'clock 120 bpm, 4/4\nsection a until go next, max 4 bars {\n  at 1 "A."\n}\n'
            'section b 4 bars {\n  at 1 "B."\n  on note C3 -> goto a\n}\n'
        )
        schedule = sequencer.compile_score(sequencer.reads(text))
        with pytest.raises(PlanError, match="go back to its first section"):
            with_noise(schedule, 1)

    def test_a_schedule_without_a_prompt_on_its_first_chunk_is_refused(self) -> None:
        empty = replace(self.schedule, stretches=self.schedule.stretches[1:])
        entries = tuple(replace(one, acts=(CutAct(1),)) for one in empty.stretches[0].entries)
        with pytest.raises(PlanError, match="a prompt on the first chunk"):
            with_noise(replace(empty, stretches=(replace(empty.stretches[0], entries=entries),)), 1)
