"""BeatLens and Song Worlds: beats, downbeats and sections of a song, and composed events.

`meta.json` has `duration_sec`, `tempo {bpm, low_confidence_rhythm, downbeat_phase_uncertain}`,
`beats`, `downbeats` (seconds), `sections [{start, end, label}]`, `chords` and `key_estimate`. A
composition has `events [{timestamp, seedId, prompt, transition: cut | morph}]`. Both may be in one
file. Source: the example `song-worlds` of reactor-cookbook.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from fractions import Fraction
from itertools import pairwise

from sequencer.core.timebase import COMMON_TIME, Meter
from sequencer.language.interchange.imported import (
    MAX_DURATION,
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    Tally,
)
from sequencer.language.interchange.json_input import Value, looks_like_json, parse_json
from sequencer.language.interchange.score_lines import ScoreLines, one_line, render_prompt
from sequencer.language.interchange.tempo_steps import TempoSteps, fit_line, round_bpm
from sequencer.language.interchange.timeline import (
    BarsGrid,
    Dropped,
    Point,
    Region,
    SecondsGrid,
    Timeline,
)

KIND = "beatlens"

MIN_BEATS = 8
"""How many beats there must be for bars to be counted."""

MAX_EVEN_ERROR = Fraction(15, 1000)
"""How far a beat may be from an even grid, in seconds, for one tempo to be enough."""

SAME_BEAT = Fraction(20, 1000)
"""How far a downbeat may be from its beat, in seconds."""

MIN_DISTANCE = Fraction(60, 1000)
"""The smallest distance of two beats in seconds: 1000 bpm, the fastest tempo of a score."""

MAX_DISTANCE = Fraction(10)


def recognise(data: bytes) -> bool:
    """Return whether this is JSON with beats and downbeats, or with events that have prompts."""
    if not looks_like_json(data):
        return False
    has_grid = b'"beats"' in data and b'"downbeats"' in data
    has_events = b'"events"' in data and b'"timestamp"' in data and b'"prompt"' in data
    return has_events or (has_grid and b'"sequencer-beats"' not in data)


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of an analysis, a composition, or both.

    Sections become sections. Beats and downbeats become the clock: one tempo if it is enough, or
    else one for each bar. If the analysis states that its rhythm is uncertain, times stay seconds.

    Raises:
        UnreadableError: The file cannot be read, or exceeds a limit.
    """
    root = parse_json(data)
    return _Reading(root, options).score()


class _Reading:
    def __init__(self, root: Value, options: ImportOptions) -> None:
        self.root = root
        self.options = options
        self.tally = Tally()
        self.rhythm = root.get("rhythm") if root.has("rhythm") else root
        self.origin = Fraction(0)
        """The second of the song at which the score begins."""
        self.bars: BarsGrid | None = None

    def score(self) -> Imported:
        root, tally = self.root, self.tally
        song = root.get("song_id")
        lines = ScoreLines(
            song.text() if isinstance(song.content, str) else self.options.title, tally
        )
        self.bars = self._grid()
        if self.bars is not None:
            lines.header(self.bars.clock)
        file = root.get("source_file")
        if isinstance(file.content, str) and file.content:
            lines.comment(f"song: {file.content}")
        if self.origin:
            tally.note(
                f"the score begins at the first downbeat, {float(self.origin):.3f} s into the song"
            )
            lines.comment(f"the score begins {float(self.origin):.3f} s into the song")
        key = root.get("key_estimate")
        if isinstance(key.content, str) and key.content:
            lines.comment(f"key: {one_line(key.content, 80)}")
        chords = self.rhythm.get("chords")
        if isinstance(chords.content, list) and chords.content:
            count = len(chords.content)
            lines.dropped("chords", f"{count} chords", count)
        timeline = Timeline(lines, tally, SecondsGrid() if self.bars is None else self.bars)
        self._add_sections(timeline)
        self._add_events(timeline)
        timeline.write(self._end())
        return tally.result(KIND, lines.text())

    # ---- beats -----------------------------------------------------------------------------------

    def _times(self, key: str) -> list[Fraction]:
        """Return the times of a key, ascending; empty if it is missing."""
        found = self.rhythm.get(key)
        if found.is_missing:
            return []
        times: list[Fraction] = []
        for one in found.items(MAX_ENTRIES, key):
            time = one.number("a time")
            if not 0 <= time <= MAX_DURATION:
                raise one.error(f"{float(time):g} s is not from 0 to {MAX_DURATION:,}", None)
            if times and time <= times[-1]:
                raise one.error("this time is not later than the one before", "sort the times")
            times.append(time)
        return times

    def _is_true(self, *keys: str) -> bool:
        tempo = self.root.get("tempo")
        places = [tempo if isinstance(tempo.content, dict) else self.root, self.rhythm]
        return any(
            place.has(key) and place.get(key).content is True for place in places for key in keys
        )

    def _grid(self) -> BarsGrid | None:
        """Return the bars of the song, or None if times stay seconds, with a note why."""
        beats, downbeats = self._times("beats"), self._times("downbeats")
        why = ""
        if self._is_true("low_confidence_rhythm", "lowConfidenceRhythm"):
            why = "the analysis is not sure of the beats (low_confidence_rhythm)"
        elif self._is_true("downbeat_phase_uncertain", "downbeatPhaseUncertain"):
            why = "the analysis is not sure of the bars (downbeat_phase_uncertain)"
        elif len(beats) < MIN_BEATS or len(downbeats) < 2:
            why = f"there are {len(beats)} beats and {len(downbeats)} downbeats"
        else:
            distances = [later - time for time, later in pairwise(beats)]
            if min(distances) < MIN_DISTANCE or max(distances) > MAX_DISTANCE:
                why = "some beats are less than 60 ms or more than 10 s apart"
        if why:
            self.tally.note(f"times stay in seconds: {why}")
            return None
        numbers = [_nearest(beats, time) for time in downbeats]
        if any(
            abs(beats[number] - time) > SAME_BEAT
            for number, time in zip(numbers, downbeats, strict=True)
        ):
            self.tally.note("times stay in seconds: some downbeats are not on a beat")
            return None
        return self._bars_of(beats, numbers)

    def _bars_of(self, beats: list[Fraction], downbeats: list[int]) -> BarsGrid:
        counts = Counter(later - number for number, later in pairwise(downbeats) if later > number)
        count = counts.most_common(1)[0][0] if counts else 4
        meter = self.options.meter or (Meter(count, 4) if count <= 64 else COMMON_TIME)
        odd = sum(number for beats_of, number in counts.items() if beats_of != meter.numerator)
        if odd:
            self.tally.note(
                f"{odd} of {sum(counts.values())} bars do not have {meter.numerator} beats; bars "
                "are counted on from the first downbeat (clock file counts them as they are)"
            )
        first = downbeats[0]
        first_time, pace, worst = (
            fit_line(beats[first:])
            if first + 1 < len(beats)
            else (beats[first], beats[first] - beats[first - 1], Fraction(0))
        )
        unit = meter.beat
        if worst < MAX_EVEN_ERROR:
            bpm = round_bpm(60 * unit / pace)
            pace = 60 * unit / bpm
            last = len(beats) - 1 - first
            drift = abs(first_time + last * pace - beats[-1])
            if drift < MAX_EVEN_ERROR:
                self.origin = max(first_time, Fraction(0))
                self.tally.note(
                    f"one tempo fits the song: {float(bpm):g} bpm, no beat is more than "
                    f"{float(max(worst, drift) * 1000):.0f} ms away"
                )
                return BarsGrid(bpm, meter)
        self.origin = beats[first]
        steps = TempoSteps()
        marks = [*range(first, len(beats), meter.numerator)]
        if marks[-1] != len(beats) - 1:
            marks.append(len(beats) - 1)
        for number, later in pairwise(marks):
            steps.advance((later - number) * unit, beats[later] - self.origin)
        inside = max(
            abs(
                beats[number + at]
                - beats[number]
                - at * (beats[later] - beats[number]) / (later - number)
            )
            for number, later in pairwise(marks)
            for at in range(later - number)
        )
        self.tally.note(
            f"the tempo changes at each bar ({len(steps.steps)} tempi); within a bar, a beat is at "
            f"most {float(inside * 1000):.0f} ms away"
        )
        (_, bpm), *changes = steps.steps
        return BarsGrid(bpm, meter, changes)

    # ---- contents --------------------------------------------------------------------------------

    def _time(self, seconds: Fraction, parts: int) -> Fraction:
        """Return a second of the song as the timeline counts it, rounded to a part of a beat."""
        since = max(seconds - self.origin, Fraction(0))
        if self.bars is None:
            return since
        step = self.bars.meter.beat / parts
        return round(self.bars.quarter_at(since) / step) * step

    def _keep_rounded(self, seconds: Fraction, time: Fraction) -> None:
        """Count how far an entry was moved, besides what the timeline counts."""
        if self.bars is not None:
            error = abs(self.bars.seconds_at(time) + self.origin - seconds)
            if error:
                self.tally.rounded += 1
                self.tally.worst_rounding = max(self.tally.worst_rounding, error)

    def _end(self) -> Fraction | None:
        value = self.root.get("duration_sec")
        if value.is_missing:
            return None
        seconds = value.number("the duration")
        if not 0 <= seconds <= MAX_DURATION:
            raise value.error(f"{float(seconds):g} s is not from 0 to {MAX_DURATION:,}", None)
        since = max(seconds - self.origin, Fraction(0))
        if self.bars is None:
            return since
        return -(-self.bars.quarter_at(since) // self.bars.meter.bar) * self.bars.meter.bar

    def _add_sections(self, timeline: Timeline) -> None:
        sections = self.root.get("sections")
        if sections.is_missing:
            return
        for one in sections.items(MAX_ENTRIES, "sections"):
            start, end = one.get("start").number("the start"), one.get("end").number("the end")
            if not 0 <= start <= end <= MAX_DURATION:
                raise one.error("its start and end are not times in order", "correct them")
            label = one.get("label")
            text = label.text("the label") if not label.is_missing else ""
            begin, last = self._time(start, 1), self._time(end, 1)
            self._keep_rounded(start, begin)
            if last > begin:
                timeline.add(Region(start=begin, end=last, text=text))
            else:
                timeline.add(Point(at=begin, text=text, name="section", comment="a short section"))

    def _add_events(self, timeline: Timeline) -> None:
        events = self.root.get("events")
        if events.is_missing:
            return
        offset = self.root.get("timeOffsetSec")
        shift = Fraction(0) if offset.is_missing else offset.number("the offset")
        for one in events.items(MAX_ENTRIES, "events"):
            seconds = one.get("timestamp").number("the time") + shift
            if not 0 <= seconds <= MAX_DURATION:
                raise one.error(f"{float(seconds):g} s is not from 0 to {MAX_DURATION:,}", None)
            words = one.get("prompt")
            prompt = render_prompt(words.text("the prompt"), pointer=words.pointer)
            time = self._time(seconds, 4)
            self._keep_rounded(seconds, time)
            seed = one.get("seedId")
            if isinstance(seed.content, str) and seed.content:
                timeline.add(
                    Dropped(
                        at=time, what="seed images", detail=f"the image {one_line(seed.content)}"
                    )
                )
            is_cut = one.get("transition").content == "cut"
            timeline.add(
                Point(
                    at=time,
                    text=words.text(),
                    prompt=f"{prompt}, cut" if is_cut and time else prompt,
                )
            )


def _nearest(times: list[Fraction], wanted: Fraction) -> int:
    """Return the index of the time nearest to another."""
    at = bisect_left(times, wanted)
    if at == len(times) or (at and wanted - times[at - 1] <= times[at] - wanted):
        return at - 1
    return at
