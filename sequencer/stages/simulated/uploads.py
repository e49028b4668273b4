"""What was uploaded in one session, and whether the model can still open it."""

from __future__ import annotations

from sequencer.stages.simulated.outputs import RefusedError, UploadedImage


class Uploads:
    """Uploads by their ids. Each can be opened for `last` nanoseconds, None is for ever."""

    def __init__(self, last: int | None) -> None:
        self._last = last
        self._found: dict[str, tuple[UploadedImage, int]] = {}

    def add(self, upload: str, image: UploadedImage, at: int) -> None:
        """An upload's bytes have arrived."""
        self._found[upload] = image, at

    def open(self, upload: str, at: int) -> UploadedImage:
        """The image of an upload. Raises RefusedError where the model cannot show it."""
        if upload not in self._found:
            raise RefusedError("image was not uploaded")
        found, since = self._found[upload]
        if self._last is not None and at - since > self._last:
            raise RefusedError("the upload has expired")
        if found.problem is not None:
            raise RefusedError(found.problem)
        return found
