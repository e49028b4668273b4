"""The status line as text: up to three lines for a terminal, made from a `Standing`. Pure, so that tests can read it."""

from __future__ import annotations

from sequencer.live.standing import Standing
from sequencer.runs.brief import elided
from sequencer.timebase import SECOND

WORDS = {
    "disconnected": "disconnected",
    "connecting": "connecting",
    "waiting": "waiting for a GPU",
    "ready": "ready",
}
HOUR = 3600
SHARE = 0.5
"""The share of the width that the next cue may take, beside the prompt in force."""


def clock_time(seconds: float) -> str:
    """`1:05` or `1:01:05`."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def state_line(standing: Standing, now: int, price_per_hour: float) -> str:
    """Connection, take, chunk and frame, bar.beat, rate, lag, clock, billed time and cost."""
    word, lasted = standing.activity(now)
    parts = [f"{WORDS.get(word, word)} {clock_time(lasted / SECOND)}"]
    if standing.upload is not None:
        parts.append(f"uploading {standing.upload}")
    if standing.take:
        chunks, at_most = standing.chunks
        of = "" if chunks is None else f"/≤{chunks}" if at_most else f"/{chunks}"
        frame = "" if word == "ended" else f" frame {int(standing.into_chunk(now) * standing.frames)}"
        parts.append(f"take {standing.take} chunk {standing.chunk}{of}{frame}")
        section, place = standing.position(now)
        where = " ".join(part for part in (section, place) if part)
        if where:
            parts.append(where)
    if standing.clock is not None:
        parts.append(f"clock {standing.clock}" + ("" if standing.bpm is None else f" {standing.bpm:.1f} bpm"))
    if standing.frames_per_second is not None:
        parts.append(f"{standing.frames_per_second:.1f} fps")
    if standing.lag_in_force is not None:
        parts.append(f"lag {standing.lag_in_force / 1e6:.0f} ms")
    if standing.offset:
        parts.append(f"offset {standing.offset / 1e6:+.0f} ms")
    billed = standing.billed_seconds(now)
    if price_per_hour and billed:
        parts.append(f"billed {clock_time(billed)} ${billed * price_per_hour / HOUR:.2f}")
    return " · ".join(parts)


def offset_line(standing: Standing) -> str:
    """The offset and the lag in force, for somebody who asks."""
    lag = "not known yet" if standing.lag_in_force is None else f"{standing.lag_in_force / 1e6:.0f} ms"
    return f"offset {standing.offset / 1e6:+.0f} ms, lag {lag}"


def play_line(standing: Standing, now: int, typed: str, width: int) -> str:
    """What was typed, or what was refused, or the prompt that plays and the next cue with its countdown."""
    if typed:
        return f"> {typed}"
    waiting = standing.count_in(now)
    if waiting:
        return elided(waiting, width)
    if standing.refused is not None:
        return elided(f"REFUSED {standing.refused}", width)
    following = standing.next_cue(now, max(20, int(width * SHARE)))
    ahead = ""
    if following is not None:
        left = "" if following.seconds is None else f" in {following.seconds:.1f} s" + " at the latest" * following.at_latest
        ahead = f"next {following.what} at {following.place}{left}"
    room = max(20, width - len(ahead) - 4)
    action = standing.action(room)
    prompt = "" if action is None else f"“{action}”"
    return "  ".join(part for part in (prompt, ahead) if part)


def wait_line(standing: Standing, now: int, width: int) -> str:
    """What the section that plays is waiting for; empty where that is nothing."""
    waiting = standing.waiting(now)
    if waiting is None:
        return ""
    left = "" if waiting.seconds is None else f"in {waiting.seconds:.1f} s"
    parts = []
    if waiting.leaves:
        parts.append(f"goes on {left}".strip())
    elif waiting.exits:
        parts.append("waits for " + ", ".join(waiting.exits) + (f" (goes on by itself {left})" if left else ""))
    if waiting.rules:
        parts.append(f"rules: {', '.join(waiting.rules)}")
    return elided(" · ".join(parts), width)
