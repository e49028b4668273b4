"""Documents of Parseq (rewbs/sd-parseq, src/ParseqUI.d.ts)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from sequencer.language.interchange.draft import ScoreDraft, Words, clean_text, nearest_beat
from sequencer.language.interchange.frames import frame_position, read_frame, read_rate
from sequencer.language.interchange.imported import (
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    UnreadableError,
)
from sequencer.language.interchange.json_input import Value, parse_json
from sequencer.language.interchange.recognition import keys_of
from sequencer.language.score import AtOffset, Position, Unit, Variable
from sequencer.language.values.amounts import MAX_AMOUNT
from sequencer.language.values.writing import render_number

KIND = "parseq"
DEFAULT_FPS = Fraction(20)
DEFAULT_BPM = Fraction(140)

_EXPRESSION = re.compile(r"\$\{[^}]*\}?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prompt:
    start: Fraction
    text: str
    pointer: str
    negative: str = ""
    overlaps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    """A text that every prompt has before it or after it."""

    words: Variable
    is_after: bool


def recognise(data: bytes) -> bool:
    """Return whether this has keyframes and a tempo, or rendered frames."""
    keys = keys_of(data)
    options = keys.get("options")
    has_tempo = isinstance(options, dict) and "bpm" in options
    return ("keyframes" in keys and has_tempo) or "rendered_frames" in keys


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of a document. Raises UnreadableError."""
    document = parse_json(data)
    settings = document.get("options")
    rate = Value(None) if settings.is_missing else settings.get("output_fps")
    if rate.is_missing and not settings.is_missing:
        rate = settings.get("input_fps")
    fps = options.fps or read_rate(rate, DEFAULT_FPS)
    in_beats = document.get("keyframeLock").content == "beats" and settings.has("bpm")
    bpm = options.bpm
    if bpm is None and in_beats:
        bpm = read_rate(settings.get("bpm"), DEFAULT_BPM, "the tempo")
    meter = options.meter or "4/4"
    title = ""
    if document.has("meta") and document.get("meta").has("docName"):
        title = document.get("meta").get("docName").text("the name")
    header = [] if bpm is None else [f"clock {render_number(bpm)} bpm, {meter}"]
    draft = ScoreDraft(options, title=title, header=header)
    prompts, common = _prompts(draft, document, fps)
    for prompt in sorted(prompts, key=lambda one: one.start):
        _add(draft, prompt, common, fps=fps, bpm=bpm)
    frames = [prompt.start + 2 * fps for prompt in prompts]
    if document.has("keyframes"):
        frames += [
            read_frame(one.get("frame"), fps)
            for one in document.get("keyframes").items(MAX_ENTRIES, "keyframes")
        ]
        _drop_fields(draft, document)
    return draft.finish(KIND, _position(max(frames, default=fps), fps, bpm))


def _position(frame: Fraction, fps: Fraction, bpm: Fraction | None) -> Position:
    if bpm is None:
        return frame_position(frame, fps)[0]
    beat = nearest_beat(frame / fps * bpm / 60)
    if beat > MAX_AMOUNT:
        raise UnreadableError(f"a frame is later than {MAX_AMOUNT:,} beats")
    return AtOffset(beat, Unit.BEATS)


def _add(
    draft: ScoreDraft,
    prompt: _Prompt,
    common: _Common | None,
    *,
    fps: Fraction,
    bpm: Fraction | None,
) -> None:
    draft.tally.keep()
    if prompt.negative.strip():
        draft.drop("negative prompts", f"negative {prompt.negative}")
    if prompt.overlaps:
        draft.drop("overlaps", "its overlap with other prompts")
    expressions = _EXPRESSION.findall(prompt.text)
    if expressions:
        shown = ", ".join(expressions[:5])
        draft.drop("expressions", f"the value of {shown}", len(expressions))
        draft.tally.note(f"a prompt contains expressions, which are kept as text: {shown}")
    words: Words = prompt.text
    if common is not None:
        words = (
            (f"{prompt.text.strip()} ", common.words)
            if common.is_after
            else (common.words, f" {prompt.text.strip()}")
        )
    draft.prompt(
        _position(prompt.start, fps, bpm), words, at=prompt.start / fps, pointer=prompt.pointer
    )


def _prompts(
    draft: ScoreDraft, document: Value, fps: Fraction
) -> tuple[list[_Prompt], _Common | None]:
    """Return the prompts in one of the forms that a document can have."""
    value = document.get("prompts")
    if isinstance(value.content, list):
        return _prompt_list(draft, value, fps), None
    if value.has("promptList"):
        if value.get("enabled").content is False:
            draft.tally.note("its prompts are disabled in Parseq, and are imported nevertheless")
        return _prompt_list(draft, value.get("promptList"), fps), _common(draft, value)
    if document.has("rendered_frames"):
        return _rendered(document.get("rendered_frames"), fps), None
    if value.has("positive"):
        negative = value.get("negative")
        text = value.get("positive").text("the prompt")
        lost = "" if negative.is_missing else negative.text("the negative prompt")
        return [_Prompt(start=Fraction(0), text=text, pointer=value.pointer, negative=lost)], None
    raise value.error("there are no prompts in it", "write them in Parseq, and export it again")


def _common(draft: ScoreDraft, value: Value) -> _Common | None:
    common = value.get("commonPrompt")
    if common.is_missing or not isinstance(common.content, dict | str):
        return None
    if isinstance(common.content, dict):
        negative, common = common.get("negative"), common.get("positive")
        if not negative.is_missing and negative.text().strip():
            draft.drop("negative prompts", f"negative {negative.text()}")
    if common.is_missing or not clean_text(common.text("the common prompt")):
        return None
    where = value.get("commonPromptPos").content
    if where == "template":
        draft.drop("templates", f"the template {common.text()}")
        return None
    return _Common(words=draft.let("common", common.text()), is_after=where != "prepend")


def _prompt_list(draft: ScoreDraft, value: Value, fps: Fraction) -> list[_Prompt]:
    found = []
    for one in value.items(MAX_ENTRIES, "prompts"):
        text = one.get("positive").text("the prompt")
        if one.get("enabled").content is False:
            draft.drop("disabled prompts", f'"{text}" is disabled')
            continue
        is_everywhere = one.get("allFrames").content is True
        start = one.get("from")
        overlap = one.get("overlap")
        negative = one.get("negative")
        found.append(
            _Prompt(
                start=Fraction(0)
                if is_everywhere or start.is_missing
                else read_frame(start, fps, "the frame"),
                text=text,
                pointer=one.pointer,
                negative="" if negative.is_missing else negative.text("the negative prompt"),
                overlaps=overlap.has("type") and overlap.get("type").content != "none",
            )
        )
    return found


def _rendered(value: Value, fps: Fraction) -> list[_Prompt]:
    """Return a prompt wherever that of the rendered frames changes."""
    if not isinstance(value.content, list):
        raise value.error("the rendered frames must be an array")
    found: list[_Prompt] = []
    previous = None
    for index, content in enumerate(value.content):
        one = Value(content, f"{value.pointer}/{index}")
        text = one.get("deforum_prompt")
        if text.is_missing or text.text("the prompt") == previous:
            continue
        previous = text.text()
        positive, _, negative = previous.partition("--neg")
        frame = read_frame(one.get("frame"), fps)
        found.append(_Prompt(start=frame, text=positive, pointer=one.pointer, negative=negative))
    return found


def _drop_fields(draft: ScoreDraft, document: Value) -> None:
    managed = document.get("managedFields")
    if not isinstance(managed.content, list):
        return
    names = [one.content for one in managed.items(MAX_ENTRIES, "fields")]
    fields = [name for name in names if isinstance(name, str) and name not in ("frame", "info")]
    if fields:
        draft.drop("fields", f"the values of {', '.join(fields)}", len(fields))
