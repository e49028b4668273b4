"""What vLLM-Omni cannot do is an error with a position and a hint that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.language.check import CheckResult, check_text
from sequencer.language.stage_checks import check_stage, for_stage
from tests.support.image_fixtures import make_image, saved

OPENING = 'at 0c "A tram waits at an empty stop."\n'


def checked(text: str, folder: Path | None = None, stage: str = "vllm-omni") -> CheckResult:
    return for_stage(check_text(text, "a.score", folder=folder, advice=False), stage)


def errors(text: str, folder: Path | None = None) -> list[tuple[int, str, str | None]]:
    return [
        (one.span.line, one.message, one.hint)
        for one in checked(text, folder).errors
        if one.code == "E802"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (OPENING + "at 4c sr 4x\n", (2, "vLLM-Omni has no super-resolution", "remove the sr")),
        ("sr 4x\n" + OPENING, (1, "vLLM-Omni has no super-resolution", "remove this line, or write sr off")),
        (OPENING + "on go rest -> pause\nend 4c\n", (2, "vLLM-Omni cannot pause", "remove the pause")),
        (OPENING + "on go on -> resume\nend 4c\n", (2, "vLLM-Omni cannot pause, so there is nothing to resume", "remove the resume")),
        ("model visko-orbis\n" + OPENING, (1, "vLLM-Omni plays Helios, but the score is written for visko-orbis", "write model helios, or omit the line")),
    ],
)  # fmt: skip
def test_each_of_these(text: str, found: tuple[int, str, str]) -> None:
    assert errors(text) == [found]
    assert checked(text).schedule is None


def test_images_and_their_strength(tmp_path: Path) -> None:
    (tmp_path / "tram.png").write_bytes(saved(make_image(), "PNG"))
    text = OPENING + 'at 4c image "tram.png", strength 0.5\n'
    assert [(line, message) for line, message, _ in errors(text, tmp_path)] == [
        (2, "vLLM-Omni shows no images"),
        (2, "vLLM-Omni has no image strength"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        OPENING + 'at 4c "It leaves.", fade 2c\nat 8c cut seed 5, "Rain."\nend 12c\n',
        "sr off\n" + OPENING + "at 4c sr off\n",
        "model helios\n" + OPENING,
    ],
)
def test_what_it_can_do(text: str) -> None:
    found = checked(text)
    assert found.errors == ()
    assert found.schedule is not None


def test_it_fades_whatever_other_stages_do() -> None:
    text = OPENING + 'at 4c "It leaves.", fade 2c\nend 12c\n'
    assert "W407" in {one.code for one in check_text(text, "a.score").diagnostics}
    assert "W407" not in {one.code for one in checked(text).diagnostics}


def test_other_stages_refuse_nothing() -> None:
    result = check_text(OPENING + "at 4c sr 4x\n", "a.score")
    assert for_stage(result, None) is result
    assert result.schedule is not None
    assert check_stage(result.schedule, "reactor") == ()


def test_a_score_that_is_not_valid_stays_so() -> None:
    result = check_text("at 0c\n", "a.score")
    assert for_stage(result, "vllm-omni") is result


def test_every_stage_of_a_score_for_several_is_checked() -> None:
    text = 'stages left, right\ntogether realign 16c\nat 0c "A."\nat 4c on right sr 4x\n'
    plain = check_text(text, "a.score", advice=False)
    found = for_stage(plain, "vllm-omni")
    assert [(one.code, one.span.line) for one in found.errors] == [("E802", 2), ("E802", 4)]
    assert not found.is_valid
    fine = check_text('stages left, right\nat 0c "A."\n', "a.score", advice=False)
    assert for_stage(fine, "vllm-omni") == fine


def test_accounts_of_reactor_do_not_limit_other_stages() -> None:
    names = ", ".join(f"s{number}" for number in range(6))
    plain = check_text(f'stages {names}\nat 0c "A."\n', "a.score", advice=False)
    assert [one.code for one in plain.warnings] == ["W341"]
    assert for_stage(plain, "vllm-omni").diagnostics == ()
