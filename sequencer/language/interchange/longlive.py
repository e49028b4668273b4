"""Prompts of LongLive in its two forms.

The first is JSONL, `{"prompts": [...]}`, with a YAML file that has the latent frames of the
switches. The second is a folder of captions, one JSON file for each shot, with the lengths of the
shots in `shot_durations.txt` (NVlabs/LongLive).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from sequencer.language.interchange.draft import ScoreDraft, nearest_time, seconds
from sequencer.language.interchange.imported import (
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    UnreadableError,
)
from sequencer.language.interchange.json_input import Value, parse_json
from sequencer.language.interchange.text_input import begin_text, decode_text
from sequencer.language.score import Duration, Unit

KIND = "longlive"
FOLDER = b"LONGLIVE-FOLDER"
"""The content by which a folder is passed; its files are the companions."""
FPS = 16
"""Frames per second of the first form."""
FRAMES_PER_LATENT = 4
LATENT_PER_SECOND = Fraction(FPS, FRAMES_PER_LATENT)
SHOT_BLOCK = Fraction(8 * FRAMES_PER_LATENT, 24)
"""The length of a block of the second form, in seconds: 8 latent frames at 24 fps."""
DURATIONS = "shot_durations.txt"
MAX_FRAMES = 10_000_000
MAX_BLOCKS = 1_000_000

_SETTING = re.compile(r"([A-Za-z_]+)[ \t]*:[ \t]*([^#\n]*)")
_ITEM = re.compile(r"[ \t]*-[ \t]*(\d+)[ \t]*(?:#.*)?\Z", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}\Z", re.ASCII)
_CONFIG = "name the YAML file with its switches: --config FILE"


def recognise(data: bytes) -> bool:
    """Return whether this is a list of prompts in JSON lines, or a folder."""
    if data == FOLDER:
        return True
    return re.match(r'\s*\{\s*"prompts"\s*:\s*\[\s*(?:"|\])', begin_text(data)) is not None


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of the prompts. Raises UnreadableError."""
    return _read_folder(options) if data == FOLDER else _read_lines(data, options)


# ---- the first form ------------------------------------------------------------------------------


def _read_lines(data: bytes, options: ImportOptions) -> Imported:
    films = _films(decode_text(data))
    switches, total = _switches(options)
    most = max((len(film.prompts) for film in films), default=0)
    if most > 1 and switches is None:
        raise UnreadableError("it does not contain the times of its prompts", _CONFIG)
    starts = [Fraction(0), *(frame / LATENT_PER_SECOND for frame in switches or ())]
    if most > len(starts):
        raise UnreadableError(
            f"it has {most} prompts, but the YAML file has {len(starts) - 1} switches",
            "n prompts need n - 1 switch_frame_indices",
        )
    length = max(Fraction(total or 0) / LATENT_PER_SECOND, starts[max(most - 1, 0)] + Fraction(4))
    draft = ScoreDraft(options)
    for number, film in enumerate(films):
        at = number * length
        if len(films) > 1:
            draft.section(
                f"film-{number + 1}",
                Duration(length, Unit.SECONDS),
                at=at,
                cut="cut" if number else "",
            )
        for start, text in zip(starts, film.prompts, strict=False):
            draft.tally.keep()
            draft.prompt(seconds(start), text, at=at + start, line=film.line)
    return draft.finish(KIND, seconds(length))


@dataclass(frozen=True, slots=True)
class _Film:
    """The prompts of one line of the file."""

    prompts: list[str]
    line: int


def _films(text: str) -> list[_Film]:
    """Return the prompts of each line. Raises UnreadableError."""
    films: list[_Film] = []
    prompts = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            content = parse_json(line.encode("utf-8", "replace"))
            film = [
                one.text("a prompt") for one in content.get("prompts").items(MAX_ENTRIES, "prompts")
            ]
        except UnreadableError as error:
            where = f"{error.message} (at {error.pointer})" if error.pointer else error.message
            column = error.column if error.line else 1
            raise UnreadableError(where, error.hint, line=number, column=column) from None
        prompts += len(film)
        if prompts > MAX_ENTRIES:
            raise UnreadableError(
                f"it has more than {MAX_ENTRIES:,} prompts", "split the file", line=number
            )
        films.append(_Film(film, number))
    return films


def _switches(options: ImportOptions) -> tuple[list[int] | None, int | None]:
    """Return the latent frames of the switches and of the end. Raises UnreadableError."""
    for name, data in options.companions.items():
        found = _read_config(data, name)
        switches = found.get("switch_frame_indices")
        total = found.get("num_output_frames", [])
        if switches is not None:
            if any(two <= one for one, two in zip([0, *switches], switches, strict=False)):
                raise UnreadableError(
                    f"the switch_frame_indices in {name} are not in ascending order",
                    "write for example: switch_frame_indices: [48, 96]",
                )
            return switches, total[0] if total else None
        return None, total[0] if total else None
    return None, None


def _read_config(data: bytes, name: str) -> dict[str, list[int]]:
    """Return the settings of a YAML file that are whole numbers or lists of them.

    The other settings of a model's configuration do not concern the prompts.
    """
    found: dict[str, list[int]] = {}
    wanted = ("switch_frame_indices", "num_output_frames", "chunks_per_shot")
    lines = decode_text(data).split("\n")
    for index, line in enumerate(lines):
        setting = _SETTING.match(line)
        if setting is None or setting[1] not in wanted:
            continue
        if setting[1] in found:
            raise UnreadableError(f"{name}:{index + 1}: {setting[1]} is defined twice")
        value = setting[2].strip()
        if value.startswith("["):
            value = " ".join([value, *lines[index + 1 : index + 1000]]).split("]")[0].lstrip("[")
            words = [word for word in re.split(r"[\s,]+", value) if word]
        elif value:
            words = [value]
        else:
            items = (_ITEM.match(one) for one in lines[index + 1 :])
            words = []
            for item in items:
                if item is None:
                    break
                words.append(item[1])
        if len(words) > MAX_ENTRIES or not all(
            _NUMBER.match(word) and int(word) <= MAX_FRAMES for word in words
        ):
            raise UnreadableError(
                f"{name}:{index + 1}: {setting[1]} must be whole numbers up to {MAX_FRAMES:,}",
                "write for example: switch_frame_indices: [48, 96]",
            )
        found[setting[1]] = [int(word) for word in words]
    return found


# ---- the second form -----------------------------------------------------------------------------


def _read_folder(options: ImportOptions) -> Imported:
    files = options.companions
    names = sorted((name for name in files if name.endswith(".json")), key=_number_of)
    if not names:
        raise UnreadableError(
            "this folder has no .json files", 'each shot is a file: {"caption": "A boat."}'
        )
    captions = [_caption(files[name], name) for name in names]
    lengths = _durations(files, len(captions))
    starts = [0, *accumulate(lengths)]
    if starts[-1] > MAX_BLOCKS:
        raise UnreadableError(f"its shots last more than {MAX_BLOCKS:,} blocks")
    draft = ScoreDraft(options)
    for number, (caption, start) in enumerate(zip(captions, starts, strict=False)):
        at = nearest_time(start * SHOT_BLOCK)
        cut = ["cut"] if number else []
        draft.tally.keep()
        draft.prompt(seconds(at), caption, *cut, at=at, pointer=f"/{names[number]}/caption")
    return draft.finish(KIND, seconds(starts[-1] * SHOT_BLOCK))


def _number_of(name: str) -> tuple[int, str]:
    digits = re.findall(r"\d{1,18}", name, re.ASCII)
    return (int(digits[-1]) if digits else 0, name)


def _caption(data: bytes, name: str) -> str:
    try:
        found: Value = parse_json(data)
        return found.get("caption").text("the caption")
    except UnreadableError as error:
        raise UnreadableError(f"{name}{error.place}: {error.message}", error.hint) from None


def _durations(files: Mapping[str, bytes], count: int) -> list[int]:
    """Return the length of each shot in blocks. Raises UnreadableError."""
    data = files.get(DURATIONS)
    if data is not None:
        words = [word for word in re.split(r"[\s,]+", decode_text(data)) if word]
        if not all(_NUMBER.match(word) and int(word) for word in words):
            raise UnreadableError(
                f"{DURATIONS}: these must be whole numbers of blocks", "write for example: 3, 4, 2"
            )
        if len(words) < count:
            raise UnreadableError(
                f"{DURATIONS} has {len(words)} lengths for {count} shots", "write one for each"
            )
        return [int(word) for word in words[:count]]
    for name, content in files.items():
        if name.endswith((".yaml", ".yml")):
            blocks = _read_config(content, name).get("chunks_per_shot")
            if blocks and blocks[0]:
                return [blocks[0]] * count
    if count == 1:
        return [1]
    raise UnreadableError(
        "it does not contain the lengths of its shots",
        f"write them to {DURATIONS} in blocks of 4/3 seconds, such as 3, 4, 2",
    )
