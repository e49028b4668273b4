"""The parts of a score while a reader of either notation collects them."""

from __future__ import annotations

from dataclasses import field

from sequencer.core.diagnostics import NO_SPAN, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.score import (
    Comment,
    Header,
    Item,
    Let,
    PlayPart,
    Position,
    Scene,
    Score,
    Section,
    Use,
)


@dataclass(slots=True, kw_only=True)
class ScoreBuilder:
    """The parts so far, each kind in source order."""

    uses: list[Use] = field(default_factory=list)
    lets: list[Let] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    play: tuple[PlayPart, ...] = ()
    end: Position | None = None
    play_span: Span = NO_SPAN
    end_span: Span = NO_SPAN

    def build(
        self, header: Header, comments: tuple[Comment, ...], file: str, text: str = ""
    ) -> Score:
        """Return the complete score. `text` is the source text, if available."""
        return Score(
            header=header,
            uses=tuple(self.uses),
            lets=tuple(self.lets),
            scenes=tuple(self.scenes),
            sections=tuple(self.sections),
            items=tuple(self.items),
            play=self.play,
            end=self.end,
            file=file,
            text=text,
            sources=((file, text),),
            comments=comments,
            play_span=self.play_span,
            end_span=self.end_span,
        )
