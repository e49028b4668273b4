"""The nodes of a score, which both notations are read into and printed from, and compiled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from sequencer.core.diagnostics import NO_SPAN, Span
from sequencer.core.display import counted, summary_repr
from sequencer.core.images import ImageFile
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.midi_notes import MiddleC
from sequencer.core.timebase import ChunkGrid, Meter, Snap
from sequencer.schedule.model import LatePolicy


def span_field() -> Span:
    """Return a dataclass field for a `Span`.

    The span is not part of equality: two nodes are equal if they have the same content.
    """
    return field(default=NO_SPAN, compare=False, repr=False)


MAX_VELOCITY = 127
"""The highest velocity of a MIDI note."""


class Unit(StrEnum):
    """The unit of a duration. A beat is the meter's denominator note."""

    BARS = "bars"
    BEATS = "beats"
    CHUNKS = "chunks"
    SECONDS = "seconds"
    FRAMES = "frames"


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount > 0 of one unit. Chunks and frames are integers."""

    amount: Fraction
    unit: Unit
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class AtBar:
    """`9`, `9.3`, `9.3+1/2`: bar and beat from 1, `rest` is the additional part of a beat."""

    bar: int
    beat: int = 1
    rest: Fraction = Fraction(0)
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class AtTick:
    """`9:3:240`: bar and beat from 1, ticks from 0, 480 per beat."""

    bar: int
    beat: int
    tick: int
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class AtOffset:
    """`32b`, `12.5s`, `14c`, `396f`: an amount since the beginning of the section, from 0.

    Never in bars.
    """

    amount: Fraction
    unit: Unit
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class After:
    """`+2bar`: relative to the previous `at` of the block in source order, or to its beginning."""

    by: Duration
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class AtMark:
    """`mark drop`, `mark drop +1bar`: relative to a mark of the same section."""

    name: str
    plus: Duration | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class FromEnd:
    """`end -1 bar`, `end -2.5s`: counted back from the end of the section, or of the score."""

    by: Duration
    span: Span = span_field()


Position = AtBar | AtTick | AtOffset | After | AtMark | FromEnd


@dataclass(frozen=True, slots=True)
class Variable:
    """`{name}` inside a text."""

    name: str
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Text:
    """A text: strings (escapes, braces, folded white space already processed) and variables."""

    parts: tuple[str | Variable, ...]
    span: Span = span_field()
    block: bool = field(default=False, compare=False)
    """Whether it was written in triple quotes (a hint for the printer)."""


@dataclass(frozen=True, slots=True)
class Pick:
    """`pick(text | text | …)`: an option chosen at random from the seed and the position.

    If `is_shuffled`, it is `shuffle(text | text | …)`, which uses every option once before any is
    used again.
    """

    options: tuple[Text, ...]
    span: Span = span_field()
    is_shuffled: bool = False

    @property
    def keyword(self) -> str:
        """The word that it is written with, and its key in YAML."""
        return "shuffle" if self.is_shuffled else "pick"


PromptText = Text | Pick


class SuperResolution(StrEnum):
    """Super-resolution: `off` is 640×384, `2x` 1280×768, `4x` 2560×1536."""

    OFF = "off"
    X2 = "2x"
    X4 = "4x"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text without a scene."""

    words: PromptText
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Show:
    """`tram` shows the scene's base, `tram "action"` its follow with `{action}`."""

    scene: str
    action: PromptText | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class UseImage:
    """`image "path"`: a path relative to the score's folder."""

    path: str
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class SetStrength:
    """`strength 0.8`: from 0 to 1, takes effect with the image of its chunk."""

    value: Fraction
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class SetSr:
    """`sr 4x`."""

    sr: SuperResolution
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Cut:
    """`cut`, `cut seed 9`: ends the take before its chunk and starts a new one.

    Without a seed the seed stays the same.
    """

    seed: int | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class ChangeTempo:
    """`tempo 96`, `tempo 120 -> 132 over 4 bars`.

    `over` is None in a section's head: the ramp lasts as long as the section.
    """

    bpm: Fraction
    to: Fraction | None = None
    over: Duration | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class ChangeMeter:
    """`meter 3/4`, on a bar line."""

    meter: Meter
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class SetMark:
    """`mark drop` among a cue's actions: names the cue's position."""

    name: str
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class SetSnap:
    """`snap floor` among a cue's actions: for this cue only."""

    snap: Snap
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class SetFade:
    """`fade 2c` among a cue's actions: its prompt replaces the previous one over these chunks."""

    chunks: int
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Pause:
    """`pause`, in rules only."""

    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Resume:
    """`resume`, in rules only."""

    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Goto:
    """`goto SECTION`, in rules only: takes effect at the next bar line that can be reached."""

    section: str
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class SendNote:
    """`midi note C3 ch 10 vel 100 for 1 beat`: a note for the MIDI output.

    Fields that are None have defaults: channel 1, velocity 100, a tenth of a second.
    """

    written: str
    channel: int | None = None
    velocity: int | None = None
    length: Duration | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class SendControl:
    """`midi cc 20 64 ch 1`: a controller value for the MIDI output."""

    control: int
    value: int
    channel: int | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class SendProgram:
    """`midi program 5 ch 1`: a program change for the MIDI output. Programs count from 1."""

    program: int
    channel: int | None = None
    span: Span = span_field()


SendMidi = SendNote | SendControl | SendProgram
"""What is sent to the MIDI output, at the exact time of its position."""


@dataclass(frozen=True, slots=True)
class SendOsc:
    """`osc "/clip/8/connect" 1`: an OSC message, sent at the exact time of its position.

    The arguments are written in their shortest form: `1`, `0.5`, `"text"`, `true`, `false`.
    """

    address: str
    arguments: tuple[str, ...] = ()
    span: Span = span_field()


SendMessage = SendMidi | SendOsc
"""What is sent to external devices."""

Action = (
    Prompt
    | Show
    | UseImage
    | SetStrength
    | SetSr
    | Cut
    | ChangeTempo
    | ChangeMeter
    | SetMark
    | SetSnap
    | SetFade
    | Pause
    | Resume
    | Goto
    | SendNote
    | SendControl
    | SendProgram
    | SendOsc
)


class ClockKind(StrEnum):
    """What counts time: chunks, a tempo counted in frames, a file, or an external clock."""

    CHUNKS = "chunks"
    BPM = "bpm"
    MIDI = "midi"
    LINK = "link"
    MTC = "mtc"
    FILE = "file"

    @property
    def is_external(self) -> bool:
        """Whether the clock is external, so that a run follows it."""
        return self in (ClockKind.MIDI, ClockKind.LINK, ClockKind.MTC)


@dataclass(frozen=True, slots=True)
class SongTime:
    """The times of a MIDI file or a beat file.

    The fields are sequences of pairs:

    (quarter, bpm) and (quarter, meter), each valid from its quarter. Both begin at quarter 0.
    `start` is the second of the sound at which quarter 0 is, if the file states it: only beat files
    do.
    """

    tempos: tuple[tuple[Fraction, Fraction], ...]
    meters: tuple[tuple[Fraction, Meter], ...]
    start: Fraction | None = None

    @property
    def source(self) -> str:
        """What kind of file they are from, for messages."""
        return "MIDI file" if self.start is None else "beat file"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """`clock …`.

    `bpm` is the tempo, or the nominal tempo of an external clock; None with `chunks`, `mtc` and
    `file`.

    `rate` is the frame rate of time code as written (`25`), `file` the path of a MIDI file or a
    beat file.
    """

    kind: ClockKind = ClockKind.CHUNKS
    bpm: Fraction | None = None
    meter: Meter = Meter(4, 4)
    port: str | None = None
    rate: str | None = None
    file: str | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class SoundLine:
    """`sound "song.wav"`, `sound "song.wav" from 12.5s`: the file that is played with the score.

    `path` is relative to the score's folder. Score time 0 is second `start` of the file.
    """

    path: str
    start: Fraction = Fraction(0)
    span: Span = span_field()
    path_span: Span = span_field()


@dataclass(frozen=True, slots=True)
class GridLine:
    """`grid 33 frames @ 24 fps`, `grid 12 frames @ 16 fps, first 9`.

    `first` is None if the first chunk of a take has as many frames as the others.
    """

    frames: int = 33
    fps: Fraction = Fraction(24)
    first: int | None = None
    span: Span = span_field()

    def as_chunk_grid(self) -> ChunkGrid:
        """Return the grid for calculations, without any cuts."""
        return ChunkGrid(self.frames, self.fps, None if self.first == self.frames else self.first)


ALL_STAGES = "all"
"""The name for every stage where YAML needs one. No stage can have it."""


@dataclass(frozen=True, slots=True)
class StageName:
    """The name of a stage, where the header defines it or a cue names it."""

    name: str
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class StageSeed:
    """`seed 7 on right`: the opening seed of one stage."""

    stage: StageName
    seed: int
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Together:
    """`together start`, `together realign 16c`: when all stages wait for each other.

    They always start together. `realign` is after how many chunks they pause and resume together
    again; None is never.
    """

    realign: int | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header lines. A field is None and has no entry in `spans` if its line was not written."""

    title: str | None = None
    clock: ClockLine | None = None
    sound: SoundLine | None = None
    grid: GridLine | None = None
    snap: Snap | None = None
    lead: int | None = None
    late: LatePolicy | None = None
    seed: int | None = None
    sr: SuperResolution | None = None
    middle: MiddleC | None = None
    model: str | None = None
    stages: tuple[StageName, ...] | None = None
    together: Together | None = None
    stage_seeds: tuple[StageSeed, ...] = ()
    """The opening seeds of single stages. They are lines of their own, with their own spans."""
    spans: tuple[tuple[str, Span], ...] = field(default=(), compare=False, repr=False)
    """(field, span of its statement) for each header line that was written, in source order."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`> 64`, `<= 20`: compared with the velocity of a note, or the value of an OSC message."""

    operator: Literal[">", "<", ">=", "<="]
    value: Fraction

    @property
    def velocities(self) -> tuple[int, int]:
        """The lowest and the highest velocity that fulfil it, from 1 to 127."""
        value = int(self.value)
        match self.operator:
            case ">":
                return max(1, value + 1), MAX_VELOCITY
            case ">=":
                return max(1, value), MAX_VELOCITY
            case "<":
                return 1, min(MAX_VELOCITY, value - 1)
            case "<=":
                return 1, min(MAX_VELOCITY, value)


@dataclass(frozen=True, slots=True)
class OnNote:
    """A trigger on a note, such as `note C3`, `note 60` or `note C3 vel >= 100`.

    `written` is the name or the number; `middle` determines the number of a name.
    """

    written: str
    channel: int | None = None
    velocity: Comparison | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class OnRelease:
    """`release C3`: a note-off, or a note-on with velocity 0. `written` is as in `OnNote`."""

    written: str
    channel: int | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class OnControl:
    """`cc 20 > 64` or `cc 20 < 64`: fires on crossing the threshold, re-arms 4 beyond it."""

    control: int
    above: bool
    value: int
    channel: int | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class OnProgram:
    """`program 5`: programs count from 1."""

    program: int
    channel: int | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class OnTransport:
    """`start`, `stop`, `continue` of an external clock."""

    what: Literal["start", "stop", "continue"]
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class OnOsc:
    """`osc "/drop"`: an OSC message; `osc "/fader" > 0.5`: its first argument crosses a value."""

    address: str
    value: Comparison | None = None
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class OnGo:
    """`go NAME`: a go-cue, sent by the operator from a key, the command line or another shell."""

    name: str
    span: Span = span_field()


Trigger = OnNote | OnRelease | OnControl | OnProgram | OnTransport | OnOsc | OnGo


@dataclass(frozen=True, slots=True)
class Cue:
    """`at POSITION action, …`."""

    place: Position
    actions: tuple[Action, ...]
    span: Span = span_field()
    stages: tuple[StageName, ...] = ()
    """The stages that do it (`on left, right`); empty for all."""


@dataclass(frozen=True, slots=True)
class Every:
    """`every DUR [from POSITION] action, …`."""

    every: Duration
    start: Position | None
    actions: tuple[Action, ...]
    span: Span = span_field()
    stages: tuple[StageName, ...] = ()
    """The stages that do it; empty for all."""


@dataclass(frozen=True, slots=True)
class AtNext:
    """`next bar`, `next 2 bars`, `next beat`: where a quantised rule lands."""

    count: int
    unit: Unit
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Rule:
    """`on TRIGGER -> action, …`, or quantised: `on TRIGGER at next bar -> action, …`."""

    trigger: Trigger
    actions: tuple[Action, ...]
    at: AtNext | None = None
    span: Span = span_field()
    stages: tuple[StageName, ...] = ()
    """The stages that do it; empty for all."""


Item = Cue | Every | Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a score with its own local positions.

    Without a length and without `until` it has those of the section that it is `like`. It is live
    if `until` is not empty: then `duration` is None and `most` is its maximum length.
    """

    name: str
    duration: Duration | None
    items: tuple[Item, ...] = ()
    until: tuple[Trigger, ...] = ()
    most: Duration | None = None
    tempo: ChangeTempo | None = None
    meter: ChangeMeter | None = None
    cut: Cut | None = None
    like: str | None = None
    """The section from which it inherits what it does not state itself."""
    span: Span = span_field()
    name_span: Span = span_field()
    like_span: Span = span_field()

    @property
    def is_live(self) -> bool:
        """Whether it lasts until a trigger."""
        return bool(self.until)


@dataclass(frozen=True, slots=True)
class Let:
    """`let NAME = "text"`."""

    name: str
    text: Text
    span: Span = span_field()
    name_span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`scene NAME { base "…" follow "…" }`. Either text may be missing, but not both."""

    name: str
    base: Text | None
    follow: Text | None
    silenced: tuple[str, ...] = ()
    """Advice codes that are disabled for this scene."""
    span: Span = span_field()
    name_span: Span = span_field()
    quiet_span: Span = span_field()


@dataclass(frozen=True, slots=True)
class Use:
    """`use "scenes.score"` with all variables and scenes of that file and of those that it uses."""

    path: str
    lets: tuple[Let, ...] = ()
    scenes: tuple[Scene, ...] = ()
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class PlayItem:
    """`drop*2` in `play`: twice in total."""

    section: str
    times: int = 1
    span: Span = span_field()


@dataclass(frozen=True, slots=True)
class PlayGroup:
    """`(verse chorus)*2` in `play`: its items in order, twice in total."""

    items: tuple[PlayPart, ...]
    times: int = 1
    span: Span = span_field()


PlayPart = PlayItem | PlayGroup


def played_items(play: tuple[PlayPart, ...]) -> Iterator[PlayItem]:
    """Yield the items of an order as they are written, each once, also those in groups."""
    for part in play:
        if isinstance(part, PlayGroup):
            yield from played_items(part.items)
        else:
            yield part


def unrolled(play: tuple[PlayPart, ...], most: int | None = None) -> Iterator[PlayItem]:
    """Yield the items of an order as they are played.

    Args:
        play: The order.
        most: The maximum number of times that a group is repeated; None for all.
    """
    for part in play:
        if isinstance(part, PlayGroup):
            times = part.times if most is None else min(part.times, most)
            for _ in range(times):
                yield from unrolled(part.items, most)
        else:
            yield part


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, without its `#` and the space after it.

    `own_line` is true if nothing else is on its line.
    """

    text: str
    own_line: bool
    span: Span = span_field()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A complete score.

    `items` are its cues and rules outside of sections (only rules if there are sections).
    """

    header: Header = Header()
    uses: tuple[Use, ...] = ()
    lets: tuple[Let, ...] = ()
    scenes: tuple[Scene, ...] = ()
    sections: tuple[Section, ...] = ()
    items: tuple[Item, ...] = ()
    play: tuple[PlayPart, ...] = ()
    end: Position | None = None
    file: str = field(default="", compare=False)
    """The file name for messages; empty for a score read from a string."""
    text: str = field(default="", compare=False, repr=False)
    """The source text, for messages and for the journal."""
    sources: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)
    """(file, text) of every file that was read, the score's own first."""
    comments: tuple[Comment, ...] = field(default=(), compare=False, repr=False)
    images: tuple[ImageFile, ...] = field(default=(), compare=False)
    """The images of the score, one for each path that could be read."""
    song: SongTime | None = field(default=None, compare=False)
    """The times of the file that its clock names, if that could be read."""
    play_span: Span = span_field()
    end_span: Span = span_field()

    def __repr__(self) -> str:
        items = [*self.items, *(item for part in self.sections for item in part.items)]
        rules = sum(1 for one in items if isinstance(one, Rule))
        return summary_repr(
            self,
            self.header.title,
            counted(len(items) - rules, "cue"),
            counted(rules, "rule") if rules else "",
            counted(len(self.sections), "section") if self.sections else "",
            f"from {self.file!r}" if self.file else "",
        )
