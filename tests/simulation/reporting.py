"""Invariants of the report: it omits nothing, and what it states is what the model really showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import inf

from sequencer.engine.conductor.deliveries import FINAL, Delivery, Status
from sequencer.engine.conductor.report import CueReport
from sequencer.engine.conductor.run_state import NO_REASON
from sequencer.events.events import (
    BoundariesFitted,
    ChunkDone,
    ChunkShown,
    ClockFitted,
    CommandRefused,
    OffsetChanged,
    Paused,
    ResetDone,
    Resumed,
    TransportChanged,
    TransportLocated,
)
from sequencer.schedule.describe import firing_by_name
from sequencer.schedule.model import (
    ControlAct,
    GotoAct,
    ImageAct,
    NoteAct,
    PauseAct,
    ProgramAct,
    ResumeAct,
    SuperResolutionAct,
)
from sequencer.stages.simulated.helios_state import ChunkBegun, ChunkInputs
from sequencer.sync.chunk_boundaries import first_lag
from tests.simulation.evidence import FAILED, Evidence, Made, prompt_of

SETTLED = 4 * 10**9
"""Nanoseconds until a clock is followed well, and the model's frames can be relied on."""


def nothing_lost(seen: Evidence) -> Iterator[str]:
    """Every cue of every pass is in the report, once, with a final status and, unless it landed,
    with a reason.
    """
    for number, cue in seen.cues.items():
        if cue.status not in FINAL:
            yield f"{seen.name(number)} has no end: {cue.status}"
        if cue.status is not Status.LANDED and not cue.reason:
            yield f"{seen.name(number)} is {cue.status} and does not state why"
        if cue.status is Status.LANDED and cue.landed is None:
            yield f"{seen.name(number)} has landed nowhere"
        if (
            cue.status is Status.LANDED
            and cue.planned is not None
            and cue.landed is not None
            and cue.landed < cue.planned
        ):
            yield f"{seen.name(number)} landed at {cue.landed}, before its chunk {cue.planned}"
    if len(seen.report.cues) != len(seen.cues) or set(seen.cues) != set(seen.lines):
        yield "the report does not hold each cue of the plan once"
    if seen.show.conductor is None or any(one.kind == "clock_located" for one in seen.events):
        return
    jumps = any(
        isinstance(act, GotoAct)
        for one in seen.show.schedule.stretches
        for rule in one.rules
        for act in rule.acts
    )
    aside = (
        Status.SKIPPED,
        Status.OVERTAKEN,
    )  # a pass may have been planned twice: what was left of the first is set aside
    lines = [line for line in seen.lines.values() if line.entry is not None]
    every = {(line.pass_number, line.entry) for line in lines}
    reported = Counter((line.pass_number, line.entry) for line in lines if line.status not in aside)
    for one in seen.show.conductor.view.passes:
        for entry in one.stretch.entries:
            # What was sent live before a goto, or before a clock jumped ahead and then stopped, is
            # repeated with its pass.
            twice = reported[one.number, entry.id] > 1 and not seen.show.following and not jumps
            if twice or (one.number, entry.id) not in every:
                position = f"{one.stretch.section or 'score'} {entry.place} of pass {one.number}"
                yield f"{position} is reported {reported[one.number, entry.id]} times"
    if not jumps:
        stretches = [one.stretch.index for one in seen.show.conductor.view.passes]
        if stretches != [one.index for one in seen.show.schedule.stretches]:
            yield f"of {len(seen.show.schedule.stretches)} stretches the plan holds {stretches}"


def firings_are_reported(seen: Evidence) -> Iterator[str]:
    """Every firing that the current pass listens for is in the report: as a cue, or as a move
    (pause, resume or goto).
    """
    conductor = seen.show.conductor
    if conductor is None:
        return
    reported = Counter(line.rule for line in seen.lines.values() if line.rule is not None)
    rules = {rule.id: rule for one in seen.show.schedule.stretches for rule in one.rules}
    sharing = Counter(rule.key for rule in rules.values())
    wanted: Counter[str] = Counter()
    by_key: Counter[str] = Counter()
    moves: Counter[tuple[str, str]] = Counter()
    for rule in rules.values():
        by_key[rule.key] += reported[rule.id]
        times = conductor.view.firings.get(rule.key, 0) // sharing[rule.key]
        moving = [act for act in rule.acts if isinstance(act, GotoAct | PauseAct | ResumeAct)]
        sends = [act for act in rule.acts if isinstance(act, NoteAct | ControlAct | ProgramAct)]
        wanted[rule.key] += times if len(moving) + len(sends) < len(rule.acts) else 0
        for act in moving:
            what = f"goto {act.section}" if isinstance(act, GotoAct) else act.kind
            moves[firing_by_name(rule.trigger, seen.show.schedule.middle), what] += times
    for key, count in wanted.items():
        if by_key[key] < count:
            yield f"{key} fired {count} times and is reported {by_key[key]} times"
    reported_moves = Counter(
        (move.place, move.what) for move in seen.report.moves if move.what != "exit"
    )
    if reported_moves != +moves:
        yield f"the moves that were fired are {dict(+moves)}, reported are {dict(reported_moves)}"


def moves_are_reported(seen: Evidence) -> Iterator[str]:
    """Every pause, resume, goto and exit has a final status, and a reason if it did not take
    effect; in a calm show it does.
    """
    for move in seen.report.moves:
        if move.status not in FINAL or (move.status is not Status.LANDED and not move.reason):
            yield (
                f"the {move.what} by {move.place} is {move.status} and does not state why: "
                f"{move.reason!r}"
            )
        if move.status is Status.LANDED and (
            move.waited_ms is None or move.waited_ms < 0 or move.chunk is None
        ):
            yield (
                f"the {move.what} by {move.place} came about at chunk {move.chunk}, "
                f"{move.waited_ms} ms later"
            )
    done = [event.at for event in seen.events if isinstance(event, ChunkDone)]
    for one in seen.show.conductor.view.run_actions if seen.show.conductor else ():
        in_time = (
            len(done) > 3 and one.fired < done[-3] and not seen.answers_late
        )  # else its answer comes after the end
        if (
            seen.calm
            and in_time
            and one.reason.startswith("the run ended first")
            and seen.report.ended_well
        ):
            yield f"the {one.what} by {one.place} is missed though nothing went wrong: {one.reason}"


def calm_lands(seen: Evidence) -> Iterator[str]:
    """In a calm show nothing fails; if chunks are known in advance, every cue lands on its own
    chunk.
    """
    if not seen.calm or seen.show.capped or not seen.report.ended_well:
        return
    for number, cue in seen.cues.items():
        if _is_image_unreported(seen, cue) or _is_unreported_after_resume(seen, cue):
            continue
        if cue.status in FAILED and not (
            seen.show.following and cue.status in (Status.DROPPED, Status.MISSED)
        ):
            yield f"{seen.name(number)} is {cue.status} though nothing went wrong: {cue.reason}"
    if not seen.simple:
        return
    entries = {entry.id: entry for entry in seen.show.schedule.entries}
    for number, cue in seen.cues.items():
        entry = entries.get(cue.entry) if cue.entry is not None else None
        if (
            entry is None
            or cue.status is Status.OVERTAKEN
            or (seen.answers_late and "image" in cue.what)
        ):
            continue
        if cue.planned != entry.chunk or cue.landed != entry.chunk:
            yield (
                f"{seen.name(number)} belongs on chunk {entry.chunk}: planned for {cue.planned}, "
                f"landed on {cue.landed}"
            )


def _is_image_unreported(seen: Evidence, cue: CueReport) -> bool:
    """Return whether a cue is missed because the model's answer about its image came after the
    boundary, and the take was over.

    An image has landed if `image_accepted` came before its boundary. This one may have been shown,
    but nothing reported it.
    """
    return seen.answers_late and cue.status is Status.MISSED and "its image" in cue.reason


def _is_unreported_after_resume(seen: Evidence, cue: CueReport) -> bool:
    """Return whether a cue is dropped because the model reported late that it goes on: the chunk before
    the cue's had been made.
    """
    return cue.status is Status.DROPPED and any(
        isinstance(step.event, Resumed)
        and step.event.chunk is not None
        and cue.planned is not None
        and step.base + step.event.chunk < cue.planned <= step.making
        for step in seen.show.steps
    )


def report_is_true(seen: Evidence) -> Iterator[str]:
    """What is reported as landed was shown by the model, on that chunk."""
    for number, line in seen.lines.items():
        cue = seen.cues[number]
        if cue.status is not Status.LANDED or cue.landed is None or line.chunk is None:
            continue
        looks = seen.shown.get(cue.landed)
        if not looks:
            only_cut = line.kinds - {one.kind for one in line.lost} == {"cut"}
            if not _lied_to(seen) and not (only_cut and cue.landed in seen.bases.values()):
                yield (
                    f"{seen.name(number)} is reported to have landed on chunk {cue.landed}, which was "
                    "never made"
                )
            continue
        yield from _untrue(seen, number, line, cue.landed, looks)


def _lied_to(seen: Evidence) -> bool:
    """Return whether the model reported something untrue."""
    return any(mishap.do == "spoil" for mishap in seen.show.faults.messages)


def _untrue(
    seen: Evidence, number: int, line: Delivery, landed: int, looks: list[ChunkInputs]
) -> Iterator[str]:
    prompt = prompt_of(line)
    spell = [
        look
        for chunk in range(min(line.chunk or landed, landed), landed + 1)
        for look in seen.shown.get(chunk, [])
    ]
    if prompt is not None and "without its prompt" not in line.reason and not _lied_to(seen):
        several = len({act.kind for act in line.acts}) > 1
        # A model that acts late on prompts that it accepts in time, or receives late what is sent
        # in time, reveals nothing about a chunk of which neither a report nor a state arrived.
        is_late = seen.is_slow or "prompt" in seen.show.script.faults.get("delays", {})
        is_unreported = is_late and landed not in seen.reported_chunks | seen.stated_chunks
        if not is_unreported and not any(
            look.prompt.strip() == prompt for look in (spell if several else looks)
        ):
            yield (
                f"{seen.name(number)} is reported to have landed on chunk {landed}, which showed "
                f"{looks[0].prompt!r}"
            )
    if not _sound_images(seen):
        return
    for act in line.acts:
        if act.kind in line.open or f"without its {act.kind}" in line.reason:
            continue
        match act:
            case ImageAct() if not any(
                look.image == act.image.sha256 for look in (spell if len(line.kinds) > 1 else looks)
            ):
                yield (
                    f"{seen.name(number)} is reported to show {act.image.path} on chunk {landed}, and "
                    "it does not"
                )
            case SuperResolutionAct() if (
                not seen.is_slow
                and not any(look.sr == act.scale for look in spell)
                and (landed, "set_sr_scale") not in seen.set_on_a_boundary
            ):
                yield (
                    f"{seen.name(number)} is reported to set sr {act.scale} by chunk {landed}, and it "
                    "does not"
                )
            case _:
                pass


def _sound_images(seen: Evidence) -> bool:
    """Return whether the model's reports on images and settings can be trusted: late, perhaps, but
    not replaced by others.
    """
    loose = ("messages", "refuse", "unheard", "warmup")
    return not any(key in seen.show.script.faults for key in loose)


def shown_as_reported(seen: Evidence) -> Iterator[str]:
    """Every chunk shows what was in force there according to the report; otherwise the report has a cue
    that explains it.
    """
    landed = sorted(
        (_shown_from(cue.landed, seen.lines[number]), number, prompt_of(seen.lines[number]))
        for number, cue in seen.cues.items()
        if cue.landed is not None
        and cue.status is Status.LANDED
        and prompt_of(seen.lines[number]) is not None
        and "without its prompt" not in cue.reason
    )
    reported: list[tuple[int, float, str | None]] = [
        (line.chunk if line.chunk is not None else line.planned or 0, inf, prompt_of(line))
        for number, line in seen.lines.items()
        if prompt_of(line) is not None
        and (
            seen.cues[number].status in FAILED or seen.cues[number].reason.startswith("without its")
        )
    ]
    # A cue that replaced another and then failed explains that one too. So does one that arrived
    # too late, until it landed.
    until: dict[int, float] = {chunk: inf for chunk, _, _ in reported}
    if seen.is_slow:
        for number, line in seen.lines.items():
            landed_on = seen.cues[number].landed
            if line.chunk is not None and landed_on is not None and prompt_of(line) is not None:
                until.setdefault(line.chunk, landed_on)
    reported += [
        (line.chunk, until[line.chunk], prompt_of(line))
        for number, line in seen.lines.items()
        if seen.cues[number].status is Status.OVERTAKEN and line.chunk in until
    ]
    for made in seen.made:
        if made.chunk > seen.last_reported or made.chunk not in seen.reported_chunks:
            continue
        prompt = made.look.prompt.strip()
        force = [one for one in landed if one[0] <= made.chunk]
        if force and force[-1][2] == prompt:
            continue
        if seen.calm:
            same = [one for one in force if one[0] == force[-1][0]]
            unreported = [
                seen.lines[number]
                for number, cue in seen.cues.items()
                if _is_image_unreported(seen, cue)
            ]
            if any(one[2] == prompt for one in same) or _partly(seen, made, prompt):
                continue
            if any(
                prompt_of(line) == prompt and (line.chunk or 0) <= made.chunk for line in unreported
            ):
                continue
            yield (
                f"chunk {made.chunk} showed {prompt!r}; by the report "
                f"{force[-1][2] if force else None!r} was in force"
            )
        elif not any(
            text == prompt and first <= made.chunk < end for first, end, text in reported
        ) and not any(one[2] == prompt for one in [*force, *landed]):
            yield (
                f"chunk {made.chunk} showed {prompt!r}, and no cue that landed or failed explains "
                "it"
            )


def _shown_from(landed: int, line: Delivery) -> int:
    """Return the chunk from which on a landed delivery shows its prompt: its image may land later."""
    return line.chunk if len(line.acts) > 1 and line.chunk is not None else landed


def _partly(seen: Evidence, made: Made, prompt: str) -> bool:
    """Return whether a cue of prompt and image explains the prompt: it lands when both have, so its
    prompt may show earlier.
    """
    return any(
        prompt_of(line) == prompt
        and line.chunk is not None
        and line.landed is not None
        and line.chunk <= made.chunk <= line.landed
        for line in seen.lines.values()
        if line.status is Status.LANDED
    )


def skipped_is_not_shown(seen: Evidence) -> Iterator[str]:
    """What is reported as skipped was not shown: what had been sent for it was overwritten."""
    texts = Counter(prompt_of(line) for line in seen.lines.values())
    for number, line in seen.lines.items():
        prompt = prompt_of(line)
        if (
            seen.cues[number].status is not Status.SKIPPED
            or prompt is None
            or texts[prompt] > 1
            or line.chunk is None
        ):
            continue
        for made in seen.made:
            if made.look.prompt.strip() == prompt and made.chunk in seen.reported_chunks:
                why = seen.cues[number].reason
                yield (
                    f"{seen.name(number)} is reported as skipped ({why}), but chunk {made.chunk} "
                    "showed it"
                )
                break


def missed_is_not_shown(seen: Evidence) -> Iterator[str]:
    """A cue whose prompt was shown is not reported as missed, if nothing was lost or refused.

    A show need not be calm: a prompt that comes too late is shown later. If commands take longer
    than a chunk, it may be shown after it was given up because the next one was due.
    """
    if not seen.nothing_lost or seen.is_chunks_late:
        return
    for number, line in seen.lines.items():
        prompt = prompt_of(line)
        is_missed = seen.cues[number].status is Status.MISSED and "prompt" in line.open
        if not is_missed or prompt is None or line.chunk is None or not _is_sent_once(seen, line):
            continue
        for made in seen.made:
            if made.look.prompt.strip() == prompt and made.chunk in seen.reported_chunks:
                yield (
                    f"{seen.name(number)} is reported as missed ({seen.cues[number].reason}), but "
                    f"chunk {made.chunk} showed it"
                )
                break


def _is_sent_once(seen: Evidence, line: Delivery) -> bool:
    """Return whether no other cue with the same prompt explains what was shown."""
    return all(
        other is line or prompt_of(other) != prompt_of(line) or other.status is Status.OVERTAKEN
        for other in seen.lines.values()
    )


def seen_on_the_beat(seen: Evidence) -> Iterator[str]:
    """A cue of a followed clock is seen within a chunk and a half of its position, by the clock's
    fits.

    This holds if clock and model kept their pace from the commitment of the cue until it was seen,
    unless the report gives a reason.
    """
    run = None if seen.show.conductor is None else seen.show.conductor.view
    if run is None or run.clock is None or not run.clock.is_external or not seen.calm:
        return
    fits = [
        event
        for event in seen.events
        if isinstance(event, ClockFitted) and event.quarters_per_ns > 0
    ]
    moved = [
        event.at
        for event in seen.events
        if isinstance(event, TransportChanged | TransportLocated | OffsetChanged | ResetDone)
    ]
    done = [event.at for event in seen.events if isinstance(event, ChunkDone)]
    lags = [event for event in seen.events if isinstance(event, BoundariesFitted)]
    first_seen = min(
        (event.at for event in seen.events if isinstance(event, ChunkShown)), default=inf
    )
    measured = next((event for event in lags if event.at > first_seen), None)
    replanned = max(
        (event.at for event in seen.events if isinstance(event, TransportLocated)), default=-1
    )  # passes may move then
    committed = {commit.line: seen.show.steps[commit.step].event.at for commit in seen.show.commits}
    for number, line in seen.lines.items():
        at = run.clock.shown.get(line.landed if line.landed is not None else -1)
        current = run.passes[line.pass_number] if line.pass_number < len(run.passes) else None
        if (
            at is None
            or current is None
            or line.quarter is None
            or line.reason
            or line.kinds != {"prompt"}
        ):
            continue
        if line.landed == 0:
            continue  # the first chunk cannot be seen before it is made and sent
        since = committed[number]
        ours = [fit for fit in fits if since <= fit.at <= at]
        lengths = [two - one for one, two in pairwise(one for one in done if since <= one <= at)]
        steady = len(ours) > 1 and len(lengths) > 1 and not any(since <= one <= at for one in moved)
        if not steady or since <= replanned or current.stretch.section != line.section:
            continue
        rates = [fit.quarters_per_ns for fit in ours]
        if max(rates) > 1.01 * min(rates) or max(lengths) > 1.1 * min(lengths):
            continue
        last = ours[-1]
        position = (
            last.time
            + (float(current.quarter + line.quarter) - last.quarter) / last.quarters_per_ns
        )
        unknown = 0
        if measured is not None and since < measured.at:
            # The display delay cannot be known before a frame was shown: until then the usual lag
            # is assumed, also before the first fit of the boundaries.
            unknown = abs(measured.lag - first_lag(seen.show.schedule.grid.chunk))
        if abs(at - position) > 1.5 * max(lengths) + 3e8 + unknown:
            yield f"{seen.name(number)} was seen {(at - position) / 1e9:.3f} s after its position"


def seen_on_the_tape(seen: Evidence) -> Iterator[str]:
    """A cue of time code is seen within a chunk and a half of its position on the tape.

    This holds if the tape ran evenly from some seconds before the cue was committed until it was
    seen, and the model kept its pace.
    """
    run = None if seen.show.conductor is None else seen.show.conductor.view
    if run is None or seen.show.tape is None or not seen.calm:
        return
    done = [event.at for event in seen.events if isinstance(event, ChunkDone)]
    others = [
        event.at
        for event in seen.events
        if isinstance(event, OffsetChanged | ResetDone | Paused | Resumed)
    ]
    committed = {commit.line: seen.show.steps[commit.step].event.at for commit in seen.show.commits}
    fixed = all(not one.is_live and not one.rules for one in seen.show.schedule.stretches)
    for number, line in seen.lines.items():
        at = run.shown.get(line.landed if line.landed is not None else -1)
        if at is None or not fixed or not line.landed or line.reason or line.kinds != {"prompt"}:
            continue
        since = committed[number] - SETTLED
        lengths = [two - one for one, two in pairwise(one for one in done if since <= one <= at)]
        if (
            len(lengths) < 2
            or max(lengths) > 1.1 * min(lengths)
            or any(since <= one <= at for one in others)
        ):
            continue
        for one in seen.show.tape.stretches:
            if one.begin + SETTLED <= committed[number] and at <= one.end:
                off = at - one.reached(line.time)
                if abs(off) > 1.5 * max(lengths) + 3e8 + seen.show.faults.delays.shown_jitter:
                    yield (
                        f"{seen.name(number)} was seen {off / 1e9:.3f} s after its position on the "
                        "tape"
                    )


def figures_are_right(seen: Evidence) -> Iterator[str]:
    """The report's own figures are right: takes, refusals, chunks, how it ended."""
    report = seen.report
    refusals = [event for event in seen.events if isinstance(event, CommandRefused)]
    refused = [
        f"{one.command}: {one.reason if one.reason.strip() else NO_REASON}" for one in refusals
    ]
    missing = Counter(report.refused) - Counter(refused)
    if missing:
        yield f"refusals that never were: {sorted(missing)}"
    if report.ended_well != (report.ended == "the score is over"):
        yield f"it ended {'well' if report.ended_well else 'badly'}, and states: {report.ended}"
    if seen.calm and len(refused) != len(report.refused):
        yield f"{len(refused)} refusals, {len(report.refused)} are reported"
    if not seen.calm:
        return
    begun = len({one.take for one in seen.show.model if isinstance(one, ChunkBegun)})
    if report.ended_well and report.takes != begun:
        yield f"the report counts {report.takes} takes, the model made {begun}"
    if seen.simple and report.ended_well and report.chunks != seen.show.schedule.end:
        yield f"the score has {seen.show.schedule.end} chunks, the report counts {report.chunks}"
    done = max((made.chunk for made in seen.made), default=-1) + 1
    if report.ended_well and not report.chunks <= done + 1:
        yield f"the report counts {report.chunks} chunks, the model made {done}"
    for number, cue in seen.cues.items():
        line = seen.lines[number]
        if line.has_position and line.off is None and cue.planned is not None:
            error = seen.show.schedule.grid.snap_error(line.time, cue.planned)
            if cue.error_ms is None or abs(cue.error_ms - float(error) * 1000) > 0.001:
                yield f"{seen.name(number)}: the snap error is reported as {cue.error_ms} ms"
