"""A stream of MIDI bytes cut into whole messages: running status, real-time bytes in between, sysex passed over."""

from __future__ import annotations

LENGTHS = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
"""Data bytes of channel messages, by the upper half of the status."""
SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0}
"""Data bytes of system common messages. Sysex (F0 … F7) and undefined ones are passed over."""
REAL_TIME = 0xF8
UNDEFINED = (0xF9, 0xFD)
STATUS = 0x80


def length_of(status: int) -> int | None:
    """How many data bytes a status wants; None for sysex and undefined ones."""
    if status >= REAL_TIME:
        return 0
    return SYSTEM_LENGTHS.get(status) if status >= 0xF0 else LENGTHS[status & 0xF0]


class Splitter:
    """Cuts bytes into messages, in whatever pieces they come. It holds two bytes at most, whatever anybody sends."""

    def __init__(self) -> None:
        self._status: int | None = None
        self._data = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are whole now, in order."""
        whole: list[bytes] = []
        for byte in data:
            if byte in UNDEFINED:
                continue
            if byte >= REAL_TIME:
                whole.append(bytes((byte,)))
            elif byte >= STATUS:
                self._begin(byte, whole)
            elif self._status is not None:
                self._data.append(byte)
                if len(self._data) == length_of(self._status):
                    whole.append(bytes((self._status, *self._data)))
                    self._data.clear()
                    if self._status >= 0xF0:
                        self._status = None  # only channel messages have a running status
        return whole

    def _begin(self, status: int, whole: list[bytes]) -> None:
        self._data.clear()
        length = length_of(status)
        self._status = status if length else None
        if length == 0:
            whole.append(bytes((status,)))
