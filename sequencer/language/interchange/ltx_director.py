"""Timelines of LTX Director, a node of ComfyUI (WhatDreamsCost-ComfyUI, js/ltx_director.js)."""

from __future__ import annotations

from fractions import Fraction

from sequencer.language.interchange.draft import ScoreDraft, Words, clean_text
from sequencer.language.interchange.frames import frame_position, read_frame, read_rate
from sequencer.language.interchange.imported import MAX_ENTRIES, Imported, ImportOptions
from sequencer.language.interchange.json_input import Value, parse_json
from sequencer.language.interchange.recognition import keys_of
from sequencer.language.score import Variable
from sequencer.language.values.writing import render_string

KIND = "ltx-director"
DEFAULT_FPS = Fraction(24)
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")


def recognise(data: bytes) -> bool:
    """Return whether this has a timeline with segments."""
    timeline = keys_of(data).get("timeline")
    return isinstance(timeline, dict) and isinstance(timeline.get("segments"), list)


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of a timeline. Raises UnreadableError."""
    document = parse_json(data)
    settings, timeline = document.get("settings"), document.get("timeline")
    rate = Value(None) if settings.is_missing else settings.get("frame_rate")
    fps = options.fps or read_rate(rate, DEFAULT_FPS)
    draft = ScoreDraft(options)
    common = document.get("global_prompt")
    words: Variable | None = None
    if not common.is_missing and clean_text(common.text("the global prompt")):
        words = draft.let("global", common.text())
    again = document.get("retake_global_prompt")
    if not again.is_missing and again.text("the global prompt of retakes").strip():
        draft.drop("prompts of retakes", f"retake_global_prompt {again.text()}")
    _drop_others(draft, timeline)
    segments = sorted(
        (
            (read_frame(one.get("start"), fps, "the start"), one)
            for one in timeline.get("segments").items(MAX_ENTRIES, "segments")
        ),
        key=lambda item: item[0],
    )
    end = Fraction(1)
    for start, segment in segments:
        length = segment.get("length")
        end = max(
            end,
            start + (2 * fps if length.is_missing else read_frame(length, fps, "the length")),
        )
        _add(draft, segment, words, options, start=start, fps=fps)
    last = max((start for start, _ in segments), default=Fraction(0))
    return draft.finish(KIND, frame_position(max(end, last + 1), fps)[0])


def _add(
    draft: ScoreDraft,
    segment: Value,
    common: Variable | None,
    options: ImportOptions,
    *,
    start: Fraction,
    fps: Fraction,
) -> None:
    position, at = frame_position(start, fps)
    actions: list[str] = []
    image = segment.get("imageFile")
    if not image.is_missing and (path := image.text("the image").strip()):
        if _is_image(path) and options.has_file(path):
            actions.append(f"image {render_string(path)}")
        else:
            draft.drop("images", f"the image {path}")
    prompt = segment.get("prompt")
    text = "" if prompt.is_missing else clean_text(prompt.text("the prompt"))
    if text or (common is not None and not actions):
        words: Words = text if common is None else (common, f" {text}" if text else "")
        draft.tally.keep()
        draft.prompt(position, words, *actions, at=at, pointer=prompt.pointer)
    elif actions:
        draft.tally.keep()
        draft.cue(position, *actions)
    else:
        draft.drop("empty segments", "a segment without a prompt")


def _is_image(path: str) -> bool:
    return path.isprintable() and path.lower().endswith(IMAGE_ENDINGS)


def _drop_others(draft: ScoreDraft, timeline: Value) -> None:
    for name, what in (("motionSegments", "motion segments"), ("audioSegments", "audio segments")):
        if not timeline.has(name):
            continue
        for one in timeline.get(name).items(MAX_ENTRIES, what):
            file = next(
                (
                    content
                    for key in ("audioFile", "file", "fileName", "prompt")
                    if isinstance(content := one.get(key).content, str) and content
                ),
                "",
            )
            draft.drop(what, f"{what[:-1]} {file}".strip())
