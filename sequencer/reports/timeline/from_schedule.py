"""The plot of a schedule: everything as planned, live passes at their maximum length."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid
from sequencer.reports.timeline.plot import (
    Band,
    Flag,
    MessageMark,
    Plot,
    assign_tints,
    axis_of,
    lanes_of,
)
from sequencer.reports.timeline.rule_labels import (
    RuleNotes,
    abbreviate_messages,
    abbreviate_trigger,
    protocols_of,
)
from sequencer.schedule.describe import (
    describe_act,
    describe_clock,
    describe_pass,
    length_in_words,
    meter_in_words,
    milliseconds,
    tempo_in_words,
)
from sequencer.schedule.model import Entry, PromptAct, Schedule, Send, Stretch
from sequencer.schedule.prompt_actions import actions_of
from sequencer.schedule.takes import soonest_grid


def plot_schedule(schedule: Schedule) -> Plot:
    """Return what the schedule plans to perform."""
    actions = actions_of(schedule)
    rules = RuleNotes(schedule, actions)
    bands = _bands(schedule, rules)
    lanes = lanes_of(schedule.takes, schedule.end, bands, actions)
    flags: list[Flag] = []
    is_open, early = False, soonest_grid(schedule)
    for band, stretch in zip(bands, schedule.stretches, strict=True):
        flags += [
            _cue_flag(schedule, stretch, band, entry, early if is_open else None)
            for entry in stretch.entries
        ]
        is_open = is_open or stretch.is_live
    end = max(schedule.end, 1)
    messages = tuple(
        section_message_mark(band, send, schedule.grid.chunks_at(band.stretch.start + send.offset))
        for band in bands
        for send in band.stretch.sends
    )
    happens = [
        position for flag in flags for position in (flag.chunk, flag.exact) if position is not None
    ]
    happens += [held.fade_end for held in lanes.prompts if held.fade]
    return Plot(
        title=schedule.title or "Untitled",
        subtitle=describe_clock(schedule),
        grid=schedule.grid,
        end=end,
        bands=bands,
        takes=lanes.takes,
        prompts=lanes.prompts,
        images=lanes.images,
        strengths=lanes.strengths,
        scales=lanes.scales,
        flags=tuple(flags),
        performed=False,
        messages=messages,
        everywhere=rules.everywhere,
        axis=axis_of(end, schedule.grid, bands, [*happens, *(mark.at for mark in messages)]),
    )


def caption_of(stretch: Stretch) -> str:
    """Return length, tempo and meter of a pass in one line."""
    words = [length_in_words(stretch)]
    if stretch.tempo is not None:
        words += [tempo_in_words(stretch.tempo), meter_in_words(stretch)]
    return " · ".join(words)


def _bands(schedule: Schedule, rules: RuleNotes) -> tuple[Band, ...]:
    grid = schedule.grid
    passes = Counter(stretch.section for stretch in schedule.stretches)
    tints = assign_tints(schedule.stretches)
    bands: list[Band] = []
    for index, stretch in enumerate(schedule.stretches):
        following = schedule.stretches[index + 1] if index + 1 < len(schedule.stretches) else None
        caption = caption_of(stretch)
        open_from: int | None = None
        if stretch.is_live:
            open_from = following.earliest if following is not None else stretch.latest
            ways = " or ".join(abbreviate_trigger(one, schedule.middle) for one in stretch.until)
            caption = f"live, until {ways} · at most {caption}"
        if stretch.earliest != stretch.latest:
            caption = f"begins at chunk {stretch.earliest}…{stretch.latest} · {caption}"
        bands.append(
            Band(
                name=describe_pass(stretch.section, stretch.occurrence, passes[stretch.section]),
                tint=tints[stretch.section],
                stretch=stretch,
                start=grid.chunks_at(stretch.start),
                end=grid.chunks_at(stretch.start + stretch.seconds),
                caption=caption,
                open_from=open_from,
                earliest=stretch.earliest,
                latest=stretch.latest,
                rules=rules.of(stretch),
            )
        )
    return tuple(bands)


def section_message_mark(band: Band, send: Send, at: Fraction) -> MessageMark:
    """Return the mark of messages of a section that are due at a position in chunks."""
    where = f"{band.name} {send.place}" if band.stretch.section is not None else send.place
    line = f" (line {send.origin.line})" if send.origin.line else ""
    acts = ", ".join(describe_act(act) for act in send.acts)
    return MessageMark(
        at=at,
        full=f"{where}{line}: {acts}",
        protocols=protocols_of(send.acts),
        short=abbreviate_messages(send.acts),
    )


def _cue_flag(
    schedule: Schedule, stretch: Stretch, band: Band, entry: Entry, early: ChunkGrid | None
) -> Flag:
    """Return the flag of a cue.

    After a live section, `early` is the grid of a run that leaves it as soon as possible.
    """
    where = f"{band.name} {entry.place}" if stretch.section is not None else entry.place
    line = f", line {entry.origin.line}" if entry.origin.line else ""
    error = entry.error if early is None else None
    if early is not None:
        earliest = early.snap(stretch.soonest + entry.offset, entry.snap)
        on = f"chunk {earliest}…{entry.chunk}"
    else:
        on = f"chunk {entry.chunk}, snap error {milliseconds(entry.error)} ms"
    acts = ", ".join(describe_act(act) for act in entry.acts)
    exact = schedule.grid.chunks_at(stretch.start + entry.offset)
    return Flag(
        label=entry.place,
        exact=exact + Fraction(0),
        chunk=entry.chunk,
        error=error,
        full=f"{where} ({on}{line}): {acts}",
        section=band.name if stretch.section is not None else "",
        what=", ".join(describe_act(act) for act in entry.acts if not isinstance(act, PromptAct)),
        line=entry.origin.line,
        number=entry.id,
    )
