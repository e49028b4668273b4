"""Draws the faults of a show, the operator's events, and the moves of the external clock."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from sequencer.schedule.model import Schedule
from tests.simulation.scores import GOES, NOTES

_HARMLESS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("fps", ("19.5", "21", "30", "24")),
    ("dialect", ("2026-early",)),
    ("scheduled_prompts", ("list",)),
    ("frames_emitted", ("chunk",)),
    ("generation_started", ("each",)),
    ("reset_keeps", (True,)),
    ("strength", ("live",)),
    ("jitter", ("20ms", "200ms")),
    ("stale_states", (1, 2, 5)),
)

_COMMANDS = (
    "schedule_prompt",
    "set_conditioning",
    "set_sr_scale",
    "set_image_strength",
    "start",
    "reset",
    "set_seed",
)
_MESSAGES = (
    *(
        "chunk_complete",
        "chunk_complete",
        "chunk_complete",
        "state",
        "state",
        "prompt_accepted",
        "image_accepted",
    ),
    *("conditions_ready", "generation_started", "generation_reset", "command_error"),
)
_EARLY = {
    "prompt_accepted": "prompt_scheduled",
    "image_accepted": "image_set",
    "command_error": "error",
}
_FIELDS = {
    "chunk_complete": ("chunk_index", "frames_emitted", "active_prompt"),
    "state": (
        "running",
        "started",
        "current_chunk",
        "current_frame",
        "current_prompt",
        "scheduled_prompts",
    ),
    "prompt_accepted": ("prompt",),
    "prompt_scheduled": ("prompt", "chunk"),
    "conditions_ready": ("has_prompt", "has_image"),
    "generation_started": ("chunk_index", "prompt"),
    "command_error": ("command", "reason"),
    "error": ("message",),
    "image_accepted": ("width",),
    "image_set": ("width",),
}
_WRONG = ("", "soon", "-1", "1000000", "3.7", "null", "0")


def draw_faults(rng: Random, chunks: int, images: list[str]) -> dict[str, Any]:
    faults: dict[str, Any] = {"seed": rng.randrange(1000)}
    for key, values in _HARMLESS:
        if rng.randrange(5) == 0:
            faults[key] = values[rng.randrange(len(values))]
    if rng.randrange(4) == 0:
        slow: dict[str, Any] = {"chunk": rng.randrange(chunks + 1)}
        slow.update({"by": f"{1 + rng.randrange(30)}s"} if rng.randrange(2) else {"factor": "3/2"})
        faults["slow"] = [slow]
    delays = {}
    for key, values in (
        ("connect", ("0s", "2s")),
        ("answer", ("0s", "300ms", "1s")),
        ("jitter", ("300ms",)),
        ("at_chunk", (True,)),
        ("image", ("20ms", "900ms")),
        ("upload", ("0s", "5s")),
        ("shown", ("0s", "700ms")),
        ("shown_jitter", ("100ms",)),
    ):
        if rng.randrange(10) == 0:
            delays[key] = values[rng.randrange(len(values))]
    if delays:
        faults["delays"] = delays
    if rng.randrange(3) == 0:  # a model that only behaves oddly: then every cue must land
        return faults
    faults.update(_harmful(rng, chunks, images, faults.get("dialect") == "2026-early"))
    return faults


def _harmful(rng: Random, chunks: int, images: list[str], early: bool) -> dict[str, Any]:
    faults: dict[str, Any] = {}
    if rng.randrange(2) == 0:
        faults["messages"] = [_mishap(rng, early) for _ in range(1 + rng.randrange(3))]
    if rng.randrange(3) == 0:
        faults["refuse"] = [_refusal(rng, chunks) for _ in range(1 + rng.randrange(2))]
    if rng.randrange(3) == 0:
        faults["drops"] = [_drop(rng, chunks) for _ in range(1 + rng.randrange(2))]
    if rng.randrange(12) == 0:
        faults["end"] = (
            {"chunk": rng.randrange(chunks + 1)}
            if rng.randrange(2)
            else {"at": f"{rng.randrange(60)}s"}
        )
    if images and rng.randrange(6) == 0:
        faults["uploads"] = [{"nth": 1 + rng.randrange(len(images) + 1)}]
    if images and rng.randrange(8) == 0:
        faults["uploads_last"] = f"{1 + rng.randrange(40)}s"
    if rng.randrange(15) == 0:
        faults["unheard"] = ("100ms", "2s")[rng.randrange(2)]
    if rng.randrange(12) == 0:
        faults["warmup"] = 1
    if rng.randrange(10) == 0:
        faults.setdefault("delays", {})["prompt"] = ("200ms", "2s")[rng.randrange(2)]
    return faults


def _mishap(rng: Random, early: bool) -> dict[str, Any]:
    name = _MESSAGES[rng.randrange(len(_MESSAGES))]
    name = _EARLY.get(name, name) if early else name
    many = name in ("chunk_complete", "state", "prompt_accepted", "prompt_scheduled")
    mishap: dict[str, Any] = {"type": name, "nth": 1 + rng.randrange(20 if many else 3)}
    mishap["do"] = ("lose", "repeat", "delay", "swap", "spoil")[rng.randrange(5)]
    if mishap["do"] in ("repeat", "delay"):
        mishap["by"] = ("30ms", "400ms", "1500ms", "4s", "20s")[rng.randrange(5)]
    if mishap["do"] == "spoil":
        fields = _FIELDS.get(name)
        if fields is None:
            mishap["do"] = "lose"
        else:
            mishap["field"] = fields[rng.randrange(len(fields))]
            if rng.randrange(3):
                mishap["value"] = _WRONG[rng.randrange(len(_WRONG))]
    return mishap


def _refusal(rng: Random, chunks: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "command": _COMMANDS[rng.randrange(len(_COMMANDS))],
        "reason": "not now",
    }
    if rng.randrange(3):
        found["nth"] = 1 + rng.randrange(6)
    else:
        found["chunk"] = rng.randrange(chunks + 1)
    return found


def _drop(rng: Random, chunks: int) -> dict[str, Any]:
    drop: dict[str, Any] = {"for": ("300ms", "2s", "7s", "25s")[rng.randrange(4)]}
    if rng.randrange(2):
        drop["chunk"] = rng.randrange(chunks + 1)
    else:
        drop["at"] = f"{rng.randrange(3000 * max(1, chunks // 2))}ms"
    return drop


# ---- operator and external clock -----------------------------------------------------------------


def listened_to(score: str) -> list[str]:
    """Return the score's triggers, written as scripted events."""
    found = re.findall(r"\b(go \w+|note [A-G]\d|release [A-G]\d|program \d+|cc \d+ > \d+)", score)
    found += [f"osc {address} 1" for address in re.findall(r'\bosc "(/\w+)"', score)]
    return [re.sub(r" > \d+", "=120", one) for one in found]


def draw_operator_events(rng: Random, schedule: Schedule, score: str) -> tuple[str, ...]:
    operator_events = []
    listened = listened_to(score)
    length = int(schedule.grid.chunk * schedule.end * 1000)
    paused = False
    for _ in range(rng.randrange(8) if rng.randrange(4) else 0):
        what = (
            f"go {GOES[rng.randrange(len(GOES))]}",
            f"go {GOES[rng.randrange(4)]}",
            f"note {NOTES[rng.randrange(len(NOTES))]}",
            f"cc {20 + rng.randrange(2)}={rng.randrange(128)}",
            "program 5",
            "program 7",
            "offset 80ms",
            "pause",
        )[rng.randrange(8)]
        if what == "pause" and rng.randrange(2):
            what = "go out"
        if listened and rng.randrange(2):
            what = listened[rng.randrange(len(listened))]
            if what.startswith("cc"):
                operator_events.append(f"{what.split('=')[0]}=0@0c")
        chunk = rng.randrange(schedule.end + 1)
        when = f"{chunk}c" if rng.randrange(2) else f"{rng.randrange(length + 1)}ms"
        operator_events.append(f"{what}@{when}")
        if rng.randrange(3) == 0:
            operator_events.append(
                f"{what}@{when}"
            )  # twice at the same time, as a nervous operator does
        if rng.randrange(3) == 0:
            other = listened[rng.randrange(len(listened))] if listened else what
            operator_events += [
                f"{what}@{chunk}c",
                f"{other}@{chunk + 1 + rng.randrange(2)}c",
            ]  # and another while the first acts
        paused = paused or what in ("pause", "go rest")
    if paused:
        operator_events += [f"resume@{length + 500 * number}ms" for number in range(2)]
    if rng.randrange(25) == 0:
        operator_events.append(f"finish@{rng.randrange(schedule.end + 1)}c")
    return tuple(operator_events)


def draw_clock_moves(rng: Random, seconds: float) -> tuple[str, ...]:
    first = ("0s", "300ms", "1s", "4s")[rng.randrange(4)]
    moves = [f"{first} start"] if rng.randrange(8) else []
    if rng.randrange(3) == 0:
        moves.insert(0, f"0s tempo {80 + rng.randrange(80)}")
    if rng.randrange(3) == 0:
        moves.append(f"0s jitter {1 + rng.randrange(9)}ms")
    length = int(seconds * 1000)
    for _ in range(rng.randrange(6) if rng.randrange(3) else 0):
        when = rng.randrange(500, 500 + length)
        match rng.randrange(9):
            case 0:
                moves.append(f"{when}ms tempo {70 + rng.randrange(110)}")
            case 1:
                moves += [f"{when}ms stop", f"{when + rng.randrange(9000)}ms continue"]
            case 2:
                moves += [
                    f"{when}ms stop",
                    f"{when + 500}ms locate {rng.randrange(200)}",
                    f"{when + 900}ms continue",
                ]
            case 3:
                moves.append(f"{when}ms lose {rng.randrange(4000)}ms")
            case 4:
                moves.append(f"{when}ms double {rng.randrange(2000)}ms")
            case 5:
                moves.append(f"{when}ms garble")
            case 6:
                moves.append(f"{when}ms unplug {rng.randrange(6000)}ms")
            case 7:
                moves.append(f"{when}ms locate {rng.randrange(200)}")
            case _:
                moves.append(f"{when}ms {('start', 'stop')[rng.randrange(2)]}")
    return tuple(moves)
