"""Write one pass of a run as a section of a frozen score: its length, its cues, its choices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sequencer.core.diagnostics import Span
from sequencer.core.errors import JournalError
from sequencer.core.timebase import Snap
from sequencer.engine.conductor.deliveries import ActKind, Delivery, kind_of
from sequencer.engine.conductor.passes import Pass
from sequencer.language.compiler.ir import PlacedCue, ResolvedPrompt
from sequencer.language.score import (
    Action,
    After,
    AtMark,
    AtOffset,
    ChangeTempo,
    Cue,
    Cut,
    Duration,
    Every,
    FromEnd,
    Item,
    Pick,
    Position,
    Prompt,
    Rule,
    Section,
    SetFade,
    SetSnap,
    SetSr,
    SetStrength,
    Show,
    SuperResolution,
    Text,
    Unit,
    UseImage,
)
from sequencer.language.source import replace_forbidden
from sequencer.language.values.writing import render_position
from sequencer.reports.freeze import send_actions
from sequencer.reports.frozen_positions import (
    length_for_chunks,
    length_of,
    message_position,
    position_at,
    position_for_chunk,
    time_in,
)
from sequencer.schedule.model import (
    CueAct,
    CutAct,
    ImageAct,
    PromptAct,
    Schedule,
    StrengthAct,
    SuperResolutionAct,
)

if TYPE_CHECKING:
    from sequencer.reports.musical_freeze import RunFreezer


class InexpressibleError(Exception):
    """Something of the run has no form in a score with bars and beats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenCue:
    """A cue of the frozen score that stands for something that landed."""

    number: int
    """The index of the pass in `play`."""
    seconds: Fraction
    snap: Snap
    landed: int
    label: str


class FrozenPass:
    """Writes one pass."""

    def __init__(
        self,
        builder: RunFreezer,
        current: Pass,
        index: int,
        items: tuple[Item, ...],
        section: Section | None,
    ) -> None:
        self.builder = builder
        self.current = current
        self.index = index
        self.written = items
        self.origin = section
        self.schedule = builder.schedule
        self.grid = builder.run.grid
        self.stretch = builder.schedule.stretches[current.stretch.index]
        self.is_last = index == len(builder.passes) - 1
        self.cut_done = True
        self.length, self.seconds = self._length()

    # ---- length ----------------------------------------------------------------------------------

    def _length(self) -> tuple[Duration | None, Fraction]:
        """Return the new length, if it differs from the written one, and the seconds it takes."""
        current, builder = self.current, self.builder
        seconds = current.end - current.start
        if self.is_last and not builder.follows:
            chunks = builder.run.chunk
            least = max(
                (
                    (one.time if one.entry is not None else self.grid.boundary(one.landed or 0))
                    - current.start
                    for one in self._own_lines()
                ),
                default=Fraction(0),
            )
            entries = [one.nominal for one in self._own_lines() if one.entry is not None]
            natural = max(self.grid.chunks_until(current.end), max(entries, default=0) + 1)
            if natural != chunks:
                found = length_for_chunks(current, chunks, self.grid, least)
                return found, self._seconds_of(found)
        if seconds == self.stretch.seconds:
            return None, seconds
        return length_of(current, current.left_at), seconds

    def _own_lines(self) -> Iterator[Delivery]:
        number = self.current.number
        for (pass_number, _), line in self.builder.by_entry.items():
            if pass_number == number:
                yield line
        yield from self.builder.by_hand[number]

    def _seconds_of(self, length: Duration) -> Fraction:
        if length.unit is Unit.SECONDS:
            return length.amount
        meters, tempo = self.stretch.meters, self.stretch.tempo
        if meters is None or tempo is None:
            raise InexpressibleError("a section without beats has a length in beats")
        if length.unit is Unit.BARS:
            return tempo.seconds_at(meters.bar_start(int(length.amount)))
        return tempo.seconds_at(length.amount * meters.at_bar(0).beat)

    def section(self, original: Section) -> Section:
        """Return the section as it was played."""
        items = self.items()
        duration = original.most if original.is_live else original.duration
        tempo = original.tempo
        if self.length is not None:
            duration = self.length
            if tempo is not None and tempo.to is not None:
                tempo, more = self._ramp(tempo)
                items = (*more, *items)
        return replace(
            original,
            duration=duration,
            most=None,
            until=(),
            tempo=tempo,
            cut=original.cut if self.cut_done else None,
            items=items,
        )

    def _ramp(self, ramp: ChangeTempo) -> tuple[ChangeTempo, tuple[Item, ...]]:
        """Return a ramp over a section of another length with the same tempo at each beat."""
        tempo, meters = self.stretch.tempo, self.stretch.meters
        if tempo is None or meters is None or ramp.to is None:
            return ramp, ()
        written = tempo.segments[0]
        if written.length is None or self.length is None or self.length.unit is Unit.SECONDS:
            raise InexpressibleError("a section with a ramp ended between two beats")
        quarters = (
            meters.bar_start(int(self.length.amount))
            if self.length.unit is Unit.BARS
            else self.length.amount * meters.at_bar(0).beat
        )
        whole = self.stretch.quarters
        if whole is None or quarters <= whole:
            pace = written.first + (written.last - written.first) * quarters / written.length
            return replace(ramp, to=60 / pace), ()
        over = Duration(whole / meters.at_bar(0).beat, Unit.BEATS)
        start = position_at(self.current, Fraction(0), Fraction(0))
        return replace(ramp, to=None), (Cue(start, (replace(ramp, over=over),)),)

    def end_position(self, written: Position | None) -> Position | None:
        """Return the end of a score without sections."""
        if self.length is None:
            if isinstance(written, After | FromEnd):
                quarter = self.stretch.quarters
                return position_at(self.current, quarter, self.stretch.seconds)
            return written
        if self.length.unit is Unit.BARS and self.stretch.meters is not None:
            quarter = self.stretch.meters.bar_start(int(self.length.amount))
            return position_at(self.current, quarter, self.seconds)
        return AtOffset(self.length.amount, self.length.unit)

    # ---- items -----------------------------------------------------------------------------------

    def items(self) -> tuple[Item, ...]:
        """Return the items of the pass, in the order in which they are written."""
        found: list[tuple[Fraction, Item]] = []
        is_changed = False
        for item in self.written:
            if isinstance(item, Rule):
                continue
            kept = self._kept(item)
            if kept is None:
                is_changed = True
                found += self._taken_apart(item)
            else:
                found.append(kept)
        if self.origin is not None and self.origin.cut is not None:
            found += self._opening_cut(self.origin)
        if self.stretch.section in self.builder.inherited:
            found.sort(key=lambda one: one[0])
        more = [*self._by_hand(), *self._messages_by_hand()]
        if is_changed or more or self.length is not None:
            found = [(time, self._made_absolute(item, time)) for time, item in found]
        for time, item in sorted(more, key=lambda one: one[0]):
            index = next((n for n, (other, _) in enumerate(found) if other > time), len(found))
            following = found[index][1].span if index < len(found) else self._end_span()
            start = Span(
                following.file, following.line, following.column, following.line, following.column
            )
            found.insert(index, (time, replace(item, span=start)))
        return tuple(item for _, item in found)

    def _end_span(self) -> Span:
        if self.origin is None:
            return self.builder.score.end_span
        span = self.origin.span
        return Span(span.file, span.end_line, max(1, span.end_column - 1), span.end_line, 1)

    def _entries(self, item: Item) -> dict[tuple[Fraction | None, Fraction], Delivery | None]:
        """Return the delivery of each position of an item that has acts of the model."""
        number = self.current.number
        return {
            (entry.quarter, entry.offset): self.builder.by_entry.get((number, entry.id))
            for entry in self.stretch.entries
            if entry.origin == item.span
        }

    def _kept(self, item: Cue | Every) -> tuple[Fraction, Item] | None:
        """Return an item that was performed as it is written; None if it has to be rewritten."""
        placed = self._cues(item)
        is_inherited = self.stretch.section in self.builder.inherited
        if not placed or is_inherited or any(_picks(action) for action in item.actions):
            return None
        inside = [one for one in placed if one.seconds < self.seconds]
        if not inside:
            return None
        is_longer = self.seconds > self.stretch.seconds and isinstance(item, Every)
        if is_longer or (len(inside) < len(placed) and isinstance(item, Cue)):
            return None
        lines = self._entries(item)
        for one in inside:
            key = (one.quarter, one.seconds)
            if key not in lines:
                continue  # messages, marks and tempi only
            line = lines[key]
            if line is None or not self._is_whole(line) or not self._is_on_time(line):
                return None
        for one in inside:
            line = lines.get((one.quarter, one.seconds))
            if line is not None:
                self._note(one.seconds, line, one.label)
        return (placed[0].seconds, item)

    def _cues(self, item: Item) -> list[PlacedCue]:
        return self.builder.cues.get((self.stretch.section, item.span), [])

    def _is_whole(self, line: Delivery) -> bool:
        seeds = [act.seed for act in line.acts if isinstance(act, CutAct)]
        is_own_cut = all(seed == self.builder.cut_seeds.get(line.number) for seed in seeds[-1:])
        return line.kinds <= self.builder.kinds[line.number] and is_own_cut

    def _is_on_time(self, line: Delivery) -> bool:
        if self.builder.follows:
            return True
        return line.landed == self.grid.snap(line.time, line.snap)

    def _note(
        self, seconds: Fraction, line: Delivery, label: str, snap: Snap | None = None
    ) -> None:
        if line.landed is not None:
            self.builder.placed.append(
                FrozenCue(
                    number=self.index,
                    seconds=seconds,
                    snap=snap or line.snap,
                    landed=line.landed,
                    label=f"{self.stretch.section or ''} {label}".strip(),
                )
            )

    def _taken_apart(self, item: Cue | Every) -> list[tuple[Fraction, Item]]:
        """Return what was performed of an item, as single cues."""
        found: list[tuple[Fraction, Item]] = []
        lines = self._entries(item)
        for one in self._cues(item):
            if one.seconds >= self.seconds:
                continue
            here = self._written_position(item, one)
            others = tuple(act for act in item.actions if _kind_of_action(act) is None)
            key = (one.quarter, one.seconds)
            line = lines.get(key)
            acts = () if line is None else self._done(item.actions, line, item.span)
            if acts and line is not None and self._is_on_time(line):
                found.append((one.seconds, Cue(here, self._in_order(item, acts), item.span)))
                self._note(one.seconds, line, one.label)
                continue
            rest = tuple(act for act in others if not isinstance(act, SetSnap))
            if rest:
                found.append((one.seconds, Cue(here, rest, item.span)))
            if acts and line is not None:
                found.append(self._moved(line, acts, item.span, line.snap))
        return found

    def _in_order(self, item: Item, acts: tuple[Action, ...]) -> tuple[Action, ...]:
        """Return all actions that are kept, in the order in which they are written."""
        replaced = iter(acts)
        kinds = {_kind_of_action(act) for act in acts}
        found: list[Action] = []
        for action in item.actions:
            kind = _kind_of_action(action)
            if kind is None:
                found.append(action)
            elif kind in kinds:
                found.append(next(replaced))
        return tuple(found)

    def _done(self, actions: Iterable[Action], line: Delivery, span: Span) -> tuple[Action, ...]:
        """Return the actions of a cue or a rule that landed, with the choices that were made."""
        kinds = self.builder.kinds[line.number]
        prompts = iter(self.builder.prompts.get((line.section, span), ()))
        shown = next((act.text for act in line.acts if isinstance(act, PromptAct)), None)
        found: list[Action] = []
        for action in actions:
            kind = _kind_of_action(action)
            prompt = next(prompts, None) if isinstance(action, Prompt | Show) else None
            if kind is None or kind not in kinds:
                continue
            if isinstance(action, Cut):
                found.append(replace(action, seed=self.builder.cut_seeds.get(line.number)))
            else:
                found.append(_chosen(action, prompt, shown))
        return tuple(found)

    def _moved(
        self, line: Delivery, acts: tuple[Action, ...], span: Span, snap: Snap
    ) -> tuple[Fraction, Item]:
        """Return a cue at the chunk on which a delivery landed."""
        chunk = line.landed or 0
        position = position_for_chunk(self.current, chunk, self.grid, snap, self.seconds)
        used = snap
        for other in () if position is not None else Snap:
            position = position_for_chunk(self.current, chunk, self.grid, other, self.seconds)
            if position is not None:
                used = other
                break
        if position is None:
            raise InexpressibleError(
                f"no position of section {self.stretch.section} is performed at chunk {chunk}"
            )
        time = time_in(self.current, position, self.grid)
        if used is not self.schedule.snap:
            acts = (*acts, SetSnap(used))
        self._note(time, line, render_position(position), used)
        return time, Cue(position, acts, span)

    def _written_position(self, item: Cue | Every, cue: PlacedCue) -> Position:
        if isinstance(item, Cue) and not isinstance(item.place, After | AtMark | FromEnd):
            return item.place
        return position_at(self.current, cue.quarter, cue.seconds)

    def _made_absolute(self, item: Item, time: Fraction) -> Item:
        """Return an item without a position that depends on another item."""
        placed = self._cues(item)
        match item:
            case Cue(place=After() | AtMark() | FromEnd()) if placed:
                return replace(item, place=self._written_position(item, placed[0]))
            case Every(start=After() | AtMark() | FromEnd()) if placed:
                return replace(
                    item, start=position_at(self.current, placed[0].quarter, placed[0].seconds)
                )
            case _:
                return item

    def _opening_cut(self, original: Section) -> list[tuple[Fraction, Item]]:
        """Keep the cut of a section if it was performed, else remove it."""
        entry = next((one for one in self.stretch.entries if one.origin == original.span), None)
        line = None if entry is None else self.builder.by_entry.get((self.current.number, entry.id))
        if line is not None and self._is_on_time(line) and self._is_whole(line):
            self._note(Fraction(0), line, "1")
            return []
        self.cut_done = False
        if line is None or original.cut is None:
            return []
        acts = self._done((original.cut,), line, original.span)
        return [self._moved(line, acts, original.span, line.snap)]

    # ---- what was played by hand -----------------------------------------------------------------

    def _by_hand(self) -> Iterator[tuple[Fraction, Item]]:
        for line in self.builder.by_hand[self.current.number]:
            acts = self._acts_by_hand(line)
            if not acts:
                continue
            position = self.builder.position_of(line)
            if position is not None:
                time = line.time - self.current.start
                self._note(time, line, render_position(position))
                yield time, Cue(position, acts)
            elif self.builder.follows:
                yield self._at_clock(line, acts)
            else:
                yield self._moved(line, acts, self._end_span(), self.schedule.snap)

    def _acts_by_hand(self, line: Delivery) -> tuple[Action, ...]:
        node = self.builder.node_of(line)
        if node is not None:
            return self._done(node.actions, line, node.span)
        kinds = self.builder.kinds[line.number]
        return tuple(_action_of(act) for act in line.acts if kind_of(act) in kinds)

    def _at_clock(self, line: Delivery, acts: tuple[Action, ...]) -> tuple[Fraction, Item]:
        """Return a cue at the beat of the clock that is nearest to when a delivery was shown."""
        here = self.builder.played.quarters.get(line.number)
        meters, tempo = self.stretch.meters, self.stretch.tempo
        clock, seconds = self.builder.run.clock, Fraction(0)
        if here is None or clock is None:
            raise InexpressibleError("the clock was not known when something was played by hand")
        if meters is None or tempo is None or not clock.is_external:
            start = self.current.quarter if clock.is_external else self.current.start
            seconds = Fraction(round(max(0.0, here - float(start)) * 1000), 1000)
            quarter = None if meters is None or tempo is None else tempo.quarter_at(seconds)
        else:
            quarter = Fraction(max(0.0, here - float(self.current.quarter)))
        if quarter is not None and meters is not None and tempo is not None:
            beat = meters.at_bar(max(0, meters.bar_beat_at(quarter).bar - 1)).beat
            quarter = round(quarter / beat) * beat
            if tempo.seconds_at(quarter) >= self.seconds:
                quarter = max(Fraction(0), quarter - beat)
            seconds = tempo.seconds_at(quarter)
        position = position_at(self.current, quarter, seconds)
        self._note(seconds, line, render_position(position), self.schedule.snap)
        return seconds, Cue(position, acts)

    def _messages_by_hand(self) -> Iterator[tuple[Fraction, Item]]:
        """Yield the messages that rules sent during this pass, at parts of a beat."""
        for sent in self.builder.run.sent_messages:
            time = sent.seconds - self.current.start
            if (
                not sent.was_sent
                or sent.section != self.stretch.section
                or not 0 <= time < self.seconds
                or _is_of_a_cue(self.schedule, sent.section, sent.place)
            ):
                continue
            position, at = message_position(self.current, time, self.seconds)
            yield at, Cue(position, send_actions(sent))


def _kind_of_action(action: Action) -> ActKind | None:
    """Return which of the model's controls an action changes; None for anything else.

    A fade belongs to its prompt.
    """
    match action:
        case Prompt() | Show() | SetFade():
            return "prompt"
        case UseImage():
            return "image"
        case SetStrength():
            return "strength"
        case SetSr():
            return "sr"
        case Cut():
            return "cut"
        case _:
            return None


def _picks(action: Action) -> bool:
    words = action.words if isinstance(action, Prompt) else None
    if isinstance(action, Show):
        words = action.action
    return words is not None and not isinstance(words, Text)


def _chosen(action: Action, prompt: ResolvedPrompt | None, shown: str | None) -> Action:
    """Return an action with the option of its choice that was shown."""
    if not _picks(action) or prompt is None or shown not in prompt.texts:
        return action
    index = prompt.texts.index(shown)
    match action:
        case Prompt(words=Pick() as pick):
            return replace(action, words=pick.options[index])
        case Show(action=Pick() as pick):
            return replace(action, action=pick.options[index])
        case _:
            return action


def _action_of(act: CueAct) -> Action:
    """Return an improvised act as an action of a score."""
    match act:
        case PromptAct():
            return Prompt(Text((replace_forbidden(act.text),)))
        case ImageAct():
            if act.image.path != replace_forbidden(act.image.path):
                raise JournalError("this run shows an image whose name is not allowed in a score")
            return UseImage(act.image.path)
        case StrengthAct():
            return SetStrength(act.value)
        case SuperResolutionAct():
            return SetSr(SuperResolution(act.scale))
        case CutAct():
            return Cut(act.seed)


def _is_of_a_cue(schedule: Schedule, section: str | None, place: str) -> bool:
    return any(
        send.place == place
        for stretch in schedule.stretches
        if stretch.section == section
        for send in stretch.sends
    )
