"""Invariants of the commands that are sent, and of the chunks that they were committed to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.run_state import ANSWER_TIMEOUT_NS
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.commands import (
    SchedulePrompt,
    SendMidi,
    SendOsc,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Upload,
    WakeAt,
)
from sequencer.events.events import ChunkDone, CommandRefused, Started
from sequencer.schedule.model import ImageAct, StrengthAct, SuperResolutionAct
from tests.simulation.evidence import Evidence, prompt_of


def nothing_for_the_past(seen: Evidence) -> Iterator[str]:
    """No prompt is scheduled for a chunk that is made or being made, as far as the model has
    reported.
    """
    making: int | None = None
    takes = 0
    for step in seen.show.steps:
        if any(isinstance(command, SetSeed) for command in step.commands):
            making = None  # a new take is set up, whether its reset was reported or not
            continue
        if step.takes > takes:  # it runs, by its own report or by what it shows
            making, takes = 0, step.takes
        if (
            isinstance(step.event, ChunkDone)
            and making is not None
            and step.base + step.event.chunk < step.making
        ):
            making = max(making, step.event.chunk + 1)
        for command in step.commands:
            if (
                isinstance(command, SchedulePrompt)
                and making is not None
                and command.chunk <= making
            ):
                yield f"{command} while chunk {making} of the take is being made"
    if not seen.calm_but_for_resets:
        return
    for reason in _refusals(seen):
        yield f"the model refused for good reason: {reason}"


def _refusals(seen: Evidence) -> Iterator[str]:
    """Yield what a model refused, except pauses and resumes, which the operator may request at a
    bad moment.
    """
    for event in seen.events:
        if isinstance(event, CommandRefused) and event.command not in ("pause", "resume", ""):
            yield f"{event.command}: {event.reason}"


def prompts_leave_in_time(seen: Evidence) -> Iterator[str]:
    """A prompt is sent for the first time no later than `lead` chunks before its own chunk."""
    show = seen.show
    lead = seen.lead
    sent: set[int] = set()
    for number, step in enumerate(show.steps):
        if any(isinstance(command, SetSeed) for command in step.commands):
            sent = {
                step.base + command.chunk
                for command in step.commands
                if isinstance(command, SchedulePrompt)
            }
            continue
        before = show.steps[number - 1] if number else step
        plays = before.phase is Phase.PLAYING and step.phase is Phase.PLAYING
        for command in step.commands:
            if not isinstance(command, SchedulePrompt):
                continue
            chunk = step.base + command.chunk
            near = plays and chunk - step.making < lead and chunk not in sent
            if near and not _excused(seen, chunk, number):
                yield (
                    f"{command} left when chunk {step.making - step.base} was being made, with a "
                    f"lead of {lead}"
                )
            sent.add(chunk)


def _excused(seen: Evidence, chunk: int, step: int) -> bool:
    """Return whether a prompt may be late: rules and images act where they can, and after a fault
    anything may be late.
    """
    if not seen.calm:
        return True
    mine = [one for one in seen.show.commits if one.chunk == chunk and one.step <= step]
    lines = [seen.lines[one.line] for one in mine if one.line in seen.lines]
    return any(
        line.rule is not None or any(isinstance(act, ImageAct) for act in line.acts)
        for line in lines
    )


def live_commands_leave_in_time(seen: Evidence) -> Iterator[str]:
    """Images, strength and super-resolution are sent while the chunk before theirs is made: neither
    earlier nor later.
    """
    show = seen.show
    if not seen.calm:
        return
    for number, step in enumerate(show.steps):
        if step.phase is not Phase.PLAYING or any(
            isinstance(command, SetSeed) for command in step.commands
        ):
            continue
        slots = show.conductor.view.slots if show.conductor else {}
        lines = [
            line
            for chunk in _live_chunks(seen, number)
            if chunk in slots
            for line in slots[chunk].lines
        ]
        acts = [act for line in lines for act in line.acts]
        has = {
            *(act.scale for act in acts if isinstance(act, SuperResolutionAct)),
            *(float(act.value) for act in acts if isinstance(act, StrengthAct)),
            *(act.image.sha256 for act in acts if isinstance(act, ImageAct)),
        }
        for command in step.commands:
            match command:
                case SetSrScale():
                    wanted: object = command.scale
                case SetImageStrength():
                    wanted = command.strength
                case SetConditioning() | SetImage():
                    wanted = command.image
                case _:
                    continue
            if wanted not in has:
                yield (
                    f"{command} left while chunk {step.making} was being made, and the next one "
                    "does not ask for it"
                )


def _live_chunks(seen: Evidence, number: int) -> list[int]:
    """Return the chunks for which live commands may be sent in a step: usually the next one.

    If the report that a take runs comes after chunks of that take, nobody knew that they were being
    made: the commands that were due in the meantime are sent now.
    """
    step = seen.show.steps[number]
    before = seen.show.steps[number - 1] if number else step
    first = (
        step.base
        if step.takes > before.takes and not isinstance(step.event, Started)
        else step.making
    )
    return list(range(first + 1, step.making + 2))


def sent_once(seen: Evidence) -> Iterator[str]:  # noqa: PLR0912  one branch per command
    """What reached a model that refuses and loses nothing is not sent again for the same chunk."""
    if not seen.calm:
        return
    asked: Counter[tuple[int, str]] = Counter()
    for commit in seen.show.commits:
        line = seen.lines.get(commit.line)
        if line is not None:
            asked.update((commit.chunk, kind) for kind in {act.kind for act in line.acts})
    sent: Counter[tuple[int, str]] = Counter()
    texts: dict[int, str] = {}
    opening = False
    for number, step in enumerate(seen.show.steps):
        opening = any(isinstance(command, SetSeed) for command in step.commands)
        if opening:
            texts = {}
            sent = Counter(dict.fromkeys(sent, 0))
        live = _live_chunks(seen, number)
        for command in step.commands:
            match command:
                case SchedulePrompt():
                    chunk = step.base + command.chunk
                    if texts.get(chunk) == command.prompt and sent[chunk, "prompt"] >= max(
                        1, asked[chunk, "prompt"]
                    ):
                        yield f"{command} was sent {sent[chunk, 'prompt'] + 1} times"
                    texts[chunk] = command.prompt
                    sent[chunk, "prompt"] += 1
                case SetConditioning() if not opening:
                    sent[live[-1], "image"] += 1
                    if sent[live[-1], "image"] > sum(asked[chunk, "image"] for chunk in live):
                        yield f"{command} was sent {sent[live[-1], 'image']} times"
                case SetSrScale() if not opening:
                    sent[live[-1], "sr"] += 1
                    if sent[live[-1], "sr"] > sum(asked[chunk, "sr"] for chunk in live):
                        yield f"{command} was sent {sent[live[-1], 'sr']} times"
                case _:
                    pass
    last: dict[tuple[int, str], int] = {}
    patience = (
        ANSWER_TIMEOUT_NS - seen.show.sending - seen.jitter_on_the_way
    )  # the first may take longer to arrive than the second
    for one in seen.received:
        if one.name in ("reset", "start"):
            before = last.get((one.take, one.name))
            if (
                before is not None and one.at - before < patience
            ):  # unanswered commands are repeated
                yield f"{one.name} was sent twice in take {one.take}"
            last[one.take, one.name] = one.at


def opening_order(seen: Evidence) -> Iterator[str]:
    """A take is set up in one order: seed, super-resolution, strength, image and prompt together or
    the prompt alone, start.

    Uploads come before all of these; only a reset ends a take, and nothing is sent between the
    reset and its report.
    """
    ready = False
    for step in seen.show.steps:
        kinds = [
            command.kind
            for command in step.commands
            if not isinstance(command, WakeAt | Upload | SendMidi | SendOsc)
        ]
        if any(isinstance(command, Upload) for command in step.commands) and kinds:
            yield f"an upload left together with {kinds}"
        if "set_seed" in kinds:
            rest = kinds[kinds.index("set_seed") :]
            wanted = ["set_seed", "set_sr_scale"]
            wanted += ["set_image_strength"] if "set_image_strength" in rest[:3] else []
            first = rest[len(wanted)] if len(rest) > len(wanted) else ""
            if rest[: len(wanted)] != wanted or first not in (
                "set_conditioning",
                "schedule_prompt",
            ):
                yield f"a take was set up as {rest}"
            if "start" in rest and rest[-1] != "start":
                yield f"something was sent after start: {rest}"
            tail = [
                one for one in rest[len(wanted) + 1 :] if one not in ("schedule_prompt", "start")
            ]
            # An edit may replace the score before its first take has begun.
            if tail and not (seen.show.script.edits and tail == ["reset"]):
                yield f"a take was set up with {tail} after its prompt"
            ready = True
        elif "start" in kinds and not ready:
            yield "start was sent before anything was set up"
        if "reset" in kinds:
            ready = False
            if kinds[-1] != "reset":
                yield f"{kinds[kinds.index('reset') + 1 :]} left behind a reset"
        if (
            step.phase is Phase.CUTTING
            and [one for one in kinds if one != "reset"]
            and "reset" not in kinds
        ):
            yield f"{kinds} left before the reset was reported"
    if seen.calm:
        yield from _opened_as_written(seen)


def _opened_as_written(seen: Evidence) -> Iterator[str]:
    order: dict[int, list[str]] = defaultdict(list)
    for one in seen.received:
        order[one.take].append(one.name)
    for take, names in order.items():
        if "start" not in names:
            continue
        before = names[: names.index("start")]
        if "set_seed" not in before or not {"schedule_prompt", "set_conditioning"} & set(before):
            yield f"take {take} was started after {before} only"


def _in_acting_order(lines: Sequence[Delivery]) -> list[Delivery]:
    """Return the deliveries of a chunk in the order in which they act: a firing of a quantised rule
    acts before the cues with later positions, even if it was created later.
    """
    found: list[Delivery] = []
    for line in lines:
        places = range(len(found)) if line.quantisation is not None else ()
        later = (at for at in places if found[at].has_position and found[at].time > line.time)
        found.insert(next(later, len(found)), line)
    return found


def seeds_are_kept(seen: Evidence) -> Iterator[str]:
    """Each take is made with the seed of its cut, or with the previous seed."""
    if not seen.calm:
        return
    seed = seen.show.schedule.seed
    last = None
    for one in seen.made:
        if one.take == last:
            continue
        last = one.take
        there = [line for line in seen.lines.values() if line.chunk == one.chunk]
        for line in _in_acting_order(there):
            if line.status is Status.SKIPPED:
                continue
            for act in line.acts:
                if act.kind == "cut" and act.seed is not None:
                    seed = act.seed
        if one.look.seed != seed:
            yield f"the take at chunk {one.chunk} was made with seed {one.look.seed}, not {seed}"


def images_have_prompts(seen: Evidence) -> Iterator[str]:
    """An image is sent together with a prompt: the model always has a prompt in force, so an image
    is never sent alone.
    """
    for command in seen.commands:
        if isinstance(command, SetImage):
            yield f"{command} left without a prompt"
        if isinstance(command, SetConditioning) and not command.prompt.strip():
            yield f"{command} left with an empty prompt"


def committed_stays(seen: Evidence) -> Iterator[str]:
    """What is committed to a chunk stays there, unless the model refused it."""
    chunks: dict[int, int] = {}
    for commit in seen.show.commits:
        before = chunks.get(commit.line)
        line = seen.lines.get(commit.line)
        refused = isinstance(seen.show.steps[commit.step].event, CommandRefused)
        if before is not None and (line is None or not refused):
            yield (
                f"{seen.name(commit.line) if line else commit.line} was moved from chunk {before} "
                f"to {commit.chunk}"
            )
        if line is None and not seen.show.script.edits:  # an edit may replace the score at first
            yield f"the line {commit.line}, committed to chunk {commit.chunk}, is in no report"
        chunks[commit.line] = commit.chunk


def one_prompt_a_chunk(seen: Evidence) -> Iterator[str]:
    """Of all cues that landed on one chunk, at most one is reported to have landed with its prompt."""
    found: dict[int, list[int]] = defaultdict(list)
    for number, line in seen.lines.items():
        landed = (
            seen.cues[number].status is Status.LANDED
            and seen.cues[number].landed is not None
            and "without its prompt" not in seen.cues[number].reason
        )
        if landed and prompt_of(line) is not None and line.chunk is not None:
            found[line.chunk].append(number)
    for chunk, numbers in found.items():
        if len(numbers) > 1:
            yield f"chunk {chunk} has {len(numbers)} prompts: {', '.join(map(seen.name, numbers))}"
    sent: dict[tuple[int, int], str] = {}
    take = 0
    for step in seen.show.steps:
        take += any(isinstance(command, SetSeed) for command in step.commands)
        per_step: dict[int, str] = {}
        for command in step.commands:
            if isinstance(command, SchedulePrompt):
                if per_step.get(command.chunk, command.prompt) != command.prompt and not _rules_met(
                    seen, step.base + command.chunk
                ):
                    yield (
                        f"two prompts left for chunk {command.chunk} at once: "
                        f"{per_step[command.chunk]!r}, {command.prompt!r}"
                    )
                per_step[command.chunk] = command.prompt
                sent[take, command.chunk] = command.prompt


def _rules_met(seen: Evidence, chunk: int) -> bool:
    lines = [
        seen.lines[one.line]
        for one in seen.show.commits
        if one.chunk == chunk and one.line in seen.lines
    ]
    skipped = any(line.status is Status.SKIPPED for line in lines)
    return skipped or not seen.calm or any(line.rule is not None for line in lines)
