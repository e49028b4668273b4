"""Keep what was rendered in a folder, so that an interrupted render continues.

A run in virtual time is the same every time, so a render continues by playing it again: chunks that
were kept are read, and the first that is missing is made from the state that was kept after the one
before it. A chunk is kept under a key that covers the renderer, its take and the inputs of all
chunks of the take up to it, so that a changed score or another renderer never finds it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sequencer.core.errors import OutputError
from sequencer.stages.simulated.rendering import Drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sequencer.stages.simulated.helios_state import ChunkInputs
    from sequencer.stages.simulated.rendering import Renderer, RendererFacts, TakeRenderer

MARK = "kept-chunks.json"
"""The file that shows that a folder was made here, and may be removed."""
LOCK = "lock"
"""The file that the one render locks that uses the folder."""
FORMAT = 1


class KeptChunks:
    """A `Renderer` that keeps each chunk of another one in a folder.

    Args:
        renderer: Makes the chunks that are not kept. It is not closed.
        folder: Where they are kept. It is created if it does not exist.
        found: Called with the number of frames of each chunk that was kept already.

    Raises:
        OutputError: The folder cannot be created, or contains something else.
    """

    def __init__(
        self, renderer: Renderer, folder: Path, found: Callable[[int], object] | None = None
    ) -> None:
        self._renderer = renderer
        self._folder = folder
        self._found = found or (lambda _: None)
        self._takes = 0
        self.kept = 0
        """The number of chunks that did not have to be made again."""
        self.facts: RendererFacts = renderer.facts
        self.video_size: tuple[int, int] = renderer.video_size
        self.fps: Fraction | None = renderer.fps
        self.frames_per_chunk: int | None = renderer.frames_per_chunk
        self.is_realtime: bool = renderer.is_realtime
        self.writes_text: bool = renderer.writes_text
        prepare(folder)

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Keep an image, which takes may show. Its id is the digest of its file."""
        self._renderer.learn(image, pixels)

    def take(self) -> KeptTake:
        """Begin a take."""
        self._takes += 1
        return KeptTake(self, self._renderer.take(), self._takes)

    def close(self) -> None:
        """Do nothing: the chunks stay until `remove` is called."""

    # ---- files

    def path(self, key: str, kind: str) -> Path:
        """Return the file of a chunk's frames, or of the state after it."""
        return self._folder / f"{key}.{kind}"

    def write(self, path: Path, data: bytes) -> None:
        """Write a file completely or not at all. Raises OutputError."""
        partial = path.with_name(f".{path.name}.partial")
        try:
            partial.write_bytes(data)
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise OutputError(
                f"a rendered chunk cannot be kept in {self._folder}: {error.strerror}",
                "free some space; the same command continues the render",
            ) from None

    def count(self, frames: int) -> None:
        """Note that a chunk was found."""
        self.kept += 1
        self._found(frames)


class KeptTake:
    """One take, of which some chunks may be kept already."""

    def __init__(self, kept: KeptChunks, take: TakeRenderer, number: int) -> None:
        self._kept = kept
        self._take = take
        self._key = hashlib.sha256(f"{kept.facts.version}\0{number}".encode()).hexdigest()
        self._read: list[tuple[ChunkInputs, int]] = []
        """The latest chunks, which were read: the take has yet to be restored after them."""

    def draw(self, inputs: ChunkInputs, chunk: int) -> Drawn:
        """Read the next chunk, or make it. Raises StageError and OutputError."""
        before = self._key
        text = json.dumps(asdict(inputs), sort_keys=True)
        self._key = hashlib.sha256(f"{before}\0{chunk}\0{text}".encode()).hexdigest()
        found = _read(self._kept.path(self._key, "frames"))
        if found is not None:
            self._read.append((inputs, chunk))
            self._kept.count(len(found.frames))
            return found
        self._restore_after(before)
        drawn = self._take.draw(inputs, chunk)
        # The state first: whoever finds the frames of the latest chunk can go on after it.
        self._kept.write(self._kept.path(self._key, "state"), self._take.save())
        self._kept.write(self._kept.path(self._key, "frames"), _written(drawn))
        self._kept.path(before, "state").unlink(missing_ok=True)
        return drawn

    def _restore_after(self, key: str) -> None:
        """Bring the take to where it was after a chunk that was read."""
        if not self._read:
            return
        try:
            state = self._kept.path(key, "state").read_bytes()
        except OSError:  # only the latest state is kept: an edited score may need an earlier one
            for inputs, chunk in self._read:
                self._take.draw(inputs, chunk)
        else:
            self._take.restore(state)
        self._read = []

    def save(self) -> bytes:
        """Return what the next chunk depends on."""
        self._restore_after(self._key)
        return self._take.save()

    def restore(self, state: bytes) -> None:
        """Continue from a state."""
        self._take.restore(state)
        self._read = []


def _written(drawn: Drawn) -> bytes:
    """Return frames as a line of JSON and compressed bytes with their digest."""
    arrays = [drawn.frames, *([] if drawn.still is None else [drawn.still])]
    data = b"".join(np.ascontiguousarray(one).tobytes() for one in arrays)
    head = {
        "shapes": [list(one.shape) for one in arrays],
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    return json.dumps(head).encode() + b"\n" + zlib.compress(data, 1)


def _read(path: Path) -> Drawn | None:
    """Return frames that were written; None if they are missing or damaged."""
    try:
        head, _, data = path.read_bytes().partition(b"\n")
        facts = json.loads(head)
        plain = zlib.decompress(data)
        if hashlib.sha256(plain).hexdigest() != facts["sha256"]:
            return None
        arrays, at = [], 0
        for shape in facts["shapes"]:
            size = int(np.prod(shape))
            arrays.append(np.frombuffer(plain, np.uint8, size, at).reshape(shape))
            at += size
    except (OSError, ValueError, KeyError, TypeError, zlib.error):
        return None
    return Drawn(arrays[0], arrays[1] if len(arrays) > 1 else None)


def prepare(folder: Path) -> None:
    """Make a folder in which chunks can be kept; one that was made before stays as it is.

    Raises OutputError: it cannot be created, or contains something else.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not is_kept(folder):
            if any(folder.iterdir()):
                raise OutputError(
                    f"{folder} contains other files: no chunks can be kept there",
                    "choose another folder with --out",
                )
            (folder / MARK).write_text(json.dumps({"helios-kept-chunks": FORMAT}) + "\n")
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be created: {error.strerror}", "choose another folder with --out"
        ) from None


def is_kept(folder: Path) -> bool:
    """Return whether a folder was made to keep chunks."""
    return (folder / MARK).is_file()


def remove(folder: Path) -> None:
    """Remove the chunks of a finished render, and the folder if nothing else is in it."""
    if not is_kept(folder):
        return
    for path in list(folder.iterdir()):
        if path.name in (MARK, LOCK) or path.suffix in (".frames", ".state", ".partial"):
            path.unlink(missing_ok=True)
    with suppress(OSError):  # something else is in it
        folder.rmdir()
