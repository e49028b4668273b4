"""The plot of a run in progress: what was performed so far, and what it plans from here on.

It changes with the plan of the run. Positions of a run that follows a clock are estimates, at the
nominal tempo, where its plan does not know them yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from sequencer.core.timebase import Snap
from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.plan_building import UNPLACED
from sequencer.engine.conductor.run_actions import LEAVES
from sequencer.engine.conductor.view import RunView
from sequencer.reports.timeline.exits import first_exit_chunk
from sequencer.reports.timeline.from_run import (
    cue_flag,
    landed_entries,
    later_by,
    message_mark,
    pass_starts,
)
from sequencer.reports.timeline.from_schedule import caption_of, section_message_mark
from sequencer.reports.timeline.plot import (
    Band,
    Flag,
    MessageMark,
    Plot,
    assign_tints,
    axis_of,
    lanes_of,
)
from sequencer.reports.timeline.rule_labels import RuleNotes, abbreviate_trigger
from sequencer.schedule.describe import describe_clock, describe_pass
from sequencer.schedule.model import Entry
from sequencer.schedule.prompt_actions import actions_of
from sequencer.schedule.takes import takes_of

_MESSAGES_MADE_AHEAD = 2
"""How many chunks before the one being made a message may still be due: it waits until that is
shown."""


def plot_progress(conductor: Conductor) -> Plot:
    """Return what a run has performed and plans, as the conductor has it now."""
    view = conductor.view
    schedule, grid = view.schedule, view.grid
    actions = actions_of(schedule)
    starts = pass_starts(conductor)
    end = _end_of(view, starts)
    bands = _bands(view, starts, end, RuleNotes(schedule, actions))
    lines = view.deliveries
    positions = {line.number: _position(view, starts, line) for line in lines}
    planned = [
        (line, _chunk_of(line, positions[line.number]))
        for line in lines
        if line.landed is None and not line.is_final
    ]
    entries = [*landed_entries(lines, with_fades=view.can_fade), *_planned_entries(planned)]
    entries.sort(key=lambda one: one.chunk)
    lanes = lanes_of(
        takes_of(entries, view.opening_seed, view.opening_schedule.sr, view.first_chunk),
        end,
        tuple(bands.values()),
        actions,
    )
    chunks = {line.number: chunk for line, chunk in planned}
    flags = sorted(
        (
            _flag(view, line, bands, chunks.get(line.number), positions[line.number])
            for line in lines
        ),
        key=lambda flag: (flag.chunk, flag.planned or 0),
    )
    messages = tuple(_messages(view, bands))
    happens: list[Fraction | int] = [flag.chunk for flag in flags]
    happens += [flag.exact for flag in flags if flag.exact is not None]
    happens += [held.fade_end for held in lanes.prompts if held.fade]
    happens += [mark.at for mark in messages]
    return Plot(
        title=schedule.title or "Untitled",
        subtitle=describe_clock(schedule),
        grid=grid,
        end=end,
        bands=tuple(bands.values()),
        takes=lanes.takes,
        prompts=lanes.prompts,
        images=lanes.images,
        strengths=lanes.strengths,
        scales=lanes.scales,
        flags=tuple(flags),
        performed=True,
        messages=messages,
        everywhere=RuleNotes(schedule, actions).everywhere,
        axis=axis_of(end, grid, tuple(bands.values()), happens, view.first_chunk),
    )


def _end_of(view: RunView, starts: Mapping[int, Fraction]) -> int:
    if view.end_chunk < UNPLACED:
        return max(view.end_chunk, view.chunk, 1)
    last = view.passes[-1]
    return max(ceil(later_by(view.grid, starts[last.number], last.end - last.start)), view.chunk, 1)


def _bands(
    view: RunView, starts: Mapping[int, Fraction], end: int, rules: RuleNotes
) -> dict[int, Band]:
    """Return all passes that were played or are planned, by their numbers."""
    schedule, grid = view.schedule, view.grid
    tints = assign_tints((*schedule.stretches, *(one.stretch for one in view.passes)))
    first = view.pass_at(view.first_chunk).number if view.first_chunk else 0
    current = view.pass_at(view.chunk).number
    left_at = {
        move.pass_number: move.chunk
        for move in view.run_actions
        if move.kind == LEAVES and move.status is Status.LANDED
    }
    totals = Counter(one.stretch.section for one in view.passes)
    seen: Counter[str | None] = Counter()
    bands: dict[int, Band] = {}
    slack = 0
    for one in view.passes:
        stretch, start = one.stretch, starts[one.number]
        seen[stretch.section] += 1
        if one.number < first:
            continue
        stop = starts.get(one.number + 1, later_by(grid, start, one.end - one.start))
        is_open = stretch.is_live and one.number >= current and not one.was_left
        caption = caption_of(stretch)
        if one.number in left_at:
            caption = f"{'live, ' if stretch.is_live else ''}left at chunk {left_at[one.number]}"
        elif is_open:
            ways = " or ".join(abbreviate_trigger(way, schedule.middle) for way in stretch.until)
            caption = f"live, until {ways} · at most {caption}"
        elif stretch.is_live and one.was_left:
            caption = "live, about to be left"
        elif stretch.is_live:
            caption = f"live, {caption} in full"
        begins = view.start_chunk(one)
        latest = max(0, int(start)) if begins is None else begins
        band = Band(
            name=describe_pass(stretch.section, seen[stretch.section], totals[stretch.section]),
            tint=tints[stretch.section],
            stretch=stretch,
            start=start,
            end=max(min(stop, Fraction(end)), start),
            caption=caption,
            open_from=None,
            earliest=max(0, latest - slack),
            latest=latest,
            rules=rules.of(stretch),
        )
        if is_open:
            reach = max(view.chunk, latest) + schedule.lead
            out = first_exit_chunk(band, grid, one.snap, reach)
            band = replace(band, open_from=out)
            slack += max(0, int(band.end) - out)
        bands[one.number] = band
    return bands


def _position(view: RunView, starts: Mapping[int, Fraction], line: Delivery) -> Fraction | None:
    """Return the exact position of a cue in chunks; None for what a rule fired."""
    if not line.has_position or not view.has_pass_of(line):
        return None
    if view.clock is None:
        return view.grid.chunks_at(line.time)
    one = line.scheduled_in
    return starts[one.number] + (line.time - one.start) / view.grid.chunk


def _chunk_of(line: Delivery, position: Fraction | None) -> int:
    """Return the chunk on which a delivery is expected to land."""
    if line.chunk is not None:
        return line.chunk
    if line.nominal < UNPLACED:
        return line.nominal
    if position is None:
        return 0
    match line.snap:
        case Snap.FLOOR:
            return max(0, floor(position))
        case Snap.CEIL:
            return max(0, ceil(position))
        case Snap.NEAREST:
            return max(0, ceil(position - Fraction(1, 2)))


def _planned_entries(planned: Iterable[tuple[Delivery, int]]) -> list[Entry]:
    """Return what is planned, as entries, in order of effect."""
    ordered = sorted(
        planned, key=lambda one: (one[1], one[0].fired is not None, one[0].time, one[0].number)
    )
    return [
        Entry(
            id=line.number,
            place=line.place,
            offset=line.time,
            quarter=None,
            snap=line.snap,
            chunk=chunk,
            error=Fraction(0),
            acts=line.acts,
            origin=line.origin,
        )
        for line, chunk in ordered
    ]


def _flag(
    view: RunView,
    line: Delivery,
    bands: Mapping[int, Band],
    chunk: int | None,
    position: Fraction | None,
) -> Flag:
    """Return the flag of a delivery; `chunk` is where it is expected, None if that is settled."""
    band = bands.get(line.pass_number) if view.has_pass_of(line) else None
    flag = cue_flag(line, "" if band is None else band.name, view.grid)
    if chunk is None:
        return flag
    error: Fraction | None = None
    if position is not None and line.fired is None:
        is_uncertain = band is not None and band.earliest != band.latest
        if not is_uncertain and view.clock is None:
            error = view.grid.snap_error(line.time, chunk)
        elif not is_uncertain:
            error = (chunk - position) * view.grid.chunk
    return replace(flag, chunk=chunk, exact=position, error=error, fate="planned")


def _messages(view: RunView, bands: Mapping[int, Band]) -> Iterable[MessageMark]:
    """Yield the messages to external devices that were issued, then those still to come."""
    grid = view.grid
    issued = set()
    for sent in view.sent_messages:
        issued.add((sent.line, sent.seconds))
        yield message_mark(sent, grid)
    soonest = view.chunk - _MESSAGES_MADE_AHEAD
    for one in view.passes:
        band = bands.get(one.number)
        if band is None or band.end < soonest:
            continue
        for send in one.sends:
            seconds = one.start + send.offset
            if seconds >= one.end or (send.origin.line, seconds) in issued:
                continue
            mark = section_message_mark(band, send, _send_position(view, band, one, seconds))
            if mark.at >= soonest:
                yield mark


def _send_position(view: RunView, band: Band, one: Pass, seconds: Fraction) -> Fraction:
    if view.clock is None:
        return view.grid.chunks_at(seconds)
    return band.start + (seconds - one.start) / view.grid.chunk
