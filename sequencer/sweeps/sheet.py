"""Draw all runs of a sweep on one page: a row for each run, a column for each section.

As a page it has the videos too, to play several at once. As an image it is one PNG.
"""

from __future__ import annotations

import base64
import io
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

import av
from PIL import Image, ImageDraw

from sequencer.api.files import write_text
from sequencer.core.errors import OutputError, UsageError
from sequencer.core.fonts import TextRenderer
from sequencer.core.paths import remove, write_error
from sequencer.runs.record import RunRecord
from sequencer.runs.store import RunStore
from sequencer.schedule.model import Schedule
from sequencer.sweeps.choices import Choice, latest
from sequencer.sweeps.rows import Rows
from sequencer.sweeps.sheet_page import PageCell, PageRow, render_page
from sequencer.sweeps.sweep import RowState

VIDEO = "video.mp4"
RECORDING = "recording.mp4"
THUMB_WIDTH = 240
EVEN_COLUMNS = 6
"""How many frames of a score without sections are shown, evenly divided over its length."""
MAX_COLUMNS = 24
"""The most sections on a sheet."""
MAX_IMAGE_ROWS = 200
"""The most rows of a sheet that is one image."""
_PAPER, _INK, _SOFT, _ACCENT = (16, 17, 20), (240, 240, 240), (150, 152, 160), (255, 196, 92)
_LABEL_WIDTH, _GAP, _MARGIN, _LINE, _HEAD = 280, 12, 28, 20, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A moment of each run: its name, and its time in one schedule, in seconds."""

    name: str
    seconds: Fraction


def columns_of(schedule: Schedule) -> list[Column]:
    """Return the columns of a schedule: the middle of the first chunk of each pass of a section."""
    grid = schedule.grid
    half = (grid.boundary(1) - grid.boundary(0)) / 2
    stretches = [one for one in schedule.stretches if one.section is not None]
    if not stretches:
        length = grid.boundary(schedule.end)
        return [
            Column(
                name=f"{float(length * number / EVEN_COLUMNS):.0f} s",
                seconds=length * number / EVEN_COLUMNS + half,
            )
            for number in range(EVEN_COLUMNS)
        ]
    passes = {
        name: sum(one.section == name for one in stretches)
        for name in {one.section for one in stretches}
    }
    return [
        Column(
            name=f"{one.section} {one.occurrence}/{passes[one.section]}"
            if passes[one.section] > 1
            else str(one.section),
            seconds=grid.boundary(min(one.latest, schedule.end - 1)) + half,
        )
        for one in stretches[:MAX_COLUMNS]
    ]


def write_sheet(
    rows: Rows,
    states: Sequence[RowState],
    store: RunStore,
    choices: Mapping[str, Sequence[Choice]],
    *,
    output: Path,
    progress: Callable[[int, int], object] = lambda *_: None,
) -> str:
    """Write the sheet of a sweep.

    Args:
        rows: The sweep.
        states: Its rows with their runs.
        store: Where the runs are.
        choices: What people decided about them.
        output: A name that ends in `.html` or `.png`.
        progress: Called with the number of rows drawn, and of all.

    Returns:
        A sentence about what was written.

    Raises:
        UsageError: The name has another ending, or an image would have too many rows.
        OutputError: It cannot be written.
    """
    ending = output.suffix.lower()
    if ending not in (".html", ".png"):
        raise UsageError(
            f"{output} is neither a page nor an image", "let its name end in .html or .png"
        )
    if ending == ".png" and len(states) > MAX_IMAGE_ROWS:
        raise UsageError(
            f"an image has at most {MAX_IMAGE_ROWS} rows, but the sweep has {len(states):,}",
            "write a page: -o sheet.html",
        )
    videos = output.with_name(f"{output.stem}-videos") if ending == ".html" else None
    drawn: list[_DrawnRow] = []
    names: list[str] = []
    for number, state in enumerate(states, 1):
        columns = columns_of(state.row.schedule)
        names = [one.name for one in columns] if len(columns) > len(names) else names
        drawn.append(_draw(state, columns, store, output.parent, videos))
        progress(number, len(states))
    if ending == ".html":
        page = render_page(
            rows.plan.name,
            rows.title,
            names,
            [_page_row(one, rows, choices.get(one.state.row.key, ())) for one in drawn],
        )
        write_text(output, page)
    else:
        _write_image(output, rows, names, drawn, choices)
    found = sum(1 for one in drawn if any(one.frames))
    return f"{output}: {found} of {len(drawn)} rows with frames, {len(names)} columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class _DrawnRow:
    state: RowState
    frames: tuple[Image.Image | None, ...]
    video: str | None
    """The address of the video, relative to the page."""


def _draw(
    state: RowState, columns: Sequence[Column], store: RunStore, folder: Path, videos: Path | None
) -> _DrawnRow:
    """Return the frames of a row, from its video; without a video there are none."""
    record = state.record
    nothing: tuple[Image.Image | None, ...] = (None,) * len(columns)
    if record is None or not record.is_complete:
        return _DrawnRow(state=state, frames=nothing, video=None)
    name = next((one for one in (VIDEO, RECORDING) if one in record.files), None)
    if name is None:
        return _DrawnRow(state=state, frames=nothing, video=None)
    with _video_of(store, record, name, videos) as video:
        if video is None:
            return _DrawnRow(state=state, frames=nothing, video=None)
        frames = tuple(frames_at(video, [one.seconds for one in columns]))
        link = None if videos is None else _link(video, folder)
    return _DrawnRow(state=state, frames=frames, video=link)


@contextmanager
def _video_of(
    store: RunStore, record: RunRecord, name: str, videos: Path | None
) -> Iterator[Path | None]:
    """Provide the video of a run as a file of this machine.

    That of an object store is copied next to the page, or, for an image, into a temporary folder.
    """
    folder = store.local_folder(record)
    if folder is not None:
        yield folder / name
        return
    if videos is not None:
        try:
            videos.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{videos} cannot be created: {error.strerror or error}") from None
        target = videos / f"{record.name}.mp4"
        present = target.is_file() and target.stat().st_size == record.files[name]
        yield target if present or store.copy_file(record, name, target) else None
        return
    with tempfile.TemporaryDirectory(prefix="sequencer-sheet-") as temporary:
        target = Path(temporary) / "video.mp4"
        yield target if store.copy_file(record, name, target) else None


def _link(video: Path, folder: Path) -> str | None:
    """Return the address of a file from a page in `folder`; None from one disk to another."""
    try:
        path = os.path.relpath(video.absolute(), folder.absolute())
    except ValueError:
        return None
    return quote(Path(path).as_posix())


def frames_at(video: Path, times: Sequence[Fraction]) -> Iterator[Image.Image | None]:
    """Yield a small image of a video at each time, in seconds; None where it has no frame."""
    try:
        container = av.open(str(video))
    except (OSError, ValueError):
        yield from (None for _ in times)
        return
    with container:
        stream = next(iter(container.streams.video), None)
        for seconds in times:
            frame = None
            with suppress(OSError, ValueError):  # a video that is damaged has fewer frames
                frame = None if stream is None else _frame_at(container, stream, seconds)
            yield frame


def _frame_at(
    container: av.container.InputContainer, stream: av.VideoStream, seconds: Fraction
) -> Image.Image | None:
    base = stream.time_base or Fraction(1, 90_000)
    container.seek(int(seconds / base), stream=stream)  # the key frame before it
    last: av.VideoFrame | None = None
    for frame in container.decode(stream):
        last = frame
        if frame.pts is not None and frame.pts * base >= seconds:
            break
    if last is None:
        return None
    image = Image.fromarray(last.to_ndarray(format="rgb24"))
    height = max(1, min(2 * THUMB_WIDTH, round(THUMB_WIDTH * image.height / image.width)))
    return image.resize((THUMB_WIDTH, height), Image.Resampling.BOX)


def _page_row(drawn: _DrawnRow, rows: Rows, choices: Sequence[Choice]) -> PageRow:
    state = drawn.state
    return PageRow(
        number=state.row.number,
        key=state.row.key[:8],
        values=[(axis.label, state.row.values[axis.name]) for axis in rows.plan.varying],
        take=state.row.take + 1 if rows.plan.takes > 1 else None,
        status=state.status.value,
        reason=state.reason.split("\n", 1)[0],
        choices=[(one.verdict, one.who, one.note) for one in latest(choices).values()],
        cells=[PageCell(image=_data_address(frame)) for frame in drawn.frames],
        video=drawn.video,
        times=[float(one.seconds) for one in columns_of(state.row.schedule)],
    )


def _data_address(frame: Image.Image | None) -> str | None:
    if frame is None:
        return None
    data = io.BytesIO()
    frame.save(data, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()


# ---- one image ---------------------------------------------------------------------------------


def _write_image(
    output: Path,
    rows: Rows,
    names: Sequence[str],
    drawn: Sequence[_DrawnRow],
    choices: Mapping[str, Sequence[Choice]],
) -> None:
    data = io.BytesIO()
    draw_image(rows, names, drawn, choices).save(data, "PNG")
    partial = output.with_name(f".{output.name}.partial")
    try:
        partial.write_bytes(data.getvalue())
        partial.replace(output)
    except OSError as error:
        remove(partial)
        raise write_error(output, error) from None


def draw_image(
    rows: Rows,
    names: Sequence[str],
    drawn: Sequence[_DrawnRow],
    choices: Mapping[str, Sequence[Choice]],
) -> Image.Image:
    """Return the sheet as one image. Every row has its labels, also without a run."""
    title, label, small = (TextRenderer(size, with_system_fonts=True) for size in (26, 15, 14))
    lines = [_lines(one, rows, choices.get(one.state.row.key, ()), label) for one in drawn]
    tall = max((frame.height for one in drawn for frame in one.frames if frame), default=0)
    heights = [max(tall, len(text) * _LINE) + _GAP for text in lines]
    width = 2 * _MARGIN + _LABEL_WIDTH + len(names) * (THUMB_WIDTH + _GAP)
    sheet = Image.new("RGB", (width, _MARGIN + _HEAD + sum(heights) + _MARGIN), _PAPER)
    _write(sheet, title, (_MARGIN, _MARGIN - 6), rows.title or rows.plan.name, _INK)
    left = _MARGIN + _LABEL_WIDTH
    for index, name in enumerate(names):
        at = (left + index * (THUMB_WIDTH + _GAP), _MARGIN + _HEAD - 26)
        _write(sheet, small, at, small.shortened(name, THUMB_WIDTH), _SOFT)
    top = _MARGIN + _HEAD
    for one, text, height in zip(drawn, lines, heights, strict=True):
        for number, (line, colour) in enumerate(text):
            _write(sheet, label, (_MARGIN, top + number * _LINE), line, colour)
        for index, frame in enumerate(one.frames):
            if frame is not None:
                sheet.paste(frame, (left + index * (THUMB_WIDTH + _GAP), top))
        top += height
    return sheet


def _lines(
    drawn: _DrawnRow, rows: Rows, choices: Sequence[Choice], pen: TextRenderer
) -> list[tuple[str, tuple[int, int, int]]]:
    """Return the labels of a row: its number, each value, its state and its choices."""
    state = drawn.state
    width = _LABEL_WIDTH - _GAP
    found = [(f"{state.row.number}  {state.row.key[:8]}", _ACCENT)]
    for axis in rows.plan.varying:
        text = f"{axis.label}: {' '.join(state.row.values[axis.name].split())}"
        found += [(line, _INK) for line in pen.wrapped(text, width, 3)]
    if rows.plan.takes > 1:
        found.append((f"take {state.row.take + 1}", _INK))
    if state.status.value != "complete":
        text = f"{state.status.value} {state.reason}".split("\n", 1)[0]
        found += [(line, _SOFT) for line in pen.wrapped(text, width, 2)]
    for choice in latest(choices).values():
        text = f"{choice.verdict} by {choice.who}"
        found.append((pen.shortened(text, width), _ACCENT))
    return found


def _write(
    sheet: Image.Image,
    pen: TextRenderer,
    at: tuple[int, int],
    text: str,
    colour: tuple[int, int, int],
) -> None:
    if not text:
        return
    mask = Image.new("L", (pen.width(text) + pen.size, pen.size * 2))
    pen.draw(ImageDraw.Draw(mask), (0, 0), text)
    sheet.paste(colour, at, mask)
