"""Fades of the simulated model: what its frames show, exactly, and only where it has them."""

from __future__ import annotations

import pytest

from sequencer.core.timebase import ChunkGrid
from sequencer.events.commands import Reset, SchedulePrompt, Start
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.helios import HeliosModel
from sequencer.stages.simulated.helios_state import (
    MAX_PROMPTS_SHOWN,
    WHOLE,
    ChunkBegun,
    ChunkInputs,
    Message,
    Mixture,
    Output,
)

FRAMES = 3
GRID = ChunkGrid(FRAMES)


def looks(*prompts: tuple[str, int, int], chunks: int, warmup: int = 0) -> list[ChunkInputs]:
    """Return what the chunks are made of; prompts are (text, chunk, fade)."""
    faults = Faults.model_validate({"delays": {"answer": 0, "prompt": 0}, "warmup": warmup})
    model = HeliosModel(faults, GRID, fades=True)
    found: list[Output] = []
    for text, chunk, fade in prompts:
        data = {"prompt": text, "chunk": chunk, "fade": fade}
        found += model.receive("schedule_prompt", data, 0)
    found += model.command(Start(), 0)
    while sum(isinstance(one, ChunkBegun) for one in found) < chunks:
        assert model.deadline is not None
        found += model.advance(model.deadline)
    return [one.look for one in found if isinstance(one, ChunkBegun)]


def weights(look: ChunkInputs) -> list[Mixture]:
    return [look.shown_at(look.first_frame + index) for index in range(look.frames)]


def weight_of(prompt: str, mixture: Mixture) -> int:
    return sum(weight for text, weight in mixture if text == prompt)


def test_without_a_fade_a_prompt_is_shown_alone() -> None:
    for look in looks(("a", 0, 0), ("b", 2, 0), chunks=4):
        assert look.fade is None
        assert set(weights(look)) == {((look.prompt, WHOLE),)}


def test_a_fade_is_linear_over_the_frames_of_its_chunks() -> None:
    made = looks(("a", 0, 0), ("b", 2, 2), chunks=6)
    shown = [mixture for look in made for mixture in weights(look)]
    new = [weight_of("b", mixture) for mixture in shown]
    steps = [WHOLE * index // (2 * FRAMES + 1) for index in range(1, 2 * FRAMES + 1)]
    assert new == [0] * (2 * FRAMES) + steps + [WHOLE] * (2 * FRAMES)
    assert all(sum(weight for _, weight in mixture) == WHOLE for mixture in shown)
    assert [(one.fade.chunk, one.fade.chunks) for one in made if one.fade] == [(1, 2), (2, 2)]


@pytest.mark.parametrize("fade", [0, 2])
def test_a_prompt_during_a_fade_starts_from_what_is_shown(fade: int) -> None:
    made = looks(("a", 0, 0), ("b", 1, 3), ("c", 2, fade), chunks=3)
    last = made[1].shown_at(made[1].first_frame + FRAMES - 1)
    assert 0 < weight_of("b", last) < WHOLE
    if fade:
        assert made[2].fade is not None
        assert made[2].fade.under == last
    else:
        assert made[1].shown_at(made[2].first_frame + 5) == last, "the frames before go on from it"


def test_fades_that_are_always_interrupted_show_few_prompts() -> None:
    prompts = [(f"p{chunk}", chunk, 9 if chunk else 0) for chunk in range(30)]
    for look in looks(*prompts, chunks=30):
        for mixture in weights(look):
            assert len(mixture) <= MAX_PROMPTS_SHOWN
            assert sum(weight for _, weight in mixture) == WHOLE


def test_a_take_opens_without_a_fade() -> None:
    assert looks(("a", 0, 5), chunks=1)[0].fade is None


def test_a_reset_ends_a_fade() -> None:
    model = HeliosModel(Faults.model_validate({"delays": {"answer": 0, "prompt": 0}}), GRID)
    outputs = list(model.command(SchedulePrompt("a", 0), 0))
    outputs += model.command(SchedulePrompt("b", 1, fade=9), 0)
    outputs += model.command(Start(), 0)
    for _ in range(8):
        outputs += model.advance(model.deadline or 0)
    now = model.deadline or 0
    outputs += model.command(Reset(), now)
    outputs += model.advance(now + 10**10)
    outputs += model.command(SchedulePrompt("c", 0), now + 10**10)
    outputs += model.command(Start(), now + 10**10)
    begun = [one for one in outputs if isinstance(one, ChunkBegun)]
    assert any(one.look.fade is not None for one in begun)
    assert begun[-1].look.prompt == "c"
    assert begun[-1].look.fade is None


def test_chunks_without_frames_do_not_count() -> None:
    made = looks(("a", 0, 0), ("b", 1, 2), chunks=6, warmup=2)
    assert [weight_of("b", one.shown_at(one.first_frame)) for one in made[2:]] == [
        WHOLE // 7, WHOLE * 4 // 7, WHOLE, WHOLE,
    ]  # fmt: skip


@pytest.mark.parametrize("fade", [-1, "many", 1.5, True])
def test_a_fade_that_is_not_a_number_of_chunks_is_refused(fade: object) -> None:
    model = HeliosModel(grid=GRID, fades=True)
    found = model.receive("schedule_prompt", {"prompt": "a", "chunk": 0, "fade": fade}, 0)
    found += model.advance(10**9)
    refused = [one.data for one in found if isinstance(one, Message)]
    assert any(one.get("command") == "schedule_prompt" and "fade" in str(one) for one in refused)


def test_the_model_of_the_platforms_protocol_has_no_fades() -> None:
    model = HeliosModel(grid=GRID)
    read = model.read("schedule_prompt", {"prompt": "a", "chunk": 2, "fade": 3})
    assert read == SchedulePrompt("a", 2)
