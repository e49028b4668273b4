"""Parts of tempo maps."""

from __future__ import annotations

from fractions import Fraction

from sequencer.core.timebase import TempoMap, TempoSegment


def tempo_since(tempo: TempoMap, quarter: Fraction) -> TempoMap:
    """Return a tempo map from a quarter on, counted from there."""
    before = tempo.seconds_at(quarter)
    found: list[TempoSegment] = []
    for one in tempo.segments:
        end = None if one.length is None else one.quarter + one.length
        if end is not None and end <= quarter:
            continue
        begin = max(one.quarter, quarter)
        first = one.first
        if one.length is not None:
            first += (one.last - one.first) * (begin - one.quarter) / one.length
        found.append(
            TempoSegment(
                quarter=begin - quarter,
                seconds=tempo.seconds_at(begin) - before,
                first=first,
                last=one.last,
                length=None if end is None else end - begin,
            )
        )
    return TempoMap(tuple(found))
