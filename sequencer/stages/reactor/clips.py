"""Clips of the last seconds, kept by the platform: awaited, fetched, and joined to one MP4."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from urllib.parse import urljoin

from sequencer.core.errors import StageError
from sequencer.stages.reactor.http import ApiClient
from sequencer.stages.reactor.session import Token
from sequencer.stages.wire.messages import ClipFailed, ClipReady, ErrorReply

CLIP_TIMEOUT_S = 60.0
"""Seconds that the platform may take to answer a clip request, and to provide its playlist."""

MAX_SEGMENTS = 4000
MAX_PLAYLIST_BYTES = 1024 * 1024
MAX_CLIP_BYTES = 256 * 1024 * 1024
"""Size limit of a clip, in bytes."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip: an MP4's bytes, and its start and end in seconds of the platform's recording."""

    data: bytes
    start: float
    end: float


def clip_problem(answer: ClipFailed | ErrorReply) -> StageError:
    """Return the error for a refused clip."""
    reason = answer.reason if isinstance(answer, ClipFailed) else answer.message or answer.code
    hint = "there is one after the first chunk" if "no media" in reason else None
    if (
        "RECORDER_DISABLED" in reason or "recorder disabled" in reason
    ):  # runtimes of version 2, and of version 3
        hint = (
            "start the runtime with --record, or with `recording: {enabled: true}` below "
            "`runtime:` in its reactor.yaml"
        )
    return StageError(f"the platform provides no clip: {reason}", hint)


async def fetch(platform: ApiClient, token: Token, ready: ClipReady) -> Clip:
    """Fetch the clip that a `ClipReady` describes, once its last segment is closed.

    Raises StageError.
    """
    deadline = time.monotonic() + CLIP_TIMEOUT_S
    playlist = _joined(platform.base + "/", ready.playlist_url)
    while True:
        status, data, wait = await platform.fetch(
            "fetching the clip", playlist, await token.headers(), MAX_PLAYLIST_BYTES
        )
        if status == 200:
            break
        if status in (404, 410):
            raise StageError(
                "the clip no longer exists: the platform keeps only the last minutes",
                "request it sooner",
            )
        if status != 202:
            raise StageError(f"fetching the clip: the platform answered {status}")
        if time.monotonic() > deadline:
            raise StageError(f"the clip was not ready within {CLIP_TIMEOUT_S:.0f} s", "try again")
        await asyncio.sleep(min(wait if wait is not None else 0.5, 5.0))
    pieces = bytearray()
    for url in _addresses(data.decode("utf-8", "replace"), playlist):
        status, piece, _ = await platform.fetch(
            "fetching the clip", url, await token.headers(), MAX_CLIP_BYTES - len(pieces)
        )
        if status != 200:
            raise StageError(
                f"a part of the clip could not be fetched: the platform answered {status}",
                "try again",
            )
        pieces += piece
    return Clip(bytes(pieces), ready.start, ready.end)


def _addresses(playlist: str, base: str) -> list[str]:
    """Return the addresses of an HLS playlist's segments, the initialisation segment first.

    Raises StageError.
    """
    lines = [line.strip() for line in playlist.splitlines()]
    if not lines or lines[0] != "#EXTM3U":
        raise StageError("fetching the clip: the answer is not a playlist")
    opening = re.search(r'#EXT-X-MAP:.*?URI="([^"]+)"', playlist)
    found = [] if opening is None else [opening[1]]
    found += [line for line in lines if line and not line.startswith("#")]
    if len(found) > MAX_SEGMENTS or not found:
        raise StageError("fetching the clip: the playlist is not valid")
    return [_joined(base, one) for one in found]


def _joined(base: str, address: str) -> str:
    """Resolve an address against another. Raises StageError."""
    try:
        return urljoin(base, address)
    except ValueError:
        raise StageError(
            "fetching the clip: the platform gave an address that is not valid"
        ) from None
