"""Make a score of a MIDI file: its tempo map, its meters, and its markers as sections and marks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

MAX_MIDI_FILE_BYTES = 32 * 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("song", metavar="SONG", type=Path, help="a Standard MIDI File (.mid), format 0 or 1")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the score to write (.score or .yaml); without it, print the text"
    )
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help="how the song's names and markers are encoded, such as utf-8, shift_jis, gbk, big5, euc_kr; guessed without it",
    )
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def run(args: argparse.Namespace) -> int:
    """Import one MIDI file."""
    from sequencer.cli.inputs import refuse_overwrite, write_text
    from sequencer.cli.output_formats import format_of
    from sequencer.core.errors import UsageError
    from sequencer.language.loader import NOTATION_BY_SUFFIX, Notation
    from sequencer.language.midi_import import score_from_midi
    from sequencer.language.notations import print_score
    from sequencer.midi.standard_files import read_midi_file
    from sequencer.midi.text_encoding import encoding_named

    output: Path | None = args.output
    notation = Notation.TEXT
    if output is not None:
        notation = format_of(output, "import", NOTATION_BY_SUFFIX, Notation.TEXT)
        refuse_overwrite(output, args.force)
    if args.encoding is not None and encoding_named(args.encoding) is None:
        hint = "write, for example: --encoding shift_jis; also utf-8, gbk, big5, euc_kr, cp1252"
        raise UsageError(f"{args.encoding!r} is not a text encoding", hint)
    song = read_midi_file(_bytes(args.song), args.encoding)
    text = print_score(score_from_midi(song, args.song.stem), notation)
    if output is None:
        print(text, end="")
    else:
        write_text(output, text)
        seconds, tempi = float(song.tempo.seconds_at(song.quarters)), len(song.tempos)
        print(f"{output}: {seconds:.1f} s of music, tempi: {tempi}, markers: {len(song.markers)}")
    for note in (*song.notes, *song.text_notes):
        print(f"{args.song}: {note}", file=sys.stderr)
    return 0


def _bytes(path: Path) -> bytes:
    from sequencer.core.errors import InputError

    try:
        with path.open("rb") as file:
            data = file.read(MAX_MIDI_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}", "give a MIDI file that exists") from error
    if len(data) > MAX_MIDI_FILE_BYTES:
        raise InputError(f"{path} is larger than {MAX_MIDI_FILE_BYTES} bytes", "is it the right file?")
    return data
