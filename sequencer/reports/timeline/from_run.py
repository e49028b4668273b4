"""The plot of a run: what was performed where, and what was planned.

A live pass has the length that it really had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid
from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.message_output import SentMessages
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.run_actions import LEAVES
from sequencer.reports.timeline.from_schedule import caption_of
from sequencer.reports.timeline.plot import (
    Band,
    Fate,
    Flag,
    MessageMark,
    Plot,
    assign_tints,
    axis_of,
    lanes_of,
)
from sequencer.reports.timeline.rule_labels import RuleNotes, abbreviate_messages, protocols_of
from sequencer.schedule.describe import (
    clock_time,
    describe_act,
    describe_clock,
    describe_pass,
    milliseconds,
)
from sequencer.schedule.model import CueAct, Entry, PromptAct
from sequencer.schedule.prompt_actions import actions_of
from sequencer.schedule.takes import takes_of

_FATES: dict[Status, Fate] = {
    Status.LANDED: "landed",
    Status.OVERTAKEN: "aside",
    Status.SKIPPED: "aside",
    Status.DROPPED: "lost",
    Status.REFUSED: "lost",
    Status.MISSED: "lost",
    Status.STUCK: "lost",
}


def plot_run(conductor: Conductor) -> Plot:
    """Return what was performed, as far as the conductor has received it."""
    schedule = conductor.view.schedule
    lines = conductor.view.deliveries
    end = max(
        conductor.view.chunk,
        1 + max((line.landed for line in lines if line.landed is not None), default=0),
        1,
    )
    actions = actions_of(schedule)
    rules = RuleNotes(schedule, actions)
    bands = _bands(conductor, end, rules)
    lanes = lanes_of(
        takes_of(
            landed_entries(lines, with_fades=conductor.view.can_fade),
            conductor.view.opening_seed,
            conductor.view.opening_schedule.sr,
            conductor.view.first_chunk,
        ),
        end,
        tuple(bands.values()),
        actions,
    )
    view = conductor.view
    named = (
        (line, bands.get(line.pass_number) if view.has_pass_of(line) else None) for line in lines
    )
    flags = sorted(
        (
            cue_flag(line, "" if band is None else band.name, conductor.view.grid)
            for line, band in named
        ),
        key=lambda flag: (flag.chunk, flag.planned or 0),
    )
    grid = conductor.view.grid
    messages = tuple(message_mark(sent, grid) for sent in conductor.view.sent_messages)
    happens = [
        position
        for flag in flags
        for position in (flag.chunk, flag.planned, flag.exact)
        if position is not None
    ]
    happens += [held.fade_end for held in lanes.prompts if held.fade]
    return Plot(
        title=schedule.title or "Untitled",
        subtitle=f"performed: {_describe_outcome(conductor, end)} · {describe_clock(schedule)}",
        grid=conductor.view.grid,
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
        everywhere=rules.everywhere,
        axis=axis_of(
            end,
            conductor.view.grid,
            tuple(bands.values()),
            [*happens, *(mark.at for mark in messages)],
            conductor.view.first_chunk,
        ),
    )


def message_mark(sent: SentMessages, grid: ChunkGrid) -> MessageMark:
    """Return the mark of messages that were issued, or left out because they were too late."""
    where = sent.place if sent.section is None else f"{sent.section} {sent.place}"
    fate = "" if sent.was_sent else ", not sent: it would have been too late"
    line = f" (line {sent.line})" if sent.line else ""
    return MessageMark(
        at=grid.chunks_at(sent.seconds),
        full=f"{where}{line}: {sent.what}{fate}",
        was_left_out=not sent.was_sent,
        protocols=protocols_of(sent.acts),
        short=abbreviate_messages(sent.acts),
    )


def _describe_outcome(conductor: Conductor, end: int) -> str:
    lines = conductor.view.deliveries
    landed = sum(1 for line in lines if line.status is Status.LANDED)
    first = conductor.view.first_chunk
    grid = conductor.view.grid
    seconds = clock_time(grid.boundary(end) - grid.opening_time(first), 1)
    played = conductor.view.played
    made = f"in {end - first} chunks ({seconds})"
    return f"{landed} of {len(lines)} cues landed {made}" + (f", {played}" if played else "")


def landed_entries(lines: Sequence[Delivery], *, with_fades: bool = True) -> list[Entry]:
    """Return what landed, as entries on the chunks where it landed, in order of effect.

    Args:
        lines: The deliveries of a run.
        with_fades: Whether its prompts fade; otherwise each replaced the previous one at once.
    """
    found = sorted(
        (
            (line.landed, line.fired is not None, line.time, line.number, line)
            for line in lines
            if line.landed is not None
        ),
        key=lambda one: one[:4],
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
            acts=line.acts if with_fades else tuple(_without_fade(act) for act in line.acts),
            origin=line.origin,
        )
        for chunk, _, _, _, line in found
    ]


def _without_fade(act: CueAct) -> CueAct:
    return replace(act, fade=0) if isinstance(act, PromptAct) else act


def _bands(conductor: Conductor, end: int, rules: RuleNotes) -> dict[int, Band]:
    """Return the passes that were played, by their numbers."""
    run = conductor.view
    grid = run.grid
    tints = assign_tints((*run.schedule.stretches, *(one.stretch for one in run.passes)))
    played: Counter[str | None] = Counter()
    starts = pass_starts(conductor)
    left_at = {
        move.pass_number: move.chunk
        for move in run.run_actions
        if move.kind == LEAVES and move.status is Status.LANDED
    }
    bands: dict[int, Band] = {}
    first_pass = run.pass_at(run.first_chunk).number if run.first_chunk else 0
    totals = Counter(one.stretch.section for one in run.passes if starts[one.number] < end)
    for one in run.passes:
        start = starts[one.number]
        if start >= end:
            continue
        section = one.stretch.section
        played[section] += 1
        if one.number < first_pass:
            continue
        stop = min(
            starts.get(one.number + 1, later_by(grid, start, one.end - one.start)), Fraction(end)
        )
        caption = caption_of(one.stretch)
        left = left_at.get(one.number)
        if left is not None:
            caption = f"{'live, ' if one.stretch.is_live else ''}left at chunk {left}"
        elif one.stretch.is_live:
            is_whole = stop == later_by(grid, start, one.stretch.seconds)
            caption = (
                f"live, {caption} in full" if is_whole else "live, not left before the run ended"
            )
        bands[one.number] = Band(
            name=describe_pass(section, played[section], totals[section]),
            tint=tints[section],
            stretch=one.stretch,
            start=start,
            end=max(stop, start),
            caption=caption,
            open_from=None,
            earliest=max(0, int(start)),
            latest=max(0, int(start)),
            rules=rules.of(one.stretch),
        )
    return bands


def pass_starts(conductor: Conductor) -> dict[int, Fraction]:
    """Return where each pass began, in chunks.

    The start is exact in a run with fixed times. In a run that follows a clock it is derived from
    the first cue that landed.
    """
    run = conductor.view
    grid = run.grid
    if run.clock is None:
        return {one.number: grid.chunks_at(one.begins) for one in run.passes}
    first: dict[int, tuple[int, Delivery]] = {}
    for line in run.deliveries:
        if line.landed is not None and line.fired is None and run.has_pass_of(line):
            first.setdefault(line.pass_number, (line.landed, line))
    starts: dict[int, Fraction] = {}
    before: Pass | None = None
    for one in run.passes:
        nominal = one.start / grid.chunk
        if one.number in first:
            landed, cue = first[one.number]
            off = Fraction(round(cue.off or 0), 1_000_000_000)
            nominal = landed - (off + cue.time - one.start) / grid.chunk
        elif before is not None:
            nominal = starts[before.number] + (one.start - before.start) / grid.chunk
        # The first pass may have begun before chunk 0 was seen: then its bars begin to the left of
        # chunk 0.
        starts[one.number] = nominal if before is None else max(nominal, starts[before.number])
        before = one
    return starts


def later_by(grid: ChunkGrid, start: Fraction, seconds: Fraction) -> Fraction:
    """Return the position in chunks that is some seconds after another one."""
    if grid.first is None:
        return start + seconds / grid.chunk
    return grid.chunks_at(grid.seconds_of(start) + seconds)


def cue_flag(line: Delivery, name: str, grid: ChunkGrid) -> Flag:
    """Return the flag of a delivery; `name` is the pass that it belongs to, as shown."""
    is_fired = line.fired is not None
    chunk = next(
        (at for at in (line.landed, line.chunk, line.planned) if at is not None), line.nominal
    )
    error: Fraction | None = None
    if line.off is not None:
        error = Fraction(round(line.off), 1_000_000_000)
    elif line.landed is not None and not is_fired:
        error = grid.snap_error(line.time, line.landed)
    exact = None
    if not is_fired and line.landed is not None and error is not None:
        exact = grid.chunks_at(grid.boundary(line.landed) - error)
    fate = _FATES.get(line.status, "aside")
    if fate == "landed" and line.landed != line.planned:
        fate = "later"
    words = [f"{name} {line.place}".strip()]
    if line.origin.line:
        words.append(f"line {line.origin.line}")
    if line.planned is not None:
        words.append(f"planned for chunk {line.planned}")
    words.append(line.status.value if line.landed is None else f"landed on chunk {line.landed}")
    if line.reason:
        words.append(line.reason)
    if error is not None:
        words.append(f"{milliseconds(error)} ms")
    acts = ", ".join(describe_act(act) for act in line.acts)
    return Flag(
        label=line.place,
        exact=exact,
        chunk=chunk,
        error=error,
        full=f"{', '.join(words)}: {acts}",
        fate=fate,
        planned=line.planned,
        landed=line.landed,
        fired=is_fired,
        section=name,
        what=", ".join(describe_act(act) for act in line.acts if not isinstance(act, PromptAct)),
        line=line.origin.line,
        number=line.number,
    )
