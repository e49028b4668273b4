"""Blocks: cues and rules, the sections that hold them, and what sections are written with: variables, scenes, libraries."""

from __future__ import annotations

from sequencer.errors import Span
from sequencer.records import dataclass
from sequencer.score.actions import Action, ChangeMeter, ChangeTempo, Cut
from sequencer.score.origins import origin
from sequencer.score.places import Duration, Place
from sequencer.score.texts import Text
from sequencer.score.triggers import Trigger


@dataclass(frozen=True, slots=True)
class Cue:
    """`at PLACE action, …`."""

    place: Place
    actions: tuple[Action, ...]
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class Every:
    """`every DUR [from PLACE] action, …`."""

    every: Duration
    start: Place | None
    actions: tuple[Action, ...]
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class Rule:
    """`on TRIGGER -> action, …`."""

    trigger: Trigger
    actions: tuple[Action, ...]
    span: Span = origin()


Item = Cue | Every | Rule


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch with its own local places. Live when `until` is not empty: then `duration` is None and `most` is its max."""

    name: str
    duration: Duration | None
    items: tuple[Item, ...] = ()
    until: tuple[Trigger, ...] = ()
    most: Duration | None = None
    tempo: ChangeTempo | None = None
    meter: ChangeMeter | None = None
    cut: Cut | None = None
    span: Span = origin()
    name_span: Span = origin()

    @property
    def is_live(self) -> bool:
        """Whether it lasts until a trigger."""
        return bool(self.until)


@dataclass(frozen=True, slots=True)
class Let:
    """`let NAME = "text"`."""

    name: str
    text: Text
    span: Span = origin()
    name_span: Span = origin()


@dataclass(frozen=True, slots=True)
class Scene:
    """`scene NAME { base "…" follow "…" }`; either may be missing in the source, never both."""

    name: str
    base: Text | None
    follow: Text | None
    silenced: tuple[str, ...] = ()
    """Advice codes that are switched off for this scene."""
    span: Span = origin()
    name_span: Span = origin()
    quiet_span: Span = origin()


@dataclass(frozen=True, slots=True)
class Use:
    """`use "scenes.score"` with what it brought: all `let`s and scenes of that file, its own uses included."""

    path: str
    lets: tuple[Let, ...] = ()
    scenes: tuple[Scene, ...] = ()
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class PlayItem:
    """`drop*2` in `play`: twice in total."""

    section: str
    times: int = 1
    span: Span = origin()
