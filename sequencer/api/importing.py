"""Make scores from the files of other programs. The command `import` uses the same functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sequencer.api.files import write_text
from sequencer.api.options import Arguments, python_names
from sequencer.api.reporting import ScoreWriter, check_encoding
from sequencer.api.sources import wrong_type
from sequencer.core.errors import InputError, UsageError
from sequencer.core.paths import exists, is_file, is_folder
from sequencer.core.timebase import Meter

if TYPE_CHECKING:
    from sequencer.language.interchange.imported import ImportOptions
    from sequencer.language.score import Score

MAX_MIDI_FILE_BYTES = 32 * 1024 * 1024
"""The largest MIDI file that is imported, in bytes."""
MAX_BPM = 1_000
MAX_FPS = 1_000
MAX_INTERPOLATE_TIME = 10_000
MAX_FOLDER_FILES = 20_000
MAX_SIDE_BYTES = 1024 * 1024
"""The largest file that belongs to another one, in bytes."""
MAX_FOLDER_BYTES = 8 * 1024 * 1024
MIDI = "midi"
_MIDI_ENDINGS = (".mid", ".midi", ".kar", ".smf")
_PROMPT_LISTS = (".jsonl", ".json", ".txt")
_CONFIG_ENDINGS = (".yaml", ".yml")
_METER = re.compile(r"(\d{1,2})/(1|2|4|8|16|32|64)\Z", re.ASCII)


def kinds() -> tuple[str, ...]:
    """Return the names of the formats that can be imported."""
    from sequencer.language.interchange import readers

    return (MIDI, *(one.KIND for one in readers()))


def check_options(kind: str | None, options: ImportOptions) -> None:
    """Check the options of an import that do not depend on the file. Raises UsageError."""
    check_encoding(options.encoding)
    if kind is not None and kind not in kinds():
        raise UsageError(
            f"--as {kind}: no such format is read", f"the formats are {', '.join(kinds())}"
        )
    for name, value, most in (("bpm", options.bpm, MAX_BPM), ("fps", options.fps, MAX_FPS)):
        if value is not None and not 1 <= value <= most:
            raise UsageError(f"--{name} {value} is not from 1 to {most}")
    time = options.interpolate_time
    if time is not None and not 1 <= time <= MAX_INTERPOLATE_TIME:
        raise UsageError(
            f"--interpolate-time {time} is not from 1 to {MAX_INTERPOLATE_TIME:,} chunks"
        )
    if options.template is not None and "{line}" not in options.template:
        raise UsageError(
            "--template has no {line}, where the words are inserted",
            'write for example: --template "A paper boat. {line}"',
        )


def parse_meter(text: str | None) -> Meter | None:
    """Parse a meter such as `4/4`. Raises UsageError."""
    if text is None:
        return None
    found = _METER.match(text)
    if found is None or not 1 <= int(found[1]) <= 64:
        raise UsageError(f"--meter {text} is not a meter", "write for example: --meter 4/4")
    return Meter(int(found[1]), int(found[2]))


def import_(
    file: str | Path,
    *,
    output: str | Path | None = None,
    kind: str | None = None,
    encoding: str | None = None,
    bpm: float | Fraction | str | None = None,
    meter: str | None = None,
    fps: float | Fraction | str | None = None,
    start_tc: str | None = None,
    video_id: str | None = None,
    track: str | None = None,
    interpolate_time: int | None = None,
    words_as: Literal["marks", "prompts"] = "marks",
    template: str | None = None,
    notes_are_prompts: bool = False,
    locators: Literal["marks", "sections"] = "marks",
    blend: Literal["largest", "join"] = "largest",
    config: str | Path | None = None,
    force: bool = False,
    warn: Callable[[str], object] | None = None,
) -> Score:
    """Make a score from a file of another program.

    The format is recognised by the file's content. What a score cannot hold becomes a comment at
    its position, and is counted.

    The underscore keeps the name apart from Python's keyword.

    >>> import sequencer
    >>> sequencer.import_("ferry.mid").header.clock.meter
    Meter(numerator=4, denominator=4)

    Args:
        file: The file, or a link of film-director.
        output: A file to write the score to: `.score` or `.yaml`.
        kind: The format, such as `midi`. Default: recognised.
        encoding: How texts are encoded, such as `shift_jis`. Default: UTF-8; guessed for MIDI.
        bpm: The tempo, for formats that do not contain it.
        meter: The meter, such as `3/4`, for formats that do not contain it.
        fps: The frame rate, for formats that count frames and do not contain it.
        start_tc: The time code at the beginning of an EDL. Default: `01:00:00:00`.
        video_id: Which `id` of a Helios CSV is read. Default: all, one take each.
        track: Which track of a file with several is read.
        interpolate_time: How many chunks each prompt of a Helios CSV lasts. Default: 7.
        words_as: Whether the words of a song or of subtitles become marks or prompts.
        template: The prompt into which words are inserted, with `{line}`.
        notes_are_prompts: Whether the notes of an EDL's markers are prompts.
        locators: Whether the locators of a Live set become marks or sections.
        blend: What becomes of several texts with weights: the largest is kept, or all are joined.
        config: The YAML file that belongs to LongLive's prompts. Default: the file of the same name
            that ends in `.yaml`.
        force: Overwrite the file if it exists.
        warn: Called with what was guessed, rounded or lost in reading it.

    Returns:
        The score.

    Raises:
        TypeError: An argument has another type.
        UsageError: The output exists, its ending names no notation, or an option is not valid.
        InputError: The file cannot be read, or its format is unknown.
        OutputError: The output cannot be written.
    """
    from sequencer.language.interchange.imported import ImportOptions

    arguments = Arguments("import_")
    arguments.flags(force=force, notes_are_prompts=notes_are_prompts)
    arguments.texts(
        kind=kind,
        encoding=encoding,
        meter=meter,
        start_tc=start_tc,
        video_id=video_id,
        track=track,
        template=template,
    )
    arguments.functions(warn=warn)
    if not isinstance(file, str | Path):
        raise wrong_type("import_", "the path (str or Path) of a file", file)
    with python_names():
        chosen: Mapping[str, Any] = {
            name: arguments.choice(name, value, choices)
            for name, value, choices in (
                ("words", words_as, ("marks", "prompts")),
                ("locators", locators, ("marks", "sections")),
                ("blend", blend, ("largest", "join")),
            )
        }
        options = ImportOptions(
            encoding=encoding,
            bpm=arguments.amount("bpm", bpm),
            meter=parse_meter(meter),
            fps=arguments.amount("fps", fps),
            start_tc=start_tc,
            video_id=video_id,
            track=track,
            interpolate_time=arguments.integer("interpolate_time", interpolate_time),
            template=template,
            notes_are_prompts=notes_are_prompts,
            **chosen,
        )
        path, config_file = arguments.path("output", output), arguments.path("config", config)
        writer = ScoreWriter(path, "import", force)
        check_options(kind, options)
        imported = import_file(file, kind, options, config=config_file, output=path)
        if path is not None:
            write_text(path, writer.text(imported.score))
    if warn is not None:
        for note in imported.notes:
            warn(f"{file}: {note}")
        if not imported.is_song:
            warn(f"{file}: {imported.summary}")
    return imported.score


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """The bytes of what is imported, its name for messages, and files that belong to it."""

    data: bytes
    name: str
    title: str
    companions: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedScore:
    """The score of a file, what the command reports, and notes on how it was read.

    `is_song` is true for a MIDI file, whose summary describes the music.
    """

    score: Score
    summary: str
    notes: tuple[str, ...]
    is_song: bool = False


def import_file(
    file: str | Path,
    kind: str | None,
    options: ImportOptions,
    *,
    config: Path | None,
    output: Path | None,
) -> ImportedScore:
    """Read a file of another program and make a score of it.

    Args:
        file: The file, a folder of LongLive's captions, or a link of film-director.
        kind: The format, or None if its content decides.
        options: The options, checked.
        config: The file that belongs to it, or None.
        output: Where the score is written; images are looked for from its folder.

    Raises:
        InputError: It cannot be read, or its format is unknown.
        MidiFileError: It is not a MIDI file that can be read.
    """
    from sequencer.language.interchange import find_reader, recognise
    from sequencer.language.interchange.imported import UnreadableError

    content = _content(file, kind, config)
    if kind == MIDI or (kind is None and _is_midi(content)):
        return _import_song(content, options.encoding)
    reader = recognise(content.data) if kind is None else find_reader(kind)
    if reader is None:
        raise _unknown(content)
    folder = (output if output is not None else Path(content.name)).parent
    options = replace(
        options,
        title=content.title,
        companions=content.companions,
        has_file=lambda path: is_file(folder / path),
    )
    try:
        imported = reader.read(content.data, options)
    except UnreadableError as error:
        raise error.in_file(content.name) from None
    return ImportedScore(
        score=_checked(imported.text, content.name, folder),
        summary=imported.summary,
        notes=imported.notes,
    )


def _is_midi(content: _Content) -> bool:
    # The reader of MIDI files explains what is wrong with a file that is called one.
    return content.data.startswith(b"MThd") or content.name.lower().endswith(_MIDI_ENDINGS)


def _import_song(content: _Content, encoding: str | None) -> ImportedScore:
    from sequencer.language.midi_import import score_from_midi
    from sequencer.midi.standard_files import read_midi_file

    song = read_midi_file(content.data, encoding)
    seconds, tempi = float(song.tempo.seconds_at(song.quarters)), len(song.tempos)
    return ImportedScore(
        score=score_from_midi(song, content.title),
        summary=f"{seconds:.1f} s of music, tempi: {tempi}, markers: {len(song.markers)}",
        notes=(*song.notes, *song.text_notes),
        is_song=True,
    )


def _unknown(content: _Content) -> InputError:
    """Return the error for a file that no reader recognises: broken JSON, or an unknown format."""
    from sequencer.language.interchange.imported import UnreadableError
    from sequencer.language.interchange.json_input import looks_like_json, parse_json

    if not content.data.strip():
        return InputError(f"{content.name} is empty", "is it the right file?")
    if looks_like_json(content.data):
        try:
            parse_json(content.data)
        except UnreadableError as error:
            return error.in_file(content.name)
    return InputError(
        f"{content.name}: its format is not recognised",
        f"name it with --as: one of {', '.join(kinds())}",
    )


def _checked(text: str, name: str, folder: Path) -> Score:
    """Return the score of its text. Raises InputError if it is not valid."""
    from sequencer.core.diagnostics import render_all
    from sequencer.language.check import check_text

    checked = check_text(text, "", advice=False, folder=folder)
    if checked.score is not None and checked.schedule is not None:
        return checked.score
    found = render_all(checked.errors[:3], checked.sources).rstrip()
    raise InputError(
        f"{name}: the score made of it is not valid:\n{found}",
        "correct it in the other program, or leave this part out",
    )


def _content(file: str | Path, kind: str | None, config: Path | None) -> _Content:
    """Return the bytes that an argument names. Raises InputError if they cannot be read."""
    path = Path(file)
    if "#s=" in str(file) and not exists(path):
        return _Content(data=str(file).encode("utf-8", "replace"), name="the link", title="film")
    if is_folder(path):
        return _folder_content(path)
    is_midi = kind == MIDI or str(file).lower().endswith(_MIDI_ENDINGS)
    data = _read_bytes(path, MAX_MIDI_FILE_BYTES, "MIDI file" if is_midi else "file")
    found = config
    if found is None and path.suffix.lower() in _PROMPT_LISTS:
        found = next((one for one in map(path.with_suffix, _CONFIG_ENDINGS) if is_file(one)), None)
    companions = {} if found is None else {str(found): _read_bytes(found, MAX_SIDE_BYTES, "file")}
    return _Content(data=data, name=str(path), title=path.stem, companions=companions)


def _folder_content(path: Path) -> _Content:
    """Return the captions of LongLive's second form: the files of a folder."""
    from sequencer.language.interchange.longlive import FOLDER

    try:
        names = sorted(one for one in path.iterdir() if one.suffix in (".json", ".txt"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    if not names:
        raise InputError(
            f"{path} is a folder without .json and .txt files", "name the file to import"
        )
    if len(names) > MAX_FOLDER_FILES:
        raise InputError(f"{path} has more than {MAX_FOLDER_FILES:,} files")
    companions: dict[str, bytes] = {}
    total = 0
    for one in names:
        companions[one.name] = _read_bytes(one, MAX_SIDE_BYTES, "file")
        total += len(companions[one.name])
        if total > MAX_FOLDER_BYTES:
            raise InputError(f"the files in {path} are larger than 8 MiB in all")
    return _Content(data=FOLDER, name=str(path), title=path.name, companions=companions)


def _read_bytes(path: Path, most: int, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}", f"give a {what} that exists"
        ) from error
    except ValueError:
        raise InputError(f"{str(path)!r} cannot be the name of a file") from None
    if len(data) > most:
        raise InputError(f"{path} is larger than {most} bytes", "is it the right file?")
    return data
