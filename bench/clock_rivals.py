"""Several clock followers with a common interface.

Each follower has:

`tick(at, number)`, `bpm`, `position(at)`, `time_of(tick)`.

Ticks are counted from 0 at the first one; times are nanoseconds. Only the oracle uses `number`, the
tick's true number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Protocol

from sequencer.sync.estimator.follower import PPQN, ClockFollower


class Follower(Protocol):
    """The interface that the benchmark needs."""

    def tick(self, at: int, number: int) -> None:
        """Handle a tick."""
        ...

    @property
    def bpm(self) -> float:
        """The current tempo; 0 while unknown."""
        ...

    def position(self, at: int) -> float:
        """Return the position, in ticks, at a time."""
        ...

    def time_of(self, tick: float) -> float:
        """Return when a tick is expected."""
        ...


class Ours:
    """The follower of this project."""

    def __init__(self) -> None:
        self._follower = ClockFollower()
        self._follower.start(0)

    def tick(self, at: int, number: int) -> None:
        """Handle a tick."""
        self._follower.tick(at)

    @property
    def bpm(self) -> float:
        """The current tempo."""
        return self._follower.bpm

    def position(self, at: int) -> float:
        """Return the position, in ticks, at a time."""
        return self._follower.beat_at(at) * PPQN

    def time_of(self, tick: float) -> float:
        """Return when a tick is expected."""
        return float(self._follower.time_of(tick / PPQN))

    def deviation(self) -> float:
        """Return its own estimate of its error two quarters ahead."""
        return self._follower.deviation


class _FromLastTick:
    """Followers that use the last tick as it is, and a tempo."""

    def __init__(self) -> None:
        self._count = -1
        self._last = 0

    @property
    def _period(self) -> float:
        raise NotImplementedError

    @property
    def bpm(self) -> float:
        period = self._period
        return 60e9 / PPQN / period if period > 0 else 0.0

    def position(self, at: int) -> float:
        period = self._period
        return self._count + ((at - self._last) / period if period > 0 else 0.0)

    def time_of(self, tick: float) -> float:
        return self._last + (tick - self._count) * self._period


class MeanOf24(_FromLastTick):
    """The mean of the last 24 intervals, as most sequencers do it."""

    def __init__(self) -> None:
        super().__init__()
        self._stamps: deque[int] = deque(maxlen=PPQN + 1)

    def tick(self, at: int, number: int) -> None:
        """Handle a tick."""
        self._stamps.append(at)
        self._count += 1
        self._last = at

    @property
    def _period(self) -> float:
        return (
            (self._stamps[-1] - self._stamps[0]) / (len(self._stamps) - 1)
            if len(self._stamps) > 1
            else 0.0
        )


class Isobar(_FromLastTick):
    """isobar's own input class in virtual time, with its module's `time` and `mido` replaced."""

    def __init__(self) -> None:
        super().__init__()
        import mido  # type: ignore[import-untyped]  # mido has no types
        from isobar.io.midi import input as module  # type: ignore[import-untyped, import-not-found, unused-ignore]  # no types; missing without the bench group

        self._now = 0.0
        self._clock_message = mido.Message("clock")
        self._module: Any = module
        self._swapped: dict[str, Any] = {
            "time": SimpleNamespace(time=lambda: self._now),
            "mido": SimpleNamespace(open_input=lambda **_: SimpleNamespace(name="bench")),
        }
        self._device: Any = self._inside(module.MidiInputDevice, "bench")

    def tick(self, at: int, number: int) -> None:
        """Handle a tick.

        Two equal timestamps make isobar divide by zero; such a tick only increases its count.
        """
        self._now = at / 1e9
        self._count += 1
        self._last = at
        try:
            self._inside(self._device._mido_callback, self._clock_message)
        except ZeroDivisionError:
            return

    def _inside(self, call: Callable[..., Any], *values: object) -> Any:
        kept = {name: getattr(self._module, name) for name in self._swapped}
        try:
            for name, value in self._swapped.items():
                setattr(self._module, name, value)
            return call(*values)
        finally:
            for name, value in kept.items():
                setattr(self._module, name, value)

    @property
    def _period(self) -> float:
        tempo = self._device.tempo
        return 60e9 / PPQN / tempo if tempo else 0.0


class Oracle:
    """Least squares through all ticks since the last change of tempo.

    It knows the changes and every tick's true number.

    If the source itself drifts (`walks`), the best line through the past is the mean interval from
    the latest tick.
    """

    def __init__(self, changes: tuple[int, ...], walks: bool) -> None:
        self._changes = changes
        self._walks = walks
        self._forget(0)
        self._number = 0
        self._last = 0.0

    def _forget(self, number: int) -> None:
        self._n = 0
        self._first = (number, 0.0)
        self._sx = self._sy = self._sxx = self._sxy = 0.0

    def tick(self, at: int, number: int) -> None:
        """Handle a tick."""
        if number in self._changes:
            self._forget(number)
        if self._n == 0:
            self._first = (number, float(at))
        x, y = float(number - self._first[0]), at - self._first[1]
        self._n += 1
        self._sx += x
        self._sy += y
        self._sxx += x * x
        self._sxy += x * y
        self._number, self._last = number, float(at)

    def _line(self) -> tuple[float, float]:
        """Return the time of the latest tick and the time between ticks."""
        x = float(self._number - self._first[0])
        if self._n < 2 or x == 0:
            return self._last, 0.0
        if self._walks:
            return self._last, (self._last - self._first[1]) / x
        slope = (self._n * self._sxy - self._sx * self._sy) / (
            self._n * self._sxx - self._sx * self._sx
        )
        return self._first[1] + (self._sy - slope * self._sx) / self._n + slope * x, slope

    @property
    def bpm(self) -> float:
        """The current tempo."""
        period = self._line()[1]
        return 60e9 / PPQN / period if period > 0 else 0.0

    def position(self, at: int) -> float:
        """Return the position, in ticks, at a time."""
        time, period = self._line()
        return self._number + ((at - time) / period if period > 0 else 0.0)

    def time_of(self, tick: float) -> float:
        """Return when a tick is expected."""
        time, period = self._line()
        return time + (tick - self._number) * period
