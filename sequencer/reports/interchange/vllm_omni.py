"""Prompt updates for the streaming client of vLLM-Omni."""

from __future__ import annotations

import json
from typing import Any

from sequencer.reports.interchange.exported import Exported, ExportOptions
from sequencer.reports.interchange.film import Film
from sequencer.schedule.describe import decimal

KIND = "vllm-omni"
ENDING = ".json"


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the updates after the first prompt, which the client is started with."""
    first, *later = film.prompts
    updates: list[dict[str, Any]] = [
        {
            "at": float(decimal(film.seconds(cue.chunk), 6)),
            "prompt": cue.prompt,
            "transition_chunks": 1,
        }
        for cue in later
    ]
    warnings = list(film.losses())
    warnings.append(
        "the times count from video.start; an update is queued, and takes effect with a later chunk"
    )
    return Exported(
        text=json.dumps(updates, ensure_ascii=False, indent=1) + "\n",
        summary=(
            f"updates: {len(updates)}; start the client with the prompt {_quoted(first.prompt)}"
        ),
        warnings=tuple(warnings),
    )


def _quoted(text: str | None) -> str:
    return json.dumps(text or "", ensure_ascii=False)
