"""Settings of Deforum: prompts by frame (deforum-art/sd-webui-deforum, default_settings.txt)."""

from __future__ import annotations

import re
from fractions import Fraction

from sequencer.language.interchange.draft import ScoreDraft
from sequencer.language.interchange.frames import frame_position, read_frame, read_rate
from sequencer.language.interchange.imported import (
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    UnreadableError,
)
from sequencer.language.interchange.json_input import Value, parse_json
from sequencer.language.interchange.recognition import keys_of

KIND = "deforum"
DEFAULT_FPS = Fraction(15)
MAX_SEED = 2**32 - 1

_KEY = re.compile(r"\s*(?:\d|max_f)[\d\s+*/a-z_-]*\Z", re.ASCII)
_TOKEN = re.compile(r"\s*(?:(\d{1,9})|(max_f)|([-+*/]))", re.ASCII)
_NEGATIVE = re.compile(r"\s*--neg\b\s*")
_SCHEDULE = re.compile(r"\s*\d+\s*:\s*\(")
_SINGLE = re.compile(r'\s*"?\s*0\s*"?\s*:\s*\(([^()]*)\)\s*\Z')


def recognise(data: bytes) -> bool:
    """Return whether this is an object whose prompts have frames as their keys."""
    prompts = keys_of(data).get("prompts")
    return isinstance(prompts, dict) and bool(prompts) and all(map(_KEY.match, prompts))


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of the prompts. Raises UnreadableError."""
    document = parse_json(data)
    fps = options.fps or read_rate(document.get("fps"), DEFAULT_FPS)
    last = document.get("max_frames")
    frames = None if last.is_missing else read_frame(last, fps, "max_frames")
    seed = _seed(document)
    prompts = document.get("prompts")
    draft = ScoreDraft(options, header=[] if seed is None else [f"seed {seed}"])
    if options.fps is None and document.get("fps").is_missing:
        draft.tally.note(f"it does not contain a frame rate, so it is read at {DEFAULT_FPS} fps")
    _drop_settings(draft, document)
    items = [(frame, True, value) for frame, value in _by_frame(prompts, frames, fps)]
    items += [(frame, False, value) for frame, value in _images(document, frames, fps)]
    for frame, is_prompt, value in sorted(items, key=lambda item: (item[0], item[1])):
        text = value.text("the prompt" if is_prompt else "the image")
        position, at = frame_position(frame, fps)
        if not is_prompt:
            draft.drop("images", f"the image {text}")
            continue
        positive, *negative = _NEGATIVE.split(text, maxsplit=1)
        if negative and negative[0].strip():
            draft.drop("negative prompts", f"--neg {negative[0]}")
        draft.tally.keep()
        draft.prompt(position, positive, at=at, pointer=value.pointer)
    latest = max((frame for frame, is_prompt, _ in items if is_prompt), default=Fraction(0))
    end = max(frames or Fraction(0), latest + 2 * fps)
    return draft.finish(KIND, frame_position(end, fps)[0])


def _by_frame(prompts: Value, last: Fraction | None, fps: Fraction) -> list[tuple[Fraction, Value]]:
    keys = prompts.keys()
    if len(keys) > MAX_ENTRIES:
        raise prompts.error(f"there are more than {MAX_ENTRIES:,} entries", "split the file")
    found = []
    for key in keys:
        value = prompts.get(key)
        frame = evaluate_frame(key, last)
        if isinstance(frame, str):
            raise value.error(frame, "write a whole number, or max_f with + - * / and numbers")
        read_frame(Value(frame, value.pointer), fps)
        value.text("the prompt")
        found.append((frame, value))
    return found


def evaluate_frame(text: str, last: Fraction | None) -> Fraction | str:
    """Return the frame that a key names, or what is wrong with the key.

    A key is a whole number or an expression such as `max_f/4-5`, where `max_f` is the last frame.
    """
    terms: list[Fraction] = []
    operator, position, expects_value = "+", 0, True
    if len(text) > 200:
        return "this frame is too long"
    while text[position:].strip():
        token = _TOKEN.match(text, position)
        if token is None or expects_value == (token[3] is not None):
            return "this is not a frame"
        position = token.end()
        if token[3] is not None:
            operator, expects_value = token[3], True
            continue
        expects_value = False
        if token[2] is not None and last is None:
            return "max_f is not known, because max_frames is missing"
        value = Fraction(int(token[1])) if token[1] is not None else last or Fraction(0)
        if operator == "/" and value == 0:
            return "this divides by zero"
        match operator:
            case "+":
                terms.append(value)
            case "-":
                terms.append(-value)
            case "*":
                terms[-1] *= value
            case _:
                terms[-1] /= value
    if expects_value:
        return "this is not a frame"
    total = sum(terms, Fraction(0))
    return Fraction(total.numerator // total.denominator)


def _images(document: Value, last: Fraction | None, fps: Fraction) -> list[tuple[Fraction, Value]]:
    """Return the images by frame. They are a JSON text inside of the JSON file."""
    value = document.get("init_images")
    if value.is_missing or not isinstance(value.content, str) or not value.content.strip():
        return []
    if document.has("use_init") and document.get("use_init").content is False:
        return []
    try:
        inner = parse_json(value.content.encode("utf-8", "replace"))
        return _by_frame(Value(inner.content, value.pointer), last, fps)
    except UnreadableError as error:
        raise value.error(f"the images cannot be read: {error.message}", error.hint) from None


def _seed(document: Value) -> int | None:
    seed = document.get("seed")
    if seed.is_missing:
        return None
    number = seed.number("the seed")
    if number.denominator != 1 or number > MAX_SEED:
        raise seed.error(f"the seed must be a whole number up to {MAX_SEED}")
    return int(number) if number >= 0 else None  # -1 is a random one


def _drop_settings(draft: ScoreDraft, document: Value) -> None:
    """Count the schedules that change something, and the soundtrack."""
    names = document.keys()
    for name in names:
        value = document.get(name).content
        if not isinstance(value, str) or not value.strip():
            continue
        if name == "soundtrack_path" and value != "None":
            draft.drop("soundtracks", f"soundtrack {value}")
        elif _SCHEDULE.match(value) and not _SINGLE.match(value):
            draft.drop("schedules", f"{name} {value}")
    if document.has("seed") and document.get("seed").content == -1:
        draft.drop("random seeds", "a random seed")
