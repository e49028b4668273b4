"""Uploads to the local server.

Each file has a URL that is valid for a limited time and for one PUT of exactly the announced size.
"""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sequencer.core.images import MAX_IMAGE_BYTES
from sequencer.stages.simulated.helios_state import UploadedImage
from sequencer.stages.wire.messages import Reference

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_UPLOAD_BYTES = MAX_IMAGE_BYTES
"""The largest accepted file, in bytes."""

MAX_UPLOADS = 64
"""The most files of one session that are kept."""

MAX_NAME_LENGTH = 255


class NotTakenError(ValueError):
    """A file, or its announcement, is refused; `status` is the HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(slots=True, kw_only=True)
class Slot:
    """An announced file, before and after its bytes arrive."""

    reference: Reference
    secret: str
    expires: float
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    found: UploadedImage | None = None
    pixels: NDArray[np.uint8] | None = None


class UploadSlots:
    """The files of one session."""

    def __init__(self, url_seconds: float) -> None:
        self._seconds = url_seconds
        self._slots: dict[str, Slot] = {}
        self._unpacking = asyncio.Lock()

    def announce(self, name: object, size: object, mime_type: object) -> Slot:
        """Create a slot for a file. Raises NotTakenError."""
        if not isinstance(name, str) or not name or not isinstance(mime_type, str) or not mime_type:
            raise NotTakenError(400, "name and mime_type are required")
        if isinstance(size, float) and size.is_integer():
            size = int(size)
        if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
            raise NotTakenError(400, "size must be a positive whole number")
        if len(name) > MAX_NAME_LENGTH or not name.isprintable():
            raise NotTakenError(
                400, f"name must be printable and not longer than {MAX_NAME_LENGTH} characters"
            )
        if not mime_type.startswith("image/"):
            raise NotTakenError(400, f"{mime_type} is not an image type")
        if size > MAX_UPLOAD_BYTES:
            raise NotTakenError(413, f"files may be up to {MAX_UPLOAD_BYTES} bytes")
        if len(self._slots) >= MAX_UPLOADS:
            del self._slots[next(iter(self._slots))]
        upload = str(uuid.uuid4())
        expires = time.monotonic() + self._seconds
        slot = Slot(
            reference=Reference(upload, name, mime_type, size),
            secret=secrets.token_urlsafe(24),
            expires=expires,
        )
        self._slots[upload] = slot
        return slot

    def slot(self, upload: str, secret: str) -> Slot:
        """Return the slot that a URL refers to, if its bytes may still be sent.

        Raises NotTakenError.
        """
        slot = self._slots.get(upload)
        if slot is None:
            raise NotTakenError(404, "there is no such upload")
        if not secrets.compare_digest(slot.secret, secret):
            raise NotTakenError(403, "the signature does not match")
        if time.monotonic() > slot.expires:
            raise NotTakenError(403, "the address has expired")
        if slot.arrived.is_set():
            raise NotTakenError(409, "the bytes have already been uploaded")
        return slot

    async def take(self, slot: Slot, data: bytes) -> None:
        """Store a file's bytes, and decode them in a thread. Raises NotTakenError."""
        if len(data) != slot.reference.size:
            raise NotTakenError(
                400, f"{len(data)} bytes arrived, {slot.reference.size} were announced"
            )
        async with self._unpacking:
            slot.found, slot.pixels = await asyncio.to_thread(_unpacked, data)
        slot.arrived.set()

    async def wait(self, upload: str, seconds: float) -> Slot | None:
        """Return the slot of an upload once its bytes have arrived; None if they are too late."""
        slot = self._slots.get(upload)
        try:
            async with asyncio.timeout(seconds):
                if slot is None:
                    await asyncio.sleep(seconds)
                    return None
                await slot.arrived.wait()
        except TimeoutError:
            return None
        return slot


def _unpacked(data: bytes) -> tuple[UploadedImage, NDArray[np.uint8] | None]:
    """Return what a file contains, and the pixels for drawing.

    The pixels are reduced to what is visible in a frame.
    """
    from sequencer.core.image_files import opened
    from sequencer.stages.simulated.renderer.frames import as_drawn

    found = opened(data)  # one at a time: a small file may contain a huge image
    if isinstance(found, str):
        return UploadedImage(0, 0, found), None
    return UploadedImage(found.shape[1], found.shape[0]), as_drawn(found)
