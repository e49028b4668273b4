"""Helios in rehearsals: equal digests, replays, and what journals state."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sequencer
from sequencer.cli import main
from sequencer.core.errors import UsageError
from sequencer.renderers.choosing import RendererChoice, open_renderer
from tests.support.tiny_helios import OPTIONS, require_helios, save_weights

if TYPE_CHECKING:
    from sequencer.stages.simulated.rendering import Renderer

pytestmark = [
    pytest.mark.xdist_group("torch"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

ROOT = Path(__file__).parents[4]
BOAT = (
    'seed 3\nat 0c "a paper boat"\nat 2c "rain in the gutter"\nat 3c cut seed 7, "a tram"\nend 4c\n'
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_helios()
    return save_weights(tmp_path_factory.mktemp("helios") / "weights")


@pytest.fixture(scope="module")
def renderer(weights: Path) -> Renderer:
    options = {**OPTIONS, "steps": "1-1-1"}
    return open_renderer(RendererChoice(name="helios", weights=str(weights), options=options))


def digests(score: str, renderer: Renderer) -> list[tuple[int, str]]:
    result = sequencer.rehearse(sequencer.reads(score), renderer=renderer, save=False)
    assert result.went_well
    return [(one.take, one.sha256) for one in result.pictures]


def test_cues_seeds_and_cuts_act_on_their_chunks(renderer: Renderer) -> None:
    plain = digests(BOAT, renderer)
    assert [take for take, _ in plain] == [1, 1, 1, 2]
    assert plain == digests(BOAT, renderer)
    other = digests(BOAT.replace("seed 3", "seed 4"), renderer)
    assert [one == two for one, two in zip(plain, other, strict=True)] == [False] * 3 + [True]
    switched = digests(BOAT.replace("rain in the gutter", "snow"), renderer)
    assert [one == two for one, two in zip(plain, switched, strict=True)] == [
        True,
        True,
        False,
        True,
    ]


def test_a_run_states_what_made_its_frames_and_replays(renderer: Renderer, tmp_path: Path) -> None:
    score = sequencer.reads(BOAT)
    result = sequencer.rehearse(score, renderer=renderer, out=tmp_path / "run")
    assert result.renderer == renderer.facts.version
    facts = json.loads((tmp_path / "run" / "report.json").read_text())["settings"]["renderer"]
    header = sequencer.read_journal(tmp_path / "run").header["settings"]["renderer"]
    assert header == facts == renderer.facts.as_json()
    assert facts["weights"] in facts["version"] and "torch" in facts["version"]
    assert sequencer.replay(tmp_path / "run").is_equal
    assert (tmp_path / "run" / "video.mp4").stat().st_size > 1000


def test_what_the_model_cannot_do_is_refused(renderer: Renderer) -> None:
    score = sequencer.reads('grid 32 frames @ 24 fps\nat 0c "a"\nend 2c\n')
    with pytest.raises(UsageError, match="33 frames for each chunk, but the score's grid has 32"):
        sequencer.rehearse(score, renderer=renderer, save=False)
    plain = sequencer.reads(BOAT)
    with pytest.raises(UsageError, match="may be slower"):
        sequencer.rehearse(plain, renderer=renderer, save=False, realtime=True)
    with pytest.raises(UsageError, match="writes nothing on its frames"):
        sequencer.rehearse(plain, renderer=renderer, save=False, caption="simulator")
    warned: list[str] = []
    fast = sequencer.reads('grid 33 frames @ 30 fps\nat 0c "a"\nend 1c\n')
    sequencer.rehearse(fast, renderer=renderer, save=False, warn=warned.append)
    assert any("motion is 1.2 times as fast" in one for one in warned)


@pytest.mark.slow
def test_an_example_score_plays_twice_with_equal_digests(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["rehearse", str(ROOT / "scores" / "image-swap.score"), "--renderer", "helios"]
    words += ["--weights", str(weights), "--renderer-option", "size=64x64", "--json"]
    words += ["--renderer-option", "steps=1-1-1"]
    found = []
    for name in ("one", "two"):
        assert main([*words, "--out", str(tmp_path / name)]) == 0
        printed = capsys.readouterr()
        assert re.search(r"Helios needs about \d+ MB of memory", printed.err)
        found.append(json.loads(printed.out)["pictures"])
    assert found[0] == found[1] and len(found[0]["chunks"]) == 16
    assert main(["replay", str(tmp_path / "one")]) == 0
    assert main(["diff", str(tmp_path / "one"), str(tmp_path / "two")]) == 0
