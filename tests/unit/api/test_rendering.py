"""Films: interrupted and continued, alone in their folder, one file or one for each take."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest

import sequencer
from sequencer.cli import main
from sequencer.core.errors import StageError, UsageError
from sequencer.renderers.kept_chunks import prepare
from sequencer.stages.simulated.helios_state import ChunkInputs
from sequencer.stages.simulated.renderer.drawn import DrawnRenderer, DrawnTake
from sequencer.stages.simulated.rendering import Drawn

SCORE = (
    'score "Boat"\ngrid 4 frames @ 24 fps\nat 0c "A boat."\nat 2c "Rain.", fade 2c\n'
    'at 4c cut seed 3, "A tram."\nend 6c\n'
)


class Failing(DrawnRenderer):
    """Fails once `left` chunks were drawn."""

    is_realtime = False

    def __init__(self, left: int) -> None:
        super().__init__(with_text=False, draft=True)
        self.left = left
        self.drawn = 0

    def take(self) -> DrawnTake:
        failing = self

        class Take(DrawnTake):
            def draw(self, inputs: ChunkInputs, chunk: int) -> Drawn:
                if failing.drawn == failing.left:
                    raise StageError("the memory ran out", "use less")
                failing.drawn += 1
                return super().draw(inputs, chunk)

        return Take(self._frames)


def digests(result: sequencer.RehearsalResult) -> list[str]:
    return [one.sha256 for one in result.pictures]


def test_a_film_continues_where_it_failed(tmp_path: Path) -> None:
    score = sequencer.reads(SCORE)
    plain = sequencer.rehearse(score, renderer=Failing(6), save=False)
    film = tmp_path / "film"
    for done in (3, 5):
        with pytest.raises(StageError, match="the memory ran out"):
            sequencer.render(score, out=film, renderer=Failing(done - (0 if done == 3 else 3)))
        assert not film.exists()
        assert len(list((tmp_path / "film.chunks").glob("*.frames"))) == done
    last = Failing(1)
    rendered = sequencer.render(score, out=film, renderer=last)
    assert digests(rendered) == digests(plain) and last.drawn == 1
    assert not (tmp_path / "film.chunks").exists()
    assert sequencer.replay(film).is_equal
    settings = json.loads((film / "report.json").read_text())["settings"]
    assert settings["caption"] == [] and settings["video_size"] == [320, 192]


def test_a_complete_film_is_never_replaced_and_an_interrupted_one_is(tmp_path: Path) -> None:
    score = sequencer.reads(SCORE)
    film, chunks = tmp_path / "film", tmp_path / "film.chunks"
    sequencer.render(score, out=film, renderer=Failing(99))
    with pytest.raises(UsageError, match="already exists"):
        sequencer.render(score, out=film, renderer=Failing(99))
    prepare(chunks)  # as if it had been interrupted
    (tmp_path / ".film.partial").mkdir()
    (tmp_path / ".film.partial" / "journal.jsonl").touch()
    sequencer.render(score, out=film, renderer=Failing(99))
    assert not chunks.exists() and not (tmp_path / ".film.partial").exists()
    other = tmp_path / "other"
    other.mkdir()
    prepare(tmp_path / "other.chunks")
    with pytest.raises(UsageError, match="not what an interrupted render left"):
        sequencer.render(score, out=other, renderer=Failing(99))


def test_only_one_render_writes_a_film(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    prepare(tmp_path / "film.chunks")
    with (tmp_path / "film.chunks" / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="another render is writing"):
            sequencer.render(sequencer.reads(SCORE), out=tmp_path / "film", renderer=Failing(9))


def test_each_take_may_have_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("boat.score").write_text(SCORE)
    assert main(["render", "boat.score", "--renderer", "drawn", "--takes"]) == 0
    folder = tmp_path / "runs" / "film-Boat"
    assert "take-2.mp4" in capsys.readouterr().out
    frames = []
    for name in ("take-1.mp4", "take-2.mp4"):
        with av.open(str(folder / name)) as video:
            frames.append(video.streams.video[0].frames)
    assert frames == [16, 8]
    assert not (folder / "video.mp4").exists()
    assert main(["render", "boat.score", "--renderer", "drawn"]) == 2
    assert "already exists" in capsys.readouterr().err
