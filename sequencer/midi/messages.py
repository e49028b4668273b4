"""Splits a stream of MIDI bytes into complete messages.

It handles running status, and real-time bytes in between.

Of system exclusive messages only short universal real-time ones (F0 7F … F7) are passed on, such as
full frames of time code.
"""

from __future__ import annotations

LENGTHS = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
"""Data bytes of channel messages, by the upper half of the status."""
SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0}
"""Data bytes of system common messages. Undefined ones are ignored."""
REAL_TIME = 0xF8
EXCLUSIVE, UNIVERSAL_REAL_TIME, END_OF_EXCLUSIVE = 0xF0, 0x7F, 0xF7
MAX_EXCLUSIVE = 32
"""Bytes of the longest system exclusive message that is passed on.

A full frame of time code has 10.
"""
UNDEFINED = (0xF9, 0xFD)
STATUS = 0x80


def length_of(status: int) -> int | None:
    """Return the number of data bytes of a status; None for sysex and undefined ones."""
    if status >= REAL_TIME:
        return 0
    return SYSTEM_LENGTHS.get(status) if status >= 0xF0 else LENGTHS[status & 0xF0]


class MessageSplitter:
    """Splits bytes into messages, in whatever pieces they arrive.

    It keeps at most `MAX_EXCLUSIVE` bytes, whatever is sent.
    """

    def __init__(self) -> None:
        self._status: int | None = None
        self._data = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that are now complete, in order."""
        whole: list[bytes] = []
        for byte in data:
            if byte in UNDEFINED:
                continue
            if byte >= REAL_TIME:
                whole.append(bytes((byte,)))
            elif byte >= STATUS:
                self._begin(byte, whole)
            elif self._status == EXCLUSIVE:
                self._data.append(byte)
                if self._data[0] != UNIVERSAL_REAL_TIME or len(self._data) > MAX_EXCLUSIVE - 2:
                    self._data.clear()
                    self._status = None
            elif self._status is not None:
                self._data.append(byte)
                if len(self._data) == length_of(self._status):
                    whole.append(bytes((self._status, *self._data)))
                    self._data.clear()
                    if self._status >= 0xF0:
                        self._status = None  # only channel messages have a running status
        return whole

    def _begin(self, status: int, whole: list[bytes]) -> None:
        if status == END_OF_EXCLUSIVE and self._status == EXCLUSIVE and self._data:
            whole.append(bytes((EXCLUSIVE, *self._data, END_OF_EXCLUSIVE)))
        self._data.clear()
        if status == EXCLUSIVE:
            self._status = status
            return
        length = length_of(status)
        self._status = status if length else None
        if length == 0:
            whole.append(bytes((status,)))
