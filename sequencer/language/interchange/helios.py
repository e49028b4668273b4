"""Prompt lists of Helios's interactive mode: CSV with the columns `id`, `prompt_index`, `prompt`.

Each id is one video. Each prompt lasts the same number of chunks, `--interpolate_time`, 7 if it is
omitted. The column `refined_prompt` is preferred if it exists (PKU-YuanGroup/Helios,
infer_helios.py).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid
from sequencer.language.interchange.draft import ScoreDraft, chunks, clean_text
from sequencer.language.interchange.imported import (
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    UnreadableError,
)
from sequencer.language.interchange.text_input import begin_text, decode_text, quote
from sequencer.language.score import Duration, Unit

KIND = "helios"
INTERPOLATE_TIME = 7
"""How many chunks a prompt lasts by default."""
MAX_CHUNKS = 1_000_000
_COLUMNS = ("id", "prompt_index", "prompt")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    video: str
    index: int
    prompt: str
    line: int


def recognise(data: bytes) -> bool:
    """Return whether the first line has the columns of such a list."""
    first = begin_text(data).split("\n", 1)[0]
    return [name.strip().strip('"') for name in first.split(",")][:3] == list(_COLUMNS)


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of a prompt list, one take for each video. Raises UnreadableError."""
    videos: dict[str, list[_Row]] = {}
    for row in _rows(decode_text(data, options.encoding)):
        videos.setdefault(row.video, []).append(row)
    if options.video_id is not None:
        if options.video_id not in videos:
            raise UnreadableError(
                f"it has no video with the id {quote(options.video_id)}",
                f"the ids are {', '.join(list(videos)[:12])}",
            )
        videos = {options.video_id: videos[options.video_id]}
    length = options.interpolate_time or INTERPOLATE_TIME
    if length * max(map(len, videos.values()), default=0) > MAX_CHUNKS:
        raise UnreadableError(
            f"its prompts last more than {MAX_CHUNKS:,} chunks", "use a smaller --interpolate-time"
        )
    draft, start = ScoreDraft(options), 0
    for video in sorted(videos, key=_order):
        rows = sorted(videos[video], key=lambda row: row.index)
        if len(videos) > 1:
            total = Duration(Fraction(length * len(rows)), Unit.CHUNKS)
            at = ChunkGrid().boundary(start)
            draft.section(f"video-{video}", total, at=at, cut="cut" if start else "")
        _add_video(draft, rows, length, start)
        start += length * len(rows)
    return draft.finish(KIND, chunks(start))


def _add_video(draft: ScoreDraft, rows: list[_Row], length: int, start: int) -> None:
    """Add the prompts of one video. A prompt that repeats the one before it changes nothing."""
    previous = ""
    for number, row in enumerate(rows):
        if number and rows[number - 1].index == row.index:
            raise UnreadableError(
                f"the video {row.video} has two prompts with the index {row.index}",
                "number them in their order",
                line=row.line,
                column=1,
            )
        draft.tally.keep()
        prompt = clean_text(row.prompt)
        if prompt != previous or not prompt:
            at = ChunkGrid().boundary(start + number * length)
            draft.prompt(chunks(number * length), prompt, at=at, line=row.line)
        previous = prompt


def _order(video: str) -> tuple[int, str]:
    return (int(video), video) if video.isascii() and video.isdigit() else (10**19, video)


def _rows(text: str) -> list[_Row]:
    """Return the rows of the table. Raises UnreadableError."""
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UnreadableError("this line contains a null character", line=line)
    reader = csv.reader(io.StringIO(text), strict=True)
    found: list[_Row] = []
    line = 1
    try:
        head = [name.strip() for name in next(reader, [])]
        missing = next((name for name in _COLUMNS if name not in head), None)
        if missing is not None:
            raise UnreadableError(
                f"the first line has no column {missing}",
                "it must be: id,prompt_index,prompt",
                line=1,
                column=1,
            )
        columns = {name: head.index(name) for name in (*_COLUMNS, "refined_prompt") if name in head}
        line = reader.line_num + 1
        for fields in reader:
            if any(field.strip() for field in fields):
                found.append(_row(fields, columns, line))
            if len(found) > MAX_ENTRIES:
                raise UnreadableError(
                    f"it has more than {MAX_ENTRIES:,} rows, the most that are read",
                    "split the file",
                    line=line,
                )
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableError(
            f"this row is not CSV: {error}", "check its quotes", line=line, column=1
        ) from None
    return found


def _row(fields: list[str], columns: dict[str, int], line: int) -> _Row:
    if len(fields) <= max(columns[name] for name in _COLUMNS):
        raise UnreadableError(
            f"this row has {len(fields)} fields", "put a text with commas in quotes", line=line
        )
    video, index = fields[columns["id"]].strip(), fields[columns["prompt_index"]].strip()
    if not (index.isascii() and index.isdigit() and len(index) <= 9):
        raise UnreadableError(
            f"the prompt_index {quote(index)} is not a whole number", line=line, column=1
        )
    if len(video) > 18:
        raise UnreadableError(f"the id {quote(video)} is too long", line=line, column=1)
    prompt = fields[columns["prompt"]]
    if "refined_prompt" in columns and columns["refined_prompt"] < len(fields):
        prompt = fields[columns["refined_prompt"]].strip() or prompt
    return _Row(video=video, index=int(index), prompt=prompt, line=line)
