"""Workflows of Daydream Scope with a timeline."""

from __future__ import annotations

import json
from typing import Any

from sequencer.reports.interchange.exported import Exported, ExportOptions
from sequencer.reports.interchange.film import Film
from sequencer.schedule.describe import decimal

KIND = "scope"
ENDING = ".json"


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the workflow. Its pipeline is a placeholder, to be replaced in Scope."""
    entries: list[dict[str, Any]] = [
        {
            "start_time": float(decimal(film.seconds(cue.chunk), 6)),
            "end_time": float(decimal(film.seconds(end), 6)),
            "prompts": [{"text": cue.prompt, "weight": 100}],
            "transition_steps": 0,
            "temporal_interpolation_method": "linear",
        }
        for cue, end in film.shots()
        if end > cue.chunk
    ]
    workflow = {
        "format": "scope-workflow",
        "format_version": "1.0",
        "metadata": {"name": film.title, "created_at": "", "scope_version": ""},
        "pipelines": [
            {
                "pipeline_id": "longlive",
                "pipeline_version": "",
                "source": {"type": "builtin"},
                "loras": [],
                "params": {"seed": film.seed},
                "role": "main",
            }
        ],
        "timeline": {"entries": entries},
        "prompts": [],
        "interpolation_method": "linear",
        "transition_steps": 0,
        "temporal_interpolation_method": "linear",
        "min_scope_version": None,
        "graph": None,
    }
    seeds = any(cue.seed is not None for cue in film.cues)
    return Exported(
        text=json.dumps(workflow, ensure_ascii=False, indent=1) + "\n",
        summary=f"entries: {len(entries)}; its pipeline, longlive, is a placeholder",
        warnings=film.losses() if seeds else film.losses("seeds"),
    )
