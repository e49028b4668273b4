from __future__ import annotations

from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

import sequencer
from sequencer.core.errors import UsageError
from sequencer.runs.local_pool import LocalPool
from sequencer.runs.store import open_store
from sequencer.sweeps.choices import choose, read_choices
from sequencer.sweeps.plan import Axis, Plan
from sequencer.sweeps.rows import Rows, compile_rows
from sequencer.sweeps.sheet import columns_of, frames_at, write_sheet
from sequencer.sweeps.sheet_page import PageCell, PageRow, render_page
from sequencer.sweeps.sweep import RowState, SweepRun, find_states
from tests.support.sweeps import write_score


class Page(HTMLParser):
    """Counts the elements of a page, and collects what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.attributes.append((tag, dict(attrs)))


def test_there_is_a_column_for_each_pass_of_a_section() -> None:
    text = (
        'clock 120 bpm, 4/4\nsection a 4 bars {\n  at 1 "A."\n}\n'
        'section b 4 bars {\n  at 1 "B."\n}\nplay a b a\n'
    )
    schedule = sequencer.compile_score(sequencer.reads(text))
    columns = columns_of(schedule)
    assert [one.name for one in columns] == ["a 1/2", "b", "a 2/2"]
    assert columns[0].seconds == schedule.grid.boundary(1) / 2
    assert abs(columns[1].seconds - 8) < 2


def test_a_score_without_sections_has_columns_at_equal_distances() -> None:
    schedule = sequencer.compile_score(sequencer.reads('at 0c "A."\nend 8c\n'))
    assert [one.name for one in columns_of(schedule)] == ["0 s", "2 s", "4 s", "6 s", "7 s", "9 s"]


def test_a_damaged_video_has_no_frames(tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_bytes(b"no video" * 1000)
    for path in (tmp_path / "video.mp4", tmp_path / "missing.mp4"):
        assert list(frames_at(path, [Fraction(0), Fraction(1)])) == [None, None]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, list[RowState], Path]:
    """Play two rows with a video, and leave the third one missing."""
    folder = tmp_path_factory.mktemp("sheet")
    axes = (Axis("let.light", ("<b>blue</b>", "red", "green")), Axis("renderer", ("draft",)))
    rows = compile_rows(Plan(name="p", score=write_score(folder), axes=axes, size=(128, 80)))
    store = open_store(str(folder / "store"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        SweepRun(
            rows=rows,
            selected=rows.rows,
            store=store,
            engine=LocalPool(1),
            handle=lambda *_: None,
        ).play(rows.rows[:2])
        choose(store, "p", [rows.rows[1].key], "rejected", who="<i>Ann</i>", note="too red")
        return rows, find_states(rows, store), folder


def test_a_page_has_every_row_with_its_labels(played: tuple[Rows, list[RowState], Path]) -> None:
    rows, states, folder = played
    store = open_store(str(folder / "store"))
    message = write_sheet(
        rows, states, store, read_choices(store, "p"), output=folder / "sheet.html"
    )
    assert message.endswith("sheet.html: 2 of 3 rows with frames, 2 columns")
    text = (folder / "sheet.html").read_text()
    page = Page(text)
    assert (page.counts["tr"], page.counts["img"]) == (4, 4)
    assert page.counts.get("b") is None
    assert page.counts.get("i") is None
    assert "&lt;b&gt;blue&lt;/b&gt;" in text
    assert "green" in text
    assert "missing" in text
    assert "rejected by &lt;i&gt;Ann&lt;/i&gt;: too red" in text
    videos = [found["data-video"] for tag, found in page.attributes if found.get("data-video")]
    assert len(videos) == 2
    assert all(one is not None and (folder / one).is_file() for one in videos)
    loaded = [found["src"] for tag, found in page.attributes if "src" in found]
    assert all(one is not None and one.startswith("data:image/jpeg") for one in loaded)


def test_an_image_has_the_same_rows(played: tuple[Rows, list[RowState], Path]) -> None:
    rows, states, folder = played
    store = open_store(str(folder / "store"))
    write_sheet(rows, states, store, {}, output=folder / "sheet.png")
    with Image.open(folder / "sheet.png") as sheet:
        assert sheet.width > 700
        assert sheet.height > 300


def test_frames_of_two_lights_differ(played: tuple[Rows, list[RowState], Path]) -> None:
    _, states, folder = played
    store = open_store(str(folder / "store"))
    found = []
    for state in states[:2]:
        assert state.record is not None
        run = store.local_folder(state.record)
        assert run is not None
        times = [one.seconds for one in columns_of(state.row.schedule)]
        found.append([one.tobytes() for one in frames_at(run / "video.mp4", times) if one])
    assert [len(one) for one in found] == [2, 2]
    assert found[0] != found[1]
    assert found[0][0] != found[0][1]


def test_other_endings_are_refused(
    played: tuple[Rows, list[RowState], Path], tmp_path: Path
) -> None:
    rows, states, folder = played
    store = open_store(str(folder / "store"))
    with pytest.raises(UsageError, match="neither a page nor an image"):
        write_sheet(rows, states, store, {}, output=tmp_path / "sheet.gif")
    with pytest.raises(UsageError, match="an image has at most 200 rows"):
        write_sheet(rows, states * 100, store, {}, output=tmp_path / "sheet.png")


def test_texts_of_strangers_cannot_become_markup() -> None:
    evil = "\"><script>alert(1)</script>'&"
    row = PageRow(
        number=1,
        key=evil,
        values=[(evil, evil)],
        take=None,
        status=evil,
        reason=evil,
        choices=[("chosen", evil, evil)],
        cells=[PageCell(image="data:image/jpeg;base64,")],
        video=evil,
        times=[1.0],
    )
    page = Page(render_page(evil, evil, [evil], [row]))
    assert page.counts["script"] == 1
    assert [found["data-video"] for _, found in page.attributes if "data-video" in found] == [evil]
