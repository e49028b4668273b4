"""Chapters in a copy of a run's video: a chapter for each section, or else for each take."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from sequencer.core.paths import remove, write_error
from sequencer.reports.interchange.exported import UnwritableError
from sequencer.reports.interchange.film import Film

KIND = "chapters"
ENDING = ".mp4"
_MILLISECONDS = Fraction(1, 1000)


def chapters_of(film: Film) -> list[tuple[str, Fraction, Fraction]]:
    """Return the title, start and end in seconds of each chapter, without gaps."""
    if film.sections:
        starts = [(max(Fraction(0), film.seconds(one.start)), one.name) for one in film.sections]
    else:
        starts = [
            (film.seconds(start), f"take {number}")
            for number, (start, _, _) in enumerate(film.takes(), 1)
        ]
    ends = [*(start for start, _ in starts[1:]), film.seconds(film.end)]
    return [
        (title, start, end) for (start, title), end in zip(starts, ends, strict=True) if end > start
    ]


def write_chapters(film: Film, video: Path, output: Path) -> int:
    """Copy a video with the chapters of a film, without encoding it again.

    Args:
        film: The film that the video shows.
        video: The video.
        output: The copy.

    Returns:
        The number of chapters.

    Raises:
        UnwritableError: The installed PyAV cannot write chapters, or the video cannot be read.
        OutputError: The copy cannot be written.
    """
    import av

    partial = output.with_name(f".{output.name}.partial")
    found = chapters_of(film)
    try:
        source = av.open(str(video))
    except (av.FFmpegError, OSError) as error:
        raise UnwritableError(
            f"{video} cannot be read: {error.strerror}", "is it the video of a run?"
        ) from None
    with source:
        try:
            with av.open(str(partial), "w", format="mp4") as copy:
                _set_chapters(copy, found, av.__version__)
                streams = {one.index: copy.add_stream_from_template(one) for one in source.streams}
                for packet in source.demux():
                    if packet.dts is not None:
                        packet.stream = streams[packet.stream.index]
                        copy.mux(packet)
            partial.replace(output)
        except (av.FFmpegError, OSError) as error:
            remove(partial)
            raise write_error(output, error) from None
        except BaseException:
            remove(partial)
            raise
    return len(found)


def _set_chapters(copy: Any, found: list[tuple[str, Fraction, Fraction]], version: str) -> None:
    """Set the chapters of a container. Raises UnwritableError if PyAV is too old for it."""
    if not hasattr(copy, "set_chapters"):
        raise UnwritableError(
            f"PyAV {version} cannot write chapters", "install a newer one: pip install 'av>=16'"
        )
    copy.set_chapters(
        [
            {
                "id": number,
                "start": round(start * 1000),
                "end": round(end * 1000),
                "time_base": _MILLISECONDS,
                "metadata": {"title": title},
            }
            for number, (title, start, end) in enumerate(found)
        ]
    )
