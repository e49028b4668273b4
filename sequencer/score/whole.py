"""The whole score: its header, its blocks, and what was read along with them."""

from __future__ import annotations

from dataclasses import field

from sequencer.errors import Span
from sequencer.images import ImageFile
from sequencer.records import dataclass
from sequencer.score.blocks import Item, Let, PlayItem, Scene, Section, Use
from sequencer.score.header import Header, SongTime
from sequencer.score.origins import origin
from sequencer.score.places import Place


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, without its `#` and the blank behind it; `own_line` when nothing else stands on its line."""

    text: str
    own_line: bool
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class Score:
    """A whole score. `items` are its cues and rules outside of sections (only rules where there are sections)."""

    header: Header = Header()
    uses: tuple[Use, ...] = ()
    lets: tuple[Let, ...] = ()
    scenes: tuple[Scene, ...] = ()
    sections: tuple[Section, ...] = ()
    items: tuple[Item, ...] = ()
    play: tuple[PlayItem, ...] = ()
    end: Place | None = None
    file: str = field(default="", compare=False)
    """The name shown in messages; empty for a score read from a string."""
    text: str = field(default="", compare=False, repr=False)
    """The source text, for messages and for the journal."""
    sources: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)
    """(file, text) of every file that was read, the score's own first."""
    comments: tuple[Comment, ...] = field(default=(), compare=False, repr=False)
    images: tuple[ImageFile, ...] = field(default=(), compare=False)
    """What was found at the paths of its images, one for each path that could be read."""
    song: SongTime | None = field(default=None, compare=False)
    """The time of the MIDI file that its clock names, where that could be read."""
    play_span: Span = origin()
    end_span: Span = origin()
