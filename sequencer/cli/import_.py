"""Make a score from a file of another program.

The format is recognised by the file's content: a MIDI file, a prompt list, a timeline, markers,
labels or subtitles. What a score cannot hold becomes a comment, and is counted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("file", metavar="FILE|LINK", help="the file, or a film-director link")
    parser.add_argument(
        "--as",
        dest="kind",
        metavar="KIND",
        help="the file's format, such as midi; recognised by its content if omitted",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the score to write (.score or .yaml); if omitted, the text is printed",
    )
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help=(
            "the encoding of names and texts, such as utf-8, shift_jis, gbk, big5, "
            "euc_kr; guessed for MIDI files if omitted, otherwise UTF-8"
        ),
    )
    parser.add_argument("--bpm", metavar="N", help="the tempo, if the file does not contain it")
    parser.add_argument(
        "--meter", metavar="N/N", help="the meter, such as 3/4, if the file does not contain it"
    )
    parser.add_argument(
        "--fps", metavar="N", help="the frame rate, if the file counts frames and does not name it"
    )
    parser.add_argument(
        "--start-tc",
        metavar="TC",
        help="EDL: the time code at the beginning (01:00:00:00)",
    )
    parser.add_argument(
        "--id", dest="video_id", metavar="ID", help="Helios CSV: read only this video"
    )
    parser.add_argument("--track", metavar="NAME", help="read only this track")
    parser.add_argument(
        "--interpolate-time",
        type=int,
        metavar="N",
        help="Helios CSV: how many chunks each prompt lasts (7)",
    )
    parser.add_argument(
        "--words-as",
        choices=("marks", "prompts"),
        default="marks",
        help="what the words of a song or of subtitles become (%(default)s)",
    )
    parser.add_argument(
        "--template", metavar="TEXT", help="the prompt into which words are inserted, with {line}"
    )
    parser.add_argument(
        "--notes-are-prompts", action="store_true", help="EDL: the markers' notes are prompts"
    )
    parser.add_argument(
        "--locators",
        choices=("marks", "sections"),
        default="marks",
        help="what the locators of a Live set become (%(default)s)",
    )
    parser.add_argument(
        "--blend",
        choices=("largest", "join"),
        default="largest",
        help="of several texts with weights, keep the largest, or join all (%(default)s)",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="LongLive: the YAML file with the switches (default: that of the same name)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")


def run(args: argparse.Namespace) -> int:
    """Import one file."""
    from sequencer.api.files import write_text
    from sequencer.api.importing import check_options, import_file, parse_meter
    from sequencer.api.options import parse_amount
    from sequencer.api.reporting import ScoreWriter
    from sequencer.language.interchange.imported import ImportOptions

    output: Path | None = args.output
    writer = ScoreWriter(output, "import", args.force)
    options = ImportOptions(
        encoding=args.encoding,
        bpm=None if args.bpm is None else parse_amount(args.bpm),
        meter=parse_meter(args.meter),
        fps=None if args.fps is None else parse_amount(args.fps),
        start_tc=args.start_tc,
        video_id=args.video_id,
        track=args.track,
        interpolate_time=args.interpolate_time,
        words=args.words_as,
        template=args.template,
        notes_are_prompts=args.notes_are_prompts,
        locators=args.locators,
        blend=args.blend,
    )
    check_options(args.kind, options)
    imported = import_file(args.file, args.kind, options, config=args.config, output=output)
    text = writer.text(imported.score)
    if output is None:
        print(text, end="")
    else:
        write_text(output, text)
        print(f"{output}: {imported.summary}")
    for note in imported.notes:
        print(f"{args.file}: {note}", file=sys.stderr)
    if output is None and not imported.is_song:
        print(f"{args.file}: {imported.summary}", file=sys.stderr)
    return 0
