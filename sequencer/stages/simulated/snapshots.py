"""Snapshots of a take: what the next chunk is made from, so that the take can continue there."""

from __future__ import annotations

from dataclasses import dataclass

from sequencer.core.images import Scale
from sequencer.stages.simulated.helios_state import ChunkInputs, Conditions, RefusedError
from sequencer.stages.wire.fields import Data
from sequencer.stages.wire.helios.model_messages import write_snapshot

MAX_SNAPSHOTS = 64
MAX_LABEL_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeState:
    """The model's state before chunk `chunk` is made, whose first frame is `frame`.

    `last` is the previous chunk.
    """

    chunk: int
    frame: int
    conditions: Conditions
    seed: int
    strength: float
    sr: Scale
    last: ChunkInputs | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A state that was saved.

    `parent` is the snapshot from which the take had continued before it, if any.
    """

    index: int
    label: str
    parent: int | None
    state: TakeState

    def written(self) -> Data:
        """Return the snapshot as messages contain it."""
        return write_snapshot(self.index, self.state.chunk, self.label, self.parent)


class Snapshots:
    """One take's snapshots, in order of saving."""

    def __init__(self) -> None:
        self._kept: list[Snapshot] = []
        self._parent: int | None = None

    def save(self, label: str, state: TakeState) -> Snapshot:
        """Save a state. Raises RefusedError."""
        if not state.chunk:
            raise RefusedError("there is nothing to save before the first chunk is complete")
        if len(label) > MAX_LABEL_CHARACTERS:
            raise RefusedError(f"label must not be longer than {MAX_LABEL_CHARACTERS} characters")
        if len(self._kept) >= MAX_SNAPSHOTS:
            raise RefusedError(f"{MAX_SNAPSHOTS} snapshots are kept already")
        snapshot = Snapshot(index=len(self._kept), label=label, parent=self._parent, state=state)
        self._kept.append(snapshot)
        self._parent = snapshot.index
        return snapshot

    def find(self, index: int) -> Snapshot:
        """Return a snapshot by its index. Raises RefusedError."""
        if not 0 <= index < len(self._kept):
            raise RefusedError(f"there is no snapshot {index}")
        return self._kept[index]

    def rewound(self, snapshot: Snapshot) -> None:
        """Note that the take continues from this snapshot."""
        self._parent = snapshot.index

    @property
    def all(self) -> tuple[Snapshot, ...]:
        """All snapshots."""
        return tuple(self._kept)
