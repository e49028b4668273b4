"""The frames of a run on several stages: a hub for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sequencer.studio.frames import FrameHub


class StageHubs:
    """The hubs of the stages of a run. A run on one stage uses the first one.

    Args:
        warn: Called from a hub's thread with a sentence for people if frames cannot be encoded.
    """

    def __init__(self, warn: Callable[[str], object]) -> None:
        self._warn = warn
        self.first = FrameHub(warn=warn)
        self._hubs = [self.first]
        self._names: tuple[str, ...] = ()

    def begin(self, names: Sequence[str]) -> dict[str, FrameHub]:
        """Return a hub for each stage of a run that begins."""
        while len(self._hubs) < len(names):
            self._hubs.append(FrameHub(warn=self._warn))
        self._names = tuple(names)
        return dict(zip(names, self._hubs, strict=False))

    def find(self, name: str) -> FrameHub:
        """Return the hub of a stage, and for a name that is none that of the first one."""
        return self._hubs[self._names.index(name)] if name in self._names else self.first

    def close(self) -> None:
        """End all of them; it blocks for one frame of each at most."""
        for hub in self._hubs:
            hub.close()
