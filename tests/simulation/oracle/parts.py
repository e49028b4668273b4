"""The passes of a score in the order in which they are played, with their cues and messages at
exact times.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

from sequencer.language.score import (
    Action,
    ClockKind,
    Comparison,
    Cue,
    Cut,
    Duration,
    Goto,
    Item,
    OnControl,
    OnGo,
    OnNote,
    OnOsc,
    OnProgram,
    OnRelease,
    OnTransport,
    Pause,
    PlayGroup,
    PlayPart,
    Prompt,
    Resume,
    Rule,
    Score,
    Section,
    SendControl,
    SendMessage,
    SendNote,
    SendOsc,
    SendProgram,
    SetSnap,
    SetSr,
    SetStrength,
    Show,
    Trigger,
    UseImage,
)
from tests.simulation.oracle.music import Music, Position
from tests.simulation.oracle.wording import Shuffled, Wording, drawn
from tests.support.virtual_sender import osc_as_bytes

TAIL = 4
"""How many chunks a score without `end` continues after its last cue."""
NOTE_LASTS = Fraction(1, 10)
NOMINAL = Fraction(2)
"""Quarters per second if a clock is followed by a part without a tempo."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its bytes, and for a note its length (also in quarters if it was written in beats).

    The bytes of an OSC message are those of `osc_as_bytes`.
    """

    data: bytes
    seconds: Fraction | None = None
    quarters: Fraction | None = None

    @property
    def released(self) -> bytes:
        """The note-off message of a note."""
        return bytes((self.data[0] - 0x10, self.data[1], 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A cue in a pass: its time in the pass, and its effect on the model.

    `seed` is that of a cut, None if the cut has none.
    """

    seconds: Fraction
    quarter: Fraction | None
    snap: str
    does: dict[str, object]


@dataclass(frozen=True, slots=True)
class Sending:
    """The MIDI messages of a cue, and when in its pass they are sent."""

    seconds: Fraction
    quarter: Fraction | None
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A rule of a pass: its trigger, its effect, and the key of its random choices."""

    trigger: str
    does: dict[str, object]
    options: list[str] | None
    key: str
    is_shuffled: bool
    messages: tuple[Message, ...]
    moves: tuple[str, ...]
    """`pause`, `resume`, or `goto NAME`."""
    every: Duration | None = None
    """The distance of the bar lines or beats on which a quantised rule lands."""


@dataclass(slots=True, kw_only=True)
class Part:
    """One pass of one section, or of a score without sections."""

    index: int
    name: str | None
    music: Music
    seconds: Fraction
    quarters: Fraction | None
    until: tuple[str, ...]
    deeds: list[Deed] = field(default_factory=list)
    sendings: list[Sending] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    rate: Fraction | None = None
    """Quarters of the clock per second if that does not depend on a tempo: time code counts
    seconds.
    """


class Parts:
    """A complete score. `play` contains the passes, in order."""

    def __init__(self, score: Score) -> None:
        header = score.header
        self._score = score
        self.wording = Wording(score)
        frames, fps = (
            (33, Fraction(24)) if header.grid is None else (header.grid.frames, header.grid.fps)
        )
        self.chunk, self.frame = frames / fps, 1 / fps
        self.snap = "nearest" if header.snap is None else header.snap.value
        self.lead = 2 if header.lead is None else header.lead
        self.drops_late = header.late == "drop"
        self.seed = header.seed or 0
        self.sr = "2x" if header.sr is None else header.sr.value
        self.middle = header.middle or "C3"
        self.images = {image.path: image.sha256 for image in score.images}
        self.bpm = None if header.clock is None else header.clock.bpm
        self.is_external = header.clock is not None and header.clock.kind.is_external
        self.counts_seconds = header.clock is not None and header.clock.kind is ClockKind.MTC
        self.meter = (
            (4, 4)
            if header.clock is None
            else (header.clock.meter.numerator, header.clock.meter.denominator)
        )
        self._musics: dict[
            str | None, tuple[Music, Duration | None, list[tuple[Position, Fraction, Item]]]
        ] = {}
        self._shuffled: dict[tuple[str | None, int], Shuffled] = defaultdict(Shuffled)
        self.play = [self._part(index, *one) for index, one in enumerate(self._order())]

    def chunk_of(self, seconds: Fraction, snap: str) -> int:
        """Return the chunk of an exact time."""
        x = seconds / self.chunk
        return (
            floor(x) if snap == "floor" else ceil(x) if snap == "ceil" else ceil(x - Fraction(1, 2))
        )

    def _order(self) -> list[tuple[Section | None, int]]:
        score = self._score
        if not score.sections:
            return [(None, 1)]
        named = {one.name: one for one in score.sections}
        names = _names(score.play) or list(named)
        return [(named[name], names[: number + 1].count(name)) for number, name in enumerate(names)]

    # ---- one pass --------------------------------------------------------------------------------

    def _part(self, index: int, section: Section | None, occurrence: int) -> Part:
        name = None if section is None else section.name
        levels = [list(self._score.items)] if section is None else self._levels(section)
        if section is not None:
            section = self._whole(section)
        if name not in self._musics:
            music, length = self._music(section, levels)
            limit = music.seconds(self._end(music, length))
            found = self._found(music, levels, limit)
            self._musics[name] = music, length, sorted(found, key=lambda one: one[1])
        music, length, found = self._musics[name]
        end = self._end(music, length)
        until = () if section is None else tuple(self.trigger(one) for one in section.until)
        part = Part(
            index=index,
            name=name,
            music=music,
            seconds=music.seconds(end),
            quarters=end.quarter if music.has_beats else None,
            until=until,
        )
        part.rate = Fraction(1) if self.counts_seconds else None if music.has_beats else NOMINAL
        here = f"{name or ''}|{occurrence}"
        choices: dict[str, int] = defaultdict(int)
        if section is not None and section.cut is not None:
            part.deeds.append(
                Deed(
                    seconds=Fraction(0),
                    quarter=music.start.quarter,
                    snap=self.snap,
                    does={"cut": section.cut.seed},
                )
            )
        for where, seconds, cue in found:
            self._add(part, where, seconds, cue=cue, here=here, choices=choices)
        part.answers = self._answers(part, levels, here)
        return part

    def _music(
        self, section: Section | None, levels: list[list[Item]]
    ) -> tuple[Music, Duration | None]:
        items = [item for level in levels for item in level]
        counts = [sum(not isinstance(one, Rule) for one in level) for level in levels]
        starts = [sum(counts[:number]) for number in range(len(counts))]
        length = None if section is None else section.most if section.until else section.duration
        tempo = None if section is None else section.tempo
        bpm = self.bpm if tempo is None else tempo.bpm
        meter = self.meter
        if section is not None and section.meter is not None:
            meter = (section.meter.meter.numerator, section.meter.meter.denominator)
        return Music(
            items,
            length,
            tempo,
            bpm=bpm,
            meter=meter,
            chunk=self.chunk,
            frame=self.frame,
            end=self._score.end if section is None else None,
            starts=starts,
        ), length

    # ---- sections that are like others ---------------------------------------------------------

    def _chain(self, section: Section) -> list[Section]:
        """Return the section, the one that it is like, and so on."""
        named = {one.name: one for one in self._score.sections}
        chain = [section]
        while chain[-1].like is not None:
            chain.append(named[chain[-1].like])
        return chain

    def _whole(self, section: Section) -> Section:
        """Return the section with its inherited length and options."""
        for other in self._chain(section)[1:]:
            if section.duration is None and not section.until:
                section = replace(section, duration=other.duration, until=other.until)
            section = replace(
                section,
                most=section.most if section.most is not None else other.most,
                tempo=section.tempo if section.tempo is not None else other.tempo,
                meter=section.meter if section.meter is not None else other.meter,
                cut=section.cut if section.cut is not None else other.cut,
            )
        return section

    def _levels(self, section: Section) -> list[list[Item]]:
        """Return the items of the sections of a chain, its own last."""
        return [list(one.items) for one in reversed(self._chain(section))]

    def _found(
        self, music: Music, levels: list[list[Item]], limit: Fraction
    ) -> list[tuple[Position, Fraction, Item]]:
        """Return the cues of a section at their times, without what nearer cues replace."""
        level_of = [
            number
            for number, level in enumerate(levels)
            for one in level
            if not isinstance(one, Rule)
        ]
        unfolded = [
            (level_of[number], *one)
            for number in range(len(music.cues))
            for one in self._unfolded(music, number, limit)
            if 0 <= one[1] < limit
        ]
        found: list[tuple[Position, Fraction, Item]] = []
        for level, where, seconds, cue in unfolded:
            nearer = [one for one in unfolded if one[2] == seconds and one[0] > level]
            actions = [action for one in nearer for action in one[3].actions]
            kinds = {_kind(action) for action in actions}
            kept = [one for one in cue.actions if _kind(one) not in kinds]
            snaps = [one for one in actions if isinstance(one, SetSnap)]
            found.append((where, seconds, replace(cue, actions=(*kept, *snaps[-1:]))))
        return found

    def _end(self, music: Music, length: Duration | None) -> Position:
        if length is not None:
            return music.after(music.start, length)
        if self._score.end is not None:
            before = [number for number, cue in enumerate(music.cues) if isinstance(cue, Cue)]
            return music.place(self._score.end, before[-1] if before else None)
        last = max(music.seconds(music.position(number)) for number in range(len(music.cues)))
        return Position(None, (self.chunk_of(last, self.snap) + TAIL) * self.chunk)

    @staticmethod
    def _unfolded(
        music: Music, number: int, length: Fraction
    ) -> list[tuple[Position, Fraction, Item]]:
        cue, first = music.cues[number], music.position(number)
        if isinstance(cue, Cue):
            return [(first, music.seconds(first), cue)]
        found: list[tuple[Position, Fraction, Item]] = []
        there = first
        while (seconds := music.seconds(there)) < length:
            found.append((there, seconds, cue))
            there = music.after(first, cue.every, len(found))
        return found

    def _add(
        self,
        part: Part,
        where: Position,
        seconds: Fraction,
        *,
        cue: Item,
        here: str,
        choices: dict[str, int],
    ) -> None:
        snap, does, messages = self.snap, dict[str, object](), list[Message]()
        position = f"{here}|s{seconds}" if where.quarter is None else f"{here}|q{where.quarter}"
        for action in cue.actions:
            match action:
                case SetSnap():
                    snap = action.snap.value
                case SendNote() | SendControl() | SendProgram() | SendOsc():
                    messages.append(self._message(action, part.music, where))
                case Prompt() | Show():
                    options = self.wording.options(action)
                    does["prompt"] = options[0]
                    if self.wording.is_shuffled(action):
                        shuffled = self._shuffled[part.name, id(action)]
                        does["prompt"] = shuffled.next(
                            options, self.seed, position, choices[position]
                        )
                        choices[position] += 1
                    elif self.wording.is_random(action):
                        does["prompt"] = drawn(options, self.seed, position, choices[position])
                        choices[position] += 1
                case _:
                    does.update(self._plain(action))
        if does:
            part.deeds.append(Deed(seconds=seconds, quarter=where.quarter, snap=snap, does=does))
        if messages:
            part.sendings.append(Sending(seconds, where.quarter, tuple(messages)))

    def _plain(self, action: object) -> dict[str, object]:
        match action:
            case UseImage():
                return {"image": self.images[action.path]}
            case SetStrength():
                return {"strength": action.value}
            case SetSr():
                return {"sr": action.sr.value}
            case Cut():
                return {"cut": action.seed}
            case _:
                return {}

    def _message(self, action: SendMessage, music: Music, where: Position) -> Message:
        if isinstance(action, SendOsc):
            values = [
                one[1:-1].replace('\\"', '"').replace("\\\\", "\\")
                if one.startswith('"')
                else json.loads(one)
                for one in action.arguments
            ]
            return Message(osc_as_bytes(action.address, values))
        channel = (action.channel or 1) - 1
        match action:
            case SendControl():
                return Message(bytes((0xB0 | channel, action.control, action.value)))
            case SendProgram():
                return Message(bytes((0xC0 | channel, action.program - 1)))
            case SendNote():
                velocity = 100 if action.velocity is None else action.velocity
                data = bytes((0x90 | channel, self.note(action.written), velocity))
                if action.length is None:
                    return Message(data, NOTE_LASTS)
                end = music.after(where, action.length)
                lasts = music.seconds(end) - music.seconds(where)
                quarters = (
                    None
                    if where.quarter is None or end.quarter is None
                    else end.quarter - where.quarter
                )
                return Message(data, lasts, quarters)

    # ---- rules -----------------------------------------------------------------------------------

    def _answers(self, part: Part, levels: list[list[Item]], here: str) -> list[Answer]:
        own: list[Rule] = []
        everywhere = [list(self._score.items)] if part.name is not None else []
        for items in [*reversed(levels), *everywhere]:
            known = {self.trigger(one.trigger) for one in own}
            rules = [one for one in items if isinstance(one, Rule)]
            own += [one for one in rules if self.trigger(one.trigger) not in known]
        return [self._answer(part, rule, here) for rule in own]

    def _answer(self, part: Part, rule: Rule, here: str) -> Answer:
        does, messages, moves = dict[str, object](), list[Message](), list[str]()
        options: list[str] | None = None
        is_shuffled = False
        for action in rule.actions:
            match action:
                case Pause():
                    moves.append("pause")
                case Resume():
                    moves.append("resume")
                case Goto():
                    moves.append(f"goto {action.section}")
                case SendNote() | SendControl() | SendProgram() | SendOsc():
                    messages.append(self._message(action, part.music, part.music.start))
                case Prompt() | Show():
                    texts = self.wording.options(action)
                    does["prompt"] = texts[0]
                    options = texts if self.wording.is_random(action) else None
                    is_shuffled = self.wording.is_shuffled(action)
                case _:
                    does.update(self._plain(action))
        trigger = self.trigger(rule.trigger)
        return Answer(
            trigger=trigger,
            does=does,
            options=options,
            key=f"{here}|{trigger}",
            is_shuffled=is_shuffled,
            messages=tuple(messages),
            moves=tuple(moves),
            every=None if rule.at is None else Duration(Fraction(rule.at.count), rule.at.unit),
        )

    def trigger(self, trigger: Trigger) -> str:
        """Return a trigger as text: `note 60 ch 1`, `cc 20 > 64`, `program 5`, `go out`, `stop`."""
        match trigger:
            case OnNote():
                loud = ""
                if trigger.velocity is not None:
                    low, high = _velocities(trigger.velocity)
                    loud = f" vel {low} {high}"
                return f"note {self.note(trigger.written)}" + _channel(trigger.channel) + loud
            case OnRelease():
                return f"release {self.note(trigger.written)}" + _channel(trigger.channel)
            case OnControl():
                character = ">" if trigger.above else "<"
                return f"cc {trigger.control} {character} {trigger.value}" + _channel(
                    trigger.channel
                )
            case OnProgram():
                return f"program {trigger.program}" + _channel(trigger.channel)
            case OnTransport():
                return trigger.what
            case OnOsc():
                crossed = trigger.value
                limit = "" if crossed is None else f" {crossed.operator} {crossed.value}"
                return f"osc {trigger.address}{limit}"
            case OnGo():
                return f"go {trigger.name}"

    def note(self, written: str) -> int:
        """Return the number of a note: 60 is middle C, called C3 or C4."""
        if written.isdigit():
            return int(written)
        found = re.fullmatch(r"([A-Ga-g])([#b♯♭]?)(-?\d+)", written)
        assert found is not None
        step = (
            "C D EF G A B".index(found[1].upper())
            + {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[found[2]]
        )
        return 60 + step + 12 * (int(found[3]) - int(self.middle[1]))

    @cached_property
    def triggers(self) -> set[str]:
        """Every trigger in the score."""
        return {
            one
            for part in self.play
            for one in [*part.until, *(answer.trigger for answer in part.answers)]
        }


def _kind(action: Action) -> str:
    """Return the kind of an action: a prompt is one, with or without a scene."""
    return "prompt" if isinstance(action, Prompt | Show) else type(action).__name__


def _names(play: tuple[PlayPart, ...]) -> list[str]:
    """Return the names of an order as they are played."""
    found: list[str] = []
    for part in play:
        inner = _names(part.items) if isinstance(part, PlayGroup) else [part.section]
        found += inner * part.times
    return found


def _velocities(comparison: Comparison) -> tuple[int, int]:
    """Return the lowest and the highest velocity of a comparison."""
    fitting: Callable[[int], bool] = {
        ">": lambda velocity: velocity > comparison.value,
        ">=": lambda velocity: velocity >= comparison.value,
        "<": lambda velocity: velocity < comparison.value,
        "<=": lambda velocity: velocity <= comparison.value,
    }[comparison.operator]
    found = [velocity for velocity in range(1, 128) if fitting(velocity)]
    return found[0], found[-1]


def _channel(channel: int | None) -> str:
    return "" if channel is None else f" ch {channel}"
