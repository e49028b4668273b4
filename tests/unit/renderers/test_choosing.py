"""Which renderer a name stands for, and what is wrong with a choice before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.core.errors import UsageError
from sequencer.renderers.choosing import RendererChoice, check_choice, open_renderer


@pytest.mark.parametrize(
    ("choice", "message", "hint"),
    [
        (RendererChoice(name="helio"), "not a renderer", "did you mean helios?"),
        (RendererChoice(name="none"), "not a renderer", "drawn or helios"),
        (RendererChoice(weights="w"), "--weights applies to", "--renderer helios"),
        (
            RendererChoice(options={"size": "64x64"}),
            "--renderer-option applies to",
            "--renderer helios",
        ),
        (RendererChoice(name="helios"), "needs its weights", "--weights FOLDER"),
        (RendererChoice(name="helios", draft=True), "--draft applies to", "size=320x192"),
    ],
)
def test_a_choice_that_cannot_be_made_is_explained(
    choice: RendererChoice, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        check_choice(choice)
    assert message in error.value.message
    assert hint in (error.value.hint or "")


def test_the_drawn_frames_need_nothing() -> None:
    renderer = open_renderer(RendererChoice(draft=True))
    assert (renderer.facts.name, renderer.video_size) == ("drawn", (320, 192))
    assert renderer.facts.as_json() == {"name": "drawn", "version": renderer.facts.version}


def test_options_reach_the_renderer_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = tmp_path / "boat.score"
    score.write_text('at 0c "A boat."\nend 2c\n')
    words = ["rehearse", str(score), "--renderer", "helios", "--weights", str(tmp_path)]
    assert main([*words, "--renderer-option", "size=96x64"]) == 2
    assert "multiples of 64" in capsys.readouterr().err
    assert main([*words, "--renderer-option", "size"]) == 2
    assert "not NAME=VALUE" in capsys.readouterr().err
    assert main([*words, "--no-video"]) == 2
    assert "--renderer applies to the video" in capsys.readouterr().err
