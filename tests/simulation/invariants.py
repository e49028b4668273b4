"""What must hold after every show, whatever went wrong in it. Each invariant has a name and says in words what broke it.

Some hold always. Others only in a *calm* show: one whose model is odd or slow but loses, refuses and garbles nothing, and whose
operator lets it play; there every cue has to land where it was planned.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sequencer.conductor import CueReport, Status
from sequencer.conductor.lines import FINAL, Line
from sequencer.conductor.run import PATIENCE, Phase
from sequencer.events import (
    ChunkDone,
    Command,
    Event,
    Finish,
    HandPaused,
    Paused,
    Refused,
    Resumed,
    SchedulePrompt,
    SendMidi,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Started,
    Upload,
    WakeAt,
)
from sequencer.journal import Journal, parse_journal
from sequencer.replaying import replay
from sequencer.schedule import GotoSection, PauseModel, ResumeModel, ShowImage, ShowPrompt, Strength, SuperResolution
from sequencer.stages.simulated.outputs import ChunkBegun, ChunkMade, Look
from simulation.playing import Heard, Show

TELLING = frozenset({Status.MISSED, Status.REFUSED, Status.STUCK, Status.DROPPED})
"""What a cue that did not act as written is reported as."""
LOOSE = ("messages", "refuse", "drops", "end", "uploads", "uploads_last", "unheard", "warmup")
"""Faults that a show is not calm with."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken invariant, and how it was broken."""

    name: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"


@dataclass(slots=True)
class Made:
    """A chunk that the model really made, as a score chunk."""

    chunk: int
    take: int
    look: Look


class Evidence:
    """A show, looked at from the side of the model as well as from that of the report."""

    def __init__(self, show: Show) -> None:
        self.show = show
        if show.outcome is None or show.conductor is None:
            raise ValueError("a show that fell over has no evidence")
        self.report = show.outcome.report
        self.lines: dict[int, Line] = {line.number: line for line in show.conductor.run.plan.lines}
        self.cues: dict[int, CueReport] = {cue.number: cue for cue in self.report.cues}

    @cached_property
    def calm(self) -> bool:
        """Whether nothing was lost, refused, garbled or ended by hand."""
        faults = self.show.script.faults
        return not (
            any(key in faults for key in LOOSE)
            or "prompt" in faults.get("delays", {})
            or self.raced
            or any("finish@" in hand for hand in self.show.script.hands)
        )

    @cached_property
    def raced(self) -> bool:
        """Whether an image left so near to a boundary (as one of a rule may) that it cannot be encoded in time for it."""
        encoding = self.show.faults.delays.image
        sent: dict[int, int] = {}
        for one in self.show.model:
            if isinstance(one, Heard) and one.name == "set_conditioning" and one.following > 0:
                sent[one.take] = one.at
            elif isinstance(one, ChunkBegun) and one.at - sent.pop(one.take, -encoding) < encoding:
                return True
        return False

    @cached_property
    def answers_late(self) -> bool:
        """Whether answers may come behind the boundary that they speak of: nobody knows then where an image landed."""
        delays = self.show.script.faults.get("delays", {})
        return any(key in delays for key in ("answer", "jitter", "at_chunk", "image"))

    @cached_property
    def simple(self) -> bool:
        """A calm show of a score whose chunks are known beforehand, performed by them."""
        return self.calm and self.show.schedule.is_fixed and not self.show.following

    @cached_property
    def was_paused(self) -> bool:
        """Whether anybody asked for a pause."""
        asked = any(isinstance(step.event, HandPaused | Paused) for step in self.show.steps)
        return asked or any(one.name == "pause" for one in self.heard)

    @cached_property
    def heard(self) -> list[Heard]:
        """Every command that reached the model."""
        return [one for one in self.show.model if isinstance(one, Heard)]

    @cached_property
    def events(self) -> list[Event]:
        """Every event."""
        return [step.event for step in self.show.steps]

    @cached_property
    def commands(self) -> list[Command]:
        """Every command."""
        return [command for step in self.show.steps for command in step.commands]

    @cached_property
    def bases(self) -> dict[int, int]:
        """The score chunk at which each of the model's takes began, by the conductor that started it."""
        return {one.take: one.base for one in self.heard if one.name == "start"}

    @cached_property
    def made(self) -> list[Made]:
        """Every chunk that was made, in order. What a late reset lets a take make beyond the next one's is left out."""
        found = []
        takes = sorted(self.bases)
        for one in self.show.model:
            if isinstance(one, ChunkMade) and one.take in self.bases:
                chunk = self.bases[one.take] + one.look.chunk
                later = [self.bases[take] for take in takes if take > one.take]
                if not later or chunk < later[0]:
                    found.append(Made(chunk, one.take, one.look))
        return found

    @cached_property
    def shown(self) -> dict[int, list[Look]]:
        """What was really shown, by score chunk."""
        found: dict[int, list[Look]] = defaultdict(list)
        for one in self.made:
            found[one.chunk].append(one.look)
        return found

    @cached_property
    def journal(self) -> Journal:
        """The journal, read back."""
        return parse_journal(self.show.journal)

    @cached_property
    def told_of(self) -> set[int]:
        """The score chunks whose report came through."""
        return {step.base + step.event.chunk for step in self.show.steps if isinstance(step.event, ChunkDone)}

    @cached_property
    def last_reported(self) -> int:
        """The last score chunk that the model reported and the conductor believed."""
        return self.report.chunks - 1

    def name(self, number: int) -> str:
        """A cue's name for people."""
        cue = self.cues[number]
        return f"the cue {cue.section or 'score'} {cue.place} ({cue.what})"


def prompt_of(line: Line) -> str | None:
    """The text that a line shows, if it shows one."""
    found = [act.text for act in line.acts if isinstance(act, ShowPrompt)]
    return found[-1].strip() if found else None


# ---- the run as a whole --------------------------------------------------------------------------------------------


def session_closed(seen: Evidence) -> Iterator[str]:
    """The stage is closed once the show is over, and nothing is sent to it any more."""
    show = seen.show
    if show.closes == 0:
        yield "the session was left open"
    if show.sent_after_close:
        yield f"{show.sent_after_close} commands were sent to a closed session"
    finishes = [command for command in seen.commands if isinstance(command, Finish)]
    if len(finishes) != 1:
        yield f"the run finished {len(finishes)} times"
    elif not isinstance(show.steps[-1].commands[-1], Finish):
        yield "something came behind the finish"


def comes_to_an_end(seen: Evidence) -> Iterator[str]:
    """A show ends by itself, unless somebody paused it or the clock that it follows stands."""
    show = seen.show
    stuck = show.capped or "nothing more can happen" in seen.report.ended
    if not stuck or show.following or seen.was_paused:
        return
    if any(isinstance(step.event, Paused | Resumed) for step in show.steps):
        return
    yield f"it did not end by itself: {seen.report.ended}; {show.steps[-1].phase}, chunk {show.steps[-1].making}"


def replay_is_clean(seen: Evidence) -> Iterator[str]:
    """The journal replays: the same commands, the same report."""
    journal = seen.journal
    if journal.cut_off or not journal.is_whole:
        yield "the journal is not whole"
    again = replay(journal)
    if again.divergence is not None:
        yield f"the replay parts: {again.divergence}"
    elif again.report != seen.report:
        yield "the replay's report is another one"


def journal_agrees(seen: Evidence) -> Iterator[str]:
    """The journal holds every event and every command, in order; and what it holds is what the stage was given."""
    happened: list[object] = []
    for step in seen.show.steps:
        happened.append(step.event)
        happened += step.commands
    written = [one.event if one.event is not None else one.command for one in seen.journal.records if one.end is None]
    if written != happened:
        part = next(
            (n for n, (a, b) in enumerate(zip(written, happened, strict=False)) if a != b), min(len(written), len(happened))
        )
        yield f"the journal and the run part at record {part + 1}: {written[part : part + 1]}, {happened[part : part + 1]}"
    given = [command for _, _, command in seen.show.sent]
    wanted = [command for command in seen.commands if not isinstance(command, WakeAt | Finish | SendMidi)]
    if given != wanted:
        yield f"{len(wanted)} commands stand in the journal, {len(given)} were given to the stage, or others"


# ---- commands ------------------------------------------------------------------------------------------------------


def nothing_for_the_past(seen: Evidence) -> Iterator[str]:
    """No prompt is scheduled for a chunk that is made already or being made, as far as the model has told."""
    making: int | None = None
    takes = 0
    for step in seen.show.steps:
        if any(isinstance(command, SetSeed) for command in step.commands):
            making = None  # a take is set up anew, whether its reset was reported or not
            continue
        if step.takes > takes:  # it runs, by its own word or by what it shows
            making, takes = 0, step.takes
        if isinstance(step.event, ChunkDone) and making is not None and step.base + step.event.chunk < step.making:
            making = max(making, step.event.chunk + 1)
        for command in step.commands:
            if isinstance(command, SchedulePrompt) and making is not None and command.chunk <= making:
                yield f"{command} while chunk {making} of the take is being made"
    if not seen.calm:
        return
    for reason in _refusals(seen):
        yield f"the model refused for good reason: {reason}"


def _refusals(seen: Evidence) -> Iterator[str]:
    """What a model refused of its own accord. What an operator asks for at a bad moment is his own affair."""
    for event in seen.events:
        if isinstance(event, Refused) and event.command not in ("pause", "resume", ""):
            yield f"{event.command}: {event.reason}"


def prompts_leave_in_time(seen: Evidence) -> Iterator[str]:
    """A prompt leaves no later than `lead` chunks before its own, when it is sent for the first time."""
    show = seen.show
    lead = show.schedule.lead
    said: set[int] = set()
    for number, step in enumerate(show.steps):
        if any(isinstance(command, SetSeed) for command in step.commands):
            said = {step.base + command.chunk for command in step.commands if isinstance(command, SchedulePrompt)}
            continue
        before = show.steps[number - 1] if number else step
        plays = before.phase is Phase.PLAYING and step.phase is Phase.PLAYING
        for command in step.commands:
            if not isinstance(command, SchedulePrompt):
                continue
            chunk = step.base + command.chunk
            near = plays and chunk - step.making < lead and chunk not in said
            if near and not _excused(seen, chunk, number):
                yield f"{command} left when chunk {step.making - step.base} was being made, with a lead of {lead}"
            said.add(chunk)


def _excused(seen: Evidence, chunk: int, step: int) -> bool:
    """Rules land where they can, beside an image or a cut; behind a fault everything leaves when it can."""
    if not seen.calm:
        return True
    mine = [one for one in seen.show.commits if one.chunk == chunk and one.step <= step]
    lines = [seen.lines[one.line] for one in mine if one.line in seen.lines]
    return any(line.rule is not None or any(isinstance(act, ShowImage) for act in line.acts) for line in lines)


def live_commands_leave_in_time(seen: Evidence) -> Iterator[str]:
    """Images, strength and super-resolution leave while the chunk before theirs is made: neither sooner nor later."""
    show = seen.show
    if not seen.calm:
        return
    for number, step in enumerate(show.steps):
        if step.phase is not Phase.PLAYING or any(isinstance(command, SetSeed) for command in step.commands):
            continue
        slots = show.conductor.run.ledger.slots if show.conductor else {}
        lines = [line for chunk in _live_chunks(seen, number) if chunk in slots for line in slots[chunk].lines]
        acts = [act for line in lines for act in line.acts]
        has = {
            *(act.scale for act in acts if isinstance(act, SuperResolution)),
            *(float(act.value) for act in acts if isinstance(act, Strength)),
            *(act.image.sha256 for act in acts if isinstance(act, ShowImage)),
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
                yield f"{command} left while chunk {step.making} was being made, and the next one does not ask for it"


def _live_chunks(seen: Evidence, number: int) -> list[int]:
    """For which chunks something live may leave in a step: the next one.

    Where the model's word that a take runs comes behind chunks of that take, nobody knew that they were being made: what
    should have left in the meantime leaves now.
    """
    step = seen.show.steps[number]
    before = seen.show.steps[number - 1] if number else step
    first = step.base if step.takes > before.takes and not isinstance(step.event, Started) else step.making
    return list(range(first + 1, step.making + 2))


def sent_once(seen: Evidence) -> Iterator[str]:  # noqa: PLR0912  one branch a command
    """What reached a model that refuses and loses nothing is not sent a second time for the same chunk."""
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
                    if texts.get(chunk) == command.prompt and sent[chunk, "prompt"] >= max(1, asked[chunk, "prompt"]):
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
    for one in seen.heard:
        if one.name in ("reset", "start"):
            before = last.get((one.take, one.name))
            if before is not None and one.at - before < PATIENCE:  # what nobody answers is asked for again
                yield f"{one.name} was sent twice in take {one.take}"
            last[one.take, one.name] = one.at


def opening_order(seen: Evidence) -> Iterator[str]:
    """A take is set up in one order: seed, super-resolution, strength, then image and prompt as one or the prompt, then start.

    Uploads come before all of it; nothing but a reset ends a take, and nothing is sent between the reset and its report.
    """
    ready = False
    for step in seen.show.steps:
        kinds = [command.kind for command in step.commands if not isinstance(command, WakeAt | Upload)]
        if any(isinstance(command, Upload) for command in step.commands) and kinds:
            yield f"an upload left together with {kinds}"
        if "set_seed" in kinds:
            rest = kinds[kinds.index("set_seed") :]
            wanted = ["set_seed", "set_sr_scale"]
            wanted += ["set_image_strength"] if "set_image_strength" in rest[:3] else []
            first = rest[len(wanted)] if len(rest) > len(wanted) else ""
            if rest[: len(wanted)] != wanted or first not in ("set_conditioning", "schedule_prompt"):
                yield f"a take was set up as {rest}"
            if "start" in rest and rest[-1] != "start":
                yield f"something was sent behind start: {rest}"
            tail = [one for one in rest[len(wanted) + 1 :] if one not in ("schedule_prompt", "start")]
            if tail:
                yield f"a take was set up with {tail} behind its prompt"
            ready = True
        elif "start" in kinds and not ready:
            yield "start was sent before anything was set up"
        if "reset" in kinds:
            ready = False
            if kinds[-1] != "reset":
                yield f"{kinds[kinds.index('reset') + 1 :]} left behind a reset"
        if step.phase is Phase.CUTTING and [one for one in kinds if one != "reset"] and "reset" not in kinds:
            yield f"{kinds} left before the reset was reported"
    if seen.calm:
        yield from _opened_as_written(seen)


def _opened_as_written(seen: Evidence) -> Iterator[str]:
    order: dict[int, list[str]] = defaultdict(list)
    for one in seen.heard:
        order[one.take].append(one.name)
    for take, names in order.items():
        if "start" not in names:
            continue
        before = names[: names.index("start")]
        if "set_seed" not in before or not {"schedule_prompt", "set_conditioning"} & set(before):
            yield f"take {take} was started after {before} only"


def seeds_are_kept(seen: Evidence) -> Iterator[str]:
    """Each take is made with the seed that its cut names, or with the one before."""
    if not seen.calm:
        return
    seed = seen.show.schedule.seed
    last = None
    for one in seen.made:
        if one.take == last:
            continue
        last = one.take
        for line in seen.lines.values():
            if line.chunk != one.chunk or line.status is Status.SKIPPED:
                continue
            for act in line.acts:
                if act.kind == "cut" and act.seed is not None:
                    seed = act.seed
        if one.look.seed != seed:
            yield f"the take at chunk {one.chunk} was made with seed {one.look.seed}, not {seed}"


def images_have_prompts(seen: Evidence) -> Iterator[str]:
    """An image travels with a prompt, as one transaction: the model always has one in force, so it is never sent alone."""
    for command in seen.commands:
        if isinstance(command, SetImage):
            yield f"{command} left without a prompt"
        if isinstance(command, SetConditioning) and not command.prompt.strip():
            yield f"{command} left with an empty prompt"


# ---- commitments ---------------------------------------------------------------------------------------------------


def committed_stays(seen: Evidence) -> Iterator[str]:
    """What is committed to a chunk stays there, unless the model refused it."""
    chunks: dict[int, int] = {}
    for commit in seen.show.commits:
        before = chunks.get(commit.line)
        line = seen.lines.get(commit.line)
        refused = isinstance(seen.show.steps[commit.step].event, Refused)
        if before is not None and (line is None or not refused):
            yield f"{seen.name(commit.line) if line else commit.line} was moved from chunk {before} to {commit.chunk}"
        if line is None:
            yield f"the line {commit.line}, committed to chunk {commit.chunk}, is in no report"
        chunks[commit.line] = commit.chunk


def one_prompt_a_chunk(seen: Evidence) -> Iterator[str]:
    """Of all that landed on one chunk, one cue at most says that its prompt did."""
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
    said: dict[tuple[int, int], str] = {}
    take = 0
    for step in seen.show.steps:
        take += any(isinstance(command, SetSeed) for command in step.commands)
        per_step: dict[int, str] = {}
        for command in step.commands:
            if isinstance(command, SchedulePrompt):
                if per_step.get(command.chunk, command.prompt) != command.prompt and not _rules_met(
                    seen, step.base + command.chunk
                ):
                    yield f"two prompts left for chunk {command.chunk} at once: {per_step[command.chunk]!r}, {command.prompt!r}"
                per_step[command.chunk] = command.prompt
                said[take, command.chunk] = command.prompt


def _rules_met(seen: Evidence, chunk: int) -> bool:
    lines = [seen.lines[one.line] for one in seen.show.commits if one.chunk == chunk and one.line in seen.lines]
    skipped = any(line.status is Status.SKIPPED for line in lines)
    return skipped or not seen.calm or any(line.rule is not None for line in lines)


# ---- the report ----------------------------------------------------------------------------------------------------


def nothing_lost(seen: Evidence) -> Iterator[str]:
    """Every cue of every pass is in the report, once, with an end and, unless it landed, with a reason."""
    for number, cue in seen.cues.items():
        if cue.status not in FINAL:
            yield f"{seen.name(number)} has no end: {cue.status}"
        if cue.status is not Status.LANDED and not cue.reason:
            yield f"{seen.name(number)} is {cue.status} and does not say why"
        if cue.status is Status.LANDED and cue.landed is None:
            yield f"{seen.name(number)} has landed nowhere"
        if cue.status is Status.LANDED and cue.planned is not None and cue.landed is not None and cue.landed < cue.planned:
            yield f"{seen.name(number)} landed at {cue.landed}, before its chunk {cue.planned}"
    if len(seen.report.cues) != len(seen.cues) or set(seen.cues) != set(seen.lines):
        yield "the report does not hold each cue of the plan once"
    if seen.show.conductor is None or any(one.kind == "clock_located" for one in seen.events):
        return
    jumps = any(isinstance(act, GotoSection) for one in seen.show.schedule.stretches for rule in one.rules for act in rule.acts)
    aside = (Status.SKIPPED, Status.OVERTAKEN)  # a pass may have been laid twice: what was left of the first is set aside
    lines = [line for line in seen.lines.values() if line.entry is not None]
    every = {(line.pass_number, line.entry) for line in lines}
    told = Counter((line.pass_number, line.entry) for line in lines if line.status not in aside)
    for one in seen.show.conductor.run.plan.passes:
        for entry in one.stretch.entries:
            # What was sent live before a goto, or before a clock that leapt ahead and then stood, comes again with its pass.
            twice = told[one.number, entry.id] > 1 and not seen.show.following and not jumps
            if twice or (one.number, entry.id) not in every:
                place = f"{one.stretch.section or 'score'} {entry.place} of pass {one.number}"
                yield f"{place} is told {told[one.number, entry.id]} times"
    if not jumps:
        stretches = [one.stretch.index for one in seen.show.conductor.run.plan.passes]
        if stretches != [one.index for one in seen.show.schedule.stretches]:
            yield f"of {len(seen.show.schedule.stretches)} stretches the plan holds {stretches}"


def firings_are_told(seen: Evidence) -> Iterator[str]:
    """Every firing that a playing pass listens to is in the report: as a cue, or as a move where it is a pause, a resume or a
    goto. Every move has an end, and a reason where it did not come about."""
    conductor = seen.show.conductor
    if conductor is None:
        return
    told = Counter(line.rule for line in seen.lines.values() if line.rule is not None)
    rules = {rule.id: rule for one in seen.show.schedule.stretches for rule in one.rules}
    sharing = Counter(rule.key for rule in rules.values())
    wanted: Counter[str] = Counter()
    by_key: Counter[str] = Counter()
    moves: Counter[tuple[str, str]] = Counter()
    for rule in rules.values():
        by_key[rule.key] += told[rule.id]
        if any(not isinstance(act, GotoSection | PauseModel) and act.kind != "resume" for act in rule.acts):
            wanted[rule.key] += conductor.run.firings.get(rule.key, 0) // sharing[rule.key]
        for act in rule.acts:
            if isinstance(act, GotoSection | PauseModel | ResumeModel):
                what = f"goto {act.section}" if isinstance(act, GotoSection) else act.kind
                moves[rule.key.split("|")[-1], what] += conductor.run.firings.get(rule.key, 0) // sharing[rule.key]
    for key, count in wanted.items():
        if by_key[key] < count:
            yield f"{key} fired {count} times and is told {by_key[key]} times"
    told_moves = Counter((move.place, move.what) for move in seen.report.moves if move.what != "exit")
    if told_moves != +moves:
        yield f"the moves that were fired are {dict(+moves)}, told are {dict(told_moves)}"
    for move in seen.report.moves:
        if move.status not in FINAL or (move.status is not Status.LANDED and not move.reason):
            yield f"the {move.what} by {move.place} is {move.status} and does not say why: {move.reason!r}"
        if move.status is Status.LANDED and (move.waited_ms is None or move.waited_ms < 0 or move.chunk is None):
            yield f"the {move.what} by {move.place} came about at chunk {move.chunk}, {move.waited_ms} ms later"
        if seen.calm and move.status is Status.MISSED and seen.report.ended_well:
            yield f"the {move.what} by {move.place} is missed though nothing went wrong: {move.reason}"


def calm_lands(seen: Evidence) -> Iterator[str]:
    """In a calm show nothing fails; where chunks are known beforehand, every cue lands on its own."""
    if not seen.calm or seen.show.capped or not seen.report.ended_well:
        return
    for number, cue in seen.cues.items():
        if _image_untold(seen, cue):
            continue
        if cue.status in TELLING and not (seen.show.following and cue.status in (Status.DROPPED, Status.MISSED)):
            yield f"{seen.name(number)} is {cue.status} though nothing went wrong: {cue.reason}"
    if not seen.simple:
        return
    entries = {entry.id: entry for entry in seen.show.schedule.entries}
    for number, cue in seen.cues.items():
        entry = entries.get(cue.entry) if cue.entry is not None else None
        if entry is None or cue.status is Status.OVERTAKEN or (seen.answers_late and "image" in cue.what):
            continue
        if cue.planned != entry.chunk or cue.landed != entry.chunk:
            yield f"{seen.name(number)} belongs on chunk {entry.chunk}: planned for {cue.planned}, landed on {cue.landed}"


def _image_untold(seen: Evidence, cue: CueReport) -> bool:
    """Whether a cue is missed because the model's word on its image came behind the boundary, and then the take was over.

    An image has landed when `image_accepted` came before its boundary. This one may have been seen, but nobody said so.
    """
    return seen.answers_late and cue.status is Status.MISSED and "its image" in cue.reason


def report_is_true(seen: Evidence) -> Iterator[str]:
    """What is said to have landed was shown by the model, on that chunk."""
    for number, line in seen.lines.items():
        cue = seen.cues[number]
        if cue.status is not Status.LANDED or cue.landed is None or line.chunk is None:
            continue
        looks = seen.shown.get(cue.landed)
        if not looks:
            only_cut = line.kinds - {one.kind for one in line.lost} == {"cut"}
            if not _lied_to(seen) and not (only_cut and cue.landed in seen.bases.values()):
                yield f"{seen.name(number)} is said to have landed on chunk {cue.landed}, which was never made"
            continue
        yield from _untrue(seen, number, line, cue.landed, looks)


def _lied_to(seen: Evidence) -> bool:
    """Whether the model said what is not so."""
    return any(mishap.do == "spoil" for mishap in seen.show.faults.messages)


def _untrue(seen: Evidence, number: int, line: Line, landed: int, looks: list[Look]) -> Iterator[str]:
    prompt = prompt_of(line)
    spell = [look for chunk in range(min(line.chunk or landed, landed), landed + 1) for look in seen.shown.get(chunk, [])]
    if prompt is not None and "without its prompt" not in line.reason and not _lied_to(seen):
        several = len({act.kind for act in line.acts}) > 1
        if not any(look.prompt.strip() == prompt for look in (spell if several else looks)):
            yield f"{seen.name(number)} is said to have landed on chunk {landed}, which showed {looks[0].prompt!r}"
    if not _sound_images(seen):
        return
    for act in line.acts:
        if act.kind in line.open or f"without its {act.kind}" in line.reason:
            continue
        match act:
            case ShowImage() if not any(look.image == act.image.sha256 for look in (spell if len(line.kinds) > 1 else looks)):
                yield f"{seen.name(number)} is said to show {act.image.path} on chunk {landed}, and it does not"
            case SuperResolution() if not any(look.sr == act.scale for look in spell):
                yield f"{seen.name(number)} is said to set sr {act.scale} by chunk {landed}, and it does not"
            case _:
                pass


def _sound_images(seen: Evidence) -> bool:
    """Whether the model's word on images and settings can be trusted: it may come late, but no other one in its place."""
    loose = ("messages", "refuse", "unheard", "warmup")
    return not seen.answers_late and not any(key in seen.show.script.faults for key in loose)


def shown_as_told(seen: Evidence) -> Iterator[str]:
    """Every chunk shows what the report says was in force there; otherwise the report has a cue that tells of it."""
    landed = sorted(
        (_shown_from(cue.landed, seen.lines[number]), number, prompt_of(seen.lines[number]))
        for number, cue in seen.cues.items()
        if cue.landed is not None
        and cue.status is Status.LANDED
        and prompt_of(seen.lines[number]) is not None
        and "without its prompt" not in cue.reason
    )
    told = [
        (line.chunk if line.chunk is not None else line.planned or 0, prompt_of(line))
        for number, line in seen.lines.items()
        if prompt_of(line) is not None
        and (seen.cues[number].status in TELLING or seen.cues[number].reason.startswith("without its"))
    ]
    # What took another cue's place and then failed tells of that one too.
    failed = {chunk for chunk, _ in told}
    told += [
        (line.chunk, prompt_of(line))
        for number, line in seen.lines.items()
        if seen.cues[number].status is Status.OVERTAKEN and line.chunk is not None and line.chunk in failed
    ]
    for made in seen.made:
        if made.chunk > seen.last_reported or made.chunk not in seen.told_of:
            continue
        prompt = made.look.prompt.strip()
        force = [one for one in landed if one[0] <= made.chunk]
        if force and force[-1][2] == prompt:
            continue
        if seen.calm:
            same = [one for one in force if one[0] == force[-1][0]]
            untold = [seen.lines[number] for number, cue in seen.cues.items() if _image_untold(seen, cue)]
            if any(one[2] == prompt for one in same) or _partly(seen, made, prompt):
                continue
            if any(prompt_of(line) == prompt and (line.chunk or 0) <= made.chunk for line in untold):
                continue
            yield f"chunk {made.chunk} showed {prompt!r}; by the report {force[-1][2] if force else None!r} was in force"
        elif not any(text == prompt and chunk <= made.chunk for chunk, text in told) and not any(
            one[2] == prompt for one in [*force, *landed]
        ):
            yield f"chunk {made.chunk} showed {prompt!r}, and no cue that landed or failed tells of it"


def _shown_from(landed: int, line: Line) -> int:
    """From which chunk on a landed line shows its prompt: its image may land later."""
    return line.chunk if len(line.acts) > 1 and line.chunk is not None else landed


def _partly(seen: Evidence, made: Made, prompt: str) -> bool:
    """A cue of prompt and image lands when both have: its prompt may show before."""
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
        if seen.cues[number].status is not Status.SKIPPED or prompt is None or texts[prompt] > 1 or line.chunk is None:
            continue
        for made in seen.made:
            if made.look.prompt.strip() == prompt and made.chunk in seen.told_of:
                why = seen.cues[number].reason
                yield f"{seen.name(number)} is reported as skipped ({why}), but chunk {made.chunk} showed it"
                break


def figures_are_right(seen: Evidence) -> Iterator[str]:
    """The report's own numbers: takes, refusals, chunks, how it ended."""
    report = seen.report
    refused = [f"{event.command}: {event.reason}" for event in seen.events if isinstance(event, Refused)]
    missing = Counter(report.refused) - Counter(refused)
    if missing:
        yield f"refusals that never were: {sorted(missing)}"
    if report.ended_well != (report.ended == "the score is over"):
        yield f"it ended {'well' if report.ended_well else 'badly'}, and says: {report.ended}"
    if seen.calm and len(refused) != len(report.refused):
        yield f"{len(refused)} refusals, {len(report.refused)} are told"
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
        if line.has_place and line.off is None and cue.planned is not None:
            error = seen.show.schedule.grid.snap_error(line.time, cue.planned)
            if cue.error_ms is None or abs(cue.error_ms - float(error) * 1000) > 0.001:
                yield f"{seen.name(number)}: the snap error is told as {cue.error_ms} ms"


INVARIANTS: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "session-closed": session_closed,
    "comes-to-an-end": comes_to_an_end,
    "replay-clean": replay_is_clean,
    "journal-agrees": journal_agrees,
    "nothing-for-the-past": nothing_for_the_past,
    "prompts-in-time": prompts_leave_in_time,
    "live-in-time": live_commands_leave_in_time,
    "sent-once": sent_once,
    "opening-order": opening_order,
    "seeds-kept": seeds_are_kept,
    "images-have-prompts": images_have_prompts,
    "committed-stays": committed_stays,
    "one-prompt-a-chunk": one_prompt_a_chunk,
    "nothing-lost": nothing_lost,
    "firings-told": firings_are_told,
    "calm-lands": calm_lands,
    "report-true": report_is_true,
    "shown-as-told": shown_as_told,
    "skipped-not-shown": skipped_is_not_shown,
    "figures-right": figures_are_right,
}


def violations(show: Show) -> tuple[Violation, ...]:
    """Everything that this show breaks; one that fell over breaks `no-crash` alone (and `session-closed`)."""
    if show.crash:
        left_open = (Violation("session-closed", "the session was left open"),) if show.closes == 0 else ()
        return (Violation("no-crash", show.crash), *left_open)
    seen = Evidence(show)
    return tuple(Violation(name, sentence) for name, check in INVARIANTS.items() for sentence in check(seen))
