"""What the page shows of a run on several stages.

Where the run is, its clock and its GO are those of the reference stage, which the operator's
commands reach together with all others. Cues and pads are those of all stages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.ensemble import Ensemble, StageNote
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.media.score_sounds import ScoreSound
from sequencer.studio.lines import Lines
from sequencer.studio.next_cue import NextCue
from sequencer.studio.pads import Pads
from sequencer.studio.plots import MAX_AT_ONCE, PLOT_INTERVAL_NS, plan_state
from sequencer.studio.protocol import Alert, Line, NextState, Pad
from sequencer.studio.run_source import Moments, RunSource
from sequencer.studio.run_view import RunView
from sequencer.studio.stage_lines import StageLines
from sequencer.studio.stage_plots import run_plot


class EnsembleLines:
    """The deliveries of all stages, with the methods of `Lines` that a view of a run uses.

    Args:
        sources: The run on each stage.
    """

    def __init__(self, sources: Mapping[str, RunSource]) -> None:
        self.by_stage = {name: Lines(one, Moments(one)) for name, one in sources.items()}
        self.stages = StageLines(tuple(sources))

    def line_of(self, stage: str, number: int) -> Line | None:
        """Return the line of a delivery; None if it has none yet."""
        found = self.stages.number_of(stage, number)
        return None if found is None else self.stages.line(found)

    def begin(self) -> None:
        """Compare with all deliveries as they are now from here on."""
        self.stages = StageLines(tuple(self.by_stage))
        for name, lines in self.by_stage.items():
            lines.begin()
            self.stages.change(name, lines.known())

    def known(self) -> list[Line]:
        """Return all lines as they were at the last look."""
        return self.stages.lines()

    def current(self) -> list[Line]:
        """Return all lines as they are now."""
        found = StageLines(tuple(self.by_stage))
        for name, lines in self.by_stage.items():
            found.change(name, lines.current())
        return found.lines()

    def changed(self) -> tuple[list[Line], list[int]]:
        """Return the lines that changed or were added, and the numbers of those that are gone."""
        found: dict[int, Line] = {}
        missing: dict[int, None] = {}
        for name, lines in self.by_stage.items():
            changed, gone = self.stages.change(name, *lines.changed())
            for number in gone:
                found.pop(number, None)
                missing[number] = None
            for line in changed:
                found[line["n"]] = line
                missing.pop(line["n"], None)
        return list(found.values()), list(missing)

    @contextmanager
    def as_of_now(self) -> Iterator[None]:
        """Let `current` use what is open now, without counting as a look."""
        with ExitStack() as stack:
            for lines in self.by_stage.values():
                stack.enter_context(lines.as_of_now())
            yield


class _NextOfAll:
    """The next cue of any stage."""

    def __init__(
        self, sources: Mapping[str, RunSource], moments: Moments, lines: EnsembleLines
    ) -> None:
        self._lines = lines
        self._next = {
            name: NextCue(one, moments, lines.by_stage[name]) for name, one in sources.items()
        }

    def search(self, now: int) -> None:
        for one in self._next.values():
            one.search(now)

    def state(self, now: int) -> NextState | None:
        found = [
            (state, name)
            for name, one in self._next.items()
            if (state := one.state(now)) is not None
        ]
        if not found:
            return None
        state, name = min(found, key=lambda one: _chunk(one[0]))
        line = self._lines.line_of(name, state["line"])
        if line is None:
            return state
        stages = line.get("stages")
        place = state["place"] if stages is None else f"{state['place']} on {', '.join(stages)}"
        return {**state, "line": line["n"], "place": place}


def _chunk(state: NextState) -> float:
    return float("inf") if state["chunk"] is None else state["chunk"]


class _PadsOfAll:
    """The pads of all stages: what the same trigger fires on several is one pad."""

    def __init__(self, sources: Iterable[RunSource]) -> None:
        self._pads = [Pads(one) for one in sources]

    def handle(self, event: Event) -> bool:
        changed = [one.handle(event) for one in self._pads]
        return any(changed)

    def pads(self) -> list[Pad]:
        found: dict[str, Pad] = {}
        for one in self._pads:
            for pad in one.pads():
                known = found.get(pad["id"])
                found[pad["id"]] = pad if known is None else _both(known, pad)
        return sorted(found.values(), key=lambda pad: (pad["leaves"], pad["line"]))


def _both(one: Pad, other: Pad) -> Pad:
    """Return a pad for what a trigger fires on several stages."""
    label = one["label"]
    if other["label"] not in label.split(" / "):
        label += f" / {other['label']}"
    everywhere = not one["sections"] or not other["sections"]
    later = max(one, other, key=lambda pad: pad["last_at"] or 0)
    return {
        **one,
        "label": label,
        "sections": []
        if everywhere
        else list(dict.fromkeys((*one["sections"], *other["sections"]))),
        "leaves": one["leaves"] or other["leaves"],
        "listening": one["listening"] or other["listening"],
        "thresholds": sorted({*one["thresholds"], *other["thresholds"]}),
        "value": other["value"] if one["value"] is None else one["value"],
        "fired": max(one["fired"], other["fired"]),
        "last_at": later["last_at"],
        "last_chunk": later["last_chunk"],
        "line": min(one["line"], other["line"]),
    }


class StagesView(RunView):
    """What the page shows of one run on several stages.

    Args:
        source: The run, with the conductor of the reference stage. Its status is used for all
            stages.
        ensemble: The conductors of all stages.
    """

    def __init__(self, source: RunSource, ensemble: Ensemble) -> None:
        self._ensemble = ensemble
        self.sources = sources_of(source, ensemble)
        """The run on each stage."""
        self._all_lines = EnsembleLines(self.sources)
        self._all_pads = _PadsOfAll(self.sources.values())
        super().__init__(source)

    def _read(self, source: RunSource) -> None:
        super()._read(source)
        self._lines = self._all_lines
        self._pads = self._all_pads
        self._next = _NextOfAll(self.sources, self.moments, self._all_lines)

    def look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Handle an event of the reference stage, or one for all; see `RunView.look`."""
        if conductor is not self.source.conductor:  # the reference stage was lost
            self._read(self.sources[self._ensemble.reference])
        super().look(event, commands, conductor)

    def alerts(self, now: int) -> list[Alert]:
        """Return what is wrong with the run at nanosecond `now`."""
        return [*lost_alerts(self._ensemble.notes), *super().alerts(now)]

    def figures(self, now: int, billed_seconds: float) -> dict[str, Any]:
        """Return what only this view knows of a run that is over; see `RunView.figures`.

        `billed_seconds` are those of all sessions, and the price is that of all of them, too.
        """
        return super().figures(now, billed_seconds / len(self.sources))

    def snapshot(self, now: int) -> dict[str, Any]:
        """Return the parts of a snapshot for one more page; see `RunView.snapshot`."""
        return {**super().snapshot(now), "stages": list(self.sources)}

    def _small_parts(self, now: int) -> dict[str, Any]:
        parts = super()._small_parts(now)
        return {**parts, "alerts": [*lost_alerts(self._ensemble.notes), *parts["alerts"]]}


def sources_of(source: RunSource, ensemble: Ensemble) -> dict[str, RunSource]:
    """Return the run on each stage: with its conductor, and the status of all of them."""
    return {name: replace(source, conductor=one) for name, one in ensemble.conductors.items()}


def lost_alerts(notes: Iterable[StageNote]) -> list[Alert]:
    """Return an alert for each stage that was lost."""
    return [
        Alert(
            id=f"lost-{note.stage}",
            level="error",
            title=f"The stage {note.stage} is lost",
            text=f"The others go on. Its session has ended: {note.text}.",
            actions=[],
        )
        for note in notes
        if note.is_lost
    ]


class StagePlots:
    """The timeline of a run on several stages, made anew only where it changed.

    Args:
        ensemble: The conductors of all stages.
        source: The run, whose status is used for all stages.
        thumbnails: Small images as `data:` URLs, by the digests of the images.
        sound: Its sound, if it is drawn.
    """

    def __init__(
        self,
        ensemble: Ensemble,
        source: RunSource,
        thumbnails: Mapping[str, str],
        sound: ScoreSound | None,
    ) -> None:
        self._ensemble = ensemble
        self._sources = sources_of(source, ensemble)
        self._thumbnails = thumbnails
        self._sound = sound
        self._made_at: int | None = None
        self._made_of: tuple[Any, ...] = ()

    async def plot_in_thread(self, now: int) -> dict[str, Any] | None:
        """Return the timeline if it changed since the last one; see `ProgressPlots`."""
        if self._made_at is not None and now - self._made_at < PLOT_INTERVAL_NS:
            return None
        state = self._state()
        if state == self._made_of:
            return None
        self._made_at, self._made_of = now, state
        conductors = self._ensemble.conductors.values()
        if sum(len(one.view.deliveries) for one in conductors) <= MAX_AT_ONCE // 2:
            return self._plot()
        try:
            return await asyncio.to_thread(self._plot)
        except (LookupError, ValueError, RuntimeError):
            if self._state() == state:
                raise
            self._made_of = ()  # the plan was rebuilt while it was read
            return None

    def _state(self) -> tuple[Any, ...]:
        return tuple(plan_state(one) for one in self._ensemble.conductors.values())

    def _plot(self) -> dict[str, Any]:
        lines = EnsembleLines(self._sources)
        lines.begin()
        return run_plot(
            self._ensemble.conductors,
            self._ensemble.reference,
            lines.stages,
            thumbnails=self._thumbnails,
            sound=self._sound,
            is_over=False,
        )
