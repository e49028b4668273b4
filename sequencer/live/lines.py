"""The live line as text: two lines for a terminal, made from a `Standing`. Pure, so that tests can read it."""

from __future__ import annotations

from sequencer.live.standing import Standing
from sequencer.timebase import SECOND

WORDS = {
    "disconnected": "disconnected",
    "connecting": "connecting",
    "waiting": "waiting for a GPU",
    "ready": "ready",
}
HOUR = 3600


def clock_time(seconds: float) -> str:
    """`1:05` or `1:01:05`."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def elided(text: str, room: int) -> str:
    """The text in one line, cut to `room` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= room else flat[: max(0, room - 1)] + "…"


def state_line(standing: Standing, now: int, price_per_hour: float) -> str:
    """Connection, take, chunk and frame, bar.beat, rate, lag, clock, billed time and cost."""
    parts = [f"{WORDS.get(standing.status, standing.status)} {clock_time((now - standing.status_since) / SECOND)}"]
    if standing.upload is not None:
        parts.append(f"uploading {standing.upload}")
    if standing.take:
        frame = int(standing.into_chunk(now) * standing.frames)
        parts.append(f"take {standing.take} chunk {standing.chunk}/{standing.chunks} frame {frame}")
        section, place = standing.position(now)
        where = " ".join(part for part in (section, place) if part)
        if where:
            parts.append(where)
    if standing.paused:
        parts.append("paused")
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
    return f"offset {standing.offset / 1e6:+.0f} ms, lag in force {lag}"


def play_line(standing: Standing, now: int, typed: str, width: int) -> str:
    """What was typed, or what was refused, or the prompt that plays and the next cue with its countdown."""
    if typed:
        return f"> {typed}"
    waiting = standing.count_in(now)
    if waiting:
        return elided(waiting, width)
    if standing.refused is not None:
        return elided(f"REFUSED {standing.refused}", width)
    following = standing.next_cue(now)
    ahead = "" if following is None else f"next {following.what} at {following.place} in {following.seconds:.1f} s"
    room = max(20, width - len(ahead) - 4)
    prompt = "" if standing.prompt is None else f"“{elided(standing.prompt, room)}”"
    return "  ".join(part for part in (prompt, ahead) if part)
