"""What follows from the model that a score is written for: its grid, and what it cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequencer.core.diagnostics import Diagnostics
from sequencer.language.score import GridLine, Header
from sequencer.models.catalog import find_spec
from sequencer.schedule.model import (
    CutAct,
    Entry,
    ImageAct,
    PickAct,
    PromptAct,
    RuleEntry,
    Schedule,
    ShuffleAct,
    StrengthAct,
    SuperResolutionAct,
)

if TYPE_CHECKING:
    from sequencer.models.spec import ModelSpec


def grid_of(header: Header) -> GridLine:
    """Return the grid of a score: its own, or else that of its model."""
    if header.grid is not None:
        return header.grid
    if header.model is None:
        return GridLine()
    grid = find_spec(header.model).grid
    return GridLine(grid.frames, grid.fps, None if grid.first == grid.frames else grid.first)


def check_model(schedule: Schedule, header: Header, faults: Diagnostics) -> None:
    """Report what the model of a score cannot do. A score that names none is for any model."""
    if header.model is None:
        return
    spec = find_spec(header.model)
    _check_values(spec, header, faults)
    opening = {take.start for take in schedule.takes}
    for stretch in schedule.stretches:
        for entry in stretch.entries:
            _check_acts(spec, entry, faults, is_later=entry.chunk not in opening)
        for rule in stretch.rules:
            is_cut = any(isinstance(act, CutAct) for act in rule.acts)
            _check_acts(spec, rule, faults, is_later=not is_cut)
    _check_takes(spec, schedule, faults)


def _check_values(spec: ModelSpec, header: Header, faults: Diagnostics) -> None:
    if header.sr is not None and spec.sr is None:
        span = dict(header.spans)["sr"]
        message = f"{spec.title} has no super-resolution: it is not sent"
        faults.warn("W801", message, span, hint="remove this line")


def _check_acts(
    spec: ModelSpec, entry: Entry | RuleEntry, faults: Diagnostics, *, is_later: bool
) -> None:
    for act in entry.acts:
        match act:
            case ImageAct() if spec.image is None:
                message = f"{spec.title} shows no images"
                faults.error("E801", message, entry.origin, hint="remove the image")
            case ImageAct() if spec.image is not None and spec.image.when == "start" and is_later:
                faults.error(
                    "E801",
                    f"{spec.title} takes an image only at the start of a take",
                    entry.origin,
                    hint="add `cut` to this cue, which begins another take, or remove the image",
                )
            case StrengthAct() if spec.strength is None:
                message = f"{spec.title} has no image strength: it is not sent"
                faults.warn("W801", message, entry.origin, hint="remove the strength")
            case SuperResolutionAct() if spec.sr is None:
                message = f"{spec.title} has no super-resolution: it is not sent"
                faults.warn("W801", message, entry.origin, hint="remove the sr")
            case PromptAct() | PickAct() | ShuffleAct():
                texts = (act.text,) if isinstance(act, PromptAct) else act.texts
                _check_prompt(spec, texts, entry, faults)
            case _:
                pass


def _check_prompt(
    spec: ModelSpec, texts: tuple[str, ...], entry: Entry | RuleEntry, faults: Diagnostics
) -> None:
    most = spec.limits.prompt
    longest = max(map(len, texts), default=0)
    if most is not None and longest > most:
        faults.warn(
            "W801",
            f"this prompt has {longest} characters; {spec.title} takes {most}",
            entry.origin,
            hint="shorten it",
        )


def _check_takes(spec: ModelSpec, schedule: Schedule, faults: Diagnostics) -> None:
    """Report takes without an image that the model requires, and takes that are too long."""
    by_id = {entry.id: entry for entry in schedule.entries}
    starts = [take.start for take in schedule.takes]
    for index, take in enumerate(schedule.takes):
        end = starts[index + 1] if index + 1 < len(starts) else schedule.end
        first = next((one for one in take.bundles if one.chunk == take.start), None)
        entries = [] if first is None else [by_id[number] for number in first.entries]
        origin = entries[-1].origin if entries else None
        if origin is None:
            continue
        needs_image = spec.image is not None and spec.image.required
        if needs_image and take.opening.image is None and (first is None or first.image is None):
            faults.error(
                "E801",
                f"{spec.title} does not start without an image",
                origin,
                hint='add one to this cue: image "harbour.png"',
            )
        most = spec.limits.chunks
        if most is not None and end - take.start > most:
            what = {"ends": "ends", "restarts": "begins anew"}[spec.limits.after]
            faults.warn(
                "W801",
                f"this take has {end - take.start} chunks; {spec.title} {what} after {most}",
                origin,
                hint=f"add a cut within {most} chunks",
            )
