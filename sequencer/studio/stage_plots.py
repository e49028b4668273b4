"""Timelines of scores for several stages as JSON: what each stage shows, and which cues it has.

`docs/studio-protocol.md` describes the format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sequencer.engine.conductor.machine import Conductor
from sequencer.media.score_sounds import ScoreSound
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.overview import overview, stages_of_cues
from sequencer.studio.plots import finished_plot, progress_plot, schedule_plot
from sequencer.studio.protocol import Line
from sequencer.studio.stage_lines import StageLines

VALUES = ("takes", "images", "strengths", "sr")
"""What is drawn once if it is the same on all stages, and for each stage otherwise."""


def ensemble_plot(ensemble: EnsembleSchedule, sound: ScoreSound | None = None) -> dict[str, Any]:
    """Return the timeline of a score for several stages, as it is planned, as JSON.

    Args:
        ensemble: The schedules of the stages.
        sound: Its sound, if it is drawn.
    """
    whole = schedule_plot(overview(ensemble), sound=sound)
    stages = stages_of_cues(ensemble)
    for flag in whole["flags"]:
        names = stages[flag["n"]]
        if len(names) < len(ensemble.parts):
            flag["stages"] = list(names)
    return with_stages(whole, {name: schedule_plot(part) for name, part in ensemble.parts})


def run_plot(
    conductors: Mapping[str, Conductor],
    reference: str,
    lines: StageLines,
    *,
    thumbnails: Mapping[str, str] | None = None,
    sound: ScoreSound | None = None,
    is_over: bool,
) -> dict[str, Any]:
    """Return the timeline of a run on several stages as JSON.

    Args:
        conductors: The conductor of each stage.
        reference: The stage whose sections, bars and messages are drawn.
        lines: The deliveries of all stages, which give the cues their numbers.
        thumbnails: Small images as `data:` URLs, by the digests of the images.
        sound: The sound of the score, if it is drawn.
        is_over: Whether the run is over. Otherwise what it plans is drawn too.
    """
    make = finished_plot if is_over else progress_plot
    parts = {name: make(one, thumbnails) for name, one in conductors.items()}
    whole = make(conductors[reference], thumbnails, sound)
    whole["end"] = max(part["end"] for part in parts.values())
    known: dict[int, Line] = {line["n"]: line for line in lines.lines()}
    flags: dict[int, dict[str, Any]] = {}
    for name, part in parts.items():
        for flag in part["flags"]:
            number = lines.number_of(name, flag["n"])
            if number is None or number in flags:
                continue
            stages = known[number].get("stages")
            flags[number] = {**flag, "n": number, **({} if stages is None else {"stages": stages})}
    whole["flags"] = sorted(flags.values(), key=lambda one: (one["chunk"], one["n"]))
    return with_stages(whole, parts)


def with_stages(whole: dict[str, Any], parts: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a timeline with what each stage shows in place of what the whole one shows.

    Args:
        whole: The timeline with the sections and the cues of all stages.
        parts: The timeline of each stage.
    """
    first, *others = parts.values()
    common = {key for key in VALUES if all(other[key] == first[key] for other in others)}
    thumbnails: dict[str, str] = {}
    for part in parts.values():
        thumbnails |= part["thumbnails"]
    return {
        **whole,
        **{key: first[key] if key in common else [] for key in VALUES},
        "prompts": [],
        "thumbnails": thumbnails,
        "stages": [
            {
                "name": name,
                "prompts": part["prompts"],
                **{key: [] if key in common else part[key] for key in VALUES},
            }
            for name, part in parts.items()
        ],
    }
