"""Random scores that are valid for a reader (not always for the compiler) and that both printers
must reproduce.
"""

from __future__ import annotations

import string
from fractions import Fraction
from typing import Literal

from hypothesis import strategies as st

from sequencer.core.midi_notes import MiddleC
from sequencer.core.osc_values import MAX_INTEGER, MIN_INTEGER, shortest
from sequencer.core.timebase import Meter, Snap
from sequencer.language.score import (
    Action,
    After,
    AtBar,
    AtMark,
    AtNext,
    AtOffset,
    AtTick,
    ChangeMeter,
    ChangeTempo,
    ClockKind,
    ClockLine,
    Comparison,
    Cue,
    Cut,
    Duration,
    Every,
    FromEnd,
    Goto,
    GridLine,
    Header,
    Item,
    Let,
    OnControl,
    OnGo,
    OnNote,
    OnOsc,
    OnProgram,
    OnRelease,
    OnTransport,
    Pause,
    Pick,
    PlayGroup,
    PlayItem,
    PlayPart,
    Position,
    Prompt,
    PromptText,
    Resume,
    Rule,
    Scene,
    Score,
    Section,
    SendControl,
    SendNote,
    SendOsc,
    SendProgram,
    SetFade,
    SetMark,
    SetSnap,
    SetSr,
    SetStrength,
    Show,
    SoundLine,
    StageName,
    StageSeed,
    SuperResolution,
    Text,
    Together,
    Trigger,
    Unit,
    UseImage,
    Variable,
)
from sequencer.schedule.ensemble import MAX_REALIGN_CHUNKS
from sequencer.schedule.model import MAX_FADE_CHUNKS, MAX_QUANTISATION, LatePolicy

RESERVED = frozenset(
    [
        "image",
        "strength",
        "sr",
        "cut",
        "tempo",
        "meter",
        "mark",
        "snap",
        "midi",
        "pause",
        "resume",
        "goto",
        "pick",
        "seed",
        "bar",
        "bars",
        "beat",
        "beats",
        "from",
    ]  # easier to read
)
"""Names that a scene must not have. Repeated here, so that a change of the language is noticed."""

LARGEST_SEED = 2**32 - 1

_FIRST = string.ascii_letters + "_éßΩж"
_REST = _FIRST + string.digits
_WORDS = [
    *(
        "at",
        "on",
        "every",
        "section",
        "like",
        "shuffle",
        "fade",
        "scene",
        "play",
        "end",
        "let",
        "over",
        "until",
        "max",
        "or",
        "to",
        "frames",
        "chunk",
    ),
    *(
        "bars",
        "from",
        "pick",
        "seed",
        "start",
        "note",
        "nominal",
        "midi",
        "link",
        "chunks",
        "base",
        "follow",
        "quiet",
        "true",
    ),
    *(
        "off",
        "null",
        "yes",
        "no",
        "y",
        "n",
        "None",
        "cut",
        "tempo",
        "meter",
        "mark",
        "go",
        "note",
        "bar",
    ),
]


def _name() -> st.SearchStrategy[str]:
    word = st.builds(str.__add__, st.sampled_from(_FIRST), st.text(_REST, max_size=6))
    parts = st.lists(st.text(_REST, min_size=1, max_size=3), max_size=2)
    joined = st.builds(lambda head, tail: "-".join([head, *tail]), word, parts)
    return st.one_of(joined, st.sampled_from(_WORDS))


names = _name()
scene_names = names.filter(lambda name: name not in RESERVED)

# ---- texts ---------------------------------------------------------------------------------------

_characters = st.one_of(
    st.sampled_from("abc \tXYZ.,;:!?'\"\\{}#|()[]@%&*~`<>=+-_/0123456789éß中🎬“”—"),
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"
    ),
)
plain_strings = st.text(_characters, max_size=40)
_literal = st.text(_characters, min_size=1, max_size=60)


@st.composite
def texts(draw: st.DrawFn) -> Text:
    """Draw a text: literal strings and variables, no two adjacent strings."""
    parts: list[str | Variable] = []
    for _ in range(draw(st.integers(0, 4))):
        if not parts or isinstance(parts[-1], Variable):
            parts.append(draw(st.one_of(_literal, names.map(Variable))))
        else:
            parts.append(Variable(draw(names)))
    return Text(tuple(parts), block=draw(st.booleans()))


picks = st.builds(
    lambda options, is_shuffled: Pick(tuple(options), is_shuffled=is_shuffled),
    st.lists(texts(), min_size=1, max_size=4),
    st.booleans(),
)
words: st.SearchStrategy[PromptText] = st.one_of(texts(), texts(), picks)

# ---- numbers, lengths, positions -----------------------------------------------------------------


def _decimals(low: int, high: int, digits: int) -> st.SearchStrategy[Fraction]:
    scale = 10**digits
    return st.integers(low * scale, high * scale).map(lambda value: Fraction(value, scale))


def _parts(largest: int) -> st.SearchStrategy[Fraction]:
    """Fractions > 0 with denominators of all kinds."""
    return st.builds(
        Fraction, st.integers(1, largest), st.sampled_from([1, 1, 2, 3, 4, 7, 12, 480, 999_999_999])
    )


tempi = st.one_of(
    st.integers(1, 1000).map(Fraction),
    _decimals(1, 1000, 3),
    st.builds(
        Fraction, st.integers(1000, 99_999_999), st.sampled_from([99_999_999, 11, 1001, 7])
    ).filter(lambda bpm: 1 <= bpm <= 1000),
)
meters = st.builds(Meter, st.integers(1, 64), st.sampled_from([1, 2, 4, 8, 16, 32, 64]))
seeds = st.one_of(st.integers(0, 100), st.integers(0, LARGEST_SEED))


@st.composite
def durations(draw: st.DrawFn) -> Duration:
    """Draw a length of any unit."""
    unit = draw(st.sampled_from(list(Unit)))
    match unit:
        case Unit.CHUNKS | Unit.FRAMES:
            return Duration(Fraction(draw(st.integers(1, 10_000_000))), unit)
        case Unit.BARS | Unit.BEATS:
            return Duration(draw(_parts(10_000)), unit)
        case Unit.SECONDS:
            return Duration(draw(_seconds), unit)


_seconds = st.one_of(
    st.integers(1, 100_000).map(Fraction),
    _decimals(0, 200, 3).filter(bool),
    _decimals(0, 2, 9).filter(bool),
    _parts(10_000),
    st.builds(Fraction, st.integers(1, 99_999_999), st.sampled_from([7000, 10**12])),
)


@st.composite
def any_position(draw: st.DrawFn) -> Position:
    """Draw a position in any of its notations."""
    kind = draw(st.integers(0, 6))
    bar, beat = draw(st.integers(1, 10_000)), draw(st.one_of(st.just(1), st.integers(1, 999)))
    match kind:
        case 0:
            rest = draw(st.one_of(st.just(Fraction(0)), _parts(998).filter(lambda part: part < 1)))
            return AtBar(bar, beat, rest)
        case 1:
            return AtTick(bar, beat, draw(st.integers(0, 479)))
        case 2:
            return After(draw(durations()))
        case 3:
            return AtMark(draw(names), draw(st.none() | durations()))
        case 4:
            unit = draw(st.sampled_from([Unit.CHUNKS, Unit.FRAMES]))
            return AtOffset(Fraction(draw(st.integers(0, 10_000_000))), unit)
        case 5:
            return FromEnd(draw(durations()))
        case _:
            unit = draw(st.sampled_from([Unit.BEATS, Unit.SECONDS]))
            return AtOffset(draw(st.one_of(st.just(Fraction(0)), _parts(10_000))), unit)


# ---- triggers and actions ------------------------------------------------------------------------

_channels = st.none() | st.integers(1, 16)
_notes = st.one_of(
    st.integers(0, 127).map(str),
    st.builds(
        lambda letter, accidental, octave: f"{letter}{accidental}{octave}",
        st.sampled_from("CDEFGABcb"),
        st.sampled_from(["", "#", "b", "♯"]),
        st.integers(0, 7),
    ),
)
_transport: st.SearchStrategy[Literal["start", "stop", "continue"]] = st.sampled_from(
    ["start", "stop", "continue"]
)
_velocities = st.builds(
    Comparison, st.sampled_from([">=", "<="]), st.integers(1, 127).map(Fraction)
) | st.builds(Comparison, st.just(">"), st.integers(0, 126).map(Fraction))
_addresses = st.from_regex(r"/[a-zA-Z0-9_/.+-]{0,20}", fullmatch=True)
_osc_arguments = st.one_of(
    st.integers(MIN_INTEGER, MAX_INTEGER).map(str),
    st.decimals(-(10**9), 10**9, places=9).map(lambda value: shortest(f"{value:f}")),
    st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=20).map(
        lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    ),
    st.sampled_from(["true", "false"]),
)
_osc_values = st.builds(
    Comparison, st.sampled_from([">", "<"]), st.integers(0, 10**6).map(lambda n: Fraction(n, 1000))
)
triggers: st.SearchStrategy[Trigger] = st.one_of(
    st.builds(OnNote, _notes, _channels, st.none() | _velocities),
    st.builds(OnRelease, _notes, _channels),
    st.builds(OnOsc, _addresses, st.none() | _osc_values),
    st.builds(OnControl, st.integers(0, 127), st.booleans(), st.integers(0, 127), _channels),
    st.builds(OnProgram, st.integers(1, 128), _channels),
    st.builds(OnTransport, _transport),
    st.builds(OnGo, names.filter(lambda name: name != "or")),
)


@st.composite
def tempo_changes(draw: st.DrawFn, in_head: bool = False) -> ChangeTempo:
    """Draw a tempo or a ramp; in a section's head a ramp has no length of its own."""
    to = draw(st.none() | tempi)
    over = None if to is None or in_head else draw(durations())
    return ChangeTempo(draw(tempi), to, over)


_strengths = st.one_of(
    _decimals(0, 1, 2), st.sampled_from([Fraction(1, 3), Fraction(0), Fraction(1)])
)
_settings: st.SearchStrategy[Action] = st.one_of(
    st.builds(UseImage, plain_strings),
    st.builds(SetStrength, _strengths),
    st.builds(SetSr, st.sampled_from(SuperResolution)),
    st.builds(Cut, st.none() | seeds),
    tempo_changes(),
    st.builds(ChangeMeter, meters),
    st.builds(SetMark, names),
    st.builds(SetSnap, st.sampled_from(Snap)),
)
_prompts: st.SearchStrategy[Action] = st.one_of(
    st.builds(Prompt, words), st.builds(Show, scene_names, st.none() | words)
)
_fades: st.SearchStrategy[Action] = st.builds(SetFade, st.integers(1, MAX_FADE_CHUNKS))
_sends: st.SearchStrategy[Action] = st.one_of(
    st.builds(
        SendNote, _notes, _channels, st.none() | st.integers(1, 127), st.none() | durations()
    ),
    st.builds(SendControl, st.integers(0, 127), st.integers(0, 127), _channels),
    st.builds(SendProgram, st.integers(1, 128), _channels),
    st.builds(SendOsc, _addresses, st.lists(_osc_arguments, max_size=3).map(tuple)),
)
_live: st.SearchStrategy[Action] = st.one_of(
    st.builds(Pause), st.builds(Resume), st.builds(Goto, names)
)


@st.composite
def _actions(draw: st.DrawFn, in_rule: bool) -> tuple[Action, ...]:
    """Draw at least one action, each kind at most once, at most one prompt, which may fade in;
    messages may repeat.
    """
    settings = [
        *draw(st.lists(_settings, max_size=3, unique_by=type)),
        *draw(st.lists(_sends, max_size=2)),
    ]
    more = draw(st.lists(_live, max_size=1)) if in_rule else []
    prompt = draw(st.lists(_prompts, min_size=0 if settings or more else 1, max_size=1))
    fade = draw(st.lists(_fades, max_size=len(prompt)))
    return tuple(draw(st.permutations([*settings, *more, *prompt, *fade])))


# ---- blocks --------------------------------------------------------------------------------------

stage_names = scene_names.filter(lambda name: name != "all").map(StageName)
_doers = st.one_of(
    st.just(()), st.just(()), st.lists(stage_names, min_size=1, max_size=3, unique=True).map(tuple)
)
"""The stages in front of actions; none for all."""
cues = st.builds(Cue, any_position(), _actions(False), stages=_doers)
landings = st.none() | st.builds(
    AtNext, st.integers(1, MAX_QUANTISATION), st.sampled_from([Unit.BARS, Unit.BEATS])
)
rules = st.builds(Rule, triggers, _actions(True), landings, stages=_doers)
items: st.SearchStrategy[Item] = st.one_of(
    cues,
    cues,
    st.builds(Every, durations(), st.none() | any_position(), _actions(False), stages=_doers),
    rules,
)


@st.composite
def sections(draw: st.DrawFn) -> Section:
    """Draw a section of fixed length, or a live one."""
    like = draw(st.none() | names)
    live = draw(st.booleans())
    has_length = like is None or draw(st.booleans())
    return Section(
        name=draw(names),
        duration=draw(durations()) if has_length and not live else None,
        items=tuple(draw(st.lists(items, max_size=4))),
        until=tuple(draw(st.lists(triggers, min_size=1, max_size=3)))
        if live and has_length
        else (),
        most=draw(durations()) if live else None,
        tempo=draw(st.none() | tempo_changes(in_head=True)),
        meter=draw(st.none() | st.builds(ChangeMeter, meters)),
        cut=draw(st.none() | st.builds(Cut, st.none() | seeds)),
        like=like,
    )


play_parts: st.SearchStrategy[PlayPart] = st.recursive(
    st.builds(PlayItem, names, st.integers(1, 10_000)),
    lambda parts: st.builds(
        PlayGroup,
        st.lists(parts, min_size=1, max_size=3).map(tuple),
        st.one_of(st.just(1), st.integers(1, 10_000)),
    ),
    max_leaves=6,
)

lets = st.builds(Let, names, texts())
_silenced = st.lists(st.integers(100, 999).map("W{}".format), max_size=2, unique=True).map(tuple)
scenes = st.one_of(
    st.builds(Scene, name=scene_names, base=texts(), follow=texts(), silenced=_silenced),
    st.builds(Scene, name=scene_names, base=texts(), follow=st.none(), silenced=_silenced),
    st.builds(Scene, name=scene_names, base=st.none(), follow=texts(), silenced=_silenced),
)

clocks = st.one_of(
    st.just(ClockLine()),
    st.builds(ClockLine, kind=st.just(ClockKind.BPM), bpm=tempi, meter=meters),
    st.builds(
        ClockLine,
        kind=st.just(ClockKind.MIDI),
        bpm=tempi,
        meter=meters,
        port=st.none() | plain_strings.filter(bool),
    ),
    st.builds(ClockLine, kind=st.just(ClockKind.LINK), bpm=tempi, meter=meters),
    st.builds(
        lambda rate, port: ClockLine(kind=ClockKind.MTC, port=port, rate=rate),
        st.sampled_from(["24", "25", "29.97", "30"]),
        st.none() | plain_strings.filter(bool),
    ),
    st.builds(lambda file: ClockLine(kind=ClockKind.FILE, file=file), plain_strings.filter(bool)),
)
_frame_rates = st.sampled_from(
    [Fraction(24), Fraction(24000, 1001), Fraction("23.976"), Fraction(1), Fraction(1000)]
)
_late: st.SearchStrategy[LatePolicy | None] = st.sampled_from([None, "shift", "drop"])
_middle: st.SearchStrategy[MiddleC | None] = st.sampled_from([None, "C3", "C4"])
sounds = st.builds(
    SoundLine,
    plain_strings.filter(bool),
    st.just(Fraction(0)) | st.fractions(0, 10_000, max_denominator=1000),
)
grids = st.builds(
    lambda frames, fps, missing: GridLine(
        frames, fps, None if not missing else max(1, frames - missing) if frames > 1 else None
    ),
    st.integers(1, 10_000),
    _frame_rates,
    st.sampled_from([0, 0, 1, 3, 9_999]),
)
headers = st.builds(
    Header,
    title=st.none() | plain_strings,
    clock=st.none() | clocks,
    sound=st.none() | sounds,
    grid=st.none() | grids,
    snap=st.none() | st.sampled_from(Snap),
    lead=st.none() | st.integers(1, 1000),
    late=_late,
    seed=st.none() | seeds,
    sr=st.none() | st.sampled_from(SuperResolution),
    middle=_middle,
    model=st.sampled_from([None, "helios"]),
    stages=st.none() | st.lists(stage_names, min_size=1, max_size=4, unique=True).map(tuple),
    together=st.none() | st.builds(Together, st.none() | st.integers(1, MAX_REALIGN_CHUNKS)),
    stage_seeds=st.lists(
        st.builds(StageSeed, stage_names, seeds), max_size=2, unique_by=lambda one: one.stage
    ).map(tuple),
)


def _some(strategy: st.SearchStrategy[object], most: int) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


scores: st.SearchStrategy[Score] = st.builds(
    Score,
    header=headers,
    uses=st.just(()),
    lets=_some(lets, 3),
    scenes=_some(scenes, 2),
    sections=_some(sections(), 3),
    items=_some(items, 3),
    play=_some(play_parts, 3),
    end=st.none() | any_position(),
).filter(lambda score: score != Score())
"""Complete scores without files: valid for a reader, though a compiler would miss names."""
