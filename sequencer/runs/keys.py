"""Compute the key of a run: the digest of everything that determines its result."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from sequencer.schedule.document import canonical, digest
from sequencer.schedule.model import Schedule

EPOCH = 1
"""Incremented when equal inputs begin to give other results, so that older runs are not used.

The version of the package is not part of a key: an upgrade would discard every run.
"""
KEY = re.compile(r"[0-9a-f]{64}")
MIN_PREFIX = 4
"""The fewest characters of a key that identify a run on a command line."""


def inputs_of(
    schedule: Schedule, stage: Mapping[str, Any], video: Mapping[str, Any] | None, take: int
) -> dict[str, Any]:
    """Return what determines the result of a run, as JSON values.

    Args:
        schedule: The schedule. Its digest includes its seeds and the content of its images.
        stage: The stage, its model with the revision, and its renderer.
        video: What changes the video; None without one. Titles and positions are written on
            frames, so they belong here, and not in the schedule's digest.
        take: Which of several runs of the same inputs it is, from 0.
    """
    return {
        "schedule": digest(schedule),
        "stage": dict(stage),
        "video": None if video is None else {**video, "labels": _labels(schedule)},
        "take": take,
        "epoch": EPOCH,
    }


def key_of(inputs: Mapping[str, Any]) -> str:
    """Return the key: the SHA-256 (hexadecimal) of canonical JSON."""
    return hashlib.sha256(canonical(inputs).encode()).hexdigest()


def _labels(schedule: Schedule) -> str:
    """Return the digest of the texts of a schedule that appear on frames."""
    texts = [
        schedule.title,
        [
            [one.section, one.occurrence, [entry.place for entry in one.entries]]
            for one in schedule.stretches
        ],
    ]
    return hashlib.sha256(canonical(texts).encode()).hexdigest()
