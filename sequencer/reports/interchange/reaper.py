"""Regions and markers for REAPER's manager: CSV, in measures if the tempo is constant."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

from sequencer.core.timebase import Meter
from sequencer.reports.interchange.audacity import describe_cue
from sequencer.reports.interchange.exported import Exported, ExportOptions
from sequencer.reports.interchange.film import EVERYTHING, Film

KIND = "reaper"
ENDING = ".csv"


def write(film: Film, options: ExportOptions) -> Exported:
    """Return a region for each section, and a marker for each cue and each mark."""
    ruler = _Ruler(film)
    items: list[tuple[Fraction, Fraction | None, str]] = [
        (film.seconds(one.start), film.seconds(one.end), one.name) for one in film.sections
    ]
    items += [(film.seconds(cue.chunk), None, describe_cue(cue)) for cue in film.cues]
    items += [(film.seconds(mark.at), None, mark.name) for mark in film.marks]
    items.sort(key=lambda item: (item[0], item[1] is None))
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("#", "Name", "Start", "End", "Length"))
    regions = markers = 0
    for start, end, name in items:
        if end is None:
            markers += 1
            table.writerow((f"M{markers}", name, ruler.position(start), "", ""))
        else:
            regions += 1
            length = ruler.length(end - start)
            table.writerow(
                (f"R{regions}", name, ruler.position(start), ruler.position(end), length)
            )
    warnings = list(film.losses(*EVERYTHING))
    rounded = ruler.rounded()
    if rounded:
        warnings.append(rounded)
    if film.clock is not None:
        bpm, meter = film.clock
        warnings.append(f"set REAPER's project to {float(bpm):g} bpm and {meter} first")
    return Exported(
        text=out.getvalue(),
        summary=f"regions: {regions}, markers: {markers}",
        warnings=tuple(warnings),
    )


class _Ruler:
    """Writes times as `5.1.50` (measure, beat, hundredths of a beat), or as `0:16.350`."""

    def __init__(self, film: Film) -> None:
        self._clock = film.clock
        self._worst = Fraction(0)

    def position(self, seconds: Fraction) -> str:
        """Return a position."""
        if self._clock is None:
            return self._time(seconds)
        hundredths = self._hundredths(seconds)
        bar, rest = divmod(hundredths, 100 * self._clock[1].numerator)
        return f"{bar + 1}.{rest // 100 + 1}.{rest % 100:02}"

    def length(self, seconds: Fraction) -> str:
        """Return a length."""
        if self._clock is None:
            return self._time(seconds)
        bars, rest = divmod(self._hundredths(seconds), 100 * self._clock[1].numerator)
        return f"{bars}.{rest // 100}.{rest % 100:02}"

    def rounded(self) -> str:
        """Return how far times were rounded, or an empty text."""
        milliseconds = self._worst * 1000
        return "" if milliseconds < 1 else f"rounded times by at most {float(milliseconds):.0f} ms"

    def _hundredths(self, seconds: Fraction) -> int:
        bpm, meter = self._clock or (Fraction(120), Meter(4, 4))
        exact = seconds * bpm / 60 / meter.beat * 100
        whole = int((2 * exact + 1) // 2)
        self._worst = max(self._worst, abs(whole - exact) / 100 * meter.beat * 60 / bpm)
        return whole

    def _time(self, seconds: Fraction) -> str:
        thousandths = int((2000 * seconds + 1) // 2)
        self._worst = max(self._worst, abs(Fraction(thousandths, 1000) - seconds))
        minutes, rest = divmod(thousandths, 60_000)
        hours, minutes = divmod(minutes, 60)
        shown = f"{rest // 1000:02}.{rest % 1000:03}"
        return f"{hours}:{minutes:02}:{shown}" if hours else f"{minutes}:{shown}"
