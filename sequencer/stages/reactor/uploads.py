"""Uploading images to the model: checked before a byte is sent, repeated if an address expired."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from sequencer.core.errors import SequencerError, StageError
from sequencer.core.images import IMAGE_FORMATS, IMAGE_TYPES, MAX_IMAGE_BYTES, ImageFile
from sequencer.stages.reactor.http import ApiClient, ApiError
from sequencer.stages.reactor.session import Session
from sequencer.stages.wire.messages import Reference

ImageBytes = Mapping[str, bytes] | Callable[[ImageFile], bytes]
"""The source of images' bytes: by SHA-256, or a loader.

A loader raises OSError or KeyError for images that it does not have.
"""

Progress = Callable[[ImageFile, int, int], None]
"""Receives the number of bytes of an image that were sent, and the total."""

MAX_UPLOAD_ATTEMPTS = 3
"""Maximum number of times an image is sent, each time to another address."""
ALREADY_UPLOADED = 409
EXPIRED = (401, 403, 404, 410)
"""The statuses of a presigned address that is no longer valid: another one is requested."""


class ImageUploader:
    """The uploads of one session."""

    def __init__(
        self,
        platform: ApiClient,
        session: Session,
        images: ImageBytes | None,
        known: Mapping[str, Reference],
        progress: Progress | None = None,
    ) -> None:
        self._platform = platform
        self._session = session
        self._images = images
        self._progress = progress
        self.references: dict[str, Reference] = dict(known)
        """What the session holds, by SHA-256."""

    async def upload(self, image: ImageFile) -> Reference:
        """Upload an image to the platform, unless it is there.

        Raises StageError, whose message is complete by itself.
        """
        known = self.references.get(image.sha256)
        if known is not None:
            return known
        try:
            return await self._upload(image)
        except SequencerError as error:
            raise (
                error
                if isinstance(error, StageError)
                else StageError(f"{image.path}: {error.message}", error.hint)
            ) from None
        except Exception as error:
            # A run waits for its images in a session that costs money: whatever goes wrong here has
            # to end the wait.
            raise StageError(
                f"{image.path} could not be uploaded: {type(error).__name__}: {error}"
            ) from error

    async def _upload(self, image: ImageFile) -> Reference:
        data = await asyncio.to_thread(self._checked, image)
        name = PurePosixPath(image.path).name or "image"
        status = 0
        for attempt in range(MAX_UPLOAD_ATTEMPTS):
            reference, url = await self._slot(image, name, len(data))
            try:
                status = await self._platform.put(
                    url, data, image.mime_type, self._report_progress(image)
                )
            except ApiError:
                if attempt == MAX_UPLOAD_ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.3 * (attempt + 1))
                continue
            if status < 300 or status == ALREADY_UPLOADED:
                self.references[image.sha256] = reference
                return reference
            if status not in EXPIRED and status < 500:
                break
        raise StageError(
            f"{image.path} could not be uploaded: the platform's storage answered {status}",
            "try again",
        )

    async def _slot(self, image: ImageFile, name: str, size: int) -> tuple[Reference, str]:
        body: dict[str, object] = {"name": name, "size": size, "mime_type": image.mime_type}
        answer = await self._session.ask(
            f"uploading {image.path}",
            "POST",
            f"{self._session.path}/uploads",
            body,
            retry_safe=True,
        )
        upload, url = answer.body.get("presigned_id"), answer.body.get("presigned_url")
        if not isinstance(upload, str) or not upload or not isinstance(url, str) or not url:
            raise StageError(f"uploading {image.path}: the answer names no address")
        return Reference(upload, name, image.mime_type, size), url

    def _report_progress(self, image: ImageFile) -> Callable[[int, int], None]:
        return lambda sent, size: (
            self._progress(image, sent, size) if self._progress is not None else None
        )

    def _checked(self, image: ImageFile) -> bytes:
        """Return the bytes to send for an image after checking type, size, digest and content.

        Raises StageError.
        """
        if image.mime_type not in IMAGE_TYPES.values():
            raise StageError(
                f"{image.path} is {image.mime_type or 'of no type'}: {IMAGE_FORMATS} are supported",
                "convert it to PNG",
            )
        data = b"" if image.size > MAX_IMAGE_BYTES else self._bytes(image)
        size = max(image.size, len(data))
        if size > MAX_IMAGE_BYTES:
            raise StageError(
                f"{image.path} has {size:,} bytes; the maximum is {MAX_IMAGE_BYTES:,}",
                "make it smaller",
            )
        if hashlib.sha256(data).hexdigest() != image.sha256:
            raise StageError(
                f"{image.path} has changed since the score was read", "perform the score again"
            )
        from sequencer.core.image_files import Refusal, prepare_upload

        found = prepare_upload(data)
        if isinstance(found, Refusal):
            raise StageError(
                f"{image.path}: {found.reason}", "is the file complete? open it in an image viewer"
            )
        return found

    def _bytes(self, image: ImageFile) -> bytes:
        if self._images is None:
            raise StageError(f"{image.path}: the stage was given no images")
        try:
            return self._images(image) if callable(self._images) else self._images[image.sha256]
        except (OSError, KeyError) as error:
            reason = (
                error.strerror
                if isinstance(error, OSError) and error.strerror
                else "it does not exist"
            )
            raise StageError(f"{image.path} cannot be read: {reason}") from None
