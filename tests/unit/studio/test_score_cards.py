"""The cards of the scores of a folder, and the images on them."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from sequencer.core.errors import UsageError
from sequencer.stages.simulated.renderer.frames import Renderer
from sequencer.studio.score_cards import EMPTY, FolderCards

SCORE = """\
score "Two lamps"
clock 120 bpm, 4/4
seed 7
section first 4 bars {
  at 1 "A lamp on a table."
  at 3 "The lamp flickers."
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lamps.score").write_text(SCORE, encoding="utf-8")
    (tmp_path / "wrong.score").write_text("at 3c nothing\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no score", encoding="utf-8")
    return tmp_path


def test_each_score_has_a_card_with_its_prompts(folder: Path) -> None:
    lamps, wrong, empty = FolderCards(folder).cards()
    assert (lamps["title"], lamps["text"]) == ("Two lamps", "2 cues, 0:08")
    blocks = lamps["blocks"]
    assert [block[2] for block in blocks] == [0, 0]
    assert (blocks[0][0], blocks[-1][1]) == (0, 1000)
    assert blocks[0][1] == blocks[1][0]
    assert wrong["wrong"] is True and "blocks" not in wrong
    assert empty == EMPTY


def test_the_image_of_a_card_is_drawn_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = FolderCards(folder)
    cards.cards()
    found = cards.image("lamps.score")
    assert found is not None
    assert found["alt"] == "The simulator's frame for: A lamp on a table."
    kind, _, data = found["image"].partition(",")
    assert kind == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert image.size == (320, 192)
        assert len(set(image.convert("L").tobytes())) > 20, "it is not of one colour"
    monkeypatch.setattr(Renderer, "frames", None)
    assert cards.image("lamps.score") is found


def test_a_score_without_a_frame_has_no_image(folder: Path) -> None:
    cards = FolderCards(folder)
    cards.cards()
    assert cards.image("wrong.score") is None
    with pytest.raises(UsageError, match="not a score of"):
        cards.image("../lamps.score")


def test_a_start_image_is_drawn_and_one_that_is_gone_is_not(folder: Path) -> None:
    Image.new("RGB", (640, 384), (250, 10, 10)).save(folder / "red.png")
    text = SCORE.replace('at 1 "', 'at 1 strength 0.9, image "red.png", "')
    (folder / "lamps.score").write_text(text, encoding="utf-8")
    cards = FolderCards(folder)
    cards.cards()
    red = cards.image("lamps.score")
    (folder / "red.png").unlink()
    plain = cards.image("lamps.score")
    assert red is not None and plain is not None
    assert red["image"] != plain["image"]
    assert red["alt"] == plain["alt"]
